"""fal.ai, through its queue. A model is an app: `owner/alias` and, for some, a path."""

import base64
import hashlib
import re
import time
from collections.abc import Mapping
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from msgspec import structs

from workers.adapters import chat, contract
from workers.adapters.contract import Call, Callback, Done, Pending, Rejected, Setup, Unknown
from workers.adapters.http import Answer, Http, PollFailed, reason
from workers.adapters.inputs import asked_for, named, of_model, pictures, ratio, words
from workers.adapters.outputs import file, urls
from workers.adapters.signatures import fresh

BASE_URL = "https://queue.fal.run"
PLATFORM_URL = "https://api.fal.ai"
PRICED = "fal-ai/flux/dev"
PACE_S = {"image": 1.0, "upscale": 1.0, "video": 4.0, "music": 4.0}  # between looks; others: 2 s
WAIT_S_MIN = 10.0
NAMESPACES = ("workflows", "comfy")  # first parts of an app's name that are not its owner
RESULT = {"video": ("video", "videos"), "voice": ("audio",), "music": ("audio", "audio_file")}  # others: images, image
RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16")
PLAIN = ("seed", "negative_prompt", "fps", "scale", "speed", "voice_id", "language", "guidance", "count")
UNJUDGED = (401, 403, 404, 408, 429)  # statuses of a look at a result that are not the model's

# What an app's input calls our fields, where it differs; the longest beginning of an app's name counts.
NAMES: dict[str, dict[str, str]] = {
    "image": {"count": "num_images", "guidance": "guidance_scale"},
    "voice": {"prompt": "text", "voice_id": "voice"},
    "music": {"seconds": "duration"},
    "upscale": {"prompt": ""},
}
APPS: dict[str, dict[str, str]] = {
    "fal-ai/aura-sr": {"scale": "upscaling_factor"},
    "fal-ai/clarity-upscaler": {"scale": "upscale_factor", "prompt": "prompt"},
    "fal-ai/kokoro": {"prompt": "prompt"},
    "fal-ai/nano-banana": {"negative_prompt": ""},
    "fal-ai/playai": {"prompt": "input"},
    "fal-ai/stable-audio": {"seconds": "seconds_total"},
    "fal-ai/topaz/upscale": {"scale": "upscale_factor"},
}
EDITING = ("fal-ai/nano-banana", "fal-ai/nano-banana-2", "fal-ai/nano-banana-pro")  # take pictures below /edit
# Apps that draw in a ratio, not in pixels.
BY_RATIO = ("fal-ai/nano-banana", "fal-ai/imagen", "fal-ai/gemini", "fal-ai/flux-pro/kontext", "fal-ai/flux-pro/v1.1-u")


class Adapter(contract.Adapter):
    """Requests in a queue. A reference is a request's status URL as fal gave it, or its id as a callback names it."""

    repeatable: ClassVar[bool] = False
    submit_limit_s: ClassVar[float] = 150.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._http = Http(
            setup.base_url or BASE_URL, connect_s=setup.connect_s, headers={"Authorization": f"Key {setup.key}"}
        )

    async def submit(self, call: Call) -> Pending | Done:
        """POST into the queue, which is told how long it makes sense to begin."""
        left_s = max(call.deadline_ms / 1000 - time.time(), WAIT_S_MIN)
        call = to_app(call)
        answer = await self._http.submit(
            "POST",
            f"/{call.model}",
            reading=refusal,
            json=await app_input(self.setup, call),
            headers={"X-Fal-Request-Timeout": f"{left_s:.0f}"},
            params={"fal_webhook": call.callback_url} if call.callback_url else None,
        )
        request_id = answer.fields.get("request_id")
        if not isinstance(request_id, str) or not request_id:
            raise Unknown(f"the answer names no request: {reason(answer)}")
        return Pending(self._theirs(answer.fields.get("status_url")) or request_id, PACE_S.get(call.kind, 2.0))

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """GET the status; once that is COMPLETED, which a failure is too, the result says which."""
        status = (await self._http.poll("GET", self._url(call, ref))).fields
        if status.get("status") != "COMPLETED":
            return Pending(ref, PACE_S.get(call.kind, 2.0))
        url = self._theirs(status.get("response_url")) or self._url(call, ref).removesuffix("/status")
        return result(call, await self._http.poll("GET", url, reading=failure))

    async def cancel(self, call: Call, ref: str) -> None:
        """PUT its cancel URL, which the status names."""
        status = (await self._http.poll("GET", self._url(call, ref))).fields
        url = self._theirs(status.get("cancel_url")) or self._url(call, ref).removesuffix("/status") + "/cancel"
        await self._http.cancel("PUT", url)

    def callback(self, request: Callback) -> str | None:
        """The request's id, if one of the keys in our callback secret (base64url, commas between) signed it."""
        names = ("request-id", "user-id", "timestamp", "signature")
        request_id, user_id, timestamp_s, signature = (request.headers.get(f"x-fal-webhook-{n}", "") for n in names)
        if not request_id or not fresh(timestamp_s) or not re.fullmatch(r"[0-9a-f]{128}", signature):
            return None
        signed = "\n".join((request_id, user_id, timestamp_s, hashlib.sha256(request.body).hexdigest())).encode()
        keys = [key for key in (self.setup.callback_secret or "").replace(",", " ").split() if key]
        return request_id if any(_signs(key, bytes.fromhex(signature), signed) for key in keys) else None

    async def probe(self) -> str | None:
        """GET the price of an app, from the platform's own API."""
        url = f"{self.setup.base_url or PLATFORM_URL}/v1/models/pricing"
        told = await self._http.probe(url, reading=refusal, params={"endpoint_id": PRICED})
        return f"prices of {PRICED}: {told.get('prices')}"

    async def close(self) -> None:
        """End the session."""
        await self._http.close()

    def _theirs(self, url: object) -> str | None:
        """A URL that an answer names, if our key may go there."""
        return url if isinstance(url, str) and url.startswith(f"{self._http.base_url}/") else None

    def _url(self, call: Call, ref: str) -> str:
        """Where a request's status is."""
        return ref if "://" in ref else f"{self._http.base_url}/{place(call.model)}/requests/{ref}/status"


