"""Replicate, any model there: `owner/name`, `owner/name:version`, `deployments/owner/name`."""

import math
import re
from collections.abc import Mapping
from typing import Any, ClassVar

import aiohttp

from shared.domain.model_notice import ModelNotice
from shared.domain.quantities import completion_tokens_max
from shared.ops import clock
from workers.adapters import chat
from workers.adapters.contract import (
    Blob,
    Call,
    Callback,
    Done,
    ModelGone,
    Pending,
    Rejected,
    Retry,
    Setup,
)
from workers.adapters.http import UPLOAD_RETRY_S, HttpAdapter
from workers.adapters.inputs import aspect_ratio, model_row, publish_image_urls, rename_fields, styled_prompt
from workers.adapters.media import file_name
from workers.adapters.native import build_native_input
from workers.adapters.outputs import read_outputs
from workers.adapters.refusals import MODEL_FAILED, canceled
from workers.adapters.responses import REASON_CHARS_MAX, ProviderResponse, json_fields, read_ref, read_task
from workers.adapters.signatures import has_standard_signature

BASE_URL = "https://api.replicate.com/v1"
POLL_S = {"image": 1.0, "upscale": 1.0, "video": 4.0, "music": 4.0}
POLL_S_DEFAULT = 2.0
INLINE_BYTES_MAX = 180_000  # as a data: URL it stays below their 256 KB
LIMIT_S_MIN, LIMIT_S_MAX = 60.0, 86_400.0
REFUSAL = re.compile(r"nsfw|safety|sensitive|content polic|moderat|flagged|E005", re.IGNORECASE)
RATIOS = ("1:1", "16:9", "21:9", "3:2", "2:3", "4:5", "5:4", "3:4", "4:3", "9:16", "9:21")
PLAIN = (
    "seed",
    "negative_prompt",
    "fps",
    "scale",
    "speed",
    "language",
    "seconds",
    "guidance",
    "format",
    "voice_id",
    "resolution",
)

# A model's names of our fields, where they differ from NAMES. The longest prefix of the model's name counts.
NAMES: dict[str, dict[str, str]] = {
    "image": {"count": "num_outputs", "images": "image_input"},
    "video": {"seconds": "duration"},
    "music": {"seconds": "duration", "guidance": "classifier_free_guidance", "format": "output_format"},
    "voice": {"prompt": "text", "voice_id": "voice", "format": "audio_format"},
}
MODELS: dict[str, dict[str, str]] = {
    "black-forest-labs/flux-": {"image": "image_prompt"},
    "black-forest-labs/flux-kontext": {"image": "input_image"},
    "elevenlabs/": {"prompt": "prompt"},
    "google/nano-banana": {"seed": "", "negative_prompt": ""},
    "kwaivgi/kling": {"image": "start_image"},
    "minimax/speech": {"voice_id": "voice_id"},
    "minimax/video": {"image": "first_frame_image"},
    "nightmareai/real-esrgan": {"prompt": ""},
    "pharmapsychotic/clip-interrogator": {"prompt": ""},
    "stability-ai/sdxl": {"image": "image"},
    "topazlabs/image-upscale": {"scale": "upscale_factor"},
}
ALWAYS: dict[str, dict[str, object]] = {
    "google/nano-banana-2": {"resolution": "1K"},  # unless the caller requests another
    "nightmareai/real-esrgan": {"face_enhance": False},  # its default differs between versions
}


