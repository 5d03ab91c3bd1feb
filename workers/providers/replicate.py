"""Replicate, any model there: `owner/name`, `owner/name:version`, `deployments/owner/name`."""

import math
import re
import time
from collections.abc import Mapping
from typing import Any, ClassVar

import aiohttp

from workers.adapters import chat, contract
from workers.adapters.contract import Call, Callback, Done, Pending, Rejected, Retry, Setup, Unknown
from workers.adapters.http import Answer, Http, PollFailed, reason
from workers.adapters.inputs import asked_for, data_url, named, of_model, ratio, words
from workers.adapters.outputs import file, urls
from workers.adapters.signatures import standard

BASE_URL = "https://api.replicate.com/v1"
PACE_S = {"image": 1.0, "upscale": 1.0, "video": 4.0, "music": 4.0}  # between looks; others: 2 s
INLINE_BYTES_MAX = 180_000  # as a data: URL it stays below their 256 KB
LIMIT_S_MIN, LIMIT_S_MAX = 60.0, 86_400.0
REFUSAL = re.compile(r"nsfw|safety|sensitive|content polic|moderat|flagged|E005", re.IGNORECASE)
RATIOS = ("1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21")
PLAIN = ("seed", "negative_prompt", "fps", "scale", "speed", "language", "seconds", "guidance", "format", "voice_id")

# What a model's input calls our fields, where it differs from NAMES; the longest beginning of a model's name counts.
NAMES: dict[str, dict[str, str]] = {
    "image": {"count": "num_outputs", "pictures": "image_input"},
    "video": {"seconds": "duration", "picture": "image"},
    "music": {"seconds": "duration", "guidance": "classifier_free_guidance", "format": "output_format"},
    "voice": {"prompt": "text", "voice_id": "voice", "format": "audio_format"},
    "upscale": {"picture": "image"},
    "interrogate": {"picture": "image"},
}
MODELS: dict[str, dict[str, str]] = {
    "black-forest-labs/flux-": {"picture": "image_prompt"},
    "black-forest-labs/flux-kontext": {"picture": "input_image"},
    "elevenlabs/": {"prompt": "prompt"},
    "google/nano-banana": {"seed": "", "negative_prompt": ""},
    "kwaivgi/kling": {"picture": "start_image"},
    "minimax/speech": {"voice_id": "voice_id"},
    "minimax/video": {"picture": "first_frame_image"},
    "nightmareai/real-esrgan": {"prompt": ""},
    "pharmapsychotic/clip-interrogator": {"prompt": ""},
    "stability-ai/sdxl": {"picture": "image"},
    "topazlabs/image-upscale": {"scale": "upscale_factor"},
}
ALWAYS: dict[str, dict[str, object]] = {
    "google/nano-banana-2": {"resolution": "1K"},  # dearer ones are not what a route's price is for
    "nightmareai/real-esrgan": {"face_enhance": False},  # its default is another one in each version
}


