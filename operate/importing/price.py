"""The price of an imported model: a table of at least the provider's price for every input, or a reason against it.

A price list says what some values of a field cost. Values that it leaves out are removed from the schema. A field that
may change the cost and that it never mentions leaves the price without a bound.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal
from itertools import product
from typing import Any

from msgspec import Struct

from operate.importing.listing import PriceLine
from shared.domain.native_input import NATIVE
from shared.domain.native_order import AS_NUMBER
from shared.domain.native_schema import COSTS, ROLE
from shared.domain.price_rule import ROWS_MAX

UNITS: dict[str, tuple[str, int]] = {  # the provider's unit -> ours, and how many of ours it has
    **dict.fromkeys(("image", "picture", "output", "output image"), ("output", 1)),
    **dict.fromkeys(("video", "request", "generation", "task", "run", "song", "track", "clip"), ("order", 1)),
    **dict.fromkeys(("second", "sec", "s", "output second", "video second", "second of video"), ("second", 1)),
    **dict.fromkeys(("minute", "output minute"), ("second", 60)),
    **dict.fromkeys(("1000 characters", "1k characters"), ("1k_characters", 1)),
}
MEGAPIXEL = "megapixel"
PRESETS = ("square", "square_hd", "portrait_4_3", "portrait_16_9", "landscape_4_3", "landscape_16_9")
PRESET_MEGAPIXELS = 2  # a preset has at most 1.05 megapixels, and a part of one counts as a whole
COSTLY = re.compile(
    r"resolution|quality|duration|seconds|length|frames|fps|audio|sound|(^|_)mode$|num_|max_images|^n$|number_of"
    r"|upscale|scale$|size|width|height|megapixels|steps|rendering_speed|turbo|web_search|thinking|high_"
)
SHAPE = re.compile(r"auto|\d{1,2}:\d{1,2}|(square|portrait|landscape)\w*")  # of an image, which has one price in each
ABOUT_SOUND = re.compile(r"audio|sound")
SILENT = re.compile(r"\b(without|no) (audio|sound)|(audio|sound) off|\bsilent")
SLASHED = re.compile(r"\b(\d{1,2})/(\d{1,2}k)\b")  # "1/2K" stands for 1K and 2K
WORD = re.compile(r"[a-z0-9.]+")
SCALE = Decimal("0.0001")  # the catalogue's prices have four decimals of a cent


class NotImported(Exception):
    """A model cannot be imported. The message says why."""


class CostRow(Struct, frozen=True):
    """The cents of a unit where an order has these values."""

    when: dict[str, object]
    cents: Decimal


class CostPart(Struct, frozen=True):
    """One addend of a cost: cents per unit."""

    per: str
    cents: Decimal
    rows: tuple[CostRow, ...] = ()

    def raised(self, margin_percent: int) -> "CostPart":
        """Return the part with a margin on top, rounded up."""
        factor = Decimal(100 + margin_percent) / 100
        rows = tuple(CostRow(row.when, ceiled(row.cents * factor)) for row in self.rows)
        return CostPart(self.per, ceiled(self.cents * factor), rows)


def ceiled(cents: Decimal) -> Decimal:
    """Return cents rounded up to what the catalogue can hold."""
    return cents.quantize(SCALE, rounding="ROUND_CEILING")


def bound_cost(lines: Sequence[PriceLine], schema: dict[str, Any]) -> tuple[CostPart, ...]:
    """Return the cost of an order, and mark and narrow the schema's fields that it depends on. Raises NotImported."""
    if not lines:
        raise NotImported("its price is not known: name it in --prices")
    units = {line.unit for line in lines}
    if len(units) > 1:
        raise NotImported(f"its price has several units: {', '.join(sorted(units))[:80]}")
    properties = schema["properties"]
    unit = units.pop()
    if unit == MEGAPIXEL:
        return (_bound_by_preset(lines, properties, schema),)
    per, size = UNITS.get(unit, ("", 1))
    if not per:
        raise NotImported(f"its price is per {unit[:40] or 'nothing'!r}, which an order does not bound")
    if per == "second" and not any(node.get(ROLE) == "seconds" for node in properties.values()):
        raise NotImported("its price is per second, but its length is not an input with a limit")
    fields = dict(_open_fields(properties, per))
    rows = [row for line in lines for row in _rows(line, fields, size)]
    for name in fields:
        _narrow(name, schema, {row.when[name] for row in rows if name in row.when}, rows)
    named = [
        CostRow({_named(properties, name): _ours(properties, name, v) for name, v in row.when.items()}, row.cents)
        for row in rows
        if row.when
    ]
    dearest = max(ceiled(line.cents / size) for line in lines)
    ordered = sorted(named, key=lambda row: (-len(row.when), -row.cents))
    if len(ordered) > ROWS_MAX:
        raise NotImported(f"its price has more than {ROWS_MAX} rows")
    return (CostPart(per, dearest, tuple(row for row in ordered if row.cents != dearest or len(lines) > 1)),)


