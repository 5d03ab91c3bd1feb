"""Which dialect a path speaks, and how each renders a refusal."""

import re

from shared.domain.errors import Refused

# The calls of the SDK in the field live beside WOWFLOW's and speak WokGen's errors.
VERSIONED = re.compile(r"/api/v[0-9]+(/|$)")  # WOWFLOW's; its next version will have a path of its own
ADMIN = "/api/admin"  # the operators'
WOKGEN_V1 = ("/api/v1/generate", "/api/v1/jobs", "/api/v1/assets", "/api/v1/me")


def dialect_of(path: str) -> str:
    """wowflow or wokgen; what is outside both APIs answers as wowflow."""
    if not path.startswith("/api/"):
        return "wowflow"
    if path == ADMIN or path.startswith(ADMIN + "/"):
        return "wowflow"
    if VERSIONED.match(path):
        return "wokgen" if any(path == call or path.startswith(call + "/") for call in WOKGEN_V1) else "wowflow"
    return "wokgen"


def render(dialect: str, refused: Refused) -> dict[str, object]:
    """The body of an error."""
    if dialect == "wokgen":
        return {"error": refused.message, "code": refused.code.upper()}
    return {"error": {"code": refused.code, "message": refused.message}}