class Adapter(contract.Adapter):
    """Predictions: submitted, looked at, cancelled."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = 150.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        headers = {"Authorization": f"Bearer {setup.key}"}
        self._http = Http(setup.base_url or BASE_URL, connect_s=setup.connect_s, headers=headers)

    async def submit(self, call: Call) -> Pending | Done:
        """POST a prediction. It is to end by the generation's deadline: what comes later is paid for in vain."""
        left_s = min(max(call.deadline_ms / 1000 - time.time(), LIMIT_S_MIN), LIMIT_S_MAX)
        body: dict[str, object] = {"input": await self._input(call)}
        if call.callback_url:
            body |= {"webhook": call.callback_url, "webhook_events_filter": ["completed"]}
        path = f"/models/{call.model}/predictions"
        if call.model.startswith("deployments/"):
            path = f"/{call.model}/predictions"
        elif ":" in call.model or "/" not in call.model:
            path, body["version"] = "/predictions", call.model
        headers = {"Cancel-After": f"{math.ceil(left_s / 60)}m"}
        answer = await self._http.submit("POST", path, reading=reading, json=body, headers=headers)
        ref = answer.fields.get("id")
        if not isinstance(ref, str) or not ref:
            raise Unknown(f"the answer names no prediction: {reason(answer)}")
        return Pending(ref, PACE_S.get(call.kind, 2.0))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the prediction."""
        answer = await self._http.poll("GET", f"/predictions/{ref}")
        if answer.fields.get("id") != ref:
            raise PollFailed(f"this is not prediction {ref}")
        return outcome(call, ref, answer.fields)

    async def cancel(self, call: Call, ref: str) -> None:
        """POST its cancel."""
        await self._http.cancel("POST", f"/predictions/{ref}/cancel")

    def callback(self, request: Callback) -> str | None:
        """The prediction's id, if the signature holds."""
        if not standard(request, self.setup.callback_secret):
            return None
        ref = Answer(200, {}, request.body).fields.get("id")
        return ref if isinstance(ref, str) else None

    async def probe(self) -> str | None:
        """GET the account the token is of."""
        told = await self._http.probe("/account", reading=reading)
        return f"account: {told.get('username')}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()

    async def _input(self, call: Call) -> dict[str, object]:
        """The model's input. Raises Rejected for a picture that cannot be had."""
        names = {**NAMES.get(call.kind, {}), **of_model(MODELS, call.model)}
        fields: dict[str, object] = {name: call.input.get(name) for name in PLAIN}
        found = [await self._shown(url) for url in asked_for(call)]
        single = call.kind != "image" or "picture" in names
        fields |= {"picture": found[0]} if found and single else {"pictures": found or None}
        fields["prompt"] = words(call) or None
        if call.kind in ("text", "enhance"):
            fields |= {"system_prompt": chat.instruction(call) or None, "max_tokens": chat.tokens_max(call)}
        if call.kind in ("image", "video"):
            # What is run by its version is mostly somebody's own model, measured in pixels; the others know ratios.
            pixels = {name: call.input.get(name) for name in ("width", "height")}
            fields |= pixels if ":" in call.model else {"aspect_ratio": ratio(call, RATIOS)}
        if call.input.get("count") != 1:  # every model makes one by itself, and not all take a number
            fields["count"] = call.input.get("count")
        values = {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in fields.items()}
        return {**named(values, names), **of_model(ALWAYS, call.model)}

    async def _shown(self, url: str) -> str:
        """A picture's address: their own file for one of ours that is too large to be sent along."""
        if not url.startswith(("asset:", "data:")):
            return url
        picture = await self.setup.fetch(url)
        if len(picture.data) <= INLINE_BYTES_MAX:
            return data_url(picture)
        form = aiohttp.FormData()
        form.add_field("content", picture.data, content_type=picture.media_type, filename="picture")
        try:
            stored = (await self._http.poll("POST", "/files", data=form)).fields
        except PollFailed as error:
            raise Retry(f"the picture was not taken: {error}", after_s=5.0) from error
        links = stored.get("urls")
        if not isinstance(links, dict) or not isinstance(links.get("get"), str):
            raise Retry("the picture was taken, but not where", after_s=5.0)
        return str(links["get"])


def outcome(call: Call, ref: str, prediction: Mapping[str, Any]) -> Pending | Done:
    """What a prediction's state means; one that we do not know means "still at it"."""
    error = str(prediction.get("error") or "The model failed.")[:300]
    match prediction.get("status"):
        case "succeeded":
            return _result(call, prediction)
        case "failed":
            raise Rejected("content_policy" if REFUSAL.search(error) else "provider_failed", error)
        case "canceled":
            raise Rejected("canceled", "The generation was cancelled.")
        case "aborted":
            raise Rejected("provider_failed", "The provider did not begin with it in time.")
    return Pending(ref, PACE_S.get(call.kind, 2.0))


def _result(call: Call, prediction: Mapping[str, Any]) -> Done:
    output = prediction.get("output")
    if prediction.get("data_removed"):
        raise Rejected("provider_failed", "The provider removed the result before it could be copied.")
    if call.kind in chat.KINDS:
        return chat.read(call, _joined(output))
    outputs = tuple(file(url) for url in urls(output))
    if not outputs:
        raise Rejected("provider_failed", "The model finished without a result.")
    seed = re.search(r"(?i)using seed:? *(\d{1,18})\b", str(prediction.get("logs") or ""))
    return Done(outputs, facts={"seed": int(seed[1])} if seed else {})


def _joined(output: object) -> str:
    """Words: a text, or the pieces that a language model streamed."""
    pieces = output if isinstance(output, list) else [output]
    return "".join(piece for piece in pieces if isinstance(piece, str))


def reading(answer: Answer) -> Rejected | None:
    """422 is about the input."""
    return Rejected("invalid_input", reason(answer)) if answer.status == 422 else None
