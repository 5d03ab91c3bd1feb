"""JSON Schemas of the types that decode requests and encode answers."""

import re
from collections.abc import Collection, Iterable
from typing import Any, get_args

import msgspec
from msgspec import Struct

from gateway.dialects.wokgen_asks import Enhance, Generate, Interrogate, Music, Text, Upscale, Voice
from gateway.openapi.note import Note, note
from gateway.openapi.notes import INPUT_NOTES, NOTES, REQUIRED
from shared.domain.catalogue import KINDS, Catalogue, Limit, Model
from shared.domain.inputs import prompt_chars_max
from shared.domain.kind import kind_of
from shared.domain.money import cents

Schema = dict[str, Any]
PLACE = "#/components/schemas/"
REQUESTS = (Enhance, Generate, Interrogate, Music, Text, Upscale, Voice)
SIZES = {
    "integer": ("minimum", "maximum"),
    "number": ("minimum", "maximum"),
    "string": ("minLength", "maxLength"),
    "array": ("minItems", "maxItems"),
}


def name_of(shape: type[Struct]) -> str:
    """A type's name in the document: `ImageInput` and `ImageRequest` of the kind image, `GenerationList` of a list."""
    for request in REQUESTS:
        if shape is request:
            return f"{request.kind.capitalize()}Request"
    for kind in KINDS:
        if shape is kind_of(kind).input:
            return f"{kind.capitalize()}Input"
    items = get_args(shape)
    return f"{items[0].__name__.removesuffix('Entry')}List" if items else shape.__name__


def reference(shape: type[Struct]) -> Schema:
    """Where the schema of a type stands."""
    return {"$ref": PLACE + name_of(shape)}


def components(shapes: Iterable[type[Struct]], requests: Collection[type[Struct]]) -> dict[str, Schema]:
    """Named schemas of `shapes`, of all they hold, and of `input` for every kind. `requests` are read, not written."""
    inputs = [kind_of(kind).input for kind in KINDS]
    types = [*sorted(shapes, key=name_of), *inputs]
    references, found = msgspec.json.schema_components(types, schema_hook=_untyped, ref_template=PLACE + "{name}")
    names = {given["$ref"]: name_of(shape) for given, shape in zip(references, types, strict=True)}
    read = {name_of(shape) for shape in (*requests, *inputs)}
    notes = NOTES | {name_of(kind_of(kind).input): _input_notes(kind) for kind in KINDS}
    schemas = {}
    for given, schema in found.items():
        name = names.get(PLACE + given, given)
        schemas[name] = _noted(_plain(schema, names), name, notes.get(name, {}), read=name in read)
    for name in read - {"CreateEndpoint"}:  # whose texts are a URL and known words
        schemas[name] = _without_nul(schemas[name])
    schemas["Input"] = {
        "description": "What a model takes besides the prompt. Which of the fields, and within which limits, depends "
        "on the model: see Models. A field that is null counts as absent.",
        "anyOf": [reference(shape) for shape in inputs],
    }
    return dict(sorted(schemas.items()))


def _untyped(_: type) -> Schema:
    return {"description": "Any JSON value."}


def models(catalogue: Catalogue, schemas: dict[str, Schema]) -> list[Schema]:
    """The models with their prices and limits; the `input` of each is that of its kind, narrowed to what it allows."""
    return [
        {
            "id": model.id,
            "name": model.name,
            "type": model.kind,
            "price_cents": cents(model.price_micros),
            "prompt_chars_max": prompt_chars_max(model),
            "input": _input(model, schemas[name_of(kind_of(model.kind).input)]["properties"]),
        }
        for model in catalogue.models.values()
    ]


def _input(model: Model, properties: dict[str, Schema]) -> Schema:
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


def _input_notes(kind: str) -> dict[str, Note]:
    return {
        name: INPUT_NOTES.get(name, note(f"{field.expected[:1].upper()}{field.expected[1:]}."))
        for name, field in kind_of(kind).fields.items()
    }


def _noted(schema: Schema, name: str, notes: dict[str, Note], *, read: bool) -> Schema:
    """`schema` with what its type cannot say. A default of an answer means that the field is always there."""
    fields: dict[str, Schema] = schema["properties"]
    required = [field for field in fields if field in schema["required"] or (not read and "default" in fields[field])]
    for field, told in fields.items():
        kept = {key: value for key, value in told.items() if read or key != "default"}
        note = notes.get(field, Note(""))
        described = {"description": note.text} if note.text else {}
        fields[field] = ({} if note.instead else kept) | described | note.keywords
    del schema["title"]  # the name in Python, which may be another
    return schema | {"required": REQUIRED.get(name, required)}


def _without_nul(node: Any) -> Any:
    """What `shared/domain/inputs.py` asks of every text in `input`."""
    if isinstance(node, list):
        return [_without_nul(item) for item in node]
    if not isinstance(node, dict):
        return node
    bare = node.get("type") == "string" and "pattern" not in node
    return {key: _without_nul(value) for key, value in node.items()} | ({"pattern": r"^[^\u0000]*$"} if bare else {})


def _plain(node: Any, names: dict[str, str]) -> Any:
    """Names as the document has them, patterns as every language reads them, and no default that says nothing."""
    if isinstance(node, list | tuple):
        return [_plain(item, names) for item in node]
    if not isinstance(node, dict):
        return node
    plain = {
        key: _plain(value, names)
        for key, value in node.items()
        if not (key == "default" and value is None) and not key.startswith("x-")
    }
    if isinstance(plain.get("pattern"), str):
        plain["pattern"] = _portable(plain["pattern"])
    if plain.get("$ref") in names:
        plain["$ref"] = PLACE + names[plain["$ref"]]
    return plain


def _portable(pattern: str) -> str:
    """A Python pattern in the dialect of ECMA-262, which JSON Schema asks for: no \\A, \\Z and (?i:...)."""
    spelt = re.sub(
        r"\(\?i:([a-z]+)\)", lambda found: "".join(f"[{letter}{letter.upper()}]" for letter in found[1]), pattern
    )
    return spelt.replace(r"\A", "^").replace(r"\Z", "$")
