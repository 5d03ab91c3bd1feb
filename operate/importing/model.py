"""An imported model as catalogue text: its TOML entry and native schema, checked by the catalogue's own reader."""

import re
from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import msgspec
from msgspec import Struct

from operate.importing.listing import BAD_NAME, Listing, PriceLine, is_name
from operate.importing.price import CostPart, CostRow, NotImported, bound_cost, check_mentions
from operate.importing.schema import FILLED, native_schema, plain_types
from shared.domain import catalogue_file
from shared.domain.catalogue_file import CatalogueError
from shared.domain.foreign_text import ForeignText
from shared.domain.kind import kind_of
from shared.domain.kinds.image import COUNT_MAX
from shared.domain.native_order import AS_NUMBER
from shared.domain.native_schema import ROLE, SCHEMA_BYTES_MAX

ID_CHARS_MAX, NAME_CHARS_MAX, SOURCE_CHARS_MAX = 100, 80, 300
RATIO = re.compile(r"auto|[1-9][0-9]?:[1-9][0-9]?")
SECONDS_DEFAULT = 5
PLANS = "[plans.guest]\ndaily_quota = 0\nconcurrency = 1\nbacklog_max = 0\n"
MARK = "# --- "  # begins an entry of an imported file


class ImportedModel(Struct, frozen=True, kw_only=True):
    """A model with its entry, and its schema under a path relative to the file with the entry."""

    id: str
    entry: str
    path: str
    schema: str


def build_model(provider: str, listing: Listing, margin_percent: int, own_price: object = None) -> ImportedModel:
    """Return a listed model as catalogue text, with the operator's own price if there is one. Raises NotImported."""
    model_id, kind = f"{provider}/{listing.model}", listing.kind
    if listing.why_not:
        raise NotImported(listing.why_not)
    if kind is None:
        raise NotImported(f"its task {', '.join(listing.tasks)[:60]!r} is none of our kinds")
    if len(model_id) > ID_CHARS_MAX or not is_name(model_id):
        raise NotImported(BAD_NAME)
    inputs = frozenset(kind_of(kind).fields)
    schema = native_schema(listing.document, listing.schema, inputs)
    if not schema["properties"]:
        raise NotImported("its schema has no properties")
    limits = build_limits(kind, schema)
    parts = read_own_price(own_price, kind, schema) if own_price is not None else bound_cost(listing.prices, schema)
    slug = re.sub(r"[^A-Za-z0-9._-]", "_", listing.model.replace("/", "--"))
    path = f"native/{provider}/{slug}.json"
    source = "--prices" if own_price is not None else listing.source
    entry = "\n".join(
        [
            f"{MARK}{model_id}",
            f"# {ForeignText().line(source, SOURCE_CHARS_MAX)}",
            "[[models]]",
            f"id = {quoted(model_id)}",
            f"name = {quoted(ForeignText().line(listing.name, NAME_CHARS_MAX) or model_id)}",
            f"kind = {quoted(kind)}",
            f"routes = [{{ provider = {quoted(provider)}, model = {quoted(listing.model)}, native = {quoted(path)}, "
            f"cost = {{ parts = {shown_parts(parts)} }} }}]",
            "",
            "[models.price]",
            f"parts = {shown_parts([part.raised(margin_percent) for part in parts])}",
            *(["", "[models.input]"] if limits else []),
            *(f"{name} = {shown(limit)}" for name, limit in limits.items()),
            "",
        ]
    )
    text = msgspec.json.format(msgspec.json.encode(schema, order="deterministic"), indent=2).decode() + "\n"
    check(provider, entry, text)
    return ImportedModel(id=model_id, entry=entry, path=path, schema=text)


def check(provider: str, entry: str, schema: str) -> None:
    """Check that the catalogue's reader takes an entry with its schema. Raises NotImported."""
    if len(schema) > SCHEMA_BYTES_MAX:
        raise NotImported(f"its schema is larger than {SCHEMA_BYTES_MAX // 1000} kB")
    try:
        found = catalogue_file.parse(f"{PLANS}[providers.{provider}]\n{entry}", natives=lambda *_: schema.encode())
        for model in found.models.values():
            _ = model.routes[0].native and model.routes[0].native.validator
    except (CatalogueError, ValueError) as error:
        raise NotImported(ForeignText().line(getattr(error, "message", str(error)), SOURCE_CHARS_MAX)) from None


def read_own_price(price: object, kind: str, schema: dict[str, Any]) -> tuple[CostPart, ...]:
    """Return the operator's own cost: cents of an output, or a table as the catalogue has it. Raises NotImported."""
    if isinstance(price, int | Decimal) and not isinstance(price, bool):
        unit = "image" if kind in ("image", "upscale") else "request"
        return bound_cost([PriceLine(cents=Decimal(price), unit=unit)], schema)
    try:
        parts = tuple(_own_part(part) for part in dict(price)["parts"])  # type: ignore[call-overload]
    except (KeyError, TypeError, ValueError):
        raise NotImported("its price in --prices must be a number of cents, or a table with `parts`") from None
    check_mentions(parts, schema["properties"])
    return parts


