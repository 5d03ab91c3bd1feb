"""Connections to addresses that were checked, and which of them serve another request to the same host.

A pooled connection leads to the address that was checked when it was made, whatever the name resolves to meanwhile. So
it is closed after a while, for a receiver that moves.
"""

import time
from contextvars import ContextVar
from typing import Any
from weakref import WeakKeyDictionary

import aiohttp
from aiohttp.client_proto import ResponseHandler
from msgspec import Struct

IDLE_S = 5.0  # less than the keep-alive of common servers, and than that of networks in between
AGE_S = 60.0
POOLED_MAX = 200  # open connections above which none is pooled


class Dial(Struct):
    """One request's connection. `fresh` demands a new one."""

    fresh: bool = False
    reused: bool = False
    address: str | None = None
    refused: str | None = None  # why the address may not be contacted


DIAL: ContextVar[Dial] = ContextVar("dial")


class PinnedConnector(aiohttp.TCPConnector):
    """A connector that notes each request's connection in its Dial, and pools few connections for a short time."""

    def __init__(self, *, reuse: bool, **options: Any) -> None:
        if reuse:
            super().__init__(keepalive_timeout=IDLE_S, **options)
        else:
            super().__init__(force_close=True, **options)
        self._made_s: WeakKeyDictionary[ResponseHandler, float] = WeakKeyDictionary()  # all that are open

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[aiohttp.tracing.Trace], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        """Return a pooled connection to the host of `req`, or a new one."""
        dial = DIAL.get()
        while True:
            connection = await super().connect(req, traces, timeout)
            protocol, now_s = connection.protocol, time.monotonic()
            if protocol is None:  # it was closed at once
                return connection
            dial.reused = protocol in self._made_s
            if not dial.reused or (not dial.fresh and now_s - self._made_s[protocol] < AGE_S):
                break
            connection.close()
        self._made_s.setdefault(protocol, now_s)
        if len(self._made_s) > POOLED_MAX:
            protocol.force_close()  # once its response is complete
        if connection.transport is not None:
            dial.address = connection.transport.get_extra_info("peername")[0]
        return connection
