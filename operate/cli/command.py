"""What the commands have in common: --json anywhere, the settings, the store, and errors that say what to do next."""

import asyncio
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import click
import msgspec
from msgspec import Struct
from rich.console import Console, RenderableType

from shared.domain.errors import Refused, StoreDown, StoreError, StoreNewer
from shared.ops.settings import Settings, SettingsError, load
from shared.store.address import address
from shared.store.connect import Store, agree

STORE_PATIENCE_S = 2.0
PIPE_WIDTH_CHARS = 1000  # nothing is folded for a program
JSON = "wokflow.json"

P = ParamSpec("P")


class Failure(Exception):
    """Ends the command with exit status 1. `code` is snake_case; `message` is a sentence that says what to do next."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class Desk(Struct, frozen=True):
    """What a command works with. `json`: what it prints is for a program."""

    settings: Settings
    json: bool

    def show(self, facts: object, *shown: RenderableType) -> None:
        """Print `facts` as JSON, or `shown` for people."""
        if self.json:
            click.echo(msgspec.json.encode(facts))
        else:
            width = None if sys.stdout.isatty() else PIPE_WIDTH_CHARS
            console = Console(markup=False, highlight=False, emoji=False, width=width)
            with console.capture() as printed:
                console.print(*shown, sep="\n")
            click.echo("\n".join(line.rstrip() for line in printed.get().splitlines()))


class Command(click.Command):
    """A command that takes --json."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_json_option())


class Group(click.Group):
    """A group whose commands, and itself, take --json."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_json_option())


def _json_option() -> click.Option:
    def note(context: click.Context, _: click.Parameter, given: bool) -> None:
        if given:
            context.meta[JSON] = True

    return click.Option(
        ["--json"], is_flag=True, is_eager=True, expose_value=False, callback=note, help="Print JSON, errors included."
    )


def open_desk() -> Desk:
    """The desk of the running command. Raises Failure for an environment variable that cannot be used."""
    try:
        settings = load()
        address(settings.store_url)
    except SettingsError as error:
        raise Failure("bad_setting", str(error)) from None
    except ValueError as error:
        raise Failure("bad_setting", f"{error}.") from None
    return Desk(settings, JSON in click.get_current_context().meta)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """The store, there when this enters. Raises Failure when it is out of reach or refuses, then or later."""
    try:
        async with Store(settings.store_url, timeout_s=settings.store_timeout_s, name="cli") as store:
            await store.call("PING", patience_s=STORE_PATIENCE_S)
            await agree(store)
            yield store
    except StoreDown:
        message = f"Cannot reach the store at {_place(settings.store_url)}: is `make run` running?"
        raise Failure("store_down", message) from None
    except StoreNewer as newer:
        raise Failure("store_newer", str(newer)) from None
    except StoreError as error:
        raise Failure("store_error", f"The store refused a command, is it all ours? It said: {error}") from None
    except Refused as refused:
        raise Failure(refused.code, refused.message) from None


def with_store(act: Callable[Concatenate[Desk, Store, P], Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Make a click callback of a coroutine that wants the desk and the store first."""

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        desk = open_desk()

        async def serve() -> None:
            async with open_store(desk.settings) as store:
                await act(desk, store, *args, **kwargs)

        asyncio.run(serve())

    return run


def _place(url: str) -> str:
    return address(url).place
