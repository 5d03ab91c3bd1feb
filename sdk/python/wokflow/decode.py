"""JSON to dataclasses. Fields that are newer than this client are left out."""

import types
import typing
from dataclasses import MISSING, fields, is_dataclass
from datetime import datetime
from functools import cache
from typing import Any, NamedTuple, TypeVar, Union

from wokflow.errors import InvalidResponseError

Decoded = TypeVar("Decoded")


class KnownField(NamedTuple):
    """A field of a dataclass, under its two possible names in JSON."""

    name: str
    camel: str
    type: Any
    is_required: bool


def decode(kind: type[Decoded], value: object) -> Decoded:
    """Return a JSON object as a dataclass. Raises InvalidResponseError."""
    decoded: Decoded = _decode(kind, value, kind.__name__)
    return decoded


@cache
def known_fields(kind: type) -> tuple[KnownField, ...]:
    """Return the fields of a dataclass."""
    hints = typing.get_type_hints(kind)
    return tuple(
        KnownField(field.name, to_camel(field.name), hints[field.name], field.default is MISSING)
        for field in fields(kind)
    )


def to_camel(name: str) -> str:
    """Return the camelCase of a name."""
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)


def _decode(kind: Any, value: Any, place: str) -> Any:
    if is_dataclass(kind):
        return _decode_object(typing.cast(type, kind), value, place)
    origin, arguments = typing.get_origin(kind), typing.get_args(kind)
    if origin in (Union, types.UnionType):
        return _decode_union(arguments, value, place)
    if origin is tuple:
        _check(isinstance(value, list), place, "a list")
        return tuple(_decode(arguments[0], one, place) for one in value)
    if origin is dict:
        _check(isinstance(value, dict), place, "an object")
        return {str(key): _decode(arguments[1], one, place) for key, one in value.items()}
    return _decode_scalar(kind, value, place)


def _decode_object(kind: type, value: Any, place: str) -> Any:
    _check(isinstance(value, dict), place, "an object")
    found = {}
    for field in known_fields(kind):
        name = field.name if field.name in value else field.camel
        if name in value:
            found[field.name] = _decode(field.type, value[name], f"{kind.__name__}.{field.name}")
        elif field.is_required:
            raise InvalidResponseError(f"{kind.__name__}.{field.name} is missing in the response.")
    return kind(**found)


def _decode_union(kinds: tuple[Any, ...], value: Any, place: str) -> Any:
    if value is None and types.NoneType in kinds:
        return None
    others = [kind for kind in kinds if kind is not types.NoneType]
    return _decode(others[0], value, place) if len(others) == 1 else value


def _decode_scalar(kind: Any, value: Any, place: str) -> Any:
    if kind is datetime:
        _check(isinstance(value, str), place, "a time")
        try:
            return datetime.fromisoformat(value)
        except ValueError as error:
            raise InvalidResponseError(f"{place} must be a time in the response.") from error
    if kind is float:
        _check(isinstance(value, int | float), place, "a number")
        return float(value)
    if isinstance(kind, type) and kind is not object:
        _check(isinstance(value, kind), place, kind.__name__)
    return value


def _check(holds: bool, place: str, wanted: str) -> None:
    if not holds:
        raise InvalidResponseError(f"{place} must be {wanted} in the response.")
