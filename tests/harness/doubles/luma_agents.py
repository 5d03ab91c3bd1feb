"""Luma's current API. The types of its requests are those of Luma's own client (luma-agents 0.5.0)."""

from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from msgspec import Struct

from tests.harness.doubles import luma_generations
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.luma_generations import error

IMAGE_REFS_MAX = 9


class Reference(Struct, forbid_unknown_fields=True):
    """An input image: exactly one of the first four, and the type of `data`."""

    url: str | None = None
    data: str | None = None
    generation_id: str | None = None
    file_id: str | None = None
    media_type: str | None = None


class VideoOptions(Struct, forbid_unknown_fields=True):
    """The options of a video."""

    duration: Literal["5s", "10s"] | None = None
    resolution: Literal["360p", "540p", "720p", "1080p"] | None = None
    start_frame: Reference | None = None
    end_frame: Reference | None = None
    loop: bool | None = None
    hdr: bool | None = None


class Order(Struct, forbid_unknown_fields=True):
    """The body of a generation."""

    prompt: str
    model: Literal["uni-1", "uni-1-max", "ray-3.2"] = "uni-1"
    type: Literal["image", "image_edit", "video", "video_edit", "video_reframe", "layering"] = "image"
    aspect_ratio: (
        Literal["3:1", "2:1", "21:9", "16:9", "4:3", "3:2", "1:1", "3:4", "2:3", "9:16", "1:2", "1:3"] | None
    ) = None
    image_ref: list[Reference] = []
    source: Reference | None = None
    style: Literal["auto", "manga"] = "auto"
    output_format: Literal["png", "jpeg"] | None = None
    video: VideoOptions | None = None
    user_id: str | None = None
    web_search: bool = False


class Double(luma_generations.Double):
    """`failure` is the (code, reason) of a failed generation."""

    prefix = "/v1"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.failure = ("generation_failed", "Job failed")

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter uses."""
        return [
            ("submit", "POST", f"{self.prefix}/generations", self.create),
            ("poll", "GET", f"{self.prefix}/generations/{{id}}", self.show),
        ]

    def begin(self, request: Request) -> dict[str, Any] | Response:
        """Return the facts of a generation, or the first fault of the request."""
        try:
            order = msgspec.convert(request.json, Order)
        except msgspec.ValidationError as fault:
            return error(422, str(fault))
        fault = _fault(order)
        if fault:
            return error(400, fault)
        return {"output": None, "type": order.type, "model": order.model, "created_at": "2026-11-30T12:00:00Z"}

    def complete(self, generation: dict[str, Any]) -> None:
        """Add the output."""
        file = "out.mp4" if generation["type"] == "video" else "out.png"
        generation["output"] = [{"type": generation["type"], "url": self.link(file), "layer": None}]

    def fail(self, generation: dict[str, Any]) -> None:
        """Add the code and the reason."""
        generation["failure_code"], generation["failure_reason"] = self.failure


def _fault(order: Order) -> str | None:
    """Return a fault that the types do not show, by the client's descriptions."""
    frames = [order.video.start_frame, order.video.end_frame] if order.video else []
    references = [one for one in (*order.image_ref, order.source, *frames) if one is not None]
    if (order.model == "ray-3.2") != order.type.startswith("video"):
        return "this model does not make this type"
    if order.video and not order.type.startswith("video"):
        return "video: only for videos"
    if len(order.image_ref) > IMAGE_REFS_MAX:
        return "image_ref: at most 9"
    for one in references:
        if sum(value is not None for value in (one.url, one.data, one.generation_id, one.file_id)) != 1:
            return "exactly one of url, data, generation_id, file_id"
        if one.data is not None and not one.media_type:
            return "media_type: required with data"
    return None
