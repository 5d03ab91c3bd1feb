"""Replicate's API: predictions, files, webhooks with Standard Webhooks signatures."""

import json
import time
from collections.abc import Iterable
from typing import Any
from uuid import uuid4

from shared.domain import signing
from tests.harness.doubles import double
from tests.harness.doubles.double import Request, Response, Route
from workers.adapters.contract import Callback

FLUX = {"prompt", "aspect_ratio", "num_outputs", "seed", "output_format", "output_quality", "go_fast", "megapixels"}
MUSIC = {"prompt", "duration", "model_version", "output_format", "seed", "temperature", "top_k", "top_p"}
MODELS = {  # the inputs of some models; the refusal of any other field is assumed
    "black-forest-labs/flux-schnell": FLUX,
    "black-forest-labs/flux-dev": FLUX | {"image", "prompt_strength", "guidance"},
    "black-forest-labs/flux-kontext-pro": {"prompt", "input_image", "aspect_ratio", "seed", "output_format"},
    "google/nano-banana-2": {"prompt", "image_input", "aspect_ratio", "resolution", "output_format"},
    "kwaivgi/kling-v2.5-turbo-pro": {"prompt", "duration", "aspect_ratio", "negative_prompt", "start_image"},
    "meta/musicgen": MUSIC | {"normalization_strategy", "classifier_free_guidance", "input_audio", "continuation"},
    "nightmareai/real-esrgan": {"image", "scale", "face_enhance"},
    "pharmapsychotic/clip-interrogator": {"image", "clip_model_name", "mode"},
}
DONE, ENDED = "succeeded", ("succeeded", "failed", "canceled", "aborted")
NOW = "2026-11-21T12:00:00.000Z"
VERSION = "8151e1c9f47e0000000000000000000000000000000000000000000000000000"


