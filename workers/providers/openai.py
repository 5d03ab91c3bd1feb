"""OpenAI's API, and every service that speaks it.

The catalogue gives the others `adapter = "openai"`. One called as in BASE_URLS has its address and its peculiarities
from here; any other needs its `base_url`, a server of our own (llama.cpp, ...) no key.
"""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

import aiohttp

from workers.adapters import chat, contract
from workers.adapters.contract import (
    Blob,
    Call,
    Done,
    Down,
    Link,
    Pending,
    ProviderError,
    Rejected,
    Retry,
    Setup,
    Unknown,
)
from workers.adapters.http import Answer, Http, reason, retry_after_s
from workers.adapters.inputs import asked_for, given, pictures, ratio, words
from workers.adapters.outputs import blob

BASE_URLS = {
    "openai": "https://api.openai.com/v1",
    "groq": "https://api.groq.com/openai/v1",
    "together": "https://api.together.ai/v1",
    "fireworks": "https://api.fireworks.ai/inference/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "deepinfra": "https://api.deepinfra.com/v1/openai",
}
DRAWING_S = 300.0  # a large picture takes a minute or more, and nothing is heard until it is done
SIZES = {"1:1": "1024x1024", "3:2": "1536x1024", "2:3": "1024x1536"}  # what every GPT image model draws
QUALITY = {"standard": "medium", "hd": "high"}
VOICE = "alloy"
SOUNDS = {"mp3": "audio/mpeg", "wav": "audio/wav"}
MICROS = 1_000_000

NO_CREDIT = ("insufficient_quota", "billing_hard_limit_reached", "Some resource has been exhausted")
REFUSED = ("moderation_blocked", "content_policy_violation", "content_filter")
BUSY_STATUSES = (498, 529)  # Groq's flex tier, and what some answer when they are overloaded


class Adapter(contract.Adapter):
    """Everything here is done within the submit."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = DRAWING_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        headers = {"Authorization": f"Bearer {setup.key}"} if setup.key else {}
        base_url = setup.base_url or BASE_URLS.get(setup.name, BASE_URLS["openai"])
        self._http = Http(
            base_url,
            connect_s=setup.connect_s,
            headers=headers,
            reading=reading,
            first_byte_s=DRAWING_S,
            total_s=DRAWING_S + 10.0,
        )

    async def submit(self, call: Call) -> Pending | Done:
        """The result. Raises any ProviderError."""
        match call.kind:
            case "image":
                by_value = asked_for(call) and self.setup.name != "together"
                return await (self._edit(call) if by_value else self._draw(call))
            case "voice":
                return await self._speak(call)
            case _ if call.kind in chat.KINDS:
                return await self._chat(call)
        raise Down(f"{self.setup.name} does not serve {call.kind}")

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Nothing is ever pending here."""
        raise Unknown("there is nothing to look at")

    async def probe(self) -> str | None:
        """GET the models; OpenRouter lists them for anybody, but tells about its keys."""
        if self.setup.name == "openrouter":
            told = (await self._http.probe("/key", reading=reading)).get("data") or {}
            return f"credit used: {told.get('usage')} of {told.get('limit')}"
        listed = (await self._http.probe("/models", reading=reading)).get("data") or []
        return f"models: {len(listed)}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()

    async def _draw(self, call: Call) -> Done:
        """POST /images/generations."""
        body = {"model": call.model, "prompt": words(call), **given(n=call.input.get("count"))}
        body |= await self._together(call) if self.setup.name == "together" else self._size(call)
        return drawn(await self._http.submit("POST", "/images/generations", json=body))

    async def _edit(self, call: Call) -> Done:
        """POST /images/edits: a multipart body with the pictures in it."""
        fields = {"model": call.model, "prompt": words(call), **given(n=call.input.get("count")), **self._size(call)}
        form = aiohttp.FormData({name: str(value) for name, value in fields.items()})
        found = [await self.setup.fetch(url) for url in asked_for(call)]
        for number, picture in enumerate(found):
            kind = picture.media_type.removeprefix("image/")
            part = "image[]" if len(found) > 1 else "image"
            form.add_field(part, picture.data, filename=f"{number}.{kind}", content_type=picture.media_type)
        return drawn(await self._http.submit("POST", "/images/edits", data=form))

    def _size(self, call: Call) -> dict[str, object]:
        """Size and quality: GPT image models draw three sizes, others are told the one that was asked for."""
        width, height = call.input.get("width"), call.input.get("height")
        size: str | None = f"{width}x{height}" if width and height else None
        if call.model.startswith("gpt-image"):
            shape = ratio(call, tuple(SIZES))
            return given(size=SIZES.get(shape or ""), quality=QUALITY.get(str(call.input.get("quality"))))
        return {**given(size=size), "response_format": "b64_json"}

    async def _together(self, call: Call) -> dict[str, object]:
        """Together's own fields; it takes pictures by their addresses."""
        fields = {name: call.input.get(name) for name in ("width", "height", "seed", "negative_prompt")}
        urls = await pictures(self.setup, call)
        shown = {"image_url": urls[0]} if len(urls) == 1 else {"reference_images": urls or None}
        return given(**fields, **shown, response_format="base64")

    async def _speak(self, call: Call) -> Done:
        """POST /audio/speech: the sound itself."""
        wanted = str(call.input.get("format") or ("wav" if self.setup.name == "groq" else "mp3"))
        voice = call.input.get("voice_id")
        body = {
            "model": call.model,
            "input": call.prompt,
            "voice": VOICE if voice in (None, "default") else voice,
            "response_format": wanted,
            **given(speed=call.input.get("speed")),
        }
        answer = await self._http.submit("POST", "/audio/speech", json=body)
        if not answer.media_type.startswith(("audio/", "application/octet-stream")) or not answer.body:
            raise Unknown(f"no sound but {answer.media_type}: {reason(answer)}")
        return Done((Blob(answer.body, SOUNDS.get(wanted, answer.media_type)),))

    async def _chat(self, call: Call) -> Done:
        """POST /chat/completions."""
        body = await chat.request(self.setup, call)
        if self.setup.name == "openai":
            body["max_completion_tokens"] = body.pop("max_tokens")  # its reasoning models refuse the older name
        answer = await self._http.submit("POST", "/chat/completions", json=body)
        done = chat.done(call, answer)
        return Done(text=done.text, facts=done.facts, cost_micros=_cost_micros(answer))


