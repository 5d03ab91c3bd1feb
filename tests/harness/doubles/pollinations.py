"""Pollinations: images and speech like OpenAI, videos by GET, chat. The same request is billed once.

Stricter than the service, which ignores unknown fields: here an unknown field or model is refused.
"""

import base64
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from tests.harness.doubles import double
from tests.harness.doubles.adapters.kinds import a_wav
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.kie import VIDEO
from tests.harness.doubles.openai import MP3
from tests.harness.doubles.provider import a_png

NOW = "2026-11-21T12:00:00.000Z"
NOW_S = 1_776_916_481
CODES = {
    400: "BAD_REQUEST",
    401: "UNAUTHORIZED",
    402: "PAYMENT_REQUIRED",
    403: "FORBIDDEN",
    404: "NOT_FOUND",
    422: "UNPROCESSABLE_ENTITY",
    429: "RATE_LIMITED",
    500: "INTERNAL_ERROR",
    502: "BAD_GATEWAY",
    503: "SERVICE_UNAVAILABLE",
}
IMAGE_MODELS = (
    "dreamshaper flux zimage klein kontext nanobanana nanobanana-2 nanobanana-pro seedream seedream5 gptimage"
)
IMAGE_MODELS += " gptimage-large gpt-image-2 qwen-image wan-image grok-imagine p-image p-image-edit nova-canvas sana"
VIDEO_MODELS = (
    "veo veo-1080p seedance-pro seedance-2.0 wan wan-fast wan-pro grok-video-pro p-video-720p p-video-1080p nova-reel"
)
AUDIO_MODELS = "elevenlabs elevenflash eleven-multilingual-v2 elevenmusic lyria-3-clip eleven-sfx grok-tts kokoro"
MP3_ONLY = ("lyria-3-clip", "eleven-sfx")
IMAGE_FIELDS = {"model", "prompt", "n", "size", "quality", "response_format", "user", "seed", "image", "safe"}
SPEECH_FIELDS = {"model", "input", "voice", "response_format", "speed", "duration", "seconds", "instrumental", "seed"}
VIDEO_FIELDS = {
    "model",
    "width",
    "height",
    "seed",
    "enhance",
    "safe",
    "image",
    "duration",
    "aspectRatio",
    "audio",
    "key",
}
CHAT_FIELDS = {"model", "messages", "max_tokens", "seed", "temperature", "stream"}
URL_SCHEMES = ("https://", "http://")


def error(status: int, message: str, kind: str | None = None, **details: object) -> Response:
    """Return an error in the envelope of all routes."""
    fields: dict[str, Any] = {"code": CODES[status], "message": message, "timestamp": NOW, "requestId": "req-1"}
    fields |= {"type": kind} if kind else {}
    fields |= {"details": details} if details else {}
    return Response(status, {"status": status, "success": False, "error": fields})


def upstream(status: int, message: str) -> Response:
    """Return an upstream's refusal. Most of them become a 502."""
    final = 502 if status in (401, 403, 404, 409, 415, 429) else status
    details = {"upstreamStatus": status, "upstreamHost": "api.upstream.example", "upstreamBody": message}
    return error(final, message, name="UpstreamError", **details)


