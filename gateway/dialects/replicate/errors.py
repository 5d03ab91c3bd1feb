"""Errors in Replicate's shape: problem details, with our code added for programs."""

from http import HTTPStatus
from typing import Annotated

from msgspec import Struct

from shared.domain.described import doc
from shared.domain.errors import Refused

# Replicate's status of a refusal, where it differs from ours.
KNOWN = {"unknown_model": 404, **dict.fromkeys(("invalid_input", "invalid_request", "missing_model"), 422)}
KNOWN["missing_prompt"] = 422


class ReplicateProblem(Struct):
    """Every error of the Replicate calls has this shape. `code` is stable and for programs, `detail` is for people."""

    title: Annotated[str, doc("The class of the problem.", examples=["Payment Required"])]
    detail: Annotated[str, doc("The problem and how to correct it, for people.")]
    status: Annotated[int, doc("The status of the response.", examples=[402])]
    code: Annotated[str, doc("One of the codes in the table of errors.", examples=["insufficient_balance"])]


def replicate_status(code: str, status: int) -> int:
    """Return the status that Replicate's clients expect for a code of ours, which has `status` elsewhere."""
    return KNOWN.get(code, status)


def replicate_error(refused: Refused, status: int) -> dict[str, object]:
    """Return the body of a refusal that is answered with `status`."""
    return {"title": HTTPStatus(status).phrase, "detail": refused.message, "status": status, "code": refused.code}
