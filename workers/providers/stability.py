"""Stability AI, its v2beta API: pictures, larger pictures, music.

Models: `ultra`, `core`, `sd3.5-*` draw; `fast`, `conservative`, `creative` enlarge; `stable-audio-*` composes. Which of
them answer with the work itself and which with its id is told by the answer.

Not known, and read with care: what a result looks like whose making failed. Only its own words for a refusal end the
work; whatever else a look finds is looked at again, until the deadline. An answer names no cost.
"""

import math
import re
from typing import ClassVar

import aiohttp

from workers.adapters import contract
from workers.adapters.contract import (
    Blob,
    Call,
    Done,
    Down,
    Pending,
    ProviderError,
    Rejected,
    Setup,
    Unknown,
)
from workers.adapters.http import Answer, Http, PollFailed, reason
from workers.adapters.inputs import asked_for, given, ratio, words

BASE_URL = "https://api.stability.ai"
MAKING_S = 180.0
PACE_S = {"upscale": 10.0}  # between looks; others: 5 s
STRENGTH = 0.65  # how much of a given picture is drawn anew
FAITHFUL = "the same picture, sharp and detailed"  # what is enlarged without words of the caller's
RATIOS = ("1:1", "16:9", "9:16", "3:2", "2:3", "5:4", "4:5", "21:9", "9:21")
RESULTS = {"music": "/v2beta/audio/results"}  # others: /v2beta/results
ACCEPT = {"music": "audio/*"}  # others: image/*


class Adapter(contract.Adapter):
    """Most is done within the submit; a reference is the id of what takes longer, kept for a day."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = MAKING_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        base_url, headers = setup.base_url or BASE_URL, {"Authorization": f"Bearer {setup.key}"}
        self._http = Http(
            base_url, connect_s=setup.connect_s, headers=headers, first_byte_s=MAKING_S, total_s=MAKING_S + 10.0
        )

    async def submit(self, call: Call) -> Pending | Done:
        """POST a multipart form, which every endpoint wants, with a picture in it or not."""
        path, fields = _order(call)
        found = [await self.setup.fetch(url) for url in asked_for(call)]
        if len(found) > 1:
            raise Rejected("invalid_input", "image_urls: this model takes one picture.")
        if found and call.model == "core":
            raise Rejected("invalid_input", "image_urls: this model takes no picture.")
        if found and call.kind == "image":
            fields |= {"strength": STRENGTH}
            if path.endswith("/sd3"):
                fields = {**fields, "mode": "image-to-image", "aspect_ratio": None}
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in given(**fields).items():
            form.add_field(name, str(value))
        for picture in found:
            name = f"picture.{picture.media_type.removeprefix('image/')}"
            form.add_field("image", picture.data, filename=name, content_type=picture.media_type)
        accept = "application/json" if call.model == "creative" else ACCEPT.get(call.kind, "image/*")
        answer = await self._http.submit("POST", path, reading=reading, data=form, headers={"Accept": accept})
        done, ref = result(answer), answer.fields.get("id")
        if done is not None:
            return done
        if not isinstance(ref, str) or not ref:
            raise Unknown(f"neither a result nor its id but {answer.media_type}: {reason(answer)}")
        return Pending(ref, PACE_S.get(call.kind, 5.0))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the result: JSON with a status until it is the file itself."""
        path = f"{RESULTS.get(call.kind, '/v2beta/results')}/{ref}"
        headers = {"Accept": ACCEPT.get(call.kind, "image/*")}
        answer = await self._http.poll("GET", path, reading=moderation, headers=headers)
        done = result(answer)
        if done is not None:
            return done
        if not isinstance(answer.fields.get("status"), str):
            raise PollFailed(f"neither a result nor a status but {answer.media_type}")
        return Pending(ref, PACE_S.get(call.kind, 5.0))

    async def probe(self) -> str | None:
        """GET the balance."""
        told = await self._http.probe("/v1/user/balance", reading=reading)
        return f"credits left: {told.get('credits')}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()


def _order(call: Call) -> tuple[str, dict[str, object]]:
    """Where a call goes, and the fields of its form. Raises Down for what is not served."""
    model, seed = call.model, call.input.get("seed")
    match call.kind:
        case "image":
            fields: dict[str, object] = {"prompt": words(call), "negative_prompt": call.input.get("negative_prompt")}
            fields |= {"aspect_ratio": ratio(call, RATIOS), "seed": seed}
            if model.startswith("sd3"):
                return "/v2beta/stable-image/generate/sd3", {**fields, "model": model}
            return f"/v2beta/stable-image/generate/{model}", fields
        case "upscale":
            prompt = None if model == "fast" else call.prompt or FAITHFUL
            return f"/v2beta/stable-image/upscale/{model}", {"prompt": prompt}
        case "music":
            seconds, family = call.input.get("seconds"), "stable-audio"
            if model.startswith("stable-audio-2"):
                family = "stable-audio-2"
            fields = {"prompt": call.prompt, "model": model, "seed": seed, "cfg_scale": call.input.get("guidance")}
            fields |= {"duration": math.ceil(seconds) if isinstance(seconds, int | float) else None}
            return f"/v2beta/audio/{family}/text-to-audio", {**fields, "output_format": call.input.get("format")}
    raise Down(f"Stability AI does not serve {call.kind}")


def result(answer: Answer) -> Done | None:
    """The file in an answer, None if it is none. Raises Rejected for a blurred one, which comes as if all were well."""
    if not answer.media_type.startswith(("image/", "audio/")) or not answer.body:
        return None
    finish, seed = answer.headers.get("finish-reason", "SUCCESS"), answer.headers.get("seed", "")
    if finish == "CONTENT_FILTERED":
        raise Rejected("content_policy", "The provider withheld the result as unsafe.")
    if finish != "SUCCESS":
        raise Rejected("provider_failed", f"The model finished without a result: {finish[:100]}.")
    facts: dict[str, object] = {"seed": int(seed)} if re.fullmatch(r"\d{1,10}", seed) else {}
    return Done((Blob(answer.body, answer.media_type),), facts=facts)


def moderation(answer: Answer) -> ProviderError | None:
    """A refusal of what was asked for, or of what came of it."""
    if answer.fields.get("name") != "content_moderation":
        return None
    return Rejected("content_policy", reason(answer) or "The provider refused this.")


def reading(answer: Answer) -> ProviderError | None:
    """A form that does not fit is the caller's; a 403 may be a refusal or a bad key."""
    if answer.status in (400, 413, 422):
        return moderation(answer) or Rejected("invalid_input", reason(answer) or "The provider cannot do this.")
    return moderation(answer)
