"""The JSON Schema of a route's native fields, in a file next to the catalogue.

Annotations of a property say what the gateway does with it:

- `x-wokflow`: the input of ours that fills it: `prompt`, a kind of media such as `image`, or another input field;
- `x-wokflow-cost`: whether it changes the cost, so that the price must depend on it;
- `x-wokflow-measured`: whether its video or recording must not be longer than the order's `seconds`.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from shared.domain.native_input import NATIVE, PROMPT
from shared.domain.price_rule import same

if TYPE_CHECKING:
    import jsonschema_rs

ROLE, COSTS, MEASURED = "x-wokflow", "x-wokflow-cost", "x-wokflow-measured"
# Kinds of media, each with the input fields of ours that fill it. The first one that the caller sent counts.
MEDIA: dict[str, tuple[str, ...]] = {
    "image": ("image_url", "image_urls"),
    "images": ("image_urls", "image_url"),
    "first_frame": ("image_url", "image_urls"),
    "last_frame": (),
    "reference": (),
    "references": (),
    "mask": (),
    "video": (),
    "audio": (),
}
LISTS = frozenset({"images", "references"})  # kinds of media whose field is a list
TIMED = ("video", "audio")  # kinds of media with a length
SCHEMA_BYTES_MAX = 200_000
SCHEMA_DEPTH_MAX = 64
FIELDS_MAX = 200
REFERENCES_MAX = 10  # followed one after the other
COMPILED_MAX = 4_096
PATTERN_BYTES_MAX = 1 << 20  # of a compiled expression
REFERRING = ("$ref", "$dynamicRef", "$recursiveRef")
NAMING = ("$id", "id", "$schema", "$vocabulary")  # at the top they would change how references are resolved


class NativeField(Struct, frozen=True, kw_only=True):
    """A field of the provider, with the role that fills it and its plain facts."""

    role: str = ""
    costs: bool = False
    measured: bool = False
    required: bool = False
    types: frozenset[str] = frozenset()
    choices: tuple[object, ...] = ()
    default: object = None


class NativeSchema(Struct, frozen=True, kw_only=True):
    """The schema of a route's native fields. `text` is its canonical JSON."""

    text: bytes
    fields: dict[str, NativeField]

    @property
    def media(self) -> dict[str, str]:
        """Return the kind of media of each field that takes one."""
        return {name: field.role for name, field in self.fields.items() if field.role in MEDIA}

    @property
    def measured(self) -> tuple[str, ...]:
        """Return the fields whose video or recording must not be longer than the order's `seconds`."""
        return tuple(name for name, field in self.fields.items() if field.measured)

    @property
    def own_media(self) -> dict[str, NativeField]:
        """Return the fields of media that an order must fill, since no input field of ours does."""
        return {name: field for name, field in self.fields.items() if field.required and MEDIA.get(field.role) == ()}

    @property
    def open_fields(self) -> tuple[str, ...]:
        """Return the fields that a caller may send: all but the prompt's."""
        return tuple(name for name, field in self.fields.items() if field.role != PROMPT)

    @property
    def mapped(self) -> dict[str, str]:
        """Return the native field of each input field of ours that is neither the prompt nor media."""
        plain = {name: field.role for name, field in self.fields.items() if field.role and field.role not in MEDIA}
        return {role: name for name, role in plain.items() if role != PROMPT}

    def cost_facts(self, given: Mapping[str, object]) -> dict[str, str | int | float | bool]:
        """Return the values of the fields that change the cost, as the conditions of a price name them."""
        found: dict[str, str | int | float | bool] = {}
        for name, field in self.fields.items():
            value = field.default if given.get(name) is None else given[name]
            if field.costs and isinstance(value, str | int | float):
                found[NATIVE + name] = value
        return found

    @property
    def validator(self) -> "jsonschema_rs.Draft202012Validator":
        """Return the compiled schema. Raises BadSchema."""
        return compiled(self.text)


class BadSchema(ValueError):
    """A schema that cannot be used. The message is a predicate: the caller puts the file in front."""


def read_schema(raw: bytes) -> NativeSchema:
    """Return the schema in a file. Raises BadSchema.

    It is compiled now only if it has patterns, which must fit an engine that needs linear time.
    """
    if len(raw) > SCHEMA_BYTES_MAX:
        raise BadSchema(f"is larger than {SCHEMA_BYTES_MAX // 1000} kB: leave out descriptions and examples")
    try:
        schema = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError) as error:
        raise BadSchema(f"is not valid JSON: {error}") from None
    properties = schema.get("properties") if isinstance(schema, dict) else None
    if not isinstance(properties, dict) or not 0 < len(properties) <= FIELDS_MAX:
        raise BadSchema(f"must be a JSON Schema of an object with 1 to {FIELDS_MAX} `properties`")
    names = {key for node in _nodes(schema) for key in node}
    fields = {name: _field(schema, name, node) for name, node in properties.items()}
    bare = {key: value for key, value in schema.items() if key not in NAMING}
    found = NativeSchema(text=msgspec.json.encode(bare), fields=fields)
    _check_roles(found)
    if names & {"pattern", "patternProperties", *REFERRING}:
        _ = found.validator
    return found


