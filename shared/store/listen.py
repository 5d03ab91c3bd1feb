"""Subscriptions to the channels of Lua verbs, over a separate connection that reconnects by itself."""

import asyncio
import contextlib
from collections.abc import Callable
from typing import Any

from shared.domain.errors import StoreDown, StoreError
from shared.domain.store_url import parse_store_url
from shared.store.store_url import open_wire
from shared.store.wire import Wire

OPEN_S = 1.5
PING_EVERY_S = 1.0
SILENT_S = 2.5  # without an answer to a ping for this long the connection is dropped
RECONNECT_S = 0.2


async def listen(url: str, channel: str, *, on_message: Callable[[bytes], None], on_gap: Callable[[], None]) -> None:
    """Call `on_message` for each message of a channel, forever. Call `on_gap` whenever messages may be missing."""

    wire: Wire | None = None

    def handle(reply: Any) -> None:
        if isinstance(reply, StoreError):  # a server that is loading its file does not accept subscriptions: reconnect
            if wire is not None:
                wire.abort()
        elif reply[0] == b"message":
            on_message(reply[2])
        elif reply[0] == b"subscribe":
            on_gap()

    while True:
        with contextlib.suppress(OSError, TimeoutError, StoreDown, StoreError):
            async with asyncio.timeout(OPEN_S):
                wire = await open_wire(parse_store_url(url), name=f"listen-{channel}", on_message=handle)
            try:
                wire.send_unanswered("SUBSCRIBE", channel)
                while not wire.closed.done() and asyncio.get_running_loop().time() - wire.moved_s < SILENT_S:
                    await asyncio.wait([wire.closed], timeout=PING_EVERY_S)
                    wire.send_unanswered("PING")
            finally:
                wire.abort()
        await asyncio.sleep(RECONNECT_S)
