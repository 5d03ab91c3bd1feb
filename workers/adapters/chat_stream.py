"""Chat completions that come as a stream: the text so far, and at the end the response that they add up to."""

from typing import Any

import msgspec

from workers.adapters.chat import ANSWER_CHARS_MAX, without_reasoning
from workers.adapters.contract import Show, Unknown
from workers.adapters.http import Http
from workers.adapters.responses import ProviderResponse, json_fields

THINK = "<think>"
DONE = b"[DONE]"


class CompletionStream:
    """A completion whose chunks come one by one."""

    def __init__(self) -> None:
        self._content = self._refusal = ""
        self._finish: object = None
        self._last: dict[str, Any] = {}  # the usage, the cost or an error
        self._ended = False

    def take(self, data: bytes) -> None:
        """Add a chunk."""
        if data == DONE:
            self._ended = True
            return
        chunk = json_fields(data)
        self._last |= {name: chunk[name] for name in ("usage", "error") if chunk.get(name)}
        choices = chunk.get("choices")
        choice = choices[0] if isinstance(choices, list) and choices else None
        if not isinstance(choice, dict):
            return
        delta = choice.get("delta")
        delta = delta if isinstance(delta, dict) else {}
        self._content += str(delta.get("content") or "")
        self._refusal += str(delta.get("refusal") or "")
        self._finish = choice.get("finish_reason") or self._finish

    @property
    def visible(self) -> str:
        """Return the text so far without its reasoning. A later chunk changes nothing of it."""
        text = self._content[:ANSWER_CHARS_MAX].lstrip()
        if THINK.startswith(text[: len(THINK)]):
            return without_reasoning(text) if "</think>" in text else ""
        return text.rstrip()

    def build_response(self) -> ProviderResponse:
        """Return the response that a call without a stream gets. Raises Unknown if the stream was cut."""
        if not (self._ended or self._finish or self._last.get("error")):
            raise Unknown("the stream ended before its text was complete")
        message = {"content": self._content, "refusal": self._refusal or None}
        body = {"choices": [{"message": message, "finish_reason": self._finish}], **self._last}
        return ProviderResponse(200, {"Content-Type": "application/json"}, msgspec.json.encode(body))


async def submit_streamed(http: Http, path: str, body: dict[str, object], show: Show) -> ProviderResponse:
    """POST a chat completion as a stream, and show its text. Return the response that the chunks add up to.

    Raises what a submit raises. A provider that does not stream answers as usual.
    """
    written = CompletionStream()

    async def take(data: bytes) -> None:
        written.take(data)
        await show(written.visible)

    streamed = {**body, "stream": True, "stream_options": {"include_usage": True}}
    response = await http.submit("POST", path, json=streamed, on_data=take)
    return response if response.body else written.build_response()
