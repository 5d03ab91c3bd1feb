"""Replicate's API: predictions, files, webhooks signed as Standard Webhooks want them."""

import json
import time
from collections.abc import Iterable
from uuid import uuid4

from shared.domain import signing
from tests.harness.doubles import double
from tests.harness.doubles.double import Request, Response, Route
from workers.adapters.contract import Callback

FLUX = {"prompt", "aspect_ratio", "num_outputs", "seed", "output_format", "output_quality", "go_fast", "megapixels"}
MUSIC = {"prompt", "duration", "model_version", "output_format", "seed", "temperature", "top_k", "top_p"}
MODELS = {  # the inputs of some models; what it says to one that a model does not have is assumed
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
    """`output` is what a prediction brings, None for a link to `out.png`; `error` is what one fails with."""

    prefix = "/v1"

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.predictions: dict[str, dict[str, object]] = {}
        self.output: object = None
        self.error = "The model failed."
        self.logs = ""
        self.data_removed = False
        self.wait = False  # for the result in the answer to a submit, as `Prefer: wait` asks for

    def routes(self) -> Iterable[Route]:
        """The routes that the adapter and the official client use."""
        return [
            ("submit", "POST", "/v1/predictions", self.create),
            ("submit", "POST", "/v1/models/{owner}/{name}/predictions", self.create),
            ("submit", "POST", "/v1/deployments/{owner}/{name}/predictions", self.create),
            ("poll", "GET", "/v1/predictions/{id}", self.show),
            ("cancel", "POST", "/v1/predictions/{id}/cancel", self.cancel),
            ("other", "GET", "/v1/models/{owner}/{name}/versions/{version}", self.version),
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

    def create(self, request: Request) -> Response:
        """201, state `starting`; with `wait` and `Prefer: wait` the state that it comes to."""
        made, body = uuid4().hex[:26], request.json
        model = "/".join(request.match.values()) or str(body.get("version")).partition(":")[0]
        version = str(body.get("version") or "hidden").rpartition(":")[2]
        strange = sorted(body["input"].keys() - MODELS.get(model, body["input"].keys()))
        if strange:
            detail = f"- input: Additional property {strange[0]} is not allowed"
            return Response(422, {"title": "Input validation failed", "detail": detail, "status": 422})
        own = f"{self.url}/v1/predictions/{made}"
        self.predictions[made] = {
            "id": made,
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
            self._advance(made)
        return Response(201, self.predictions[made])

    def show(self, request: Request) -> Response:
        """The prediction, one state further."""
        if request.match["id"] not in self.predictions:
            return Response(
                404, {"title": "Not found", "detail": "The requested resource could not be found.", "status": 404}
            )
        self._advance(request.match["id"])
        return Response(200, self.predictions[request.match["id"]])

    def cancel(self, request: Request) -> Response:
        """The prediction, canceled unless it had ended before."""
        prediction = self.predictions[request.match["id"]]
        if prediction["status"] not in ENDED and self.states:
            prediction |= {"status": "canceled", "completed_at": NOW}
        return Response(200, prediction)

    def version(self, request: Request) -> Response:
        """What the client asks for before it runs `owner/name:version`."""
        schema = {"components": {"schemas": {"Output": {"type": "string", "format": "uri"}}}}
        made = {"id": request.match["version"], "created_at": NOW, "cog_version": "0.9.0", "openapi_schema": schema}
        return Response(200, made)

    def upload(self, request: Request) -> Response:
        """A file for an input."""
        [content] = [part for part in request.form if part.name == "content"]
        self.files["upload.png"] = (content.data, "image/png")
        own = {"get": self.link("upload.png")}
        described = {"content_type": "image/png", "size": len(content.data), "etag": "e", "checksums": {"sha256": "0"}}
        return Response(
            201, {"id": "f1", "name": "picture", **described, "metadata": {}, "created_at": NOW, "urls": own}
        )

    def webhook(self, ref: str, secret: str, timestamp_s: int | None = None) -> Callback:
        """What it posts when the prediction `ref` is completed."""
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
    """What it makes is music."""

    served_file = "out.wav"