def place(model: str) -> str:
    """An app's owner and alias, below which its requests are: without the path that its name may have."""
    parts = model.split("/")
    return "/".join(parts[: 3 if parts[0] in NAMESPACES else 2])


def to_app(call: Call) -> Call:
    """The call to the app that takes it: some have another one below them, which takes pictures."""
    edits = call.model in EDITING and asked_for(call)
    return structs.replace(call, model=f"{call.model}/edit") if edits else call


async def app_input(setup: Setup, call: Call) -> dict[str, object]:
    """The app's input. Raises Rejected for a picture that cannot be had."""
    fields: dict[str, object] = {name: call.input.get(name) for name in PLAIN}
    fields["prompt"] = words(call) or None
    found = await pictures(setup, call)
    several = call.kind == "image" and call.model.endswith("/edit")
    fields |= {"image_urls": found} if several else {"image_url": found[0] if found else None}
    match call.kind:
        case "image":
            width, height = call.input.get("width"), call.input.get("height")
            by_ratio = call.model.startswith(BY_RATIO) or not (width and height)
            size = {"width": width, "height": height}
            fields |= {"aspect_ratio": ratio(call, RATIOS)} if by_ratio else {"image_size": size}
        case "video":
            unit = "s" if "/veo" in call.model else ""
            seconds = call.input.get("seconds")
            fields |= {"aspect_ratio": ratio(call, RATIOS), "duration": f"{seconds}{unit}" if seconds else None}
        case "music":
            fields["seconds"] = call.input.get("seconds")
        case "text" | "enhance":
            fields["system_prompt"] = chat.instruction(call) or None
        case "interrogate":
            fields["prompt"] = f"{chat.INTERROGATE} {call.prompt}".strip()
    return named(fields, {**NAMES.get(call.kind, {}), **of_model(APPS, call.model)})


def result(call: Call, answer: Answer) -> Done:
    """What a finished request brought. Raises Rejected if that is nothing, or nothing that may be shown."""
    body = answer.fields
    if not body:
        raise PollFailed("the result is no JSON object")
    if call.kind in chat.KINDS:
        said = [body[name] for name in ("output", "results", "text") if isinstance(body.get(name), str)]
        return chat.read(call, said[0] if said else "")
    names = (*RESULT.get(call.kind, ("images", "image")), "url")
    node = next((body[name] for name in names if body.get(name)), None)
    found = [item for item in (node if isinstance(node, list) else [node]) if urls(item)]
    flags = body.get("has_nsfw_concepts")
    if isinstance(flags, list) and len(flags) == len(found):  # their pictures are black, and charged for
        found = [item for item, flagged in zip(found, flags, strict=True) if flagged is not True]
        if not found:
            raise Rejected("content_policy", "The provider withheld the result as unsafe.")
    if not found:
        raise Rejected("provider_failed", "The model finished without a result.")
    facts: dict[str, object] = {"seed": body["seed"]} if isinstance(body.get("seed"), int) else {}
    first: Mapping[str, Any] = found[0] if isinstance(found[0], dict) else {}
    facts |= {name: first[name] for name in ("width", "height") if isinstance(first.get(name), int)}
    if isinstance(first.get("duration"), int | float):
        facts["duration_ms"] = round(first["duration"] * 1000)
    return Done(tuple(_output(item) for item in found), facts=facts)


def refusal(answer: Answer) -> Rejected | None:
    """What the model says about its input: a list of faults, each with its type."""
    detail = answer.fields.get("detail")
    types = {item.get("type") for item in detail if isinstance(item, dict)} if isinstance(detail, list) else set()
    if "content_policy_violation" in types:
        return Rejected("content_policy", reason(answer))
    if answer.status == 422:
        failed = "no_media_generated" in types
        return Rejected("provider_failed" if failed else "invalid_input", reason(answer))
    return None


def failure(answer: Answer) -> Rejected | None:
    """What a result says that is none: its status is the model's, or the runner's. None if neither spoke."""
    if answer.status < 400 or answer.status in UNJUDGED or not answer.fields.get("detail"):
        return None
    if answer.fields.get("error_type") == "client_cancelled":
        return Rejected("canceled", "The generation was cancelled.")
    return refusal(answer) or Rejected("provider_failed", reason(answer))


def _output(item: Any) -> contract.Blob | contract.Link:
    media_type = item.get("content_type") if isinstance(item, dict) else None
    return file(urls(item)[0], media_type)


def _signs(key: str, signature: bytes, signed: bytes) -> bool:
    try:
        raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
        Ed25519PublicKey.from_public_bytes(raw).verify(signature, signed)
    except (InvalidSignature, ValueError):
        return False
    return True
