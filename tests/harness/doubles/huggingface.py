"""Hugging Face's router: its own models, fal's queue, those who imitate OpenAI, a chat, and the hub that knows models.

Assumed: the words of most refusals, and that a parameter which a task does not have is one.
"""

import base64
from collections.abc import Iterable
from typing import Any

from msgspec import structs

from tests.harness.doubles import fal, openai
from tests.harness.doubles.adapters.kinds import a_wav
from tests.harness.doubles.double import Handler, Request, Response, Route
from tests.harness.doubles.provider import a_png

DRAWER, CAPTIONER = "black-forest-labs/FLUX.1-schnell", "Salesforce/blip-image-captioning-large"
SPEAKER, ENLARGER = "facebook/mms-tts-eng", "caidas/swin2SR-classical-sr-x2-64"
FILMER = "Wan-AI/Wan2.2-T2V-A14B"
TASKS = {
    DRAWER: "text-to-image",
    CAPTIONER: "image-to-text",
    SPEAKER: "text-to-speech",
    ENLARGER: "image-to-image",
    "timbrooks/instruct-pix2pix": "image-to-image",
    FILMER: "text-to-video",
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
ELSEWHERE = {  # model -> who serves it too, and as what
    FILMER: ("fal-ai", "fal-ai/wan/v2.2-a14b/text-to-video", "text-to-video"),
    "black-forest-labs/FLUX.1-dev": ("nscale", "black-forest-labs/FLUX.1-dev", "text-to-image"),
    "black-forest-labs/FLUX.2-dev": ("together", "black-forest-labs/FLUX.2-dev", "text-to-image"),
}
IMITATED = {
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
    """An error as Hugging Face words it."""
    return Response(status, {"error": message, **more})


class Double(openai.Double, fal.Double):
    """The chat is OpenAI's and the queue fal's, as their doubles have them; `caption` is what a captioner says."""

    prefix = ""
    caption: object = "a red fox in the snow"

    def routes(self) -> Iterable[Route]:
        """Everything below one address, and the hub's page of a model, which its client reads first."""
        app, request_path = "/fal-ai/{owner}/{alias}", f"/fal-ai{fal.REQUEST}"
        return [
            ("submit", "POST", "/v1/chat/completions", self._keyed(self.chat)),
            ("submit", "POST", "/hf-inference/models/{owner}/{name}", self._keyed(self.infer)),
            ("submit", "POST", "/{who:nscale|together}/v1/images/generations", self._keyed(self.imitate)),
            ("poll", "GET", f"{request_path}/status", self._queued(self.status)),
            ("result", "GET", request_path, self._queued(self.show)),
            ("submit", "POST", app, self._keyed(self.order)),
            ("submit", "POST", app + "/{path:.+}", self._keyed(self.order)),
            ("other", "GET", "/api/models/{owner}/{name}", self.page),
            (
                "other",
                "GET",
                "/api/whoami-v2",
                self._keyed(lambda request: Response(200, {"type": "user", "name": "ada"})),
            ),
        ]

    def infer(self, request: Request) -> Response:
        """What one of its own models makes of words in JSON, or of a picture as it is."""
        name = f"{request.match['owner']}/{request.match['name']}"
        task = TASKS.get(name)
        if task not in PARAMETERS:
            return error(404, f"Model {name} is not supported by provider hf-inference")
        plain = request.headers.get("content-type") != "application/json"
        if plain and task.startswith("text"):
            return error(400, "Content type not supported.")
        body: dict[str, Any] = {} if plain else request.json
        strange = sorted(body.get("parameters", {}).keys() - PARAMETERS[task])
        if strange or not (plain or body.get("inputs")):
            return error(422, [f"unknown parameter: {name}" for name in strange] or ["inputs: field required"])
        if task.startswith("image"):
            picture = request.body if plain else base64.b64decode(body["inputs"], validate=True)
            if not picture.startswith(b"\x89PNG"):
                return error(400, "cannot identify image file")
        if task == "image-to-text":
            return Response(200, self.caption if isinstance(self.caption, list) else [{"generated_text": self.caption}])
        sound = task == "text-to-speech"
        headers = {"Content-Type": "audio/wav" if sound else "image/png", "x-compute-type": "gpu"}
        return Response(200, a_wav() if sound else a_png(), headers)

    def imitate(self, request: Request) -> Response:
        """A picture as others serve it, through the router."""
        who, body = request.match["who"], request.json
        strange = sorted(body.keys() - IMITATED[who])
        inline = {"nscale": "b64_json", "together": "base64"}[who]
        if strange or body.get("response_format") != inline or not body.get("prompt"):
            return openai.error(400, f"Invalid request: {strange}", "invalid_request_error")
        item = {"index": 0, "type": "b64_json", "b64_json": base64.b64encode(a_png()).decode()}
        return Response(200, {"id": "o1", "model": body["model"], "object": "list", "data": [item]})

    def order(self, request: Request) -> Response:
        """Into fal's queue if it was asked for, else what the app makes, at once."""
        if request.query.get("_subdomain") == "queue":
            return self.enqueue(structs.replace(request, path=request.path.removeprefix("/fal-ai")))
        return Response(200, self.made(request))

    def show(self, request: Request) -> Response:
        """The result of a request, of the kind that its app makes."""
        shown = super().show(request)
        return Response(200, self.made(request)) if self.result is None and shown.status == 200 else shown

    def made(self, request: Request) -> dict[str, object]:
        """A film of an app that films, else a picture."""
        if "wan" in request.path:
            return {"video": {"url": self.link(), "content_type": "video/mp4"}}
        return {"images": [{"url": self.link(), "content_type": "image/png"}], "seed": 42}

    def page(self, request: Request) -> Response:
        """What the hub knows of a model: its task, or who else serves it."""
        name = f"{request.match['owner']}/{request.match['name']}"
        known: dict[str, object] = {"id": name, "pipeline_tag": TASKS.get(name), "tags": []}
        if name in ELSEWHERE:
            who, theirs, task = ELSEWHERE[name]
            known["inferenceProviderMapping"] = {who: {"status": "live", "providerId": theirs, "task": task}}
        return Response(200, known)

    def _urls(self, made: str) -> dict[str, str]:
        """As fal gives them: on its own host, not on the router's."""
        own = f"https://queue.fal.run/{self.queued_apps[made]}/requests/{made}"
        return {
            "request_id": made,
            "response_url": own,
            "status_url": f"{own}/status",
            "cancel_url": f"{own}/cancel",
        }

    def _keyed(self, handler: Handler) -> Handler:
        """Refuses a request without a key."""

        def answer(request: Request) -> Response:
            if not request.headers.get("authorization", "").startswith("Bearer "):
                return error(401, "Invalid username or password.")
            return handler(request)

        return answer

    def _queued(self, handler: Handler) -> Handler:
        """Finds a request only where the queue is asked for."""

        def answer(request: Request) -> Response:
            return handler(request) if request.query.get("_subdomain") == "queue" else error(404, "Not Found")

        return self._keyed(answer)


class Enhancer(Double):
    """A model that answers with JSON in a fence, as many do."""

    content = openai.Enhancer.content


class Describer(Double):
    """A model that describes a picture in JSON."""

    content = openai.Describer.content


class VideoMaker(Double):
    """What it makes are films."""

    served_file = "out.mp4"
