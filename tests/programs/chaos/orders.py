"""An order as a request of either API, and how to recognize the generation it created."""

import base64
from hashlib import blake2b
from typing import Any

from shared.domain.generation import Generation
from shared.domain.ids import generation_id
from shared.domain.trace import trace_id
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


def trace_of(order: Order) -> str:
    """Return the trace id that an order and its copies have."""
    return blake2b(order.prompt.encode(), digest_size=16).hexdigest()


def identity(order: Order) -> str:
    """Return the identity of an order's generation: its prompt, or the trace of an order without one."""
    return order.prompt if order.call not in WITH_IMAGE else f"{order.call} {trace_of(order)}"


def identity_of(generation: Generation) -> str:
    """Return the identity of a generation."""
    if generation.spec.kind not in WITH_IMAGE:
        return generation.spec.prompt
    return f"{generation.spec.kind} {trace_id(generation.spec.trace, generation.id)}"


def _make_image(order: Order) -> bytes:
    """Return an image that only this order has."""
    return a_png() + order.prompt.encode()