class Adapter(HttpAdapter):
    """Predictions: submitted, polled, cancelled."""

    takes_native: ClassVar[bool] = True

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup, BASE_URL)

    async def submit(self, call: Call) -> Pending | Done:
        """POST a prediction that ends by the generation's deadline: a later result would be paid for in vain."""
        left_s = min(max(call.deadline_ms / 1000 - clock.now_s(), LIMIT_S_MIN), LIMIT_S_MAX)
        body: dict[str, object] = {"input": await self._build_input(call)}
        if call.callback_url:
            body |= {"webhook": call.callback_url, "webhook_events_filter": ["completed"]}
        path = f"/models/{call.model}/predictions"
        if call.model.startswith("deployments/"):
            path = f"/{call.model}/predictions"
        elif ":" in call.model or "/" not in call.model:
            path, body["version"] = "/predictions", call.model
        headers = {"Cancel-After": f"{math.ceil(left_s / 60)}m"}
        response = await self._http.submit("POST", path, read_error=read_error, json=body, headers=headers)
        return _pending(call, read_ref(response, response.fields.get("id")))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the prediction."""
        response = await self._http.poll("GET", f"/predictions/{ref}")
        return read_state(call, ref, read_task(response, ref))

    async def cancel(self, call: Call, ref: str) -> None:
        """POST to the prediction's cancel URL."""
        await self._http.cancel("POST", f"/predictions/{ref}/cancel")

    def callback(self, request: Callback) -> str | None:
        """Return the prediction's id if the signature holds."""
        if not has_standard_signature(request, self.setup.callback_secret):
            return None
        ref = json_fields(request.body).get("id")
        return ref if isinstance(ref, str) else None

    async def probe(self) -> str | None:
        """GET the token's account."""
        account = await self._http.probe("/account", read_error=read_error)
        return f"account: {account.get('username')}"

    async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice]:
        """GET each model, or its version. A deployment is our own, and not judged."""
        notices = []
        for model in models:
            name, _, version = model.partition(":")
            if "/" not in name or name.startswith("deployments/"):
                continue
            try:
                await self._http.probe(f"/models/{name}{f'/versions/{version}' if version else ''}")
            except ModelGone:
                notices.append(ModelNotice(model=model, missing=True))
        return notices

    async def _build_input(self, call: Call) -> dict[str, object]:
        """Return the model's input. Raises Rejected if an image is unreachable."""
        native = await build_native_input(self.setup, call, self._upload, inline_bytes_max=INLINE_BYTES_MAX)
        if native is not None:
            return native
        names = {**NAMES.get(call.kind, {}), **model_row(MODELS, call.model)}
        fields: dict[str, object] = {name: call.input.get(name) for name in PLAIN}
        urls = await publish_image_urls(self.setup, call, self._upload, inline_bytes_max=INLINE_BYTES_MAX)
        single = call.kind != "image" or "image" in names
        fields |= {"image": urls[0]} if urls and single else {"images": urls or None}
        fields["prompt"] = styled_prompt(call, takes_negative=bool(names.get("negative_prompt", True))) or None
        if call.kind in ("text", "enhance"):
            fields |= {
                "system_prompt": chat.system_prompt(call) or None,
                "max_tokens": completion_tokens_max(call.input),
            }
        if call.kind in ("image", "video"):
            # A model with a version is usually a community model, measured in pixels; the others take ratios.
            pixels = {name: call.input.get(name) for name in ("width", "height")}
            fields |= pixels if ":" in call.model else {"aspect_ratio": aspect_ratio(call, RATIOS)}
        if call.input.get("count") != 1:  # every model makes one by default, and not all take a number
            fields["count"] = call.input.get("count")
        values = {name: int(v) if isinstance(v, float) and v.is_integer() else v for name, v in fields.items()}
        return {**model_row(ALWAYS, call.model), **rename_fields(values, names)}

    async def _upload(self, image: Blob) -> str:
        """POST an image that is too large to be sent inline, and return its URL at Replicate."""
        form = aiohttp.FormData()
        form.add_field("content", image.data, content_type=image.media_type, filename=file_name(image))
        links = (await self._http.upload("/files", data=form)).fields.get("urls")
        if not isinstance(links, dict) or not isinstance(links.get("get"), str):
            raise Retry("the provider stored the image, but returned no URL", after_s=UPLOAD_RETRY_S)
        return str(links["get"])


def read_state(call: Call, ref: str, prediction: Mapping[str, Any]) -> Pending | Done:
    """Read a prediction's status; an unknown one means that it still runs. Raises Rejected if it failed."""
    error = str(prediction.get("error") or MODEL_FAILED)[:REASON_CHARS_MAX]
    match prediction.get("status"):
        case "succeeded":
            return _read_result(call, prediction)
        case "failed":
            raise Rejected("content_policy" if REFUSAL.search(error) else "provider_failed", error)
        case "canceled":
            raise canceled()
        case "aborted":
            raise Rejected("provider_failed", "The provider did not start this generation in time.")
    return _pending(call, ref)


def read_error(response: ProviderResponse) -> Rejected | None:
    """Read a 422, which is about the input."""
    return Rejected("invalid_input", response.reason) if response.status == 422 else None


def _pending(call: Call, ref: str) -> Pending:
    return Pending(ref, POLL_S.get(call.kind, POLL_S_DEFAULT))


def _read_result(call: Call, prediction: Mapping[str, Any]) -> Done:
    output = prediction.get("output")
    if prediction.get("data_removed"):
        raise Rejected("provider_failed", "The provider removed the result before it could be copied.")
    if call.kind in chat.KINDS:
        return chat.read_text(call, _join_text(output))
    seed = re.search(r"(?i)using seed:? *(\d{1,18})\b", str(prediction.get("logs") or ""))
    return Done(read_outputs(output), facts={"seed": int(seed[1])} if seed else {})


def _join_text(output: object) -> str:
    """Return a text that may come in the pieces that a language model streamed."""
    pieces = output if isinstance(output, list) else [output]
    return "".join(piece for piece in pieces if isinstance(piece, str))
