"""OpenAI's `size` as the fields of a model: pixels, or a ratio of the sides."""

import re
from itertools import product
from math import gcd, log

from gateway.dialects.names import NamedModel
from shared.domain.catalogue import Limit
from shared.domain.errors import Refused
from shared.domain.kinds.image import SIDE_PX_MAX, SIDE_PX_MIN

SIZE = re.compile(r"([1-9][0-9]{1,4})x([1-9][0-9]{1,4})")
RATIO = re.compile(r"([1-9][0-9]?):([1-9][0-9]?)")
RATIOS = ("1:1", "3:2", "2:3", "4:3", "3:4", "16:9", "9:16", "21:9", "9:21")  # of a model that lists none
SAME = log(1.03)  # 1792x1024 is 16:9 for whoever orders it
STEP_PX = 8
FORMS = 'must be `auto`, pixels such as "1024x1024", or a ratio such as "16:9".'
Fitted = tuple[dict[str, object], str]  # input fields, and a notice if they are not exactly the size


def fit_size(named: NamedModel, size: str | None) -> Fitted:
    """Return the input fields of a size, and a notice.

    A model behind an alias gets the nearest size that it has. Raises Refused("invalid_input") for any other one.
    """
    model = named.model
    if size in (None, "auto"):
        return {}, ""
    pixels, ratio = SIZE.fullmatch(size), RATIO.fullmatch(size)
    found = pixels or ratio
    if found is None:
        raise Refused("invalid_input", FORMS, field="size")
    width, height = int(found[1]), int(found[2])
    if pixels and {"width", "height"} <= model.input.keys():
        fields: dict[str, object] = {"width": width, "height": height}
        near = nearest_pixels(width, height, model.input["width"], model.input["height"]) if named.aliased else fields
        return near, "" if near == fields else _notice(model.id, size, f"{near['width']}x{near['height']}")
    if "aspect_ratio" in model.input:
        return fit_ratio(named, size, width, height)
    if named.aliased:
        return {}, f"size has no effect: {model.id} has one size."
    kinds = "pixels" if "width" in model.input else "no size"
    raise Refused("invalid_input", f"must be left out or `auto`: {model.id} takes {kinds}.", field="size")


def fit_ratio(named: NamedModel, size: str, width: int, height: int) -> Fitted:
    """Return the ratio of a size among those of a model, and a notice. Raises Refused("invalid_input")."""
    divisor, limit = gcd(width, height), named.model.input["aspect_ratio"]
    exact = f"{width // divisor}:{height // divisor}"
    known = [str(choice) for choice in limit.choices if RATIO.fullmatch(str(choice))] or RATIOS
    if exact in known or (not limit.choices and RATIO.fullmatch(exact)):
        return {"aspect_ratio": exact}, ""
    nearest = min(known, key=lambda one: _distance(width / height, one))
    if not named.aliased and _distance(width / height, nearest) > SAME:
        reason = f"must have one of the ratios of {named.model.id}: {', '.join(known)}."
        raise Refused("invalid_input", reason, field="size")
    return {"aspect_ratio": nearest}, _notice(named.model.id, size, nearest)


def nearest_pixels(width: int, height: int, wide: Limit, high: Limit) -> dict[str, object]:
    """Return the size within limits that has the most similar ratio, and among those the most similar area."""
    if wide.choices and high.choices:
        pairs = [(w, h) for w, h in product(wide.choices, high.choices) if isinstance(w, int) and isinstance(h, int)]
        shape = log(width / height)
        fitting = min(pairs, key=lambda p: (abs(log(p[0] / p[1]) - shape), abs(log(p[0] * p[1] / (width * height)))))
        return {"width": fitting[0], "height": fitting[1]}
    shrunk = min(1, _most(wide) / width, _most(high) / height)
    scale = max(shrunk, _least(wide) / width, _least(high) / height)
    return {"width": _side(width, scale, wide), "height": _side(height, scale, high)}


def _side(pixels: int, scale: float, limit: Limit) -> int:
    scaled = pixels if scale == 1 else round(pixels * scale / STEP_PX) * STEP_PX
    return int(max(_least(limit), min(scaled, _most(limit))))


def _most(limit: Limit) -> float:
    return SIDE_PX_MAX if limit.max is None else limit.max


def _least(limit: Limit) -> float:
    return SIDE_PX_MIN if limit.min is None else limit.min


def _distance(shape: float, ratio: str) -> float:
    width, _, height = ratio.partition(":")
    return abs(log(shape) - log(int(width) / int(height)))


def _notice(model: str, size: str, used: str) -> str:
    return f"size {size} is {used} here: the nearest that {model} has."