def drawn(answer: Answer) -> Done:
    """Pictures: GPT image models always send them along, others may send links."""
    body = answer.fields  # once: it may hold tens of megabytes
    items = body.get("data")
    if body.get("error"):
        raise Rejected("provider_failed", reason(answer))
    if not isinstance(items, list):
        raise Unknown(f"no pictures: {reason(answer)}")
    media_type = f"image/{body.get('output_format') or 'png'}"
    outputs: list[Blob | Link] = []
    for item in items:
        if isinstance(item, dict) and isinstance(item.get("b64_json"), str):
            outputs.append(blob(item["b64_json"], media_type))
        elif isinstance(item, dict) and isinstance(item.get("url"), str):
            outputs.append(Link(item["url"]))
    if not outputs:
        raise Rejected("provider_failed", "The model finished without a result.")
    return Done(tuple(outputs))


def _cost_micros(answer: Answer) -> int | None:
    """What OpenRouter says that it took from our credit, in USD."""
    used = answer.fields.get("usage")
    cost = used.get("cost") if isinstance(used, dict) else None
    return round(Decimal(str(cost)) * MICROS) if isinstance(cost, int | float) else None


def reading(answer: Answer) -> ProviderError | None:
    """No credit may be a 429, a refusal a 400 or 403, and an error come with status 200 once work has begun."""
    if answer.status < 400:
        return None
    error = answer.fields.get("error")
    told: Mapping[str, Any] = error if isinstance(error, dict) else answer.fields
    names = [str(told.get(name) or "") for name in ("code", "type")]
    if any(name.startswith(NO_CREDIT) for name in names):
        return Down(f"no credit: {reason(answer)}")
    metadata = told.get("metadata")
    flagged = isinstance(metadata, dict) and ("reasons" in metadata or "flagged_input" in metadata)
    if flagged or any(name in REFUSED for name in names):
        return Rejected("content_policy", reason(answer) or "The provider refused this.")
    if answer.status in (400, 413, 422):
        return Rejected("invalid_input", reason(answer) or "The provider cannot do this.")
    waits = answer.status == 402 and "Retry-After" in answer.headers
    if waits or answer.status in BUSY_STATUSES or (answer.status == 503 and "loading" in reason(answer).lower()):
        return Retry(reason(answer), after_s=retry_after_s(answer))
    return None
