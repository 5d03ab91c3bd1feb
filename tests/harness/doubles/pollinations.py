"""Pollinations: pictures and speech as OpenAI has them, films by GET, chat; the same request is billed once.

Stricter than the service, which leaves out what it does not know: here a field or a model of another name is refused.
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
PICTURES = "dreamshaper flux zimage klein kontext nanobanana nanobanana-2 nanobanana-pro seedream seedream5 gptimage"
PICTURES += " gptimage-large gpt-image-2 qwen-image wan-image grok-imagine p-image p-image-edit nova-canvas sana"
FILMS = (
    "veo veo-1080p seedance-pro seedance-2.0 wan wan-fast wan-pro grok-video-pro p-video-720p p-video-1080p nova-reel"
)
SOUNDS = "elevenlabs elevenflash eleven-multilingual-v2 elevenmusic lyria-3-clip eleven-sfx grok-tts kokoro"
MP3_ONLY = ("lyria-3-clip", "eleven-sfx")
IMAGE_FIELDS = {"model", "prompt", "n", "size", "quality", "response_format", "user", "seed", "image", "safe"}
SPEECH_FIELDS = {"model", "input", "voice", "response_format", "speed", "duration", "seconds", "instrumental", "seed"}
FILM_FIELDS = {
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
WEB = ("https://", "http://")


def error(status: int, message: str, kind: str | None = None, **details: object) -> Response:
    """An error in the envelope that all routes have."""
    told: dict[str, Any] = {"code": CODES[status], "message": message, "timestamp": NOW, "requestId": "req-1"}
    told |= {"type": kind} if kind else {}
    told |= {"details": details} if details else {}
    return Response(status, {"status": status, "success": False, "error": told})


def upstream(status: int, message: str) -> Response:
    """An upstream's refusal: most of them become a 502."""
    shown = 502 if status in (401, 403, 404, 409, 415, 429) else status
    details = {"upstreamStatus": status, "upstreamHost": "api.upstream.example", "upstreamBody": message}
    return error(shown, message, name="UpstreamError", **details)


