"""OpenAI's API, and every service that speaks it.

The catalogue gives the other services `adapter = "openai"`. A service in BASE_URLS has its URL and its own fields here.
Any other needs a `base_url`; a server of our own (llama.cpp, ...) needs no key.

A GPT image model may end in a quality and `transparent`: `gpt-image-2.5-flare:xhigh`, `gpt-image-2:high:transparent`.
The route decides, since each has its own price.
"""

import re
from collections.abc import Mapping
from decimal import Decimal
from math import sqrt
from typing import ClassVar

import aiohttp

from shared.domain.model_notice import ModelNotice
from workers.adapters import chat
from workers.adapters.chat_stream import submit_streamed
from workers.adapters.contract import Blob, Call, Done, Pending, Setup, Show, Unknown
from workers.adapters.http import HttpAdapter
from workers.adapters.inputs import (
    aspect_ratio,
    drop_none,
    fetch_images,
    image_urls,
    resolve_image_urls,
    styled_prompt,
)
from workers.adapters.openai_dialect import read_error, read_images
from workers.adapters.refusals import unsupported_kind
from workers.adapters.responses import BINARY, ProviderResponse, read_file

BASE_URLS = {
    "openai": "https://api.openai.com/v1",
    "groq": "https://api.groq.com/openai/v1",
    "together": "https://api.together.ai/v1",
    "fireworks": "https://api.fireworks.ai/inference/v1",
    "openrouter": "https://openrouter.ai/api/v1",
    "deepinfra": "https://api.deepinfra.com/v1/openai",
}
RESPONSE_S = 300.0  # a large image takes a minute or more, and nothing is sent until it is finished
SIZES = {"1:1": "1024x1024", "3:2": "1536x1024", "2:3": "1024x1536"}  # that every GPT image model draws
ANY_SIZE = re.compile(r"gpt-image-[2-9]")  # draws any size within these limits
STEP_PX, RATIO_MAX, PIXELS = 16, 2.9, 1024 * 1024
PIXELS_MIN, PIXELS_MAX = 700_000, 8_000_000  # OpenAI's are 655,360 and 8,294,400: a side is rounded to STEP_PX
QUALITIES = ("low", "medium", "high", "xhigh", "max")
QUALITY = {"standard": "medium", "hd": "high"}
VOICE = "alloy"
AUDIO = {"mp3": "audio/mpeg", "wav": "audio/wav"}
MICROS = 1_000_000
LISTS_ALL = ("openai", "together")  # the others list chat models only, or do not document more