def check_mentions(parts: Sequence[CostPart], properties: Mapping[str, dict[str, Any]]) -> None:
    """Check that an operator's own cost depends on every costly field, and mark those. Raises NotImported."""
    compared = {field for part in parts for row in part.rows for field in row.when}
    per = {part.per for part in parts}
    for unit in per:
        for name, _ in _open_fields(properties, unit):
            if not {NATIVE + name, properties[name].get(ROLE)} & compared and len(per) == 1:
                raise NotImported(f"its price does not say what {name!r} costs: add rows to --prices")
    for name, node in properties.items():
        if NATIVE + name in compared:
            node[COSTS] = True


def _bound_by_preset(
    lines: Sequence[PriceLine], properties: dict[str, dict[str, Any]], schema: dict[str, Any]
) -> CostPart:
    """Return the cost of the largest preset of a model that is priced by its size."""
    node = properties.get("image_size", {})
    options = [node, *(one for key in ("anyOf", "oneOf") for one in node.get(key, ()))]
    presets = [value for option in options for value in option.get("enum", ()) if value in PRESETS]
    others = [name for name, _ in _open_fields(properties, "output") if name != "image_size"]
    if not presets or others:
        what = f"does not say what {others[0]!r} costs" if others else "is per megapixel, and its size has no limit"
        raise NotImported(f"its price {what}")
    kept = {key: value for key, value in node.items() if key in ("description", "default")}
    properties["image_size"] = {**kept, "type": "string", "enum": sorted(set(presets))}
    if kept.get("default") not in presets:
        properties["image_size"].pop("default", None)
        schema["required"] = sorted({*schema.get("required", ()), "image_size"})
    return CostPart("output", ceiled(max(line.cents for line in lines) * PRESET_MEGAPIXELS))


def _open_fields(properties: Mapping[str, dict[str, Any]], per: str) -> Iterator[tuple[str, list[Any]]]:
    """Yield the fields that may change the cost, with their values; without those that the unit counts."""
    counted = {"second": "seconds", "output": "count"}.get(per)
    for name, node in properties.items():
        role = node.get(ROLE, "")
        if not COSTLY.search(name) or (role and role not in ("seconds", "count")) or role == counted:
            continue
        values = [True, False] if node.get("type") == "boolean" else list(node.get("enum", ()))
        values = [value for value in values if value is not None]
        shapes = bool(values) and all(isinstance(value, str) and SHAPE.fullmatch(value) for value in values)
        if len(values) != 1 and "const" not in node and not shapes:
            yield name, values


def _rows(line: PriceLine, fields: Mapping[str, list[Any]], size: int) -> list[CostRow]:
    """Return the rows of one line of a price list: one for each combination of the values that it mentions."""
    about = SLASHED.sub(r"\1k \2", line.about.lower())
    mentioned = {name: found for name, values in fields.items() if (found := _mentioned(name, values, about))}
    combined = product(*mentioned.values())
    return [CostRow(dict(zip(mentioned, one, strict=True)), ceiled(line.cents / size)) for one in combined]


def _mentioned(name: str, values: Sequence[Any], about: str) -> list[Any]:
    if list(values) == [True, False]:
        if not ABOUT_SOUND.search(name) or (not ABOUT_SOUND.search(about) and not SILENT.search(about)):
            return []
        return [not SILENT.search(about)]
    words = f" {' '.join(WORD.findall(about))} "
    return [value for value in values if any(f" {form} " in words for form in _forms(str(value).lower()))]


def _forms(value: str) -> Iterator[str]:
    """Yield the forms of a value in a price list: "5", "5s", "5 seconds"."""
    plain = " ".join(WORD.findall(value))
    yield plain
    yield from (f"{plain}{unit}" for unit in ("s", ".0s", "sec", " s", " sec", " seconds"))


def _narrow(name: str, schema: dict[str, Any], priced: set[Any], rows: Sequence[CostRow]) -> None:
    """Leave a field only the values that have a price. Raises NotImported if there are none."""
    node = schema["properties"][name]
    if not priced or (node.get("type") == "boolean" and len(priced) < 2):
        raise NotImported(f"its price does not say what {name!r} costs")
    if any(name not in row.when for row in rows):
        raise NotImported(f"its price says only in parts what {name!r} costs")
    if "enum" in node:
        lost = [value for value in node["enum"] if value is not None and value not in priced]
        node["enum"] = [value for value in node["enum"] if value in priced]
        if lost and node.get("default") not in node["enum"]:
            node.pop("default", None)
            schema["required"] = sorted({*schema.get("required", ()), name})
    if node.get(ROLE) != "seconds":
        node[COSTS] = True


def _named(properties: Mapping[str, dict[str, Any]], name: str) -> str:
    role = properties[name].get(ROLE)
    return role if role == "seconds" else NATIVE + name


def _ours(properties: Mapping[str, dict[str, Any]], name: str, value: object) -> object:
    found = AS_NUMBER.fullmatch(value) if isinstance(value, str) else None
    return int(found[1]) if found and properties[name].get(ROLE) == "seconds" else value