class Double(double.Double):
    """`billed` are the requests that each began a generation of its own; one asked again joins it."""

    content = "A red fox crosses the snow."

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.billed: set[tuple[str, bytes]] = set()
        self.pollen: str | None = None  # in a header that only others' programs tell of

    def routes(self) -> Iterable[Route]:
        """What the adapter and OpenAI's client use, and what tells the pollen that is left."""
        return [
            ("submit", "POST", "/v1/images/generations", self.draw),
            ("submit", "POST", "/v1/images/edits", self.edit),
            ("submit", "GET", r"/video/{prompt:[\s\S]+}", self.film),
            ("submit", "POST", "/v1/audio/speech", self.speak),
            ("submit", "POST", "/v1/chat/completions", self.chat),
            (
                "other",
                "GET",
                "/account/balance",
                lambda request: self._stranger(request) or Response(200, {"balance": 12.5}),
            ),
        ]

    def draw(self, request: Request) -> Response:
        """A picture, in base64 if that was asked for, else behind a link."""
        body = request.json
        no = self._flaw(request, body, IMAGE_FIELDS) or picture_flaw(body)
        return no or self._pictures(request, body, linked=body.get("response_format", "url") == "url")

    def edit(self, request: Request) -> Response:
        """The same from a picture or several, by address or data: URL, or as parts of a form."""
        if request.headers["content-type"].startswith("multipart/"):
            body: dict[str, Any] = {part.name: part.data.decode() for part in request.form if part.filename is None}
            body["image"] = [part.data for part in request.form if part.name in ("image", "image[]") and part.filename]
        else:
            body = request.json
            given = body.get("image")
            shown = [given] if isinstance(given, str) else [item.get("image_url", "") for item in given or ()]
            if not all(str(url).startswith((*WEB, "data:image/")) for url in shown):
                return error(400, "Invalid image URL.", name="ValidationError", formErrors=[], fieldErrors={})
        no = self._flaw(request, body, IMAGE_FIELDS) or picture_flaw(body)
        if no is None and not body.get("image"):
            no = error(400, "Missing required field: image")
        return no or self._pictures(request, body, linked=False)

    def film(self, request: Request) -> Response:
        """The film itself."""
        query = request.query
        shown = [url for url in re.split(r"\||,", query.get("image", "")) if url]
        length = query.get("duration", "5")
        faults = {
            "model": query.get("model", "zimage") not in FILMS.split(),
            "seed": not -1 <= int(query.get("seed", "0")) < 2**31,
            "image": not all(url.startswith(WEB) for url in shown),
            "duration": not (length.isdecimal() and 1 <= int(length) <= (120 if "reel" in query["model"] else 30)),
            "aspectRatio": query.get("aspectRatio", "16:9") not in ("16:9", "9:16"),
        }
        no = self._flaw(request, query, FILM_FIELDS) or invalid(faults)
        return no or self._done(request, Response(200, VIDEO, {"Content-Type": "video/mp4"}))

    def speak(self, request: Request) -> Response:
        """The sound itself."""
        body = request.json
        length = body.get("duration", 30)
        wanted = body.get("response_format", "mp3")
        faults = {
            "model": body.get("model", "elevenlabs") not in SOUNDS.split(),
            "input": not 0 < len(body.get("input", "")) <= 10_000,
            "response_format": wanted not in ("mp3", "opus", "aac", "flac", "wav", "pcm")
            or (wanted != "mp3" and body.get("model") in MP3_ONLY),
            "duration": not 0.5 <= length <= 300,
            "seed": not 0 <= body.get("seed", 0) < 2**32,
        }
        no = self._flaw(request, body, SPEECH_FIELDS) or invalid(faults)
        sound, kind = (a_wav(), "audio/wav") if wanted == "wav" else (MP3, "audio/mpeg")
        return no or self._done(request, Response(200, sound, {"Content-Type": kind}))

    def chat(self, request: Request) -> Response:
        """A completion with one choice."""
        body = request.json
        message = {"role": "assistant", "content": self.content, "refusal": None}
        told = {"id": "c1", "object": "chat.completion", "created": NOW_S, "model": body.get("model")}
        told["choices"] = [{"index": 0, "message": message, "finish_reason": "stop", "logprobs": None}]
        told["usage"] = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}
        faults = {"messages": not body.get("messages"), "seed": not -1 <= body.get("seed", 0) < 2**31}
        no = self._flaw(request, body, CHAT_FIELDS) or invalid(faults)
        return no or self._done(request, Response(200, told))

    def _pictures(self, request: Request, body: Mapping[str, Any], *, linked: bool) -> Response:
        shown = {"url": self.link()} if linked else {"b64_json": base64.b64encode(a_png()).decode()}
        tokens = {"input_tokens": 9, "output_tokens": 1, "total_tokens": 10}
        used = {**tokens, "input_tokens_details": {"image_tokens": 0, "text_tokens": 9}}
        data = [{**shown, "revised_prompt": body["prompt"]}]
        return self._done(request, Response(200, {"created": NOW_S, "data": data, "usage": used}))

    def _done(self, request: Request, answer: Response) -> Response:
        self.billed.add((request.raw_path, request.body))
        told = {"x-model-used": "flux", **({"x-pollen-cost": self.pollen} if self.pollen else {})}
        return Response(answer.status, answer.body, {**answer.headers, **told})

    def _flaw(self, request: Request, fields: Iterable[str], known: set[str]) -> Response | None:
        strange = sorted(set(fields) - known)
        return self._stranger(request) or (invalid({strange[0]: True}) if strange else None)

    @staticmethod
    def _stranger(request: Request) -> Response | None:
        key = request.headers.get("authorization", "").removeprefix("Bearer ")
        return error(401, "Authentication required.") if key in ("", "None") else None


class Enhancer(Double):
    """A model that answers with JSON."""

    content = json.dumps({"variations": ["a red fox, dawn", "a red fox, snow"]})


class Describer(Double):
    """A model that describes a picture in JSON."""

    content = '{"prompt": "a teal square", "caption": "A teal square.", "tags": ["teal"]}'


def picture_flaw(body: Mapping[str, Any]) -> Response | None:
    """What is wrong with a request for a picture."""
    return invalid(
        {
            "model": body.get("model", "flux") not in PICTURES.split(),
            "prompt": not 0 < len(body.get("prompt", "")) <= 32_000,
            "size": not re.fullmatch(r"\d+x\d+", body.get("size", "1024x1024")),
            "quality": body.get("quality", "medium") not in ("standard", "hd", "low", "medium", "high"),
            "response_format": body.get("response_format", "url") not in ("url", "b64_json"),
            "seed": not -1 <= body.get("seed", 0) < 2**31,
            "n": body.get("n", 1) != 1,
        }
    )


def invalid(faults: Mapping[str, bool]) -> Response | None:
    """A 400 that names the fields at fault, or None."""
    found = {name: ["Invalid input"] for name, wrong in faults.items() if wrong}
    words = "Something was wrong with the input data, check the details for more info."
    return error(400, words, name="ValidationError", formErrors=[], fieldErrors=found) if found else None
