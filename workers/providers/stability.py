"""Stability AI, its v2beta API: images, upscaled images, music.

Models: `ultra`, `core`, `sd3.5-*` draw; `fast`, `conservative`, `creative` upscale; `stable-audio-*` composes. Some
respond with the result itself, others with its id; the response shows which.

Not documented: the result of work that failed. Only a documented refusal ends the work; after any other response to a
poll the worker polls again, until the deadline. No response contains a cost.
"""

import math
import re
from typing import ClassVar

import aiohttp

from workers.adapters.contract import Blob, Call, Done, Pending, ProviderError, Rejected, Setup, Unknown
from workers.adapters.http import HttpAdapter
from workers.adapters.inputs import aspect_ratio, drop_none, fetch_images, styled_prompt
from workers.adapters.media import file_name
from workers.adapters.refusals import content_policy, invalid_input, require_credit, unsafe_result, unsupported_kind
from workers.adapters.responses import PollFailed, ProviderResponse

BASE_URL = "https://api.stability.ai"
RESPONSE_S = 180.0
POLL_S = {"upscale": 10.0}
POLL_S_DEFAULT = 5.0
STRENGTH = 0.65  # share of an input image that is redrawn
FAITHFUL = "the same image, sharp and detailed"  # prompt of an upscale without one
RATIOS = ("1:1", "16:9", "9:16", "3:2", "2:3", "5:4", "4:5", "21:9", "9:21")
RESULTS_PATH = {"music": "/v2beta/audio/results"}
RESULTS_PATH_DEFAULT = "/v2beta/results"
ACCEPT = {"music": "audio/*"}
ACCEPT_DEFAULT = "image/*"


class Adapter(HttpAdapter):
    """Most results come with the submit. A reference is the id of slower work, which Stability keeps for a day."""

    submit_limit_s: ClassVar[float] = RESPONSE_S + 30.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL, response_limit_s=RESPONSE_S)

    async def submit(self, call: Call) -> Pending | Done:
        """POST a multipart form, which every endpoint requires, with or without an input image."""
        path, fields = self._path_and_fields(call)
        images = await fetch_images(self.setup, call)
        if len(images) > 1:
            raise Rejected("invalid_input", "This model takes only one input image.")
        if images and call.model == "core":
            raise Rejected("invalid_input", "This model takes no input images.")
        if images and call.kind == "image":
            fields |= {"strength": STRENGTH}
            if path.endswith("/sd3"):
                fields = {**fields, "mode": "image-to-image", "aspect_ratio": None}
        form = aiohttp.FormData(default_to_multipart=True)
        for name, value in drop_none(**fields).items():
            form.add_field(name, str(value))
        for image in images:
            form.add_field("image", image.data, filename=file_name(image), content_type=image.media_type)
        accept = "application/json" if call.model == "creative" else ACCEPT.get(call.kind, ACCEPT_DEFAULT)
        response = await self._http.submit("POST", path, read_error=read_error, data=form, headers={"Accept": accept})
        done, ref = read_result(response), response.fields.get("id")
        if done is not None:
            return done
        if not isinstance(ref, str) or not ref:
            raise Unknown(f"expected a result or its id, got {response.media_type}: {response.reason}")
        return _pending(call, ref)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the result: JSON with a status until it is the file itself."""
        path = f"{RESULTS_PATH.get(call.kind, RESULTS_PATH_DEFAULT)}/{ref}"
        headers = {"Accept": ACCEPT.get(call.kind, ACCEPT_DEFAULT)}
        response = await self._http.poll("GET", path, read_error=read_moderation, headers=headers)
        done = read_result(response)
        if done is not None:
            return done
        if not isinstance(response.fields.get("status"), str):
            raise PollFailed(f"expected a result or a status, got {response.media_type}")
        return _pending(call, ref)

    async def probe(self) -> str | None:
        """GET the balance."""
        balance = await self._http.probe("/v1/user/balance", read_error=read_error)
        require_credit(balance.get("credits"))
        return f"credits left: {balance.get('credits')}"

    def _path_and_fields(self, call: Call) -> tuple[str, dict[str, object]]:
        """Return the path and the form's fields. Raises Down for an unsupported kind."""
        model, seed = call.model, call.input.get("seed")
        match call.kind:
            case "image":
                negative_prompt = call.input.get("negative_prompt")
                fields: dict[str, object] = {"prompt": styled_prompt(call), "negative_prompt": negative_prompt}
                fields |= {"aspect_ratio": aspect_ratio(call, RATIOS), "seed": seed}
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
        raise unsupported_kind(self.setup, call)


def read_result(response: ProviderResponse) -> Done | None:
    """Return the file in a response, or None. Raises Rejected for a blurred one, which looks like a success."""
    if not response.media_type.startswith(("image/", "audio/")) or not response.body:
        return None
    finish, seed = response.headers.get("finish-reason", "SUCCESS"), response.headers.get("seed", "")
    if finish == "CONTENT_FILTERED":
        raise unsafe_result()
    if finish != "SUCCESS":
        raise Rejected("provider_failed", f"The model finished without a result: {finish[:100]}.")
    facts: dict[str, object] = {"seed": int(seed)} if re.fullmatch(r"\d{1,10}", seed) else {}
    return Done((Blob(response.body, response.media_type),), facts=facts)


def read_moderation(response: ProviderResponse) -> ProviderError | None:
    """Read a refusal of the input or of the output."""
    return content_policy(response) if response.fields.get("name") == "content_moderation" else None


def read_error(response: ProviderResponse) -> ProviderError | None:
    """Read an error body. An unfit form is the caller's fault; a 403 may be a refusal or a bad key."""
    moderation = read_moderation(response)
    if moderation is None and response.status in (400, 413, 422):
        return invalid_input(response)
    return moderation


def _pending(call: Call, ref: str) -> Pending:
    return Pending(ref, POLL_S.get(call.kind, POLL_S_DEFAULT))
