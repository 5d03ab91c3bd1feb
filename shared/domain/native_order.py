"""The native input of an order: checked, filled from our own input fields, and validated by the route's schema."""

import math
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from shared.domain.catalogue import Model
from shared.domain.fields import PROMPT_CHARS_MAX
from shared.domain.foreign_text import ForeignText
from shared.domain.inputs import InvalidInput, check_text, validate_input, validate_prompt
from shared.domain.native_input import PROMPT, NativeInput
from shared.domain.native_schema import LISTS, MEDIA, NativeField, NativeSchema
from shared.domain.price_rule import same

BYTES_MAX = 32_000  # of all native fields as JSON
DEPTH_MAX, VALUES_MAX, KEY_CHARS_MAX = 8, 1_000, 100
INTEGERS = range(-(2**63), 2**64)  # MessagePack carries these
SHOWN_MAX = 20  # known fields in a message
REASON_CHARS_MAX = 300
NUMBERS = frozenset({"seconds", "count", "width", "height", "fps", "scale", "seed"})  # inputs that are numbers
AS_NUMBER = re.compile(r"(\d{1,9})s?")  # some providers have texts such as "8" or "8s"
PLACEHOLDER = "https://input.invalid/"  # in place of an upload, which gets its URL from the worker


class NativeFields(dict[str, Any]):
    """The caller's native fields. `texts` has the JSON of those that the provider gets exactly as they were sent."""

    def __init__(self, fields: Mapping[str, Any], texts: Mapping[str, bytes]) -> None:
        super().__init__(fields)
        self.texts = texts


def pointer(*path: object) -> str:
    """Return the JSON pointer of a place in the body."""
    return "".join(f"/{str(part).replace('~', '~0').replace('/', '~1')}" for part in ("native", *path))


def check_native(native: object, texts: Mapping[str, bytes]) -> NativeFields:
    """Return native fields and their texts if the size, depth, numbers and texts are usable. Raises InvalidInput."""
    if not isinstance(native, dict):
        raise InvalidInput("native", "must be an object")
    left = VALUES_MAX
    level: list[tuple[tuple[object, ...], object]] = [((), native)]
    for _ in range(DEPTH_MAX):
        left -= len(level)
        if left < 0:
            raise InvalidInput("native", f"must have at most {VALUES_MAX} values")
        level = [inner for path, value in level for inner in _inner(path, value)]
        if not level:
            break
    else:
        raise InvalidInput("native", f"must not be nested more than {DEPTH_MAX} levels deep")
    if len(msgspec.json.encode({**native, **{name: msgspec.Raw(text) for name, text in texts.items()}})) > BYTES_MAX:
        raise InvalidInput("native", f"must have at most {BYTES_MAX} bytes as JSON")
    return NativeFields(native, texts)


def fit_order(
    model: Model, schema: NativeSchema | None, given: object, prompt: str, native: Mapping[str, Any]
) -> tuple[dict[str, object], NativeInput | None]:
    """Return the validated input of a model, and its native form for a route with a schema. Raises InvalidInput."""
    text = validate_prompt(prompt, model)
    if schema is None:
        return validate_input(model, given), None
    _check_names(model, schema, native)
    values = _validate_ours(model, schema, given, native)
    filled = _fill(schema, values, native)
    _validate_whole(schema, filled, text, native)
    roles = {name: field.role for name, field in schema.fields.items() if field.role == PROMPT or name in schema.media}
    used = {name: role for name, role in roles.items() if role == PROMPT or name in filled}
    limit = values.get("seconds")
    limits = {name: limit for name in schema.measured if name in filled and isinstance(limit, int | float)}
    sent = _as_sent(filled, native, schema)
    return values, NativeInput(sent, used, schema.cost_facts(filled), "negative_prompt" in schema.mapped, limits)


def _inner(path: tuple[object, ...], value: object) -> list[tuple[tuple[object, ...], object]]:
    match value:
        case dict():
            for name in value:
                if len(name) > KEY_CHARS_MAX:
                    raise InvalidInput(pointer(*path), f"has a name of more than {KEY_CHARS_MAX} characters")
                check_text(pointer(*path), name)
            return [((*path, name), item) for name, item in value.items()]
        case list():
            return [((*path, index), item) for index, item in enumerate(value)]
        case str():
            if len(value) > PROMPT_CHARS_MAX:
                raise InvalidInput(pointer(*path), f"must be at most {PROMPT_CHARS_MAX} characters long")
            check_text(pointer(*path), value)
        case bool() | None:
            pass
        case int() if value not in INTEGERS:
            raise InvalidInput(pointer(*path), "must fit into 64 bits")
        case float() if not math.isfinite(value):
            raise InvalidInput(pointer(*path), "must be a finite number")
    return []


