"""The dialect of a path, and the body of an error in each dialect."""

import re
from functools import lru_cache
from typing import Annotated

from msgspec import UNSET, Struct, UnsetType

from gateway.dialects.openai.errors import OpenaiError, openai_error, openai_status
from gateway.dialects.replicate.errors import ReplicateProblem, replicate_error, replicate_status
from shared.domain.described import doc
from shared.domain.errors import Refused

VERSIONED = re.compile(r"/api/v[0-9]+(/|$)")  # WOWFLOW's paths; its next version gets a path of its own
ADMIN = "/api/admin"
OPENAI = ("/v1/", "/openai/v1/")  # an OpenAI client has one of them at the end of its base URL
REPLICATE = "/replicate/v1/"
MCP = "/mcp"
PATHS_REMEMBERED = 256
# The calls of the deployed SDK are next to WOWFLOW's and use WokGen's errors.
WOKGEN_V1 = ("/api/v1/generate", "/api/v1/jobs", "/api/v1/assets", "/api/v1/me")


class ErrorDetail(Struct):
    """The code and message of an error."""

    code: Annotated[
        str, doc("Stable, for programs: one of the codes in the table of errors.", examples=["insufficient_balance"])
    ]
    message: Annotated[str, doc("The problem and how to correct it, for people.")]


class Error(Struct):
    """Every error has this shape. `code` is stable and for programs, `message` is for people."""

    error: Annotated[ErrorDetail, doc("The error.")]


class WokGenError(Struct, rename="camel"):
    """Every error of the camelCase calls has this shape. `code` is stable and for programs, `error` is for people."""

    error: Annotated[str, doc("The problem and how to correct it, for people.")]
    code: Annotated[
        str, doc("Stable, for programs: a code of the table of errors in capitals.", examples=["QUOTA_EXCEEDED"])
    ]
    job_id: Annotated[
        str | UnsetType, doc("The job that failed, if there is one. `code` is its own.", pattern="^job_[0-9a-f]{32}$")
    ] = UNSET


def is_admin(path: str) -> bool:
    """Return whether a path is the admin API's."""
    return path == ADMIN or path.startswith(ADMIN + "/")


@lru_cache(PATHS_REMEMBERED)
def dialect_of(path: str) -> str:
    """Return wowflow, wokgen, openai or replicate; paths outside these APIs use wowflow's errors."""
    if not path.startswith("/api/"):
        if path.startswith(REPLICATE):
            return "replicate"
        return "openai" if path.startswith(OPENAI) else "wowflow"
    if is_admin(path):
        return "wowflow"
    if VERSIONED.match(path):
        return "wokgen" if any(path == call or path.startswith(call + "/") for call in WOKGEN_V1) else "wowflow"
    return "wokgen"


@lru_cache(PATHS_REMEMBERED)
def is_public_api(path: str) -> bool:
    """Return whether a path is of an API of customers, not the admin API's."""
    return path == MCP or (path.startswith(("/api/", *OPENAI, REPLICATE)) and not is_admin(path))


def error_shape(path: str) -> type[Struct]:
    """Return the type of an error's body at a path."""
    shapes: dict[str, type[Struct]] = {"wokgen": WokGenError, "openai": OpenaiError, "replicate": ReplicateProblem}
    return shapes.get(dialect_of(path), Error)


def status_in(dialect: str, code: str, status: int) -> int:
    """Return the status of a code in a dialect; `status` is ours."""
    if dialect == "replicate":
        return replicate_status(code, status)
    return openai_status(code, status) if dialect == "openai" else status


def error_body(dialect: str, refused: Refused, status: int) -> dict[str, object]:
    """Return the body of an error that is answered with `status`."""
    if dialect == "openai":
        return openai_error(refused, status)
    if dialect == "replicate":
        return replicate_error(refused, status)
    if dialect == "wokgen":
        return {"error": refused.message, "code": refused.code.upper()}
    return {"error": {"code": refused.code, "message": refused.message}}
