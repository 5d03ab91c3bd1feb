"""Kinds of generations, each defined in a module `shared/domain/kinds/<kind>.py`."""

from functools import cache
from importlib import import_module

from msgspec import Struct, structs
from msgspec import inspect as types

from shared.domain.catalogue import KINDS
from shared.domain.fields import bounds, expected


class Field(Struct, frozen=True, kw_only=True):
    """An input field of a kind, with its description and bounds from `fields.py`."""

    expected: str
    bounds: tuple[float, float] | None


class Kind(Struct, frozen=True, kw_only=True):
    """A kind's input fields and limits; a model of this kind may narrow them."""

    name: str
    input: type[Struct]
    fields: dict[str, Field]
    prompt_chars_max: int
    timeout_s: int


@cache
def kind_of(name: str) -> Kind:
    """Return the kind called `name`. Raises KeyError for a name that is not in KINDS."""
    if name not in KINDS:
        raise KeyError(name)
    module = import_module(f"shared.domain.kinds.{name}")
    shape = getattr(module, f"{name.capitalize()}Input")
    infos = {field.name: types.type_info(field.type) for field in structs.fields(shape)}
    return Kind(
        name=name,
        input=shape,
        fields={name: Field(expected=expected(info), bounds=bounds(info)) for name, info in infos.items()},
        prompt_chars_max=module.PROMPT_CHARS_MAX,
        timeout_s=module.TIMEOUT_S,
    )
