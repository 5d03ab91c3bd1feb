"""An order as a request of either API, and how to recognize the generation it created."""

import base64
from hashlib import blake2b
from typing import Any

from shared.domain.generation import Generation
from shared.domain.ids import generation_id
from tests.harness.doubles.provider import a_png
from tests.programs.chaos.plan import Order

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
WITH_IMAGE = ("upscale", "interrogate")  # they take an image and no prompt
MADE = (200, 201, 202)


def request_of(order: Order) -> tuple[str, dict[str, Any]]:
    """Return the path and body of an order."""
    if not order.call:
        return WOWFLOW, {"model": order.model, "prompt": order.prompt}
    body: dict[str, Any] = {"async": True} if order.detached else {}
    if order.call in WITH_IMAGE:
        body |= {"imageUrl": f"data:image/png;base64,{base64.b64encode(_make_image(order)).decode()}"}
    else:
        body["text" if order.call == "voice" else "prompt"] = order.prompt
    if order.call == "generate":
        body["provider"] = order.provider
    return WOKGEN[order.call], body


def generation_of(order: Order, status: int, body: Any) -> str | None:
    """Return the id of the generation in a response, including one that failed while its client waited."""
    fields = body if isinstance(body, dict) else {}
    if not order.call:
        return str(fields["id"]) if status == 201 else None
    return generation_id(fields["jobId"]) if "jobId" in fields and status in (*MADE, 502) else None


def identity(account: str, order: Order) -> str:
    """Return the identity of an order's generation: its prompt, or the stored name of its input image."""
    if order.call not in WITH_IMAGE:
        return order.prompt
    return f"{order.call} {blake2b(account.encode() + b' ' + _make_image(order), digest_size=16).hexdigest()}"


def identity_of(generation: Generation) -> str:
    """Return the identity of a generation."""
    if generation.spec.kind not in WITH_IMAGE:
        return generation.spec.prompt
    name = str(generation.spec.input["image_url"]).rpartition("/")[2]
    return f"{generation.spec.kind} {name.partition('-')[0]}"


def _make_image(order: Order) -> bytes:
    """Return an image that only this order has."""
    return a_png() + order.prompt.encode()
