"""Luma's Dream Machine: films of its ray models, pictures of its photon models.

It posts a generation to its callback address at every change, unsigned: reason to look, and nothing to be believed. A
submit whose answer was lost is found in the list of generations instead, by the callback address that is its alone.
Nobody says that deleting a generation stops or refunds it, so none is deleted. Nor does anybody say how an account
without credit is refused: 402 and 403 are read as that, and a 400 that begins with those words.
"""

import re
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from workers.adapters import contract
from workers.adapters.contract import Call, Done, Down, Link, Pending, ProviderError, Rejected, Setup, Unknown
from workers.adapters.http import Answer, Http, PollFailed, reason
from workers.adapters.inputs import asked_for, given, ratio, words

BASE_URL = "https://api.lumalabs.ai/dream-machine/v1"
PACE_S = {"image": 3.0}  # between looks; films: 5 s
RATIOS = ("1:1", "16:9", "9:16", "4:3", "3:4", "21:9", "9:21")
HEIGHTS_PX = (540, 720, 1080)  # of a film that lies; one that stands is as wide
LIST_MAX, PAGES_MAX = 100, 5
NO_CREDIT = re.compile(r"(insufficient|not enough|no) (credits?|balance|funds)\b", re.IGNORECASE)
REFUSAL = re.compile(r"moderation|blacklisted|not allowed", re.IGNORECASE)
UNREADABLE = re.compile(r"failed to read user input", re.IGNORECASE)


class Adapter(contract.Adapter):
    """Generations: submitted, looked at, found again."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = 150.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._http = Http(
            setup.base_url or BASE_URL, connect_s=setup.connect_s, headers={"Authorization": f"Bearer {setup.key}"}
        )

    async def submit(self, call: Call) -> Pending | Done:
        """POST a generation. Raises any ProviderError."""
        urls = asked_for(call)
        if any(not url.lower().startswith("https://") for url in urls):
            raise Rejected("invalid_input", "This provider takes pictures by public https addresses only.")
        body = given(
            model=call.model,
            prompt=words(call) or None,
            aspect_ratio=ratio(call, RATIOS),
            callback_url=call.callback_url,
        )
        match call.kind:
            case "image":
                path, more = "/generations/image", given(image_ref=[{"url": url} for url in urls] or None)
            case "video":
                path, more = "/generations/video", _film(call, urls)
            case _:
                raise Down(f"{self.setup.name} does not serve {call.kind}")
        answer = await self._http.submit("POST", path, reading=refusal, json={**body, **more})
        ref = answer.fields.get("id")
        if not isinstance(ref, str) or not ref:
            raise Unknown(f"the answer names no generation: {reason(answer)}")
        return Pending(ref, PACE_S.get(call.kind, 5.0))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the generation."""
        answer = await self._http.poll("GET", f"/generations/{quote(ref, safe='')}")
        if answer.fields.get("id") != ref:
            raise PollFailed(f"this is not generation {ref}")
        return outcome(call, ref, answer.fields)

    async def find(self, call: Call) -> str | None:
        """The generation that calls back where only this call does. Raises PollFailed."""
        for page in range(PAGES_MAX if call.callback_url else 0):
            query = {"limit": LIST_MAX, "offset": page * LIST_MAX}
            listed = (await self._http.poll("GET", "/generations", params=query)).fields
            items = listed.get("generations")
            for item in items if isinstance(items, list) else []:
                if (
                    isinstance(item, dict)
                    and _calls_back(item) == call.callback_url
                    and isinstance(item.get("id"), str)
                ):
                    return str(item["id"])
            if listed.get("has_more") is not True:
                break
        return None

    async def probe(self) -> str | None:
        """GET the credit, which is in US cents."""
        told = await self._http.probe("/credits", reading=refusal)
        return f"cents left: {told.get('credit_balance')}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()


def outcome(call: Call, ref: str, generation: Mapping[str, Any]) -> Pending | Done:
    """What a generation's state means; one that we do not know means "still at it"."""
    match generation.get("state"):
        case "completed":
            assets = generation.get("assets")
            url = assets.get(call.kind) if isinstance(assets, dict) else None
            if not isinstance(url, str) or not url:
                raise Rejected("provider_failed", "The model finished without a result.")
            return Done((Link(url),))
        case "failed":
            raise failure(str(generation.get("failure_reason") or "The model failed.")[:300])
    return Pending(ref, PACE_S.get(call.kind, 5.0))


def failure(told: str) -> Rejected:
    """Why a generation failed, which is told in words only."""
    if UNREADABLE.search(told):
        return Rejected("image_unreachable", told)
    return Rejected("content_policy" if REFUSAL.search(told) else "provider_failed", told)


def refusal(answer: Answer) -> ProviderError | None:
    """A 400 is about the input, or else about credit."""
    if answer.status not in (400, 422):
        return None
    told = reason(answer) or "The provider cannot do this."
    return Down(f"no credit: {told}") if NO_CREDIT.match(told) else Rejected("invalid_input", told)


def _film(call: Call, urls: list[str]) -> dict[str, object]:
    """The fields of a film."""
    seconds, width, height = (call.input.get(name) for name in ("seconds", "width", "height"))
    side = min(width, height) if isinstance(width, int) and isinstance(height, int) else None
    return given(
        duration=f"{seconds}s" if seconds else None,
        resolution=f"{min(HEIGHTS_PX, key=lambda known: abs(known - side))}p" if side else None,
        keyframes={"frame0": {"type": "image", "url": urls[0]}} if urls else None,
    )


def _calls_back(generation: Mapping[str, Any]) -> object:
    request = generation.get("request")
    return request.get("callback_url") if isinstance(request, dict) else None
