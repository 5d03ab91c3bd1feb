"""Luma's API: generations. It accepts the requests that the official client's types and its documentation allow."""

import json
from collections.abc import Iterable
from typing import Any

from lumaai.types.generations import ImageCreateParams, VideoCreateParams

from tests.harness.doubles import luma_generations
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.luma_generations import error
from tests.harness.doubles.typed import TypeFault, faults
from workers.adapters.contract import Callback

NOW = "2026-11-21T12:00:00.000000Z"
PROMPT_CHARS_MIN, PROMPT_CHARS_MAX = 3, 5_000
IMAGE_REFS_MAX = 4
KINDS: dict[str, Any] = {"video": VideoCreateParams, "image": ImageCreateParams}


class Double(luma_generations.Double):
    """`failure_reason` is the reason of a failed generation."""

    prefix = "/dream-machine/v1"
    unauthorized = 403

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.failure_reason = "Job failed"

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

    def begin(self, request: Request) -> dict[str, Any] | Response:
        """Return the facts of a generation, or the first fault of the request."""
        kind, body = request.match["kind"], request.json
        type_faults = [*faults(body, KINDS[kind]), *_limits(kind, body)]
        if type_faults:
            return error(400, f"{'.'.join(map(str, type_faults[0][0]))}: {type_faults[0][1]}")
        return {
            "generation_type": kind,
            "failure_reason": None,
            "created_at": NOW,
            "assets": None,
            "model": body["model"],
            "request": {"generation_type": kind, "callback_url": None, **body},
        }

    def complete(self, generation: dict[str, Any]) -> None:
        """Add the link to the file of the generation's kind."""
        kind = generation["generation_type"]
        files = {"video": "out.mp4", "image": "out.png"}
        generation["assets"] = {name: self.link(file) if name == kind else None for name, file in files.items()}

    def fail(self, generation: dict[str, Any]) -> None:
        """Add the reason."""
        generation["failure_reason"] = self.failure_reason

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
