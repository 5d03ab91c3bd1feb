"""JSON Schemas of the types that decode requests and encode responses."""

import re
from collections.abc import Collection, Iterable, Mapping
from typing import Any, get_args

import msgspec
from msgspec import Struct

from shared.domain.catalogue import KINDS, Catalogue, Limit, Model
from shared.domain.described import EXPECTED, REPLACED, REQUIRED
from shared.domain.inputs import prompt_chars_max
from shared.domain.kind import kind_of
from shared.domain.money import cents_up
from shared.domain.price_text import price_text

Schema = dict[str, Any]
SCHEMAS = "#/components/schemas/"
SIZES = {
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
}


def name_of(shape: type[Struct]) -> str:
    """Return a type's name in the document: its own, its `schema_name`, or `GenerationList` for a list."""
    items = get_args(shape)
    name: str = vars(shape).get("schema_name", shape.__name__)
    return f"{items[0].__name__.removesuffix('Entry')}List" if items else name


def reference(shape: type[Struct]) -> Schema:
    """Return the reference to a type's schema."""
    return {"$ref": SCHEMAS + name_of(shape)}


def components(shapes: Iterable[type[Struct]], requests: Collection[type[Struct]]) -> dict[str, Schema]:
    """Return the named schemas of `shapes`, of their parts, and of every kind's input. `requests` are decoded."""
    inputs = [kind_of(kind).input for kind in KINDS]
    types = [*sorted(shapes, key=name_of), *inputs]
    references, found = msgspec.json.schema_components(types, schema_hook=_untyped, ref_template=SCHEMAS + "{name}")
    names = {given["$ref"]: name_of(shape) for given, shape in zip(references, types, strict=True)}
    decoded = {name_of(shape) for shape in (*requests, *inputs)}
    schemas = {}
    for given, schema in found.items():
        name = names.get(SCHEMAS + given, given).removeprefix(SCHEMAS)
        schemas[name] = _finish(_portable(schema, names), decoded=name in decoded)
    for name in decoded - {"CreateEndpoint"}:  # its texts are a URL and known words
        schemas[name] = _without_nul(schemas[name])
    schemas["Input"] = {
        "description": "The parameters of a model besides the prompt. Each model has its own fields and limits: see "
        "Models. A field that is null counts as absent.",
        "anyOf": [reference(shape) for shape in inputs],
    }
    return dict(sorted(schemas.items()))


def models(catalogue: Catalogue, schemas: dict[str, Schema]) -> list[Schema]:
    """Return the models with their prices. The `input` of each is its kind's, narrowed to the model's limits."""
    return [
        {
            "id": model.id,
            "name": model.name,
            "type": model.kind,
            "price_cents": cents_up(model.price_micros),
            "pricing": price_text(*model.api_price),
            "prompt_chars_max": prompt_chars_max(model),
            "simulated": model.simulated,
            "input": input_schema(model, schemas),
        }
        for model in catalogue.models.values()
    ]


def model_bodies(catalogue: Catalogue) -> dict[str, bytes]:
    """Return the JSON that describes each model, by its id."""
    return {str(model["id"]): msgspec.json.encode(model) for model in models(catalogue, components((), ()))}


def _untyped(_: type) -> Schema:
    return {"description": "Any JSON value."}


def input_schema(model: Model, schemas: Mapping[str, Schema]) -> Schema:
    """Return the schema of a model's input: that of its kind among `schemas`, narrowed to the model's limits."""
    properties = schemas[name_of(kind_of(model.kind).input)]["properties"]
    return {
        "type": "object",
        "properties": {name: _narrowed(properties[name], limit) for name, limit in model.input.items()},
        "required": [name for name, limit in model.input.items() if limit.required],
        "additionalProperties": False,
    }


def _narrowed(field: Schema, limit: Limit) -> Schema:
    typed = field.get("anyOf", [field])[0]
    if limit.required:  # a null counts as absent
        field = {key: value for key, value in field.items() if key != "anyOf"} | typed
    least, most = SIZES.get(typed.get("type", ""), ("", ""))
    bounds = {least: limit.min, most: limit.max, "default": limit.default}
    narrowed = {key: value for key, value in bounds.items() if key and value is not None}
    choices = [*limit.choices, *([] if limit.required else [None])]
    return field | narrowed | ({"enum": choices} if limit.choices else {})


def _finish(schema: Schema, *, decoded: bool) -> Schema:
    """Apply a schema's replacements and return it. A default in a response means that the field is always present."""
    required: list[str] = []
    for name, field in schema["properties"].items():
        always = name in schema["required"] or (not decoded and "default" in field)
        if field.pop(REQUIRED, always):
            required.append(name)
        if not decoded:
            field.pop("default", None)
        if REPLACED in field:
            schema["properties"][name] = {"description": field["description"]} | field[REPLACED]
    del schema["title"]  # the name in Python, which may differ
    return schema | {"required": required}


def _without_nul(node: Any) -> Any:
    """Return a schema that allows no NUL in a text, as `shared/domain/inputs.py` demands."""
    if isinstance(node, list):
        return [_without_nul(item) for item in node]
    if not isinstance(node, dict):
        return node
    bare = node.get("type") == "string" and "pattern" not in node
    return {key: _without_nul(value) for key, value in node.items()} | ({"pattern": r"^[^\u0000]*$"} if bare else {})


def _portable(node: Any, names: dict[str, str]) -> Any:
    """Return a schema with the document's names, patterns for every language, and no default of null."""
    if isinstance(node, list | tuple):
        return [_portable(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    portable = {
        key: _portable(value, names)
        for key, value in node.items()
        if not (key == "default" and value is None) and key != EXPECTED
    }
    if isinstance(portable.get("pattern"), str):
        portable["pattern"] = _ecma_pattern(portable["pattern"])
    if portable.get("$ref") in names:
        portable["$ref"] = SCHEMAS + names[portable["$ref"]]
    return portable


def _ecma_pattern(pattern: str) -> str:
    r"""Return a Python pattern in the dialect of ECMA-262, which has no \A, \Z and (?i:...)."""
    spelt = re.sub(
        r"\(\?i:([a-z]+)\)", lambda found: "".join(f"[{letter}{letter.upper()}]" for letter in found[1]), pattern
    )
    return spelt.replace(r"\A", "^").replace(r"\Z", "$")
