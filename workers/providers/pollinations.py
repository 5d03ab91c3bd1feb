"""Pollinations: images, videos, speech, music and text, each within the submit.

The exact same request joins the generation that an earlier one started, or gets its result from a cache, and is billed
once. So a submit may be repeated, if it is exact: its seed is the caller's, or derived from the generation's id. With
the provider's default seed the same prompt would return the same image to every caller.

Not documented:

- The cost of a pollen. A cost is known only with `credit_cents` in the catalogue, and only if the response has it.
- Its upstreams' refusals, which come as 502. That includes their rate limits, so the submit is repeated.

An input image without a public URL cannot start a video: each upload would get another URL, which would change the
request.
"""

import re
import zlib
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar
from urllib.parse import quote

from msgspec import structs

from shared.domain.model_notice import ModelNotice
from workers.adapters import chat
from workers.adapters.contract import (
    Blob,
    Call,
    Done,
    Pending,
    ProviderError,
    Rejected,
    Retry,
    Setup,
    Unknown,
)
from workers.adapters.http import HttpAdapter
from workers.adapters.inputs import (
    aspect_ratio,
    drop_none,
    image_urls,
    require_https,
    resolve_image_urls,
    styled_prompt,
)
from workers.adapters.outputs import decode_blob
from workers.adapters.refusals import content_policy, invalid_input, require_credit, unsupported_kind
from workers.adapters.responses import ProviderResponse, read_file

BASE_URL = "https://gen.pollinations.ai"
RESPONSE_S = 300.0  # a video takes minutes, and nothing is sent until it is finished
URL_CHARS_MAX = 8_000  # of a prompt in a URL
SEEDS = 2**31  # a seed is below this
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
LENGTH_NAMES = {"stability-ai/stable-audio": "seconds"}  # a music model's name of its length; others: duration
REFUSED = ("safety_error", "content_filter", "content_policy_violation", "moderation_blocked")
BROKEN_OFF = b"Detached generation"  # the beginning of the error for a generation that failed halfway
LISTS = {"image": "/image/models", "video": "/image/models", **dict.fromkeys(chat.KINDS, "/text/models")}
POLICY = re.compile(r"polic(y|ies)|moderat|safety|nsfw|inappropriate|prohibited", re.IGNORECASE)


