"""The call that a task works for: its provider and trace, and notices about its input for its owner."""

from contextvars import ContextVar
from typing import NamedTuple


class RequestContext(NamedTuple):
    """The provider's name in the catalogue, the trace context, and the notices so far."""

    provider: str = ""
    traceparent: str = ""
    notices: list[str] | None = None


REQUEST_CONTEXT: ContextVar[RequestContext] = ContextVar("request_context", default=RequestContext())  # noqa: B039


def add_notice(notice: str) -> None:
    """Add a sentence about the input of the current call, once."""
    notices = REQUEST_CONTEXT.get().notices
    if notices is not None and notice not in notices:
        notices.append(notice)