class Double(double.Double):
    """`output` is a prediction's output, None for a link to `out.png`. `error` is the error of a failed one."""

    prefix = "/v1"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.predictions: dict[str, dict[str, object]] = {}
        self.output: object = None
        self.error = "The model failed."
        self.logs = ""
        self.data_removed = False
        self.listed: dict[str, dict[str, Any]] = {}  # official models: description and openapi_schema of each
        self.wait = False  # whether `Prefer: wait` has the result in the response to a submit

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter and the official client use."""
        return [
            ("submit", "POST", "/v1/predictions", self.create),
            ("submit", "POST", "/v1/models/{owner}/{name}/predictions", self.create),
            ("submit", "POST", "/v1/deployments/{owner}/{name}/predictions", self.create),
            ("poll", "GET", "/v1/predictions/{id}", self.show),
            ("cancel", "POST", "/v1/predictions/{id}/cancel", self.cancel),
            ("other", "GET", "/v1/models/{owner}/{name}/versions/{version}", self.show_version),
            ("other", "GET", "/v1/models/{owner}/{name}", self.show_model),
            ("list", "GET", "/v1/collections/official", self.list_official),
            (
                "other",
                "GET",
                "/v1/account",
                lambda request: Response(200, {"type": "user", "username": "ada", "name": "Ada"}),
            ),
            (
                "other",
                "GET",
                "/v1/webhooks/default/secret",
                lambda request: Response(200, {"key": "whsec_" + "YWFh" * 8}),
            ),
            ("other", "POST", "/v1/files", self.upload),
        ]

    def show_model(self, request: Request) -> Response:
        """Return a model, unless its owner has none of that name."""
        if request.match["name"] == "retired":
            return Response(404, {"detail": "The requested resource could not be found.", "status": 404})
        own = {"owner": request.match["owner"], "name": request.match["name"], "visibility": "public"}
        document = self.listed.get(f"{own['owner']}/{own['name']}", {}).get("openapi_schema")
        return Response(
            200, own | ({"latest_version": {"id": VERSION, "openapi_schema": document}} if document else {})
        )

    def list_official(self, request: Request) -> Response:
        """Return the collection of official models, without their versions."""
        models = [
            {"owner": name.partition("/")[0], "name": name.partition("/")[2], "description": facts["description"]}
            for name, facts in self.listed.items()
        ]
        return Response(200, {"name": "Official models", "slug": "official", "models": models})

    def create(self, request: Request) -> Response:
        """Create a prediction in state `starting`, or with `Prefer: wait` in its next state."""
        ref, body = uuid4().hex[:26], request.json
        model = "/".join(request.match.values()) or str(body.get("version")).partition(":")[0]
        version = str(body.get("version") or "hidden").rpartition(":")[2]
        unknown = sorted(body["input"].keys() - MODELS.get(model, body["input"].keys()))
        if unknown:
            detail = f"- input: Additional property {unknown[0]} is not allowed"
            return Response(422, {"title": "Input validation failed", "detail": detail, "status": 422})
        own = f"{self.url}/v1/predictions/{ref}"
        self.predictions[ref] = {
            "id": ref,
            "model": model,
            "version": version,
            "input": body["input"],
            "logs": "",
            "output": None,
            "data_removed": False,
            "error": None,
            "status": "starting",
            "created_at": NOW,
            "urls": {"get": own, "cancel": f"{own}/cancel", "stream": f"{own}/stream", "web": f"{own}/web"},
        }
        if self.wait and "wait" in request.headers.get("prefer", ""):
            self._advance(ref)
        return Response(201, self.predictions[ref])

    def show(self, request: Request) -> Response:
        """Return the prediction in its next state."""
        if request.match["id"] not in self.predictions:
            return Response(
                404, {"title": "Not found", "detail": "The requested resource could not be found.", "status": 404}
            )
        self._advance(request.match["id"])
        return Response(200, self.predictions[request.match["id"]])

    def cancel(self, request: Request) -> Response:
        """Cancel the prediction unless it has ended, and return it."""
        prediction = self.predictions[request.match["id"]]
        if prediction["status"] not in ENDED and self.states:
            prediction |= {"status": "canceled", "completed_at": NOW}
        return Response(200, prediction)

    def show_version(self, request: Request) -> Response:
        """Return a model's version, which the client reads before it runs `owner/name:version`."""
        schema = {"components": {"schemas": {"Output": {"type": "string", "format": "uri"}}}}
        version = {"id": request.match["version"], "created_at": NOW, "cog_version": "0.9.0", "openapi_schema": schema}
        return Response(200, version)

    def upload(self, request: Request) -> Response:
        """Store an input file."""
        [content] = [part for part in request.form if part.name == "content"]
        self.files["upload.png"] = (content.data, "image/png")
        own = {"get": self.link("upload.png")}
        described = {"content_type": "image/png", "size": len(content.data), "etag": "e", "checksums": {"sha256": "0"}}
        return Response(201, {"id": "f1", "name": "image", **described, "metadata": {}, "created_at": NOW, "urls": own})

    def webhook(self, ref: str, secret: str, timestamp_s: int | None = None) -> Callback:
        """Return the webhook for the completed prediction `ref`."""
        body = json.dumps({**self.predictions.get(ref, {}), "id": ref, "status": DONE}).encode()
        at_s = int(time.time()) if timestamp_s is None else timestamp_s
        return Callback(signing.headers([secret], f"msg_{ref}", at_s, body), body)

    def _advance(self, ref: str) -> None:
        prediction = self.predictions[ref]
        if prediction["status"] in ENDED:
            return
        prediction["status"] = self.take_state(DONE)
        if prediction["status"] == DONE:
            done = {"predict_time": 1.5, "total_time": 2.0}
            output = None if self.data_removed else [self.link()] if self.output is None else self.output
            prediction |= {"output": output, "logs": self.logs, "metrics": done, "completed_at": NOW}
            prediction["data_removed"] = self.data_removed
        elif prediction["status"] in ENDED:
            prediction |= {"error": self.error if prediction["status"] == "failed" else None, "completed_at": NOW}


class MusicMaker(Double):
    """A double whose output is music."""

    served_file = "out.wav"
