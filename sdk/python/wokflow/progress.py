"""The progress of a generation, for a function of the caller or a line in a terminal."""

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TextIO

from wokflow.models.events import StreamedEvent
from wokflow.models.generations import Generation

BAR_CHARS = 24
LINE_CHARS_MAX = 79


@dataclass(frozen=True)
class Progress:
    """The state of a generation that is waited for."""

    generation_id: str
    stage: str = ""
    """More detail than `status`. New values may be added."""

    fraction: float | None = None
    """From 0 to 1, if the provider reports it."""

    queue_position: int | None = None
    """How many generations are ahead of it, while it waits."""

    is_ended: bool = False
    """Whether the generation has ended."""


OnProgress = Callable[[Progress], None]


class Watcher:
    """Reports each change of a generation once."""

    def __init__(self, report: OnProgress, generation_id: str) -> None:
        self._report, self._last = report, Progress(generation_id)

    def note(self, generation: Generation) -> None:
        """Report what a poll has found."""
        ended = generation.status != "processing"
        self._change(
            replace(
                self._last,
                stage=generation.stage,
                fraction=1.0 if generation.status == "completed" else self._last.fraction,
                queue_position=generation.queue_position,
                is_ended=ended,
            )
        )

    def follow(self, event: StreamedEvent) -> None:
        """Report what an event says."""
        if event.generation is not None:
            return self.note(event.generation)
        changed = replace(self._last, queue_position=event.queue_position)
        if event.stage is not None:
            changed = replace(changed, stage=event.stage)
        if event.progress is not None:
            changed = replace(changed, fraction=event.progress)
        self._change(changed)

    def _change(self, progress: Progress) -> None:
        if progress != self._last:
            self._last = progress
            self._report(progress)


class TerminalLine:
    """A line in a terminal that shows progress in place. It writes nothing elsewhere."""

    def __init__(self, file: TextIO | None = None) -> None:
        self._file = file if file is not None else sys.stderr
        self._is_shown = self._file.isatty()
        self._began_s = time.monotonic()

    def __call__(self, progress: Progress) -> None:
        """Write the line again."""
        if self._is_shown:
            line = show_line(progress, time.monotonic() - self._began_s)
            self._file.write(f"\r{line:<{LINE_CHARS_MAX}}" + ("\n" if progress.is_ended else ""))
            self._file.flush()


def show_line(progress: Progress, elapsed_s: float) -> str:
    """Return progress as a line of at most 79 characters."""
    parts = [f"{progress.stage or 'waiting'} {elapsed_s:.0f} s"]
    if progress.fraction is not None:
        done = round(min(max(progress.fraction, 0.0), 1.0) * BAR_CHARS)
        parts = [f"[{'#' * done}{'.' * (BAR_CHARS - done)}] {progress.fraction:4.0%}", *parts]
    if progress.queue_position and not progress.is_ended:
        parts.append(f"{progress.queue_position} ahead")
    return "  ".join(parts)[:LINE_CHARS_MAX]


def choose_watcher(progress: bool | OnProgress, generation_id: str) -> Watcher | None:
    """Return the watcher for an argument `progress`: True shows a line in a terminal."""
    if not progress:
        return None
    return Watcher(TerminalLine() if progress is True else progress, generation_id)
