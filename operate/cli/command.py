"""The frame of every command: --json, settings, the store, and errors that say what to do next."""

import asyncio
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from functools import wraps
from typing import Any, Concatenate, ParamSpec

import click
from msgspec import Struct
from rich.console import RenderableType

from operate.cli import terminal
from shared.domain.errors import Refused, StoreDown, StoreError, StoreNewer
from shared.domain.store_url import parse_store_url
from shared.ops import own_secrets
from shared.ops.settings import Settings, SettingsError, load
from shared.store.connect import Store, record_layout

STORE_PATIENCE_S = 2.0
JSON = "wokflow.json"

P = ParamSpec("P")


class Failure(Exception):
    """A reason to end the command with exit status 1. `code` is snake_case; `message` says what to do next."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


class CommandContext(Struct, frozen=True):
    """Settings and output format of a running command."""

    settings: Settings
    json: bool

    def show(self, facts: object, *shown: RenderableType) -> None:
        """Print `facts` with --json, and `shown` without."""
        if self.json:
            terminal.write_json(facts)
        else:
            terminal.write_renderables(shown)


class Command(click.Command):
    """A command that takes --json."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_json_option())


class Group(click.Group):
    """A group that takes --json, as do its commands."""

    command_class = Command
    group_class = type

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(_json_option())


def _json_option() -> click.Option:
    def note(command: click.Context, _: click.Parameter, given: bool) -> None:
        if given:
            command.meta[JSON] = True

    return click.Option(
        ["--json"], is_flag=True, is_eager=True, expose_value=False, callback=note, help="Print JSON, errors included."
    )


def limit_option(maximum: int, noun: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a decorator that gives a command the option --limit."""
    kind = click.IntRange(1, maximum)
    return click.option("--limit", type=kind, default=50, show_default=True, help=f"Number of {noun} to show.")


def open_context() -> CommandContext:
    """Return the context of the running command. Raises Failure for an unusable environment variable."""
    own_secrets.hide()
    try:
        settings = load()
        parse_store_url(settings.store_url)
    except SettingsError as error:
        raise Failure("bad_setting", str(error)) from None
    except ValueError as error:
        raise Failure("bad_setting", str(error)) from None
    return CommandContext(settings, JSON in click.get_current_context().meta)


@asynccontextmanager
async def open_store(settings: Settings) -> AsyncIterator[Store]:
    """Yield a connected store. Raises Failure, also within the block, if the store is unreachable or rejects a call."""
    try:
        async with Store(settings.store_url, timeout_s=settings.store_timeout_s, name="cli") as store:
            await store.call("PING", patience_s=STORE_PATIENCE_S)
            await record_layout(store)
            yield store
    except StoreDown:
        message = f"Cannot reach the store at {_place(settings.store_url)}: start it, or check REDIS_URL and DATA_DIR."
        raise Failure("store_down", message) from None
    except StoreNewer as newer:
        raise Failure("store_newer", str(newer)) from None
    except StoreError as error:
        message = f"The store rejected a command ({error}). Is another application using this Redis?"
        raise Failure("store_error", message) from None
    except Refused as refused:
        raise Failure(refused.code, refused.message) from None


def with_store(act: Callable[Concatenate[CommandContext, Store, P], Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Wrap a coroutine that takes the context and the store first as a click callback."""

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        context = open_context()

        async def serve() -> None:
            async with open_store(context.settings) as store:
                await act(context, store, *args, **kwargs)

        asyncio.run(serve())

    return run


def _place(url: str) -> str:
    return parse_store_url(url).location