class Adapter(HttpAdapter):
    """Every result comes with the submit."""

    submit_limit_s: ClassVar[float] = RESPONSE_S + 30.0
    streams: ClassVar[bool] = True

    def __init__(self, setup: Setup) -> None:
        base_url = BASE_URLS.get(setup.name, BASE_URLS["openai"])
        headers: dict[str, str] | None = None if setup.key else {}
        super().__init__(setup, base_url, headers=headers, read_error=read_error, response_limit_s=RESPONSE_S)

    async def submit(self, call: Call) -> Pending | Done:
        """Return the result. Raises any ProviderError."""
        match call.kind:
            case "image":
                sends_bytes = image_urls(call) and self.setup.name != "together"
                return await (self._edit(call) if sends_bytes else self._draw(call))
            case "voice":
                return await self._speak(call)
            case _ if call.kind in chat.KINDS:
                return await self._complete_chat(call)
        raise unsupported_kind(self.setup, call)

    async def stream(self, call: Call, show: Show) -> Pending | Done:
        """Return a text, and show it while it comes. Raises any ProviderError."""
        return await (self._complete_chat(call, show) if call.kind == "text" else self.submit(call))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Raise Unknown: nothing is ever pending here."""
        raise Unknown("this provider has no pending work")

    async def probe(self) -> str | None:
        """GET the models. OpenRouter lists them without a key, so there it is the key's credit."""
        if self.setup.name == "openrouter":
            key = (await self._http.probe("/key", read_error=read_error)).get("data") or {}
            return f"credit used: {key.get('usage')} of {key.get('limit')}"
        models = (await self._http.probe("/models", read_error=read_error)).get("data") or []
        return f"models: {len(models)}"

    async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice]:
        """GET the models, and their ends as OpenAI announces them."""
        listed = (await self._http.probe("/models")).get("data") or []
        ends = {item.get("id"): str(item.get("shutdown_date") or "") for item in listed if isinstance(item, dict)}
        notices = []
        for model in (one for one, kind in models.items() if kind in chat.KINDS or self.setup.name in LISTS_ALL):
            ends_on = ends.get(model, ends.get(model.partition(":")[0]))  # a route may end in a quality
            if ends_on != "":
                notices.append(ModelNotice(model=model, missing=ends_on is None, shutdown_date=ends_on or ""))
        return notices

    async def _draw(self, call: Call) -> Done:
        """POST /images/generations."""
        body = {"model": call.model, "prompt": styled_prompt(call), **drop_none(n=call.input.get("count"))}
        body |= await self._build_together_fields(call) if self.setup.name == "together" else _image_fields(call)
        return read_images(await self._http.submit("POST", "/images/generations", json=body))

    async def _edit(self, call: Call) -> Done:
        """POST /images/edits: a multipart body with the input images in it."""
        count = drop_none(n=call.input.get("count"))
        fields = {"prompt": styled_prompt(call), **count, **_image_fields(call)}
        form = aiohttp.FormData({name: str(value) for name, value in fields.items()})
        images = await fetch_images(self.setup, call)
        for number, image in enumerate(images):
            extension = image.media_type.removeprefix("image/")
            part = "image[]" if len(images) > 1 else "image"
            form.add_field(part, image.data, filename=f"{number}.{extension}", content_type=image.media_type)
        return read_images(await self._http.submit("POST", "/images/edits", data=form))

    async def _build_together_fields(self, call: Call) -> dict[str, object]:
        """Return Together's own fields. It takes input images as URLs."""
        fields = {name: call.input.get(name) for name in ("width", "height", "seed", "negative_prompt")}
        urls = await resolve_image_urls(self.setup, call)
        images = {"image_url": urls[0]} if len(urls) == 1 else {"reference_images": urls or None}
        return drop_none(**fields, **images, response_format="base64")

    async def _speak(self, call: Call) -> Done:
        """POST /audio/speech, whose response is the audio itself."""
        audio_format = str(call.input.get("format") or ("wav" if self.setup.name == "groq" else "mp3"))
        voice = call.input.get("voice_id")
        body = {
            "model": call.model,
            "input": call.prompt,
            "voice": VOICE if voice in (None, "default") else voice,
            "response_format": audio_format,
            **drop_none(speed=call.input.get("speed")),
        }
        response = await self._http.submit("POST", "/audio/speech", json=body)
        audio = read_file(response, "audio/", BINARY)
        return Done((Blob(audio.data, AUDIO.get(audio_format, audio.media_type)),))

    async def _complete_chat(self, call: Call, show: Show | None = None) -> Done:
        """POST /chat/completions, as a stream if somebody reads it."""
        body = await chat.build_request(self.setup, call)
        if self.setup.name == "openai":
            body["max_completion_tokens"] = body.pop("max_tokens")  # its reasoning models refuse the older name
        if show is None:
            response = await self._http.submit("POST", "/chat/completions", json=body)
        else:
            response = await submit_streamed(self._http, "/chat/completions", body, show)
        done = chat.read_completion(call, response)
        return Done(text=done.text, facts=done.facts, cost_micros=_cost_micros(response))


def _image_fields(call: Call) -> dict[str, object]:
    """Return model, size, quality and background. Only GPT image models take the last two."""
    if call.model.startswith("gpt-image"):
        model, *grades = call.model.split(":")
        graded = next((grade for grade in grades if grade in QUALITIES), None)
        quality = graded or QUALITY.get(str(call.input.get("quality")))
        background = "transparent" if "transparent" in grades else None
        return {"model": model, **drop_none(size=_gpt_image_size(call), quality=quality, background=background)}
    width, height = call.input.get("width"), call.input.get("height")
    size = f"{width}x{height}" if width and height else None
    return {"model": call.model, **drop_none(size=size), "response_format": "b64_json"}


def _gpt_image_size(call: Call) -> str | None:
    """Return the size of the requested shape; None if the caller gave neither a shape nor a size."""
    if not ANY_SIZE.match(call.model):
        return SIZES.get(aspect_ratio(call, tuple(SIZES)) or "")
    shape = aspect_ratio(call)
    if shape is None or shape == "auto" or shape in SIZES:
        return SIZES.get(shape or "", shape)
    wide, high = map(float, shape.split(":"))
    slope = min(max(wide / high, 1 / RATIO_MAX), RATIO_MAX)
    width, height = call.input.get("width"), call.input.get("height")
    requested = width * height if isinstance(width, int) and isinstance(height, int) else PIXELS
    pixels = min(max(requested, PIXELS_MIN), PIXELS_MAX)
    sides = (round(sqrt(area) / STEP_PX) * STEP_PX for area in (pixels * slope, pixels / slope))
    return "x".join(map(str, sides))


def _cost_micros(response: ProviderResponse) -> int | None:
    """Return the cost in USD that OpenRouter reports."""
    usage = response.fields.get("usage")
    cost = usage.get("cost") if isinstance(usage, dict) else None
    return round(Decimal(str(cost)) * MICROS) if isinstance(cost, int | float) else None
