"""Pollinations draws, films, speaks, composes and writes, each within the request.

The exact same request joins the generation that an earlier one began, or gets its result from a cache, and is billed
once: so a submit may be repeated. For that each is exact: its seed is the caller's, or made from the generation's id.
With its default seed the same prompt would bring the same picture to everybody.

Not known, and read with care: what a pollen costs (a cost only with `credit_cents` in the catalogue, where the answer
names its pollen at all, which only others' programs say). Its upstream's refusals come as 502, also the ones for its
own rate: nothing is lost by asking again. Pictures without an address cannot begin a film: an upload would have
another address each time, and the request would not be the same.
"""

import re
import zlib
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from msgspec import structs

from workers.adapters import chat, contract
from workers.adapters.contract import Blob, Call, Done, Down, Pending, ProviderError, Rejected, Retry, Setup, Unknown
from workers.adapters.http import Answer, Http, reason, retry_after_s
from workers.adapters.inputs import asked_for, given, pictures, ratio, words
from workers.adapters.outputs import blob

BASE_URL = "https://gen.pollinations.ai"
WAIT_S = 300.0  # a film takes minutes, and nothing is heard until it is done
URL_CHARS_MAX = 8_000  # of a prompt in an address
SEEDS = 2**31  # theirs are from 0 to one less
SIZES = {
    "1:1": "1024x1024",
    "16:9": "1344x768",
    "9:16": "768x1344",
    "4:3": "1152x896",
    "3:4": "896x1152",
    "3:2": "1216x832",
    "2:3": "832x1216",
    "21:9": "1536x640",
}
QUALITY = {"standard": "medium", "hd": "hd"}
SECONDS = {"stability-ai/stable-audio": "seconds"}  # what a model of music calls its length; others: duration
REFUSED = ("safety_error", "content_filter", "content_policy_violation", "moderation_blocked")
BROKEN_OFF = b"Detached generation"  # how it begins to say that a generation of its own ended in the middle
POLICY = re.compile(r"polic(y|ies)|moderat|safety|nsfw|inappropriate|prohibited", re.IGNORECASE)


