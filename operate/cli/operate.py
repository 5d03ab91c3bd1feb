"""What the operators' commands have in common: who acts, and the catalogue they act by."""

import asyncio
import os
import pwd
import socket
from collections.abc import Callable, Coroutine
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from operate.cli.catalogue import read_catalogue
from operate.cli.command import Desk, open_desk, open_store
from operate.operator import Operator
from shared.ops.settings import Settings
from shared.store.connect import Store

P = ParamSpec("P")


def operator_of(store: Store, settings: Settings) -> Operator:
    """Whoever runs this command. Raises Failure for a catalogue that cannot be used."""
    catalogue = read_catalogue(settings.catalogue)
    return Operator(
        store=store,
        who=f"cli:{_user()}@{socket.gethostname()}",
        providers=tuple(catalogue.providers),
        plans=catalogue.plans,
        base_url=settings.base_url,
    )


def with_operator(act: Callable[Concatenate[Desk, Operator, P], Coroutine[Any, Any, None]]) -> Callable[P, None]:
    """Make a click callback of a coroutine that wants the desk and the operator first."""

    @wraps(act)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        desk = open_desk()

        async def serve() -> None:
            async with open_store(desk.settings) as store:
                await act(desk, operator_of(store, desk.settings), *args, **kwargs)

        asyncio.run(serve())

    return run


def _user() -> str:
    """The user's name; in a container it may have none."""
    try:
        return pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        return str(os.getuid())
