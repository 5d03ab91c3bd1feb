"""An operation of an API as data. The router serves it and the OpenAPI document describes it."""

from collections.abc import Mapping
from typing import Annotated, Generic, Literal, TypeVar

from aiohttp.typedefs import Handler
from msgspec import Struct

from shared.domain.described import doc

Item = TypeVar("Item")
Scope = Literal["generate", "read", "webhooks", "manage"]
Access = Literal["key", "optional", "open", "admin", "session"]
KEYED = (
    "missing_api_key",
    "invalid_api_key",
    "forbidden",
    "internal_error",
    "unavailable",
)  # of every call that takes a key
BODIED = ("invalid_json", "invalid_request", "payload_too_large", "unsupported_media_type")  # of every call with a body


class DataList(Struct, Generic[Item]):
    """A list of entries."""

    data: Annotated[tuple[Item, ...], doc("The entries.")]


class Parameter(Struct, frozen=True, kw_only=True):
    """A value of a request outside its body. The code samples use its `example`, if it has one."""

    name: str
    place: Literal["query", "header", "path"]
    text: str
    schema: dict[str, object]
    required: bool = False
    example: str | int | None = None


class OperationResponse(Struct, frozen=True, kw_only=True):
    """A response at one status that is not a refusal. It has one of the `shapes`."""

    status: int = 200
    text: str
    shapes: tuple[type[Struct], ...] = ()
    examples: Mapping[str, Struct] = {}
    headers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()  # operations that take the id in this response
    id_field: str = "id"  # the field with that id
    id_parameter: str = ""  # the parameter that takes it, if it has another name
    media_type: str = "application/json"  # empty: no body
    also: tuple[str, ...] = ()  # further media types, for callers who accept them before JSON


class Operation(Struct, frozen=True, kw_only=True):
    """One method of one path, and its handler."""

    method: str
    path: str
    handler: Handler
    id: str
    tag: str
    summary: str
    text: str = ""
    access: Access = "key"
    scopes: tuple[Scope, ...] = ()  # a key with limits needs one of them
    parameters: tuple[Parameter, ...] = ()
    body: type[Struct] | None = None
    bodies: Mapping[str, Struct] = {}  # examples; the code samples send the first
    responses: tuple[OperationResponse, ...]
    refusals: tuple[str, ...] = ()  # codes of gateway/errors.py
    samples: Mapping[str, str] = {}  # code by label, instead of the generated code
    headers: tuple[str, ...] = ()  # of every response to a known caller, refusals included
    timeout_s: int = 30  # of the code samples
    pattern: str = ""  # the router's path, if a parameter of it needs a regular expression


def path_parameter(name: str, text: str, example: str, pattern: str = "") -> Parameter:
    """Return a part of the path that is not empty, and matches `pattern` if it has one."""
    schema: dict[str, object] = {"type": "string", "minLength": 1} | ({"pattern": pattern} if pattern else {})
    return Parameter(name=name, place="path", required=True, text=text, schema=schema, example=example)