class Adapter(contract.Adapter):
    """Everything here is done within the submit."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = WAIT_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        base_url, headers = setup.base_url or BASE_URL, {"Authorization": f"Bearer {setup.key}"}
        self._http = Http(
            base_url,
            connect_s=setup.connect_s,
            headers=headers,
            reading=reading,
            first_byte_s=WAIT_S,
            total_s=WAIT_S + 10.0,
        )

    async def submit(self, call: Call) -> Pending | Done:
        """The result. Raises any ProviderError."""
        match call.kind:
            case "image":
                return await self._draw(call)
            case "video":
                return await self._film(call)
            case "voice" | "music":
                return await self._sound(call)
            case _ if call.kind in chat.KINDS:
                return await self._chat(call)
        raise Down(f"{self.setup.name} does not serve {call.kind}")

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Nothing is ever pending here."""
        raise Unknown("there is nothing to look at")

    async def probe(self) -> str | None:
        """GET the balance."""
        told = await self._http.probe("/account/balance")
        return f"pollen left: {told.get('balance')}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()

    async def _draw(self, call: Call) -> Done:
        """POST /v1/images/generations, or edits of the pictures that are given."""
        if call.input.get("count") not in (None, 1):
            raise Rejected("invalid_input", "count: this provider draws one picture at a time.")
        quality = QUALITY.get(str(call.input.get("quality")))
        body = {"model": call.model, "prompt": words(call), "seed": seed(call), "response_format": "b64_json"}
        body |= given(size=_size(call), quality=quality)
        shown = [{"image_url": url} for url in await pictures(self.setup, call)]
        path = "/v1/images/edits" if shown else "/v1/images/generations"
        answer = await self._http.submit("POST", path, json=body | ({"image": shown} if shown else {}))
        items = answer.fields.get("data")
        encoded = [item.get("b64_json") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        if not encoded or not all(isinstance(text, str) for text in encoded):
            raise Unknown(f"no pictures: {reason(answer)}")
        return self._made(call, answer, *(blob(str(text), "image/jpeg") for text in encoded))

    async def _film(self, call: Call) -> Done:
        """GET /video/{prompt}: the film itself."""
        prompt, shown = quote(words(call), safe=""), asked_for(call)
        if len(prompt) > URL_CHARS_MAX or not prompt.strip("."):
            raise Rejected("invalid_input", "The prompt is too long for this model, or has nothing in it.")
        if any(not url.lower().startswith("https://") for url in shown):
            raise Rejected("invalid_input", "image_url: this model needs a picture with an https address.")
        asked = {"model": call.model, "seed": seed(call), "image": "|".join(shown) or None}
        asked |= {"duration": call.input.get("seconds"), "aspectRatio": ratio(call, ("16:9", "9:16"))}
        answer = await self._http.submit("GET", f"/video/{prompt}", params=given(**asked))
        return self._file(call, answer, "video/")

    async def _sound(self, call: Call) -> Done:
        """POST /v1/audio/speech: the sound itself, music too."""
        voice, seconds = call.input.get("voice_id"), call.input.get("seconds")
        body: dict[str, Any] = {"model": call.model, "input": call.prompt, "seed": seed(call)}
        body |= given(response_format=call.input.get("format"), voice=None if voice == "default" else voice)
        length = next((name for start, name in SECONDS.items() if call.model.startswith(start)), "duration")
        body |= given(**{length: seconds})
        answer = await self._http.submit("POST", "/v1/audio/speech", json=body)
        return self._file(call, answer, "audio/")

    async def _chat(self, call: Call) -> Done:
        """POST /v1/chat/completions, not as a stream: that would not be repeatable."""
        body = {**await chat.request(self.setup, call), "seed": seed(call), "stream": False}
        answer = await self._http.submit("POST", "/v1/chat/completions", json=body)
        return structs.replace(chat.done(call, answer), cost_micros=self._cost_micros(answer))

    def _file(self, call: Call, answer: Answer, kind: str) -> Done:
        if not answer.media_type.startswith(kind) or not answer.body:
            raise Unknown(f"no {kind.rstrip('/')} but {answer.media_type}: {reason(answer)}")
        return self._made(call, answer, Blob(answer.body, answer.media_type))

    def _made(self, call: Call, answer: Answer, *outputs: Blob) -> Done:
        return Done(outputs, facts={"seed": seed(call)}, cost_micros=self._cost_micros(answer))

    def _cost_micros(self, answer: Answer) -> int | None:
        """What the pollen that an answer names are worth."""
        told, price = answer.headers.get("x-pollen-cost", ""), self.setup.credit_micros
        if price is None or not re.fullmatch(r"\d{1,9}(\.\d{1,18})?", told):
            return None
        return round(Decimal(told) * price)


def seed(call: Call) -> int:
    """The same for each submit of a generation, in the range that Pollinations has for it."""
    asked = call.input.get("seed")
    return asked % SEEDS if isinstance(asked, int) else zlib.crc32(call.generation_id.encode()) % SEEDS


def reading(answer: Answer) -> ProviderError | None:
    """A refusal is a 400 that says so; 502 is trouble upstream, and a repeated request is not billed twice."""
    error = answer.fields.get("error")
    told = error if isinstance(error, dict) else {}
    if answer.status in (400, 413, 422):
        why = reason(answer)
        refused = told.get("type") in REFUSED or told.get("code") in REFUSED or POLICY.search(why)
        return Rejected("content_policy" if refused else "invalid_input", why or "The provider refused this.")
    broken_off = answer.status == 503 and answer.body.startswith(BROKEN_OFF)
    if broken_off or (answer.status == 502 and told):
        return Retry(f"HTTP {answer.status}: {reason(answer)}", after_s=retry_after_s(answer))
    return None


def _size(call: Call) -> str | None:
    """Pixels as asked for, or as many as other models draw in such a shape."""
    width, height = call.input.get("width"), call.input.get("height")
    if "aspect_ratio" not in call.input and width and height:
        return f"{width}x{height}"
    return SIZES.get(ratio(call, tuple(SIZES)) or "")
