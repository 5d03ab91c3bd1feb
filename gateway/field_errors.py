"""Name the field of a body that cannot be used, and what it must be instead."""

from collections.abc import Iterator, Mapping

import msgspec
from msgspec import inspect as types

from shared.domain.errors import Refused

NAME_CHARS_MAX = 60  # of an unknown field's name, when it is repeated to the client
UNKNOWN_SHOWN_MAX = 5  # further unknown fields in a message
# Parts of msgspec's messages. A client chooses the name between them, so nothing searches for an end again and again.
MISSING, UNKNOWN, AT = "Object missing required field `", "Object contains unknown field `", " - at `$"


def refusal_of(error: msgspec.ValidationError, shape: type, body: object = None) -> Refused:
    """Return the refusal of a `body` that does not fit `shape`: which field it is, and what it must be."""
    text = str(error)
    if text.startswith(MISSING):
        return Refused("invalid_request", "is required.", field=text.removeprefix(MISSING).partition("`")[0])
    info = types.type_info(shape)
    if text.startswith(UNKNOWN):
        name = text.removeprefix(UNKNOWN).partition(f"`{AT}")[0].removesuffix("`")
        return _unknown_field(name, info, shape, body)
    _, at, path = text.rpartition(AT)
    if not at:
        return Refused("invalid_request", "The body must be a JSON object.")
    path = path.removesuffix("`").removeprefix(".")
    found = _at(info, path)
    reason = f"must be {expected(found)}." if found else "has a value of the wrong type."
    return Refused("invalid_request", reason, field=path)


def _unknown_field(name: str, info: types.Type, shape: type, body: object) -> Refused:
    """Return the refusal of a field that `shape` does not have. Name the right place, and the other unknown fields."""
    known = [field.encode_name for field in info.fields] if isinstance(info, types.StructType) else []
    nested: Mapping[str, frozenset[str]] = getattr(shape, "nested", {})
    home = next((field for field, names in nested.items() if name in names), "")
    reason = f"is not a field of this request. Known: {', '.join(known)}."
    if home:
        reason = f'is not a field of this request. It belongs in `{home}`: {{"{home}": {{"{name}": ...}}}}.'
    others = [other for other in body if other not in known and other != name] if isinstance(body, dict) else []
    if others:
        shown = ", ".join(f"`{other[:NAME_CHARS_MAX]}`" for other in others[:UNKNOWN_SHOWN_MAX])
        reason += f" Unknown too: {shown}."
    return Refused("invalid_request", reason, field=name[:NAME_CHARS_MAX])


def expected(info: types.Type) -> str:
    """Return what a value must be, such as "a whole number from 64 to 2048"."""
    words = "an object"
    match info:
        case types.Metadata(type=inner):
            words = expected(inner)
        case types.UnionType(types=several):
            words = " or ".join(expected(one) for one in several if not isinstance(one, types.NoneType))
        case types.IntType(ge=low, le=high):
            words = f"a whole number{_range(low, high)}"
        case types.FloatType(ge=low, le=high):
            words = f"a number{_range(low, high)}"
        case types.StrType(min_length=low, max_length=high, pattern=pattern):
            no_nul = " without NUL" if pattern else ""  # the only pattern that a body's field has
            words = f"a string{_length(low, high, 'characters')}{no_nul}"
        case types.CollectionType(min_length=low, max_length=high):
            words = f"a list{_length(low, high, 'items')}"
        case types.LiteralType(values=values):
            words = "one of " + ", ".join(str(value) for value in values)
        case types.BoolType():
            words = "true or false"
        case types.DateTimeType():
            words = "a time with its zone, such as 2026-05-01T09:00:00Z"
    return words


def _at(info: types.Type, path: str) -> types.Type | None:
    """Return the type at a path such as `events[0]`, or None if there is none."""
    found: types.Type | None = info
    for name in path.replace("[", ".[").split("."):
        found = next(_inner(found, name), None) if found else None
    return found


def _inner(info: types.Type, name: str) -> Iterator[types.Type]:
    match info:
        case types.Metadata(type=inner):
            yield from _inner(inner, name)
        case types.UnionType(types=several):
            for one in several:
                yield from _inner(one, name)
        case types.StructType(fields=fields):
            yield from (field.type for field in fields if field.encode_name == name)
        case types.CollectionType(item_type=item) if name.startswith("["):
            yield item


def _range(low: float | None, high: float | None) -> str:
    if low is not None and high is not None:
        return f" from {low:g} to {high:g}" if isinstance(low, float) else f" from {low} to {high}"
    return f" of at least {low}" if low is not None else f" of at most {high}" if high is not None else ""


def _length(low: int | None, high: int | None, unit: str) -> str:
    if low and high is not None:
        return f" of {low} to {high} {unit}"
    return f" of at least {low} {unit}" if low else f" of at most {high} {unit}" if high is not None else ""
