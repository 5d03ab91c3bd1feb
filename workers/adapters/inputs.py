"""A call's input in the forms that several providers want it."""

import base64
from collections.abc import Mapping, Sequence
from math import log, prod
from typing import Any

from workers.adapters.contract import Blob, Call, Setup

SAME_SHAPE = 0.03  # how far the logarithms of two ratios may lie apart: 16:9 is not always drawn to the pixel


def words(call: Call) -> str:
    """The prompt of a picture or film, with the style that was asked for."""
    style = call.input.get("style")
    return f"{call.prompt}, {style}" if style else call.prompt


def given(**fields: object) -> dict[str, object]:
    """The fields that are not None: what was not asked for is left to the provider."""
    return {name: value for name, value in fields.items() if value is not None}


def named(fields: Mapping[str, object], names: Mapping[str, str]) -> dict[str, object]:
    """The fields that are not None, by the names that a model's input has for them; "" is for what it does not take."""
    return {
        names.get(name, name): value for name, value in fields.items() if value is not None and names.get(name, name)
    }


def of_model(table: Mapping[str, dict[str, Any]], model: str) -> dict[str, Any]:
    """A model's row in a table of beginnings of names: the longest that fits, {} without one."""
    return table.get(max((start for start in table if model.startswith(start)), key=len, default=""), {})


def ratio(call: Call, known: Sequence[str] | None = None) -> str | None:
    """The aspect ratio asked for, or that of width and height: the nearest of `known`, if given. None if not said."""
    asked = call.input.get("aspect_ratio")
    width, height = call.input.get("width"), call.input.get("height")
    if not isinstance(asked, str):
        if not (isinstance(width, int) and isinstance(height, int)):
            return None
        asked = f"{width}:{height}"
    if known is None or asked in known:
        return asked
    wanted = _slope(asked)
    return None if wanted is None else min((k for k in known if _slope(k) is not None), key=lambda k: _far(k, wanted))


def size(call: Call, known: Sequence[str]) -> str:
    """The `width:height` of `known` nearest in shape to what was asked for, then in area; the first if nothing was."""
    shape = ratio(call, known)
    if shape is None:
        return known[0]
    width, height = call.input.get("width"), call.input.get("height")
    if not (isinstance(width, int) and isinstance(height, int)):
        return shape
    alike = [k for k in known if _far(k, _slope(shape) or 1) < SAME_SHAPE]
    return min(alike, key=lambda k: abs(log(prod(map(int, k.split(":"))) / (width * height))))


async def shown(setup: Setup, url: str) -> str:
    """A picture as a provider out there can reach it: one from our own storage becomes a data: URL. Raises Rejected."""
    return data_url(await setup.fetch(url)) if url.startswith("asset:") else url


async def pictures(setup: Setup, call: Call) -> list[str]:
    """Every input picture, as a provider can reach it. Raises Rejected."""
    return [await shown(setup, url) for url in asked_for(call)]


def asked_for(call: Call) -> list[str]:
    """The addresses of every input picture, as they were asked for."""
    single, several = call.input.get("image_url"), call.input.get("image_urls")
    return [str(single)] * bool(single) + ([str(url) for url in several] if isinstance(several, list) else [])


def data_url(picture: Blob) -> str:
    """The picture as a data: URL."""
    return f"data:{picture.media_type};base64,{base64.b64encode(picture.data).decode()}"


def _slope(asked: str) -> float | None:
    width, _, height = asked.partition(":")
    return int(width) / int(height) if width.isdigit() and height.isdigit() and int(height) else None


def _far(known: str, wanted: float) -> float:
    return abs(log((_slope(known) or 1) / wanted))
