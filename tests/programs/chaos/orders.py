"""A wish as a request of either API, and how the generation that it made is known again."""

import base64
from hashlib import blake2b
from typing import Any

from shared.domain.generation import Generation
from shared.domain.ids import generation_id
from tests.harness.doubles.provider import a_png
from tests.programs.chaos.plan import Wish

WOWFLOW = "/api/v1/generations"
WOKGEN = {
    "generate": "/api/generate",
    "text": "/api/text/generate",
    "voice": "/api/voice/generate",
    "music": "/api/music/generate",
    "enhance": "/api/prompt/enhance",
    "upscale": "/api/tools/upscale",
    "interrogate": "/api/tools/interrogate",
}
PICTURES = ("upscale", "interrogate")  # they bring one, and have no prompt
MADE = (200, 201, 202)


def request_of(wish: Wish) -> tuple[str, dict[str, Any]]:
    """Path and body."""
    if not wish.call:
        return WOWFLOW, {"model": wish.model, "prompt": wish.prompt}
    body: dict[str, Any] = {"async": True} if wish.detached else {}
    if wish.call in PICTURES:
        body |= {"imageUrl": f"data:image/png;base64,{base64.b64encode(_picture(wish)).decode()}"}
    else:
        body["text" if wish.call == "voice" else "prompt"] = wish.prompt
    if wish.call == "generate":
        body["provider"] = wish.provider
    return WOKGEN[wish.call], body


def made_by(wish: Wish, status: int, body: Any) -> str | None:
    """The generation that an answer tells of: also one that has failed while its client waited."""
    told = body if isinstance(body, dict) else {}
    if not wish.call:
        return str(told["id"]) if status == 201 else None
    return generation_id(told["jobId"]) if "jobId" in told and status in (*MADE, 502) else None


def mark(account: str, wish: Wish) -> str:
    """What its generation is known by: its prompt, or the name under which we keep the picture it brought."""
    if wish.call not in PICTURES:
        return wish.prompt
    return f"{wish.call} {blake2b(account.encode() + b' ' + _picture(wish), digest_size=16).hexdigest()}"


def mark_of(generation: Generation) -> str:
    """The same, of a generation."""
    if generation.spec.kind not in PICTURES:
        return generation.spec.prompt
    name = str(generation.spec.input["image_url"]).rpartition("/")[2]
    return f"{generation.spec.kind} {name.partition('-')[0]}"


def _picture(wish: Wish) -> bytes:
    """A picture of this wish alone."""
    return a_png() + wish.prompt.encode()
