"""The ids of the current request: set by the middleware, read by handlers without passing them on."""

from contextvars import ContextVar

REQUEST_ID = ContextVar("request_id", default="")
TRACE = ContextVar("trace", default="")  # its trace context, which accept stores with the generation
