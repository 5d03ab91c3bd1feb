"""The current request as its handler sees it without passing it on: set once by the middleware."""

import asyncio
from contextvars import ContextVar
from typing import TYPE_CHECKING, Optional

from msgspec import Struct

if TYPE_CHECKING:
    from gateway.live_catalogue import CatalogueParts


class Exchange(Struct, frozen=True):
    """A request on its way through the gateway. One without a request has the defaults."""

    request_id: str = ""
    trace: str = ""  # its trace context, which accept stores with the generation
    host: str = ""  # its Host header
    # Done once the client has left, or may have. Waits end with it.
    left: "asyncio.Future[None] | None" = None
    parts: Optional["CatalogueParts"] = None  # the catalogue in force when it began


NONE = Exchange()
EXCHANGE: ContextVar[Exchange] = ContextVar("exchange", default=NONE)
