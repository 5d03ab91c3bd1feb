"""Luma's current API. The types of its requests are those of Luma's own client (luma-agents 0.5.0)."""

from collections.abc import Iterable
from functools import cache
from typing import Any, Literal
from uuid import uuid4

import msgspec
from msgspec import Struct

from tests.harness.doubles import double
from tests.harness.doubles.adapters.kinds import a_video
from tests.harness.doubles.double import Request, Response, Route

ENDED = ("completed", "failed")
IMAGE_REFS_MAX = 9
cached_clip = cache(a_video)


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


def error(status: int, detail: object) -> Response:
    """Return an error. Its form is assumed: that of Luma's earlier API."""
    return Response(status, {"detail": detail})


class Double(double.Double):
    """`failure` is the (code, reason) of a failed generation."""

    prefix = "/v1"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.files["out.mp4"] = (cached_clip(), "video/mp4")
        self.generations: dict[str, dict[str, Any]] = {}
        self.failure = ("generation_failed", "Job failed")
        self.without_output = False

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter uses."""
        return [
            ("submit", "POST", f"{self.prefix}/generations", self.create),
            ("poll", "GET", f"{self.prefix}/generations/{{id}}", self.show),
        ]

    def create(self, request: Request) -> Response:
        """Create a generation, or return the first fault of the request."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return error(401, "Not authenticated")
        try:
            order = msgspec.convert(request.json, Order)
        except msgspec.ValidationError as fault:
            return error(422, str(fault))
        fault = _fault(order)
        if fault:
            return error(400, fault)
        ref = str(uuid4())
        fields = {"type": order.type, "model": order.model, "created_at": "2026-11-30T12:00:00Z"}
        self.generations[ref] = {"id": ref, "state": "queued", "output": None, **fields}
        return Response(201, self.generations[ref])

    def show(self, request: Request) -> Response:
        """Return the generation in its next state."""
        generation = self.generations.get(request.match["id"])
        if generation is None:
            return error(404, "Generation not found")
        if generation["state"] not in ENDED:
            generation["state"] = self.take_state("completed")
        if generation["state"] == "completed" and not self.without_output:
            file = "out.mp4" if generation["type"] == "video" else "out.png"
            generation["output"] = [{"type": generation["type"], "url": self.link(file), "layer": None}]
        elif generation["state"] == "failed":
            generation["failure_code"], generation["failure_reason"] = self.failure
        return Response(200, generation)


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