def _check_names(model: Model, schema: NativeSchema, native: Mapping[str, Any]) -> None:
    for name in native:
        if name not in schema.fields:
            known = list(schema.fields)
            more = ", ..." if len(known) > SHOWN_MAX else ""
            listed = ", ".join(known[:SHOWN_MAX])
            raise InvalidInput(pointer(name), f"is not a native field of {model.id}: use one of {listed}{more}")
        if schema.fields[name].role == PROMPT:
            raise InvalidInput(pointer(name), "is filled from `prompt`: leave it out")


def _validate_ours(model: Model, schema: NativeSchema, given: object, native: Mapping[str, Any]) -> dict[str, object]:
    """Return our validated input, with the values of native fields that stand for fields of ours."""
    raw = {} if given is None else given
    if not isinstance(raw, dict):
        raise InvalidInput("input", "must be an object")
    from_native = {ours: name for ours, name in schema.mapped.items() if native.get(name) is not None}
    for ours, name in from_native.items():
        if raw.get(ours) is not None:
            raise InvalidInput(pointer(name), f"is the same as `{ours}` of `input`: send one of them")
        raw = {**raw, ours: _to_ours(ours, name, native[name])}
    try:
        return validate_input(model, raw)
    except InvalidInput as invalid:
        name = from_native.get(invalid.field, "")
        raise (InvalidInput(pointer(name), invalid.message) if name else invalid) from None


def _fill(schema: NativeSchema, values: Mapping[str, object], native: Mapping[str, Any]) -> dict[str, Any]:
    """Return the native fields, untouched, with our own input in the fields that the caller left out.

    A field that the provider requires has its default then.
    """
    filled = dict(native)
    for ours, name in schema.mapped.items():
        if filled.get(name) is None and ours in values:
            filled[name] = _to_native(schema.fields[name], ours, values[ours])
    for name, role in schema.media.items():
        urls = next((values[ours] for ours in MEDIA[role] if values.get(ours)), None)
        if filled.get(name) is None and urls is not None:
            several = urls if isinstance(urls, list) else [urls]
            filled[name] = several if role in LISTS else several[0]
    for name, field in schema.fields.items():
        if field.required and field.default is not None and filled.get(name) is None:
            filled[name] = field.default
    return filled


def _as_sent(filled: dict[str, Any], native: Mapping[str, Any], schema: NativeSchema) -> dict[str, Any]:
    """Return native fields with the caller's own texts in place of the values that nothing replaced."""
    texts = native.texts if isinstance(native, NativeFields) else {}
    untouched = [name for name in texts if name not in schema.media and filled[name] is native[name]]
    return filled | {name: texts[name] for name in untouched}


def _validate_whole(schema: NativeSchema, filled: Mapping[str, Any], prompt: str, native: Mapping[str, Any]) -> None:
    """Validate what the provider will get, with stand-ins for the prompt and for uploads. Raises InvalidInput."""
    prompts = {name: prompt for name, field in schema.fields.items() if field.role == PROMPT}
    media = {name: _with_urls(filled[name]) for name in schema.media if name in filled}
    error = next(iter(schema.validator.iter_errors({**filled, **prompts, **media})), None)
    if error is None:
        return
    path, message = list(error.instance_path), ForeignText().line(error.message, REASON_CHARS_MAX)
    missing = getattr(error.kind, "property", None)
    if isinstance(missing, str):
        path, message = [*path, missing], "is required"
    name = str(path[0]) if path else ""
    ours = schema.fields[name].role if name in schema.fields and name not in native else ""
    raise InvalidInput(ours if ours and ours not in MEDIA else pointer(*path), message.removeprefix("value "))


def _with_urls(value: object) -> object:
    if isinstance(value, list):
        return [_with_urls(item) for item in value]
    return (
        PLACEHOLDER + value.removeprefix("asset:") if isinstance(value, str) and value.startswith("asset:") else value
    )


def _to_ours(ours: str, name: str, value: object) -> object:
    if ours not in NUMBERS or not isinstance(value, str):
        return value
    found = AS_NUMBER.fullmatch(value)
    if found is None:
        raise InvalidInput(pointer(name), "must be a number here, because the price depends on it")
    return int(found[1])


def _to_native(field: NativeField, ours: str, value: object) -> object:
    if field.choices:
        fitting = [one for one in field.choices if same(one, value) or str(one) in (str(value), f"{value}s")]
        if not fitting:
            raise InvalidInput(ours, "must be one of " + ", ".join(map(str, field.choices[:SHOWN_MAX])))
        return fitting[0]
    if "string" in field.types and not {"integer", "number"} & field.types and not isinstance(value, str):
        return str(value)
    return value
