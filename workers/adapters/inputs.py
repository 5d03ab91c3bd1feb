"""A call's input in the forms that several providers want."""

from collections.abc import Mapping, Sequence
from math import log, prod
from typing import Any

from workers.adapters.contract import Blob, Call, Rejected, Setup
from workers.adapters.media import Upload, publish

SAME_SHAPE = 0.03  # difference of two ratios' logarithms: providers do not draw 16:9 exact to the pixel


def styled_prompt(call: Call, *, takes_negative: bool = True) -> str:
    """Return the prompt of an image or video, followed by the requested style.

    A model that takes no negative prompt reads it here.
    """
    style, negative = call.input.get("style"), call.input.get("negative_prompt")
    prompt = f"{call.prompt}, {style}" if style else call.prompt
    return prompt if takes_negative or not negative else f"{prompt}. Avoid: {negative}"


def drop_none(**fields: object) -> dict[str, object]:
    """Return the fields that are not None, so that the provider uses its own default for the others."""
    return {name: value for name, value in fields.items() if value is not None}


def rename_fields(fields: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """Return the fields that are not None under a model's own names. The name "" drops a field."""
    return {
        names.get(name, name): value for name, value in fields.items() if value is not None and names.get(name, name)
    }


def model_row(table: Mapping[str, dict[str, Any]], model: str) -> dict[str, Any]:
    """Return the row of the longest prefix of a model's name in a table, or {} without one."""
    return table.get(max((prefix for prefix in table if model.startswith(prefix)), key=len, default=""), {})


def aspect_ratio(call: Call, known: Sequence[str] | None = None) -> str | None:
    """Return the requested aspect ratio, or that of width and height; None if the caller gave neither.

    With `known` it is the nearest of those.
    """
    requested = call.input.get("aspect_ratio")
    width, height = call.input.get("width"), call.input.get("height")
    if not isinstance(requested, str):
        if not (isinstance(width, int) and isinstance(height, int)):
            return None
        requested = f"{width}:{height}"
    if known is None or requested in known:
        return requested
    slope = _slope(requested)
    return (
        None if slope is None else min((k for k in known if _slope(k) is not None), key=lambda k: _distance(k, slope))
    )


def nearest_size(call: Call, known: Sequence[str]) -> str:
    """Return the `width:height` of `known` nearest to the request in shape, then in area.

    It is the first of `known` if the caller gave no size.
    """
    shape = aspect_ratio(call, known)
    if shape is None:
        return known[0]
    width, height = call.input.get("width"), call.input.get("height")
    if not (isinstance(width, int) and isinstance(height, int)):
        return shape
    alike = [k for k in known if _distance(k, _slope(shape) or 1) < SAME_SHAPE]
    return min(alike, key=lambda k: abs(log(prod(map(int, k.split(":"))) / (width * height))))


def image_urls(call: Call) -> list[str]:
    """Return the URL of every input image, as the caller gave it."""
    single, several = call.input.get("image_url"), call.input.get("image_urls")
    return [str(single)] * bool(single) + ([str(url) for url in several] if isinstance(several, list) else [])


def require_https(urls: list[str]) -> None:
    """Raise Rejected unless every input image has an https URL, for a provider that fetches them itself."""
    if any(not url.lower().startswith("https://") for url in urls):
        raise Rejected("invalid_input", "This model downloads input images itself. Send an https URL, not an upload.")


async def fetch_images(setup: Setup, call: Call) -> list[Blob]:
    """Download every input image. Raises Rejected."""
    return [await setup.fetch(url) for url in image_urls(call)]


async def resolve_image_urls(setup: Setup, call: Call) -> list[str]:
    """Return a URL for every input image that the provider can read: our own assets as data: URLs. Raises Rejected."""
    return [await publish(setup, url) for url in image_urls(call)]


async def publish_image_urls(setup: Setup, call: Call, upload: Upload, *, inline_bytes_max: int = 0) -> list[str]:
    """Return a URL for every input image that the provider can read: see `publish`."""
    return [await publish(setup, url, upload=upload, inline_bytes_max=inline_bytes_max) for url in image_urls(call)]


def _slope(ratio: str) -> float | None:
    width, _, height = ratio.partition(":")
    return int(width) / int(height) if width.isdigit() and height.isdigit() and int(height) else None


def _distance(known: str, slope: float) -> float:
    return abs(log((_slope(known) or 1) / slope))
