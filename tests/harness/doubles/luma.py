"""Luma's API: generations. It accepts the requests that the official client's types and its documentation allow."""

import json
from collections.abc import Iterable
from functools import cache
from typing import Any
from uuid import uuid4

from lumaai.types.generations import ImageCreateParams, VideoCreateParams

from tests.harness.doubles import double
from tests.harness.doubles.adapters.kinds import a_video
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.typed import TypeFault, faults
from workers.adapters.contract import Callback

DONE, ENDED = "completed", ("completed", "failed")
NOW = "2026-11-21T12:00:00.000000Z"
PROMPT_CHARS_MIN, PROMPT_CHARS_MAX = 3, 5_000
IMAGE_REFS_MAX = 4
KINDS: dict[str, Any] = {"video": VideoCreateParams, "image": ImageCreateParams}
cached_video = cache(a_video)


def error(status: int, detail: object) -> Response:
    """Return an error in the form of Luma's schema. The status of each is assumed."""
    return Response(status, {"detail": detail})


class Double(double.Double):
    """`failure_reason` is the reason of a failed generation."""

    prefix = "/dream-machine/v1"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.files["out.mp4"] = (cached_video(), "video/mp4")
        self.generations: dict[str, dict[str, Any]] = {}
        self.failure_reason = "Job failed"
        self.without_assets = False

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter and the official client use."""
        own = f"{self.prefix}/generations"
        return [
            ("submit", "POST", f"{own}/{{kind:video|image}}", self.create),
            ("find", "GET", own, self.list_generations),
            ("poll", "GET", f"{own}/{{id}}", self.show),
            ("cancel", "DELETE", f"{own}/{{id}}", self.delete),
            ("other", "GET", f"{self.prefix}/credits", lambda request: Response(200, {"credit_balance": 1250.0})),
        ]

    def create(self, request: Request) -> Response:
        """Create a generation, or return the first fault of the request."""
        if not request.headers.get("authorization", "").startswith("Bearer "):
            return error(403, "Not authenticated")
        kind, body = request.match["kind"], request.json
        type_faults = [*faults(body, KINDS[kind]), *_limits(kind, body)]
        if type_faults:
            return error(400, f"{'.'.join(map(str, type_faults[0][0]))}: {type_faults[0][1]}")
        ref = str(uuid4())
        self.generations[ref] = {
            "id": ref,
            "generation_type": kind,
            "state": "queued",
            "failure_reason": None,
            "created_at": NOW,
            "assets": None,
            "model": body["model"],
            "request": {"generation_type": kind, "callback_url": None, **body},
        }
        return Response(201, self.generations[ref])

    def show(self, request: Request) -> Response:
        """Return the generation in its next state."""
        generation = self.generations.get(request.match["id"])
        if generation is None:
            return error(404, "Generation not found")
        if generation["state"] not in ENDED:
            generation["state"] = self.take_state(DONE)
        if generation["state"] == DONE and not self.without_assets:
            kind = generation["generation_type"]
            files = {"video": "out.mp4", "image": "out.png"}
            generation["assets"] = {name: self.link(file) if name == kind else None for name, file in files.items()}
        elif generation["state"] == "failed":
            generation["failure_reason"] = self.failure_reason
        return Response(200, generation)

    def list_generations(self, request: Request) -> Response:
        """Return a page of the generations. That the newest come first is assumed."""
        limit, offset = int(request.query.get("limit", 10)), int(request.query.get("offset", 0))
        newest = [*self.generations.values()][::-1]
        page = newest[offset : offset + limit]
        more = {"count": len(page), "limit": limit, "offset": offset, "has_more": offset + limit < len(newest)}
        return Response(200, {"generations": page, **more})

    def delete(self, request: Request) -> Response:
        """Delete the generation."""
        return Response(204) if self.generations.pop(request.match["id"], None) else error(404, "Generation not found")

    def callback(self, ref: str) -> Callback:
        """Return the unsigned callback for a changed generation."""
        return Callback({"content-type": "application/json"}, json.dumps(self.generations[ref]).encode())


def _limits(kind: str, body: dict[str, Any]) -> Iterable[TypeFault]:
    """Yield faults that the types do not show."""
    prompt, frames = body.get("prompt"), body.get("keyframes")
    if prompt is None and not frames:
        yield ("prompt",), "Prompt is required"
    elif prompt is not None and len(prompt) < PROMPT_CHARS_MIN:
        yield ("prompt",), "Prompt is too short, minimum length is 3 characters"
    elif prompt is not None and len(prompt) > PROMPT_CHARS_MAX:
        yield ("prompt",), "Prompt is too long, maximum length is 5000 characters"
    if frames == {}:
        yield ("keyframes",), "No keyframes provided"
    if kind == "video" and body.get("duration", "5s") not in ("5s", "9s"):
        yield ("duration",), "expected one of '5s'|'9s'"
    references = body.get("image_ref", [])
    if len(references) > IMAGE_REFS_MAX:
        yield ("image_ref",), "at most 4"
    images = [*(frames or {}).values(), *references]
    if any(not str(item["url"]).startswith("https://") for item in images if "url" in item):
        yield ("url",), "not a public address"
