"""The trace context of the request in hand: taken by the middleware, noted in the order by accept."""

from contextvars import ContextVar

TRACE = ContextVar("trace", default="")
