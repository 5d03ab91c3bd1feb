"""OpenAI's API as it and its imitators serve it: pictures, speech, chat."""

import base64
from collections.abc import Iterable, Mapping

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
CHAT_FIELDS = {"model", "messages", "max_tokens", "max_completion_tokens", "seed", "temperature", "stream"}


def error(status: int, message: str, kind: str | None = None, code: object = None) -> Response:
    """An error as OpenAI words it."""
    body = {"error": {"message": message, "type": kind, "param": None, "code": code}}
    return Response(status, body, {"x-request-id": "req_1"})


class Double(double.Double):
    """`content` is what the chat model says; `strict` refuses fields that OpenAI does not have (assumed wording)."""

    prefix = "/v1"
    content = "A red fox crosses the snow."
    strict = True
    more: Mapping[str, object] = {"service_tier": "default"}  # what else a completion has

    def __init__(self, port: int = 0) -> None:
        super().__init__(port)
        self.finish = "stop"
        self.message: dict[str, object] = {}  # what else its message has
        self.usage: dict[str, object] = {"prompt_tokens": 9, "completion_tokens": 7, "total_tokens": 16}

    def routes(self) -> Iterable[Route]:
        """All of them answer with the result."""
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
        """The models there are."""
        model = {"id": "gpt-image-2", "object": "model", "created": NOW_S, "owned_by": "openai"}
        return Response(200, {"object": "list", "data": [model]}, HEADERS)

    def draw(self, request: Request) -> Response:
        """Pictures in base64."""
        return self._unknown(request.json, IMAGE_FIELDS) or self._pictures(int(request.json.get("n", 1)))

    def edit(self, request: Request) -> Response:
        """The same from a multipart body with at least one picture, in a part `image` or several `image[]`."""
        fields = {part.name: part.data.decode() for part in request.form if part.filename is None}
        shown = [part for part in request.form if part.name in ("image", "image[]")]
        if not shown:
            return error(
                400, "Missing required parameter: 'image'.", "invalid_request_error", "missing_required_parameter"
            )
        return self._unknown(fields, IMAGE_FIELDS) or self._pictures(int(fields.get("n", "1")))

    def speak(self, request: Request) -> Response:
        """The sound itself."""
        missing = {"model", "input", "voice"} - request.json.keys()
        if missing:
            return error(400, f"Missing required parameter: '{missing.pop()}'.", "invalid_request_error")
        wav = request.json.get("response_format") == "wav"
        return Response(200, a_wav() if wav else MP3, {"Content-Type": "audio/wav" if wav else "audio/mpeg", **HEADERS})

    def chat(self, request: Request) -> Response:
        """A completion with one choice."""
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
        return self._unknown(request.json, CHAT_FIELDS) or Response(200, body, HEADERS)

    def _pictures(self, count: int) -> Response:
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

    def _unknown(self, body: dict[str, object], known: set[str]) -> Response | None:
        strange = sorted(body.keys() - known) if self.strict else []
        if not strange:
            return None
        return error(400, f"Unknown parameter: '{strange[0]}'.", "invalid_request_error", "unknown_parameter")


class Together(Double):
    """Together's pictures: its own fields, links or base64, no time of creation."""

    strict = False
    more: Mapping[str, object] = {"prompt": []}

    def draw(self, request: Request) -> Response:
        """Pictures as it was asked to send them."""
        inline = request.json.get("response_format") == "base64"
        one = {"type": "b64_json", "b64_json": base64.b64encode(a_png()).decode()}
        item = one if inline else {"type": "url", "url": self.link()}
        items = [{"index": index, **item} for index in range(int(request.json.get("n", 1)))]
        return Response(200, {"id": "o1", "model": request.json["model"], "object": "list", "data": items})


class LinkSender(Double):
    """An imitator that answers with links to its pictures."""

    strict = False

    def draw(self, request: Request) -> Response:
        """A link to a picture."""
        return Response(200, {"created": NOW_S, "data": [{"url": self.link()}]})


class Groq(Double):
    """Groq serves the same one floor deeper."""

    prefix = "/openai/v1"
    more: Mapping[str, object] = {"service_tier": "on_demand"}


class Enhancer(Double):
    """A model that answers with JSON in a fence, as many do."""

    content = 'Here you are:\n```json\n{"variations": ["a red fox, dawn", "a red fox, snow"]}\n```'


class Describer(Double):
    """A model that describes a picture in JSON."""

    content = '{"prompt": "a teal square, flat", "caption": "A teal square.", "tags": ["teal", "square"]}'