class Adapter(HttpAdapter):
    """Every result comes with the submit."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = RESPONSE_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL, read_error=read_error, response_limit_s=RESPONSE_S)

    async def submit(self, call: Call) -> Pending | Done:
        """Return the result. Raises any ProviderError."""
        match call.kind:
            case "image":
                return await self._draw(call)
            case "video":
                return await self._render_video(call)
            case "voice" | "music":
                return await self._synthesize(call)
            case _ if call.kind in chat.KINDS:
                return await self._complete_chat(call)
        raise unsupported_kind(self.setup, call)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Raise Unknown: nothing is ever pending here."""
        raise Unknown("this provider has no pending work")

    async def probe(self) -> str | None:
        """GET the balance."""
        account = await self._http.probe("/account/balance")
        require_credit(account.get("balance"))
        return f"pollen left: {account.get('balance')}"

    async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice]:
        """GET the lists of image and text models. Each has its name and its older names."""
        notices, known = [], dict[str, set[object]]()
        for model, path in [(model, LISTS[kind]) for model, kind in models.items() if kind in LISTS]:
            if path not in known:
                listed = (await self._http.probe(path)).get("data") or []
                items = [item for item in listed if isinstance(item, dict)]
                known[path] = {name for item in items for name in (item.get("name"), *(item.get("aliases") or ()))}
            if model not in known[path]:
                notices.append(ModelNotice(model=model, missing=True))
        return notices

    async def _draw(self, call: Call) -> Done:
        """POST /v1/images/generations, or edits if there are input images."""
        if call.input.get("count") not in (None, 1):
            raise Rejected("invalid_input", "This model draws one image at a time. Set the count to 1.")
        quality = QUALITY.get(str(call.input.get("quality")))
        body = {"model": call.model, "prompt": styled_prompt(call), "seed": seed(call), "response_format": "b64_json"}
        body |= drop_none(size=_size(call), quality=quality)
        images = [{"image_url": url} for url in await resolve_image_urls(self.setup, call)]
        path = "/v1/images/edits" if images else "/v1/images/generations"
        response = await self._http.submit("POST", path, json=body | ({"image": images} if images else {}))
        items = response.fields.get("data")
        encoded = [item.get("b64_json") for item in items if isinstance(item, dict)] if isinstance(items, list) else []
        if not encoded or not all(isinstance(text, str) for text in encoded):
            raise Unknown(f"the response has no images: {response.reason}")
        return self._done(call, response, *(decode_blob(str(text), "image/jpeg") for text in encoded))

    async def _render_video(self, call: Call) -> Done:
        """GET /video/{prompt}, whose response is the video itself."""
        prompt, urls = quote(styled_prompt(call), safe=""), image_urls(call)
        if len(prompt) > URL_CHARS_MAX:
            raise Rejected("invalid_input", "The prompt is too long for this model. Shorten it.")
        if not prompt.strip("."):
            raise Rejected("invalid_input", "The prompt has no words. Describe the video.")
        require_https(urls)
        query = {"model": call.model, "seed": seed(call), "image": "|".join(urls) or None}
        query |= {"duration": call.input.get("seconds"), "aspectRatio": aspect_ratio(call, ("16:9", "9:16"))}
        response = await self._http.submit("GET", f"/video/{prompt}", params=drop_none(**query))
        return self._done(call, response, read_file(response, "video/"))

    async def _synthesize(self, call: Call) -> Done:
        """POST /v1/audio/speech, whose response is the audio itself. It serves music too."""
        voice, seconds = call.input.get("voice_id"), call.input.get("seconds")
        body: dict[str, Any] = {"model": call.model, "input": call.prompt, "seed": seed(call)}
        body |= drop_none(response_format=call.input.get("format"), voice=None if voice == "default" else voice)
        length = next((name for prefix, name in LENGTH_NAMES.items() if call.model.startswith(prefix)), "duration")
        body |= drop_none(**{length: seconds})
        response = await self._http.submit("POST", "/v1/audio/speech", json=body)
        return self._done(call, response, read_file(response, "audio/"))

    async def _complete_chat(self, call: Call) -> Done:
        """POST /v1/chat/completions, not as a stream: that would not be repeatable."""
        body = {**await chat.build_request(self.setup, call), "seed": seed(call), "stream": False}
        response = await self._http.submit("POST", "/v1/chat/completions", json=body)
        return structs.replace(chat.read_completion(call, response), cost_micros=self._cost_micros(response))

    def _done(self, call: Call, response: ProviderResponse, *outputs: Blob) -> Done:
        return Done(outputs, facts={"seed": seed(call)}, cost_micros=self._cost_micros(response))

    def _cost_micros(self, response: ProviderResponse) -> int | None:
        """Return the value of the pollen that a response reports."""
        pollen, price = response.headers.get("x-pollen-cost", ""), self.setup.credit_micros
        if price is None or not re.fullmatch(r"\d{1,9}(\.\d{1,18})?", pollen):
            return None
        return round(Decimal(pollen) * price)


def seed(call: Call) -> int:
    """Return a seed in Pollinations' range, the same for each submit of a generation."""
    requested = call.input.get("seed")
    return requested % SEEDS if isinstance(requested, int) else zlib.crc32(call.generation_id.encode()) % SEEDS


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read an error body: a 400 refuses the input, a 502 is an error upstream. Repeating is not billed twice."""
    error = response.fields.get("error")
    error = error if isinstance(error, dict) else {}
    if response.status in (400, 413, 422):
        refused = error.get("type") in REFUSED or error.get("code") in REFUSED or POLICY.search(response.reason)
        return content_policy(response) if refused else invalid_input(response)
    broken_off = response.status == 503 and response.body.startswith(BROKEN_OFF)
    if broken_off or (response.status == 502 and error):
        return Retry(f"HTTP {response.status}: {response.reason}", after_s=response.retry_after_s)
    return None


def _size(call: Call) -> str | None:
    """Return the requested pixels, or those that other models draw in the requested shape."""
    width, height = call.input.get("width"), call.input.get("height")
    if "aspect_ratio" not in call.input and width and height:
        return f"{width}x{height}"
    return SIZES.get(aspect_ratio(call, tuple(SIZES)) or "")
