"""The operator who runs a command, and commands that act as one."""

import asyncio
import os
import pwd
import socket
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from operate.cli.catalogue_reading import read_catalogue
from operate.cli.command import CommandContext, open_context, open_store
from operate.operator import Operator
from shared.ops import own_secrets
from shared.ops.settings import Settings
from shared.store.connect import Store

P = ParamSpec("P")


def operator_of(store: Store, settings: Settings) -> Operator:
    """Return the operator who runs this command. Raises Failure for an unusable catalogue."""
    catalogue = read_catalogue(settings.catalogue)
    own_secrets.hide(catalogue)
    return Operator(
        store=store,
        who=f"cli:{_user()}@{socket.gethostname()}",
        providers=tuple(catalogue.providers),
        plans=catalogue.plans,
        base_url=settings.base_url,
        records_url=settings.records_url,
    )


def with_operator(
    act: Callable[Concatenate[CommandContext, Operator, P], Coroutine[Any, Any, None]],
) -> Callable[P, None]:
    """Wrap a coroutine that takes the context and the operator first as a click callback."""

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        context = open_context()

        async def serve() -> None:
            async with open_store(context.settings) as store:
                await act(context, operator_of(store, context.settings), *args, **kwargs)

        asyncio.run(serve())

    return run


def _user() -> str:
    """Return the user's name, or the user id in a container without names."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
