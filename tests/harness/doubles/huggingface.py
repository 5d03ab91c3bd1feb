"""Hugging Face's router: its own models, fal's queue, providers that speak OpenAI's API, a chat, and the hub.

Assumed: the text of most refusals, and that a parameter which a task does not have is refused.
"""

import base64
from collections.abc import Iterable
from typing import Any

from msgspec import structs

from tests.harness.doubles import fal, openai
from tests.harness.doubles.adapters.kinds import a_wav
from tests.harness.doubles.double import Handler, Request, Response, Route
from tests.harness.doubles.provider import a_png

IMAGE_MODEL, CAPTIONER = "black-forest-labs/FLUX.1-schnell", "Salesforce/blip-image-captioning-large"
SPEAKER, UPSCALER = "facebook/mms-tts-eng", "caidas/swin2SR-classical-sr-x2-64"
VIDEO_MODEL = "Wan-AI/Wan2.2-T2V-A14B"
TASKS = {
    IMAGE_MODEL: "text-to-image",
    CAPTIONER: "image-to-text",
    SPEAKER: "text-to-speech",
    UPSCALER: "image-to-image",
    "timbrooks/instruct-pix2pix": "image-to-image",
    VIDEO_MODEL: "text-to-video",
}
PARAMETERS = {
    "text-to-image": {
        "negative_prompt",
        "height",
        "width",
        "num_inference_steps",
        "guidance_scale",
        "scheduler",
        "seed",
    },
    "image-to-image": {
        "prompt",
        "negative_prompt",
        "target_size",
        "num_inference_steps",
        "guidance_scale",
        "seed",
    },
    "text-to-speech": {"generation_parameters"},
    "image-to-text": {"max_new_tokens"},
}
MAPPINGS = {  # model -> (inference provider, its own name of the model, task)
    VIDEO_MODEL: ("fal-ai", "fal-ai/wan/v2.2-a14b/text-to-video", "text-to-video"),
    "black-forest-labs/FLUX.1-dev": ("nscale", "black-forest-labs/FLUX.1-dev", "text-to-image"),
    "black-forest-labs/FLUX.2-dev": ("together", "black-forest-labs/FLUX.2-dev", "text-to-image"),
}
OPENAI_FIELDS = {
    "nscale": {"model", "prompt", "response_format", "size"},
    "together": {
        "model",
        "prompt",
        "response_format",
        "width",
        "height",
        "n",
        "seed",
        "steps",
        "negative_prompt",
        "image_url",
        "reference_images",
    },
}


def error(status: int, message: object, **more: object) -> Response:
    """Return an error in Hugging Face's form."""
    return Response(status, {"error": message, **more})


