"""fal's apps and its queue, as fal itself and Hugging Face's router serve them.

A model is an app: `owner/alias` and, for some, a path. A request waits in the app's queue under an id.
"""

from collections.abc import Mapping
from typing import Any

from msgspec import structs

from workers.adapters import chat
from workers.adapters.contract import Blob, Call, Done, Link, Pending, Rejected, Setup
from workers.adapters.inputs import (
    aspect_ratio,
    image_urls,
    model_row,
    rename_fields,
    resolve_image_urls,
    styled_prompt,
)
from workers.adapters.outputs import find_urls, read_output
from workers.adapters.refusals import canceled, no_result, unsafe_result
from workers.adapters.responses import PollFailed, ProviderResponse

POLL_S = {"image": 1.0, "upscale": 1.0, "video": 4.0, "music": 4.0}
POLL_S_DEFAULT = 2.0
NAMESPACES = ("workflows", "comfy")  # first parts of an app's name that are not its owner
RESULTS = {"video": ("video", "videos"), "voice": ("audio",), "music": ("audio", "audio_file")}
RESULTS_DEFAULT = ("images", "image")
RATIOS = ("21:9", "16:9", "3:2", "4:3", "5:4", "1:1", "4:5", "3:4", "2:3", "9:16")
PLAIN = ("seed", "negative_prompt", "fps", "scale", "speed", "voice_id", "language", "guidance", "count", "resolution")
NOT_THE_MODELS = (401, 403, 404, 408, 429)  # statuses of a poll that do not come from the model

# An app's names of our fields, where they differ. The longest prefix of the app's name counts.
NAMES: dict[str, dict[str, str]] = {
    "image": {"count": "num_images", "guidance": "guidance_scale"},
    "video": {"sound": "generate_audio"},
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
EDITING = ("fal-ai/nano-banana", "fal-ai/nano-banana-2", "fal-ai/nano-banana-pro")  # input images go to <app>/edit
# Apps that draw in a ratio, not in pixels.
BY_RATIO = ("fal-ai/nano-banana", "fal-ai/imagen", "fal-ai/gemini", "fal-ai/flux-pro/kontext", "fal-ai/flux-pro/v1.1-u")


def pending(call: Call, ref: str) -> Pending:
    """Return a request that waits or runs, to be polled at its kind's pace."""
    return Pending(ref, POLL_S.get(call.kind, POLL_S_DEFAULT))


def requests_path(app: str, request_id: str) -> str:
    """Return the path of a request, which is below its app's owner and alias, without the rest of the app's name."""
    parts = app.split("/")
    owner_and_alias = "/".join(parts[: 3 if parts[0] in NAMESPACES else 2])
    return f"/{owner_and_alias}/requests/{request_id}"


def route_to_app(call: Call) -> Call:
    """Return the call with the app that takes it: some have a second app for input images."""
    edits = call.model in EDITING and image_urls(call)
    return structs.replace(call, model=f"{call.model}/edit") if edits else call


async def build_input(setup: Setup, call: Call) -> dict[str, object]:
    """Return the app's input. Raises Rejected if an image is unreachable."""
    fields: dict[str, object] = {name: call.input.get(name) for name in PLAIN}
    names = {**NAMES.get(call.kind, {}), **model_row(APPS, call.model)}
    fields["prompt"] = styled_prompt(call, takes_negative=bool(names.get("negative_prompt", True))) or None
    urls = await resolve_image_urls(setup, call)
    several = call.kind == "image" and call.model.endswith("/edit")
    fields |= {"image_urls": urls} if several else {"image_url": urls[0] if urls else None}
    match call.kind:
        case "image":
            width, height = call.input.get("width"), call.input.get("height")
            by_ratio = call.model.startswith(BY_RATIO) or not (width and height)
            size = {"width": width, "height": height}
            fields |= {"aspect_ratio": aspect_ratio(call, RATIOS)} if by_ratio else {"image_size": size}
        case "video":
            unit = "s" if "/veo" in call.model else ""
            seconds = call.input.get("seconds")
            fields |= {"aspect_ratio": aspect_ratio(call, RATIOS), "duration": f"{seconds}{unit}" if seconds else None}
            fields["sound"] = call.input.get("sound")
        case "music":
            fields["seconds"] = call.input.get("seconds")
        case "text" | "enhance":
            fields["system_prompt"] = chat.system_prompt(call) or None
        case "interrogate":
            fields["prompt"] = chat.interrogation_prompt(call)
    return rename_fields(fields, names)


def read_result(call: Call, response: ProviderResponse) -> Done:
    """Return the result of a finished request. Raises Rejected if there is none, or none that may be shown."""
    body = response.fields
    if not body:
        raise PollFailed("the result is not a JSON object")
    if call.kind in chat.KINDS:
        texts = [body[name] for name in ("output", "results", "text") if isinstance(body.get(name), str)]
        return chat.read_text(call, texts[0] if texts else "")
    names = (*RESULTS.get(call.kind, RESULTS_DEFAULT), "url")
    node = next((body[name] for name in names if body.get(name)), None)
    files = [item for item in (node if isinstance(node, list) else [node]) if find_urls(item)]
    flags = body.get("has_nsfw_concepts")
    if isinstance(flags, list) and len(flags) == len(files):  # flagged images are black, and billed
        files = [item for item, flagged in zip(files, flags, strict=True) if flagged is not True]
        if not files:
            raise unsafe_result()
    if not files:
        raise no_result()
    facts: dict[str, object] = {"seed": body["seed"]} if isinstance(body.get("seed"), int) else {}
    first: Mapping[str, Any] = files[0] if isinstance(files[0], dict) else {}
    facts |= {name: first[name] for name in ("width", "height") if isinstance(first.get(name), int)}
    if isinstance(first.get("duration"), int | float):
        facts["duration_ms"] = round(first["duration"] * 1000)
    return Done(tuple(_read_file(item) for item in files), facts=facts)


def read_submit_error(response: ProviderResponse) -> Rejected | None:
    """Read the model's objections to its input: a list of faults, each with its type."""
    detail = response.fields.get("detail")
    types = {item.get("type") for item in detail if isinstance(item, dict)} if isinstance(detail, list) else set()
    if "content_policy_violation" in types:
        return Rejected("content_policy", response.reason)
    if response.status == 422:
        failed = "no_media_generated" in types
        return Rejected("provider_failed" if failed else "invalid_input", response.reason)
    return None


def read_result_error(response: ProviderResponse) -> Rejected | None:
    """Read the failure of a request from its result. None if the status is not the model's or the runner's."""
    if response.status < 400 or response.status in NOT_THE_MODELS or not response.fields.get("detail"):
        return None
    if response.fields.get("error_type") == "client_cancelled":
        return canceled()
    return read_submit_error(response) or Rejected("provider_failed", response.reason)


def _read_file(item: Any) -> Blob | Link:
    media_type = item.get("content_type") if isinstance(item, dict) else None
    return read_output(find_urls(item)[0], media_type)