class Double(double.Double):
    """`billed` has the requests that started a generation. A repeated request joins the earlier one."""

    content = "A red fox crosses the snow."

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.billed: set[tuple[str, bytes]] = set()
        self.pollen: str | None = None  # in a header that only third-party programs document

    def routes(self) -> Iterable[Route]:
        """Return the routes that the adapter and OpenAI's client use."""
        return [
            ("submit", "POST", "/v1/images/generations", self.draw),
            ("submit", "POST", "/v1/images/edits", self.edit),
            ("submit", "GET", r"/video/{prompt:[\s\S]+}", self.render_video),
            ("submit", "POST", "/v1/audio/speech", self.speak),
            ("submit", "POST", "/v1/chat/completions", self.chat),
            (
                "other",
                "GET",
                "/image/models",
                lambda request: Response(200, [{"name": "flux", "aliases": ["schnell"]}]),
            ),
            ("other", "GET", "/text/models", lambda request: Response(200, [{"name": "openai", "aliases": []}])),
            (
                "other",
                "GET",
                "/account/balance",
                lambda request: self._refuse_without_key(request) or Response(200, {"balance": 12.5}),
            ),
        ]

    def draw(self, request: Request) -> Response:
        """Return an image, in base64 if requested, else behind a link."""
        body = request.json
        refusal = self._refuse(request, body, IMAGE_FIELDS) or refuse_image_request(body)
        return refusal or self._respond_with_images(request, body, linked=body.get("response_format", "url") == "url")

    def edit(self, request: Request) -> Response:
        """Return an edited image. The input images are URLs, data: URLs or parts of a form."""
        if request.headers["content-type"].startswith("multipart/"):
            body: dict[str, Any] = {part.name: part.data.decode() for part in request.form if part.filename is None}
            body["image"] = [part.data for part in request.form if part.name in ("image", "image[]") and part.filename]
        else:
            body = request.json
            images = body.get("image")
            urls = [images] if isinstance(images, str) else [item.get("image_url", "") for item in images or ()]
            if not all(str(url).startswith((*URL_SCHEMES, "data:image/")) for url in urls):
                return error(400, "Invalid image URL.", name="ValidationError", formErrors=[], fieldErrors={})
        refusal = self._refuse(request, body, IMAGE_FIELDS) or refuse_image_request(body)
        if refusal is None and not body.get("image"):
            refusal = error(400, "Missing required field: image")
        return refusal or self._respond_with_images(request, body, linked=False)

    def render_video(self, request: Request) -> Response:
        """Return the video itself."""
        query = request.query
        urls = [url for url in re.split(r"\||,", query.get("image", "")) if url]
        length = query.get("duration", "5")
        faults = {
            "model": query.get("model", "zimage") not in VIDEO_MODELS.split(),
            "seed": not -1 <= int(query.get("seed", "0")) < 2**31,
            "image": not all(url.startswith(URL_SCHEMES) for url in urls),
            "duration": not (length.isdecimal() and 1 <= int(length) <= (120 if "reel" in query["model"] else 30)),
            "aspectRatio": query.get("aspectRatio", "16:9") not in ("16:9", "9:16"),
        }
        refusal = self._refuse(request, query, VIDEO_FIELDS) or invalid(faults)
        return refusal or self._respond(request, Response(200, VIDEO, {"Content-Type": "video/mp4"}))

    def speak(self, request: Request) -> Response:
        """Return the audio itself."""
        body = request.json
        length = body.get("duration", 30)
        audio_format = body.get("response_format", "mp3")
        faults = {
            "model": body.get("model", "elevenlabs") not in AUDIO_MODELS.split(),
            "input": not 0 < len(body.get("input", "")) <= 10_000,
            "response_format": audio_format not in ("mp3", "opus", "aac", "flac", "wav", "pcm")
            or (audio_format != "mp3" and body.get("model") in MP3_ONLY),
            "duration": not 0.5 <= length <= 300,
            "seed": not 0 <= body.get("seed", 0) < 2**32,
        }
        refusal = self._refuse(request, body, SPEECH_FIELDS) or invalid(faults)
        audio, media_type = (a_wav(), "audio/wav") if audio_format == "wav" else (MP3, "audio/mpeg")
        return refusal or self._respond(request, Response(200, audio, {"Content-Type": media_type}))

    def chat(self, request: Request) -> Response:
        """Return a completion with one choice."""
        body = request.json
        message = {"role": "assistant", "content": self.content, "refusal": None}
        completion = {"id": "c1", "object": "chat.completion", "created": NOW_S, "model": body.get("model")}
        completion["choices"] = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
        completion["usage"] = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
        faults = {"messages": not body.get("messages"), "seed": not -1 <= body.get("seed", 0) < 2**31}
        refusal = self._refuse(request, body, CHAT_FIELDS) or invalid(faults)
        return refusal or self._respond(request, Response(200, completion))

    def _respond_with_images(self, request: Request, body: Mapping[str, Any], *, linked: bool) -> Response:
        image = {"url": self.link()} if linked else {"b64_json": base64.b64encode(a_png()).decode()}
        tokens = {"input_tokens": 9, "output_tokens": 1, "total_tokens": 10}
        usage = {**tokens, "input_tokens_details": {"image_tokens": 0, "text_tokens": 9}}
        data = [{**image, "revised_prompt": body["prompt"]}]
        return self._respond(request, Response(200, {"created": NOW_S, "data": data, "usage": usage}))

    def _respond(self, request: Request, response: Response) -> Response:
        self.billed.add((request.raw_path, request.body))
        headers = {"x-model-used": "flux", **({"x-pollen-cost": self.pollen} if self.pollen else {})}
        return Response(response.status, response.body, {**response.headers, **headers})

    def _refuse(self, request: Request, fields: Iterable[str], known: set[str]) -> Response | None:
        unknown = sorted(set(fields) - known)
        return self._refuse_without_key(request) or (invalid({unknown[0]: True}) if unknown else None)

    @staticmethod
    def _refuse_without_key(request: Request) -> Response | None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        return error(401, "Authentication required.") if key in ("", "None") else None


class Enhancer(Double):
    """A model that returns JSON."""

    content = json.dumps({"variations": ["a red fox, dawn", "a red fox, snow"]})


class Describer(Double):
    """A model that describes an image in JSON."""

    content = '{"prompt": "a teal square", "caption": "A teal square.", "tags": ["teal"]}'


def refuse_image_request(body: Mapping[str, Any]) -> Response | None:
    """Refuse an invalid image request."""
    return invalid(
        {
            "model": body.get("model", "flux") not in IMAGE_MODELS.split(),
            "prompt": not 0 < len(body.get("prompt", "")) <= 32_000,
            "size": not re.fullmatch(r"\d+x\d+", body.get("size", "1024x1024")),
            "quality": body.get("quality", "medium") not in ("standard", "hd", "low", "medium", "high"),
            "response_format": body.get("response_format", "url") not in ("url", "b64_json"),
            "seed": not -1 <= body.get("seed", 0) < 2**31,
            "n": body.get("n", 1) != 1,
        }
    )


def invalid(faults: Mapping[str, bool]) -> Response | None:
    """Return a 400 that names the invalid fields, or None."""
    field_errors = {name: ["Invalid input"] for name, wrong in faults.items() if wrong}
    message = "Something was wrong with the input data, check the details for more info."
    return (
        error(400, message, name="ValidationError", formErrors=[], fieldErrors=field_errors) if field_errors else None
    )