class Double(openai.Double, fal.Double):
    """The chat is that of OpenAI's double, and the queue that of fal's. `caption` is the captioner's text."""

    prefix = ""
    caption: object = "a red fox in the snow"

    def routes(self) -> Iterable[Route]:
        """Return all routes of the router, and the hub's page of a model, which its client reads first."""
        app, request_path = "/fal-ai/{owner}/{alias}", f"/fal-ai{fal.REQUEST}"
        return [
            ("submit", "POST", "/v1/chat/completions", self._with_key(self.chat)),
            ("submit", "POST", "/hf-inference/models/{owner}/{name}", self._with_key(self.infer)),
            ("submit", "POST", "/{via:nscale|together}/v1/images/generations", self._with_key(self.draw_elsewhere)),
            ("poll", "GET", f"{request_path}/status", self._in_queue(self.status)),
            ("result", "GET", request_path, self._in_queue(self.show)),
            ("submit", "POST", app, self._with_key(self.start)),
            ("submit", "POST", app + "/{path:.+}", self._with_key(self.start)),
            ("other", "GET", "/api/models/{owner}/{name}", self.show_model),
            (
                "other",
                "GET",
                "/api/whoami-v2",
                self._with_key(lambda request: Response(200, {"type": "user", "name": "ada"})),
            ),
        ]

    def infer(self, request: Request) -> Response:
        """Run one of its own models on JSON, or on an image as the body."""
        name = f"{request.match['owner']}/{request.match['name']}"
        task = TASKS.get(name)
        if task not in PARAMETERS:
            return error(404, f"Model {name} is not supported by provider hf-inference")
        raw = request.headers.get("content-type") != "application/json"
        if raw and task.startswith("text"):
            return error(400, "Content type not supported.")
        body: dict[str, Any] = {} if raw else request.json
        unknown = sorted(body.get("parameters", {}).keys() - PARAMETERS[task])
        if unknown or not (raw or body.get("inputs")):
            return error(422, [f"unknown parameter: {name}" for name in unknown] or ["inputs: field required"])
        if task.startswith("image"):
            image = request.body if raw else base64.b64decode(body["inputs"], validate=True)
            if not image.startswith(b"\x89PNG"):
                return error(400, "cannot identify image file")
        if task == "image-to-text":
            return Response(200, self.caption if isinstance(self.caption, list) else [{"generated_text": self.caption}])
        speech = task == "text-to-speech"
        headers = {"Content-Type": "audio/wav" if speech else "image/png", "x-compute-type": "gpu"}
        return Response(200, a_wav() if speech else a_png(), headers)

    def draw_elsewhere(self, request: Request) -> Response:
        """Return an image of another provider, through the router."""
        via, body = request.match["via"], request.json
        unknown = sorted(body.keys() - OPENAI_FIELDS[via])
        inline = {"nscale": "b64_json", "together": "base64"}[via]
        if unknown or body.get("response_format") != inline or not body.get("prompt"):
            return openai.error(400, f"Invalid request: {unknown}", "invalid_request_error")
        item = {"index": 0, "type": "b64_json", "b64_json": base64.b64encode(a_png()).decode()}
        return Response(200, {"id": "o1", "model": body["model"], "object": "list", "data": [item]})

    def start(self, request: Request) -> Response:
        """Enqueue a request in fal's queue if the query selects it, else return the result at once."""
        if request.query.get("_subdomain") == "queue":
            return self.enqueue(structs.replace(request, path=request.path.removeprefix("/fal-ai")))
        return Response(200, self.build_result(request))

    def show(self, request: Request) -> Response:
        """Return the result of a request, of its app's kind."""
        response = super().show(request)
        return Response(200, self.build_result(request)) if self.result is None and response.status == 200 else response

    def build_result(self, request: Request) -> dict[str, object]:
        """Return a video if the app makes videos, else an image."""
        if "wan" in request.path:
            return {"video": {"url": self.link(), "content_type": "video/mp4"}}
        return {"images": [{"url": self.link(), "content_type": "image/png"}], "seed": 42}

    def show_model(self, request: Request) -> Response:
        """Return the hub's page of a model: its task, or its other providers."""
        name = f"{request.match['owner']}/{request.match['name']}"
        model: dict[str, object] = {"id": name, "pipeline_tag": TASKS.get(name), "tags": []}
        if name in MAPPINGS:
            via, provider_id, task = MAPPINGS[name]
            model["inferenceProviderMapping"] = {via: {"status": "live", "providerId": provider_id, "task": task}}
        return Response(200, model)

    def _urls(self, request_id: str) -> dict[str, str]:
        """Return the URLs of a request on fal's host, not on the router's."""
        own = f"https://queue.fal.run/{self.queued_apps[request_id]}/requests/{request_id}"
        return {
            "request_id": request_id,
            "response_url": own,
            "status_url": f"{own}/status",
            "cancel_url": f"{own}/cancel",
        }

    def _with_key(self, handler: Handler) -> Handler:
        """Refuse a request without a key."""

        def respond(request: Request) -> Response:
            if not request.headers.get("authorization", "").startswith("Bearer "):
                return error(401, "Invalid username or password.")
            return handler(request)

        return respond

    def _in_queue(self, handler: Handler) -> Handler:
        """Find a request only if the query selects the queue."""

        def respond(request: Request) -> Response:
            return handler(request) if request.query.get("_subdomain") == "queue" else error(404, "Not Found")

        return self._with_key(respond)


class Enhancer(Double):
    """A model that returns JSON in a code fence, as many do."""

    content = openai.Enhancer.content


class Describer(Double):
    """A model that describes an image in JSON."""

    content = openai.Describer.content


class VideoMaker(Double):
    """A double whose output is a video."""

    served_file = "out.mp4"
