"""The ids of the current request, and its client: set by the middleware, read by handlers without passing them on."""

import asyncio
from contextvars import ContextVar

REQUEST_ID = ContextVar("request_id", default="")
TRACE = ContextVar("trace", default="")  # its trace context, which accept stores with the generation
# Done once the client of the current request has left, or may have. Waits end with it.
LEFT: ContextVar["asyncio.Future[None] | None"] = ContextVar("left", default=None)