@lru_cache(COMPILED_MAX)
def compiled(text: bytes) -> "jsonschema_rs.Draft202012Validator":
    """Return the validator of a schema, with a linear engine for its patterns and without a network."""
    import jsonschema_rs  # noqa: PLC0415  # only deployments with native fields load it

    try:
        return jsonschema_rs.Draft202012Validator(
            msgspec.json.decode(text),
            mask="value",
            offline=True,
            pattern_options=jsonschema_rs.RegexOptions(size_limit=PATTERN_BYTES_MAX, dfa_size_limit=PATTERN_BYTES_MAX),
        )
    except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
        raise BadSchema(f"is not a valid schema: {str(error).partition(chr(10))[0][:200]}") from None


def resolve(schema: Mapping[str, Any], node: Any) -> dict[str, Any]:
    """Return a property with its local references followed. Keys next to a reference count before the target's."""
    own: dict[str, Any] = dict(node) if isinstance(node, dict) else {}
    for _ in range(REFERENCES_MAX):
        parts = own.get("allOf")
        inner = parts[0] if isinstance(parts, list) and len(parts) == 1 and isinstance(parts[0], dict) else own
        target = _at(schema, inner.get("$ref")) if "$ref" in inner else inner
        if inner is own and "$ref" not in own:
            return own
        own = {**target, **{key: value for key, value in own.items() if key not in ("$ref", "allOf")}}
    raise BadSchema("has references that lead in circles")


def _field(schema: Mapping[str, Any], name: str, node: Any) -> NativeField:
    own = resolve(schema, node)
    options = [resolve(schema, one) for key in ("anyOf", "oneOf") for one in _listed(own.get(key))]
    values = [value for one in (own, *options) for value in _choices(one)]
    closed = bool(values) and all(_choices(one) or one.get("type") == "null" for one in (options or [own]))
    types = {kind for one in (own, *options) for kind in _listed(one.get("type"), single=True)}
    role = own.get(ROLE, "")
    marks = [own.get(mark, False) for mark in (COSTS, MEASURED)]
    if not isinstance(role, str) or not all(isinstance(mark, bool) for mark in marks):
        reason = f"{ROLE} is not a text, or {COSTS} or {MEASURED} not true or false"
        raise BadSchema(f"has a property {name[:60]!r} whose {reason}")
    if marks[1] and (role not in TIMED or ("array" in types and own.get("maxItems") != 1)):
        raise BadSchema(f"measures {name[:60]!r}, which is not one video or recording")
    return NativeField(
        role=role,
        costs=marks[0],
        measured=marks[1],
        required=name in _listed(schema.get("required")),
        types=frozenset(str(kind) for kind in types),
        choices=tuple(value for value in values if value is not None) if closed else (),
        default=own.get("default"),
    )


def _choices(node: Mapping[str, Any]) -> list[object]:
    return [node["const"]] if "const" in node else list(_listed(node.get("enum")))


def _listed(value: object, *, single: bool = False) -> list[Any]:
    return value if isinstance(value, list) else [value] if single and value is not None else []


def _nodes(schema: object) -> Iterator[dict[str, Any]]:
    """Yield every object in a schema. Raises BadSchema for a reference to elsewhere, and beyond a depth."""
    level: list[object] = [schema]
    for _ in range(SCHEMA_DEPTH_MAX):
        objects = [node for node in level if isinstance(node, dict)]
        for node in objects:
            for key in REFERRING:
                if isinstance(node.get(key), str) and not node[key].startswith("#"):
                    raise BadSchema(f"refers to {node[key][:60]!r}: only references within the file are followed")
            yield node
        lists = [node for node in level if isinstance(node, list)]
        level = [item for node in objects for item in node.values()] + [item for node in lists for item in node]
        if not level:
            return
    raise BadSchema(f"is nested more than {SCHEMA_DEPTH_MAX} levels deep")


def _at(schema: Mapping[str, Any], reference: object) -> dict[str, Any]:
    node: Any = schema
    for part in str(reference).removeprefix("#").strip("/").split("/"):
        name = part.replace("~1", "/").replace("~0", "~")
        node = node.get(name) if isinstance(node, dict) else None
    if not isinstance(node, dict):
        raise BadSchema(f"refers to {str(reference)[:60]!r}, which is not in the file")
    return node


def _check_roles(schema: NativeSchema) -> None:
    roles = [field.role for field in schema.fields.values() if field.role and field.role not in MEDIA]
    twice = next((role for role in roles if roles.count(role) > 1), None)
    if twice:
        raise BadSchema(f"fills two fields with {twice!r}: annotate one of them")
    for name, field in schema.fields.items():
        if field.costs and not ({"string", "integer", "number", "boolean"} & field.types or field.choices):
            raise BadSchema(f"has a cost-changing field {name[:60]!r} that is not a text, a number or a truth value")
        if field.choices and field.default is not None and not any(same(field.default, one) for one in field.choices):
            raise BadSchema(f"has a default of {name[:60]!r} that is not one of its values")