def _own_part(part: Mapping[str, Any]) -> CostPart:
    rows = tuple(CostRow(dict(row["when"]), Decimal(row["cents"])) for row in part.get("rows", ()))
    return CostPart(str(part["per"]), Decimal(part["cents"]), rows)


def build_limits(kind: str, schema: dict[str, Any]) -> dict[str, dict[str, object]]:
    """Return the input of a model: a limit for each field of ours that the schema maps. Unusable roles are removed."""
    found: dict[str, dict[str, object]] = {}
    for name, node in schema["properties"].items():
        role, required = node.get(ROLE), name in schema.get("required", ())
        limit = _limit(kind, role, node)
        if role in FILLED:
            ours = next((one for one in ("image_urls", "image_url") if one in kind_of(kind).fields), None)
            if ours:
                most = {"max": min(node.get("maxItems", 14), 14) if role == "images" else 1}
                found[ours] = (most if ours == "image_urls" else {}) | ({"required": True} if required else {})
        elif limit is not None:
            found[role] = limit
        elif role in kind_of(kind).fields:
            node.pop(ROLE)
    return found


def _limit(kind: str, role: object, node: dict[str, Any]) -> dict[str, object] | None:
    """Return the limit of a plain field of ours, None if the provider's values cannot stand for it."""
    kinds = plain_types(node)
    match role:
        case "seed" if "integer" in kinds:
            return {}
        case "negative_prompt" if "string" in kinds:
            return {}
        case "aspect_ratio":
            values = node.get("enum", ())
            fits = values and all(isinstance(one, str) and RATIO.fullmatch(one) for one in values)
            return _with_default(node, {"choices": list(values)}, values) if fits else None
        case "count" if "integer" in kinds or "number" in kinds:
            most = int(min(node.get("maximum", COUNT_MAX), COUNT_MAX))
            default = node.get("default", 1)
            return {"default": default, "min": 1, "max": most} if default in range(1, most + 1) else None
        case "seconds":
            return _read_seconds(kind, node)
    return None


def _read_seconds(kind: str, node: dict[str, Any]) -> dict[str, object] | None:
    low, high = (int(one) for one in kind_of(kind).fields["seconds"].bounds or (1, 1))
    if "enum" in node:
        numbers = {value: _number(value) for value in node["enum"]}
        node["enum"] = [value for value, number in numbers.items() if number is not None and low <= number <= high]
        choices = sorted({numbers[value] for value in node["enum"]}, key=int)  # type: ignore[arg-type]
        if not choices:
            return None
        default = _number(node.get("default"))
        if default not in choices:
            node.pop("default", None)
        return {"default": default if default in choices else choices[0], "choices": choices}
    if node.get("type") not in ("integer", "number"):
        return None
    low, high = max(low, int(node.get("minimum", low))), min(high, int(node.get("maximum", high)))
    default = _number(node.get("default"))
    usual = default if default is not None and low <= default <= high else max(low, min(high, SECONDS_DEFAULT))
    return {"default": usual, "min": low, "max": high} if low <= high else None


def _number(value: object) -> int | None:
    found = AS_NUMBER.fullmatch(value) if isinstance(value, str) else None
    whole = isinstance(value, int) and not isinstance(value, bool)
    return int(found[1]) if found else int(value) if whole else None  # type: ignore[call-overload]


def _with_default(node: Mapping[str, Any], limit: dict[str, object], values: object) -> dict[str, object]:
    default = node.get("default")
    return {"default": default, **limit} if isinstance(values, list | tuple) and default in values else limit


def shown_parts(parts: Sequence[CostPart]) -> str:
    """Return the parts of a price as TOML."""
    rows = [[{"when": row.when, "cents": row.cents} for row in part.rows] for part in parts]
    return shown(
        [
            {"per": part.per, "cents": part.cents, **({"rows": own} if own else {})}
            for part, own in zip(parts, rows, strict=True)
        ]
    )


def shown(value: object) -> str:
    """Return a value as inline TOML."""
    match value:
        case dict():
            inner = ", ".join(
                f"{quoted(name) if '.' in name else name} = {shown(item)}" for name, item in value.items()
            )
            return f"{{ {inner} }}" if inner else "{}"
        case list() | tuple():
            return f"[{', '.join(shown(item) for item in value)}]"
        case bool():
            return str(value).lower()
        case Decimal():
            return f"{value.normalize():f}"
        case str():
            return quoted(value)
    return str(value)


def quoted(text: str) -> str:
    """Return a text as a TOML string."""
    return msgspec.json.encode(text).decode().replace("\x7f", "\\u007f")
