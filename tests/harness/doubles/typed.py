"""Checks a body against an official client's types, which are generated from the provider's own document."""

from collections.abc import Iterator, Mapping
from functools import cache
from types import NoneType
from typing import Annotated, Any, Literal, Required, Union, get_args, get_origin, get_type_hints

Path = tuple[str | int, ...]
TypeFault = tuple[Path, str]  # the position in the body, and the fault there
NAMING = ("model", "role", "type")  # fields that distinguish one of several types
PLAIN: dict[Any, tuple[type, ...]] = {
    str: (str,),
    bool: (bool,),
    int: (int,),
    float: (int, float),
    NoneType: (NoneType,),
    object: (object,),
}


def faults(value: object, kind: Any, path: Path = ()) -> list[TypeFault]:
    """Return the reasons why the client could not send this body; [] if it could."""
    args = get_args(kind)
    if get_origin(kind) is Annotated:
        return faults(value, args[0], path)
    if get_origin(kind) is Union:
        found = [faults(value, option, path) for option in args if _may_be(value, option)]
        return min(found, key=len, default=[(path, "Invalid input")])
    if hasattr(kind, "__required_keys__"):
        return [*_fields(value, kind, path)]
    if get_origin(kind) is Literal:
        fits = (type(value), value) in [(type(arg), arg) for arg in args]
        return [] if fits else [(path, f"expected one of {'|'.join(map(repr, args))}")]
    if args:  # Iterable[...] and the like
        items = value if isinstance(value, list) else [object()]
        return [fault for index, item in enumerate(items) for fault in faults(item, args[0], (*path, index))]
    number = kind in (int, float)
    fits = isinstance(value, PLAIN[kind]) and not (number and isinstance(value, bool))
    return [] if fits else [(path, f"expected {kind.__name__}")]


def models(kind: Any) -> list[str]:
    """Return the names of models in a type of parameters."""
    several = get_args(kind) if get_origin(kind) is Union else (kind,)
    return [name for option in several for name in get_args(_hints(option)["model"][1])]


def _fields(value: object, kind: Any, path: Path) -> Iterator[TypeFault]:
    hints = _hints(kind)
    if not isinstance(value, Mapping):
        yield path, "expected object"
        return
    yield from (((*path, name), "Required") for name, (needed, _) in hints.items() if needed and name not in value)
    for name, item in value.items():
        yield from faults(item, hints[name][1], (*path, name)) if name in hints else [((*path, name), "Unknown field")]


def _may_be(value: object, option: Any) -> bool:
    """Return whether the value may be of one of several types: its `model` or `type`, for example, must match."""
    if not hasattr(option, "__required_keys__") or not isinstance(value, Mapping):
        return True
    own = {name: hint for name, (needed, hint) in _hints(option).items() if needed and name in NAMING}
    return all(value.get(name) in get_args(hint) for name, hint in own.items() if get_origin(hint) is Literal)


@cache
def _hints(kind: Any) -> dict[str, tuple[bool, Any]]:
    """Return a body's fields by their names on the wire: whether each is required, and its type."""
    fields = {}
    for name, hint in get_type_hints(kind, include_extras=True).items():
        needed = get_origin(hint) is Required
        bare = get_args(hint)[0] if needed else hint
        aliases = [meta.alias for meta in getattr(bare, "__metadata__", ()) if getattr(meta, "alias", None)]
        fields[aliases[0] if aliases else name] = (needed, bare)
    return fields
