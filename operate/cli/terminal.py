"""All output of the command passes here: stored text cannot drive the terminal, and no secret of the shell is shown."""

import sys
from collections.abc import Iterable, Iterator

import click
import msgspec
from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

from shared.domain.foreign_text import CONTROLS, escape_controls
from shared.ops import redaction

PIPE_WIDTH_CHARS = 1000  # wide enough that tables are not folded in a pipe
UNPRINTABLE = "\N{REPLACEMENT CHARACTER}"


class SafeConsole(Console):
    """A console whose text has no control characters. Styles and the cursor's moves are rich's own."""

    def render(self, renderable: RenderableType, options: ConsoleOptions | None = None) -> Iterable[Segment]:
        """Yield the segments of a renderable."""
        for segment in super().render(renderable, options):
            yield segment if segment.control else Segment(clean(segment.text), segment.style)


def open_console(*, stderr: bool = False) -> Console:
    """Return the console of a live view."""
    return SafeConsole(stderr=stderr, markup=False, highlight=False, emoji=False)


def clean(text: str) -> str:
    """Return text without secrets and control characters, except for its line breaks."""
    return CONTROLS.sub(UNPRINTABLE, redaction.redact(text))


def write(text: str, *, err: bool = False) -> None:
    """Print text."""
    click.echo(clean(text), err=err)


def write_json(facts: object, *, err: bool = False) -> None:
    """Print facts as one line of JSON."""
    click.echo(escape_controls(redaction.redact(msgspec.json.encode(facts).decode())), err=err)


def write_renderables(shown: Iterable[RenderableType]) -> None:
    """Print texts and tables, folded to the terminal's width, or not at all in a pipe."""
    width = None if sys.stdout.isatty() else PIPE_WIDTH_CHARS
    console = SafeConsole(markup=False, highlight=False, emoji=False, width=width)
    with console.capture() as printed:
        console.print(*_without_secrets(shown), sep="\n")
    click.echo("\n".join(line.rstrip() for line in printed.get().rstrip("\n").split("\n")))


def _without_secrets(shown: Iterable[RenderableType]) -> Iterator[RenderableType]:
    """Yield texts without secrets: the console may fold them in the middle of one. `plain` does it for cells."""
    yield from (redaction.redact(one) if isinstance(one, str) else one for one in shown)
