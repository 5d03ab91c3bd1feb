"""OpenAI's API as OpenAI and compatible services offer it: images, speech, chat."""

import asyncio
import base64
import json
import re
from collections.abc import AsyncIterator, Iterable, Mapping

from tests.harness.doubles import double
from tests.harness.doubles.adapters.kinds import a_wav
from tests.harness.doubles.double import Request, Response, Route
from tests.harness.doubles.provider import a_png

MP3 = b"\xff\xfb\x90\x00" + bytes(413)  # one frame of silence
NOW_S = 1_776_916_481
HEADERS = {
    "x-request-id": "req_1",
    "openai-processing-ms": "12",
    "openai-version": "2020-10-01",
    "x-ratelimit-remaining-requests": "499",
    "x-ratelimit-reset-requests": "120ms",
}
IMAGE_FIELDS = {"model", "prompt", "n", "size", "quality", "background", "output_format", "moderation", "user"}
CHAT_FIELDS = {
    "model",
    "messages",
    "max_tokens",
    "max_completion_tokens",
    "seed",
    "temperature",
    "stream",
    "stream_options",
    "stop",
    "top_p",
}


def error(status: int, message: str, kind: str | None = None, code: object = None) -> Response:
    """Return an error in OpenAI's form."""
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return Response(status, body, {"x-request-id": "req_1"})


def refuse_drawing(body: Mapping[str, object]) -> Response | None:
    """Refuse a size, quality or background that the GPT image model does not have, by OpenAI's own description."""
    model, quality = str(body.get("model")), str(body.get("quality", "auto"))
    if not model.startswith("gpt-image"):
        return None
    background, size = body.get("background", "auto"), str(body.get("size", "auto"))
    finest = quality in ("xhigh", "max") and "-2.5-" in model
    opaque_format = background == "transparent" and body.get("output_format", "png") not in ("png", "webp")
    faults = {
        f"Invalid quality: '{quality}'.": quality not in ("low", "medium", "high", "auto") and not finest,
        f"Invalid background: '{background}'.": background not in ("transparent", "opaque", "auto") or opaque_format,
        f"Invalid size: '{size}'.": not _draws(model, size),
    }
    fault = next((text for text, wrong in faults.items() if wrong), None)
    return error(400, fault, "invalid_request_error", "invalid_value") if fault else None


def _draws(model: str, size: str) -> bool:
    if size in ("auto", "1024x1024", "1536x1024", "1024x1536"):
        return True
    if not re.fullmatch(r"\d{2,4}x\d{2,4}", size) or not model.startswith("gpt-image-2"):
        return False
    width, height = map(int, size.split("x"))
    fits = width % 16 == height % 16 == 0 and max(width, height) <= min(3 * min(width, height), 3840)
    return fits and 655_360 <= width * height <= 8_294_400


