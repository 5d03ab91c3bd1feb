"""Luma's current API: videos of ray-3.2, images of uni-1 and uni-1-max. Its keys begin with `luma-api-`.

It has neither callbacks nor a list of generations, so a submit whose response was lost is not found. Output URLs are
signed for an hour, and each poll signs them again.

Not documented: how Luma refuses an account without credit.
"""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from workers.adapters.contract import Call, Done, Link, Pending, ProviderError, Rejected, Setup
from workers.adapters.http import HttpAdapter
from workers.adapters.inputs import aspect_ratio, drop_none, image_urls, styled_prompt
from workers.adapters.media import is_public
from workers.adapters.refusals import MODEL_FAILED, invalid_input, no_result, unsupported_kind
from workers.adapters.responses import REASON_CHARS_MAX, ProviderResponse, read_ref, read_task

BASE_URL = "https://agents.lumalabs.ai/v1"
POLL_S = {"image": 3.0, "video": 5.0}
RATIOS = {
    "image": ("3:1", "2:1", "21:9", "16:9", "4:3", "3:2", "1:1", "3:4", "2:3", "9:16", "1:2", "1:3"),
    "video": ("21:9", "16:9", "4:3", "1:1", "3:4", "9:16"),
}
HEIGHTS_PX = (360, 540, 720, 1080)  # of a landscape video; a portrait one has this width
FAILURES = {
    "content_moderated": "content_policy",
    "image_too_large": "invalid_input",
    "unsupported_format": "invalid_input",
    "corrupt_input": "invalid_input",
    "invalid_request": "invalid_input",
}  # others: provider_failed


class Adapter(HttpAdapter):
    """Generations: submitted and polled."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL)

    async def submit(self, call: Call) -> Pending | Done:
        """POST a generation. Raises any ProviderError."""
        if call.kind not in POLL_S:
            raise unsupported_kind(self.setup, call)
        images = [await self._build_reference(url) for url in image_urls(call)]
        body = {
            "model": call.model,
            "type": call.kind,
            "prompt": styled_prompt(call),
            **drop_none(aspect_ratio=aspect_ratio(call, RATIOS[call.kind])),
            **({"video": _video_fields(call, images)} if call.kind == "video" else drop_none(image_ref=images or None)),
        }
        response = await self._http.submit("POST", "/generations", read_error=read_error, json=body)
        return Pending(read_ref(response, response.fields.get("id")), POLL_S[call.kind])

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the generation."""
        response = await self._http.poll("GET", f"/generations/{quote(ref, safe='')}")
        return read_state(call, ref, read_task(response, ref))

    async def _build_reference(self, url: str) -> dict[str, str]:
        """Return an input image as its public URL, else with its bytes. Raises Rejected."""
        if is_public(url):
            return {"url": url}
        image = await self.setup.fetch(url)
        return {"data": b64encode(image.data).decode(), "media_type": image.media_type}


def read_state(call: Call, ref: str, generation: Mapping[str, Any]) -> Pending | Done:
    """Read a generation's state; an unknown one means that it still runs. Raises Rejected if it failed."""
    match generation.get("state"):
        case "completed":
            listed = generation.get("output")
            outputs = [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []
            urls = [one["url"] for one in outputs if isinstance(one.get("url"), str) and one["url"]]
            if not urls:
                raise no_result()
            return Done(tuple(Link(url) for url in urls))
        case "failed":
            code = FAILURES.get(str(generation.get("failure_code")), "provider_failed")
            raise Rejected(code, str(generation.get("failure_reason") or MODEL_FAILED)[:REASON_CHARS_MAX])
    return Pending(ref, POLL_S[call.kind])


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read a 400 or 422, which is about the input."""
    return invalid_input(response) if response.status in (400, 422) else None


def _video_fields(call: Call, images: list[dict[str, str]]) -> dict[str, object]:
    seconds, width, height = (call.input.get(name) for name in ("seconds", "width", "height"))
    side = min(width, height) if isinstance(width, int) and isinstance(height, int) else None
    nearest = f"{min(HEIGHTS_PX, key=lambda known: abs(known - side))}p" if side else None
    return drop_none(
        duration=f"{seconds}s" if seconds else None,
        resolution=call.input.get("resolution") or nearest,
        start_frame=images[0] if images else None,
    )
