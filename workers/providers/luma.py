"""Luma's Dream Machine: videos of its ray models, images of its photon models.

Luma posts a generation to its callback URL at every change, unsigned: a hint to poll, never a reference. A submit whose
response was lost is found in the list of generations by its callback URL, which no other generation has.

Not documented: whether deleting a generation stops or refunds it, so no generation is deleted. Nor how Luma refuses an
account without credit: 402, 403 and a 400 that begins with those words are read as that.
"""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from workers.adapters.contract import Call, Done, Down, Link, Pending, ProviderError, Rejected, Setup
from workers.adapters.http import HttpAdapter
from workers.adapters.inputs import aspect_ratio, drop_none, image_urls, require_https, styled_prompt
from workers.adapters.refusals import MODEL_FAILED, invalid_input, no_result, require_credit, unsupported_kind
from workers.adapters.responses import REASON_CHARS_MAX, ProviderResponse, read_ref, read_task

BASE_URL = "https://api.lumalabs.ai/dream-machine/v1"
POLL_S = {"image": 3.0, "video": 5.0}
RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21")
HEIGHTS_PX = (540, 720, 1080)  # of a landscape video; a portrait one has this width
LIST_MAX, PAGES_MAX = 100, 5
NO_CREDIT = re.compile(r"(insufficient|not enough|no) (credits?|balance|funds)\b", re.IGNORECASE)
REFUSAL = re.compile(r"moderation|blacklisted|not allowed", re.IGNORECASE)
UNREADABLE = re.compile(r"failed to read user input", re.IGNORECASE)


class Adapter(HttpAdapter):
    """Generations: submitted, polled, and found again by their callback URL."""

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL)

    async def submit(self, call: Call) -> Pending | Done:
        """POST a generation. Raises any ProviderError."""
        urls = image_urls(call)
        require_https(urls)
        body = drop_none(
            model=call.model,
            prompt=styled_prompt(call) or None,
            aspect_ratio=aspect_ratio(call, RATIOS),
            callback_url=call.callback_url,
        )
        match call.kind:
            case "image":
                path, body = "/generations/image", body | drop_none(image_ref=[{"url": url} for url in urls] or None)
            case "video":
                path, body = "/generations/video", body | _video_fields(call, urls)
            case _:
                raise unsupported_kind(self.setup, call)
        response = await self._http.submit("POST", path, read_error=read_error, json=body)
        return Pending(read_ref(response, response.fields.get("id")), POLL_S[call.kind])

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the generation."""
        response = await self._http.poll("GET", f"/generations/{quote(ref, safe='')}")
        return read_state(call, ref, read_task(response, ref))

    async def find(self, call: Call) -> str | None:
        """Find the generation with this call's callback URL in the newest pages of the list. Raises PollFailed."""
        for page in range(PAGES_MAX if call.callback_url else 0):
            query = {"limit": LIST_MAX, "offset": page * LIST_MAX}
            listed = (await self._http.poll("GET", "/generations", params=query)).fields
            items = listed.get("generations")
            for item in items if isinstance(items, list) else []:
                if isinstance(item, dict) and _callback_url(item) == call.callback_url:
                    ref = item.get("id")
                    if isinstance(ref, str):
                        return ref
            if listed.get("has_more") is not True:
                break
        return None

    async def probe(self) -> str | None:
        """GET the credit, which is in US cents."""
        credit = await self._http.probe("/credits", read_error=read_error)
        require_credit(credit.get("credit_balance"))
        return f"cents left: {credit.get('credit_balance')}"


def read_state(call: Call, ref: str, generation: Mapping[str, Any]) -> Pending | Done:
    """Read a generation's state; an unknown one means that it still runs. Raises Rejected if it failed."""
    match generation.get("state"):
        case "completed":
            assets = generation.get("assets")
            url = assets.get(call.kind) if isinstance(assets, dict) else None
            if not isinstance(url, str) or not url:
                raise no_result()
            return Done((Link(url),))
        case "failed":
            raise failure(str(generation.get("failure_reason") or MODEL_FAILED)[:REASON_CHARS_MAX])
    return Pending(ref, POLL_S[call.kind])


def failure(reason: str) -> Rejected:
    """Return the error of a failed generation. Luma gives a reason in words only."""
    if UNREADABLE.search(reason):
        return Rejected("image_unreachable", reason)
    return Rejected("content_policy" if REFUSAL.search(reason) else "provider_failed", reason)


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read a 400 or 422, which is about the input unless its text is about credit."""
    if response.status not in (400, 422):
        return None
    if NO_CREDIT.match(response.reason):
        return Down(f"no credit: {response.reason}", cause="account")
    return invalid_input(response)


def _video_fields(call: Call, urls: list[str]) -> dict[str, object]:
    seconds, width, height = (call.input.get(name) for name in ("seconds", "width", "height"))
    side = min(width, height) if isinstance(width, int) and isinstance(height, int) else None
    nearest = f"{min(HEIGHTS_PX, key=lambda known: abs(known - side))}p" if side else None
    return drop_none(
        duration=f"{seconds}s" if seconds else None,
        resolution=call.input.get("resolution") or nearest,
        keyframes={"frame0": {"type": "image", "url": urls[0]}} if urls else None,
    )


def _callback_url(generation: Mapping[str, Any]) -> object:
    request = generation.get("request")
    return request.get("callback_url") if isinstance(request, dict) else None