class Double(double.Double):
    """`content` is the chat model's text. `strict` refuses fields that OpenAI does not have (assumed wording)."""

    prefix = "/v1"
    content = "A red fox crosses the snow."
    strict = True
    more: Mapping[str, object] = {"service_tier": "default"}  # other fields of a completion

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.finish = "stop"
        self.pause_s, self.broken_after, self.sent = 0.0, -1, 0  # of streams: between words, and how many were sent
        self.message: dict[str, object] = {}  # other fields of its message
        self.usage: dict[str, object] = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}

    def routes(self) -> Iterable[Route]:
        """Return the routes. Each responds with the result."""
        return [
            ("submit", "POST", f"{self.prefix}/images/generations", self.draw),
            ("submit", "POST", f"{self.prefix}/images/edits", self.edit),
            ("submit", "POST", f"{self.prefix}/audio/speech", self.speak),
            ("submit", "POST", f"{self.prefix}/chat/completions", self.chat),
            ("other", "GET", f"{self.prefix}/models", self.list_models),
            (
                "other",
                "GET",
                f"{self.prefix}/key",
                lambda request: Response(200, {"data": {"usage": 1.5, "limit": 20}}),
            ),
        ]

    def list_models(self, request: Request) -> Response:
        """List the models."""
        model = {"object": "model", "created": NOW_S, "owned_by": "openai", "shutdown_date": None}
        ending = {**model, "id": "gpt-5-mini", "shutdown_date": "2026-12-11"}
        return Response(200, {"object": "list", "data": [{**model, "id": "gpt-image-2"}, ending]}, HEADERS)

    def draw(self, request: Request) -> Response:
        """Return images in base64."""
        refusal = self._refuse_unknown(request.json, IMAGE_FIELDS) or refuse_drawing(request.json)
        return refusal or self._respond_with_images(int(request.json.get("n", 1)))

    def edit(self, request: Request) -> Response:
        """Return images from a multipart body with at least one image, in a part `image` or several `image[]`."""
        fields = {part.name: part.data.decode() for part in request.form if part.filename is None}
        images = [part for part in request.form if part.name in ("image", "image[]")]
        if not images:
            return error(
                400, "Missing required parameter: 'image'.", "invalid_request_error", "missing_required_parameter"
            )
        refusal = self._refuse_unknown(fields, IMAGE_FIELDS) or refuse_drawing(fields)
        return refusal or self._respond_with_images(int(fields.get("n", "1")))

    def speak(self, request: Request) -> Response:
        """Return the audio itself."""
        missing = {"model", "input", "voice"} - request.json.keys()
        if missing:
            return error(400, f"Missing required parameter: '{missing.pop()}'.", "invalid_request_error")
        wav = request.json.get("response_format") == "wav"
        return Response(200, a_wav() if wav else MP3, {"Content-Type": "audio/wav" if wav else "audio/mpeg", **HEADERS})

    def chat(self, request: Request) -> Response:
        """Return a completion with one choice."""
        message = {"role": "assistant", "content": self.content, "refusal": None, "annotations": [], **self.message}
        body = {
            "id": "chatcmpl-1",
            "object": "chat.completion",
            "created": NOW_S,
            "model": request.json.get("model"),
            "choices": [{"index": 0, "message": message, "finish_reason": self.finish}],
            "usage": self.usage,
            **self.more,
        }
        refusal = self._refuse_unknown(request.json, CHAT_FIELDS)
        if request.json.get("stream") and refusal is None:
            return Response(200, self._stream(body), {"Content-Type": "text/event-stream", **HEADERS})
        return refusal or Response(200, body, HEADERS)

    async def _stream(self, body: dict[str, object]) -> AsyncIterator[bytes]:
        """Yield a completion as chunks of a word, the last with the usage; or none after `broken_after` words."""
        common = {**body, "object": "chat.completion.chunk", "usage": None}
        for number, word in enumerate(self.content.split(" ")):
            if number == self.broken_after:
                raise ConnectionError("the stream breaks off")
            delta = {"role": "assistant", "content": f" {word}" if number else word}
            yield self._event({**common, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]})
            self.sent += 1
            await asyncio.sleep(self.pause_s)
        yield self._event({**common, "choices": [{"index": 0, "delta": {}, "finish_reason": self.finish}]})
        yield self._event({**common, "choices": [], "usage": self.usage})
        yield b"data: [DONE]\n\n"

    def _event(self, chunk: dict[str, object]) -> bytes:
        return b"data: " + json.dumps(chunk).encode() + b"\n\n"

    def _respond_with_images(self, count: int) -> Response:
        tokens = {"input_tokens": 9, "output_tokens": 7, "total_tokens": 16}
        body = {
            "created": NOW_S,
            "background": "opaque",
            "data": [{"b64_json": base64.b64encode(a_png()).decode()} for _ in range(count)],
            "output_format": "png",
            "quality": "medium",
            "size": "1024x1024",
            "usage": {**tokens, "input_tokens_details": {"image_tokens": 0, "text_tokens": 9}},
        }
        return Response(200, body, HEADERS)

    def _refuse_unknown(self, body: dict[str, object], known: set[str]) -> Response | None:
        unknown = sorted(body.keys() - known) if self.strict else []
        if not unknown:
            return None
        return error(400, f"Unknown parameter: '{unknown[0]}'.", "invalid_request_error", "unknown_parameter")


class Together(Double):
    """Together's images: its own fields, links or base64, no time of creation."""

    strict = False
    more: Mapping[str, object] = {"prompt": []}

    def draw(self, request: Request) -> Response:
        """Return images in the requested form."""
        inline = request.json.get("response_format") == "base64"
        one = {"type": "b64_json", "b64_json": base64.b64encode(a_png()).decode()}
        item = one if inline else {"type": "url", "url": self.link()}
        items = [{"index": index, **item} for index in range(int(request.json.get("n", 1)))]
        return Response(200, {"id": "o1", "model": request.json["model"], "object": "list", "data": items})


class LinkSender(Double):
    """A compatible service that responds with links to its images."""

    strict = False

    def draw(self, request: Request) -> Response:
        """Return a link to an image."""
        return Response(200, {"created": NOW_S, "data": [{"url": self.link()}]})


class Groq(Double):
    """Groq, which serves the same API below another path."""

    prefix = "/openai/v1"
    more: Mapping[str, object] = {"service_tier": "on_demand"}


class Enhancer(Double):
    """A model that returns JSON in a code fence, as many do."""

    content = 'Here you are:\n```json\n{"variations": ["a red fox, dawn", "a red fox, snow"]}\n```'


class Describer(Double):
    """A model that describes an image in JSON."""

    content = '{"prompt": "a teal square, flat", "caption": "A teal square.", "tags": ["teal", "square"]}'
