"""Errors in OpenAI's shape, with the types and codes that its clients know."""

from typing import Annotated

from msgspec import Struct

from shared.domain.described import doc
from shared.domain.errors import Refused

INVALID, QUOTA, REQUESTS, SERVER = "invalid_request_error", "insufficient_quota", "requests", "server_error"
# OpenAI's status and code of a refusal, where they differ from ours. Its clients know an empty balance as 429.
KNOWN = {
    "unknown_model": (404, "model_not_found"),
    **dict.fromkeys(("insufficient_balance", "key_budget_exceeded", "spend_cap_exceeded"), (429, QUOTA)),
    "rate_limited": (429, "rate_limit_exceeded"),
    "content_policy": (400, "content_policy_violation"),
}
PASSING = ("rate_limited", "unavailable")  # the same request may be served in a moment
RETRIED = (408, 409, 429)  # statuses that OpenAI's clients retry, as they do every 5xx


class OpenaiErrorDetail(Struct):
    """The message, type, parameter and code of an error."""

    message: Annotated[str, doc("The problem and how to correct it, for people.")]
    type: Annotated[str, doc("The class of the problem.", examples=[INVALID, QUOTA, REQUESTS, SERVER])]
    param: Annotated[str | None, doc("The parameter that is wrong. Null if none is.")]
    code: Annotated[str | None, doc("Stable, for programs.", examples=["model_not_found", QUOTA])]


class OpenaiError(Struct):
    """Every error of the OpenAI calls has this shape."""

    error: Annotated[OpenaiErrorDetail, doc("The error.")]


def openai_status(code: str, status: int) -> int:
    """Return the status that OpenAI's clients expect for a code of ours, which has `status` elsewhere."""
    return KNOWN[code][0] if code in KNOWN else status


def openai_error(refused: Refused, status: int) -> dict[str, object]:
    """Return the body of a refusal that is answered with `status`."""
    code = KNOWN[refused.code][1] if refused.code in KNOWN else refused.code
    kind = QUOTA if code == QUOTA else REQUESTS if status == 429 else SERVER if status >= 500 else INVALID
    return {"error": {"message": refused.message, "type": kind, "param": refused.field or None, "code": code}}


def retry_headers(refused: Refused, status: int) -> dict[str, str]:
    """Return the header that stops OpenAI's clients from repeating a request that would fail again, or cost again."""
    retried = status in RETRIED or status >= 500
    return {"X-Should-Retry": "false"} if retried and refused.code not in PASSING else {}
