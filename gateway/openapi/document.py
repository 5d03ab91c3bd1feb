"""The OpenAPI 3.1 document, built from the tables of operations and the types of their bodies."""

from collections.abc import Iterable
from typing import Any

import msgspec
from aiohttp.typedefs import Handler

from gateway import errors, routes, static
from gateway.api.webhooks import events
from gateway.openapi import guide
from gateway.openapi.operations import operation_object, shapes_of, webhook_object
from gateway.openapi.samples import samples
from gateway.openapi.schemas import components, models
from gateway.operation import Operation
from shared.domain.catalogue import Catalogue
from shared.version import VERSION

QUOTA = {"anyOf": [{"type": "integer", "minimum": 0}, {"const": "unlimited"}]}
COUNT = {"type": "integer", "minimum": 0}
HEADERS: dict[str, dict[str, object]] = {
    "X-Request-Id": {
        "description": "The request's id: yours if you sent one.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait before trying again.", "schema": {"type": "integer", "minimum": 1}},
    "X-RateLimit-Limit": {"description": "The daily quota.", "schema": QUOTA},
    "X-RateLimit-Remaining": {"description": "The rest of the daily quota.", "schema": QUOTA},
    "X-RateLimit-Reset": {"description": "When the quota resets, in Unix seconds.", "schema": {"type": "integer"}},
    "RateLimit-Limit": {
        "description": "How many requests may come at once, by the rate limit that is nearest.",
        "schema": COUNT,
    },
    "RateLimit-Remaining": {"description": "How many of them are left.", "schema": COUNT},
    "RateLimit-Reset": {"description": "Seconds until all of them are left again.", "schema": COUNT},
    "Location": {
        "description": "The URL to read the generation.",
        "schema": {"type": "string", "format": "uri-reference"},
    },
    "Idempotent-Replayed": {
        "description": "Present and true if an earlier request with this Idempotency-Key created the generation.",
        "schema": {"type": "string", "const": "true"},
    },
    "Preference-Applied": {"description": "The wait that was applied.", "schema": {"type": "string"}},
    "ETag": {"description": "A tag that changes with the content.", "schema": {"type": "string"}},
    "Last-Modified": {"description": "When the output was stored.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "A name to save the file under.", "schema": {"type": "string"}},
    "Content-Range": {"description": "The range of bytes and the size of the file.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long the file may be cached.", "schema": {"type": "string"}},
}
REQUEST_ID = {
    "name": "X-Request-Id",
    "in": "header",
    "description": "Your id for this request: 1 to 64 printable ASCII characters. Any other value is replaced.",
    "schema": {"type": "string"},
}
ADMIN_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "An operator's key: `wok_admin_...`, from `wokflow admin key create`.",
}
KEY = {"type": "http", "scheme": "bearer", "description": "An API key: `wf_live_...` or `wok_...`."}


def document(catalogue: Catalogue, base_url: str) -> dict[str, object]:
    """Return the document as JSON values. `base_url` is the gateway's own address, without a trailing slash."""
    return build_document(routes.operations(catalogue), catalogue, base_url)


def build_document(table: Iterable[Operation], catalogue: Catalogue, base_url: str) -> dict[str, object]:
    """Return the document of a table of operations as JSON values."""
    table = tuple(table)
    shapes = {shape for operation in table for shape in shapes_of(operation)} | set(events.SHAPES.values())
    schemas = components(shapes, {operation.body for operation in table if operation.body})
    paths: dict[str, dict[str, object]] = {}
    for operation in table:
        item = paths.setdefault(operation.path, {"parameters": [{"$ref": "#/components/parameters/X-Request-Id"}]})
        item[operation.method] = operation_object(operation) | {"x-codeSamples": samples(operation)}
    offered = models(catalogue, schemas)
    if offered:
        schemas["CreateGeneration"]["properties"]["model"]["examples"] = [model["id"] for model in offered]
    built = {
        "openapi": "3.1.0",
        "info": {"title": "Wokflow API", "version": VERSION, "description": guide.OVERVIEW},
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": text} for name, text in guide.TAGS.items()],
        "paths": paths,
        "webhooks": {event: {"post": webhook_object(event, shape)} for event, shape in events.SHAPES.items()},
        "components": {
            "schemas": schemas,
            "headers": HEADERS,
            "parameters": {"X-Request-Id": REQUEST_ID},
            "securitySchemes": {"apiKey": KEY, "adminKey": ADMIN_KEY},
        },
        "x-models": offered,
        "x-errors": [
            {"status": code.status, "code": name, "message": code.message} for name, code in errors.CODES.items()
        ],
    }
    located: dict[str, object] = _located(built, base_url)
    return located


def document_handler(table: Iterable[Operation], catalogue: Catalogue, base_url: str) -> Handler:
    """Return the handler of GET /openapi.json. It builds and encodes the document once, here."""
    body = msgspec.json.encode(build_document(table, catalogue, base_url))
    return static.handler(body, "application/json", {"Access-Control-Allow-Origin": "*"})


def _located(node: Any, base_url: str) -> Any:
    """Return a JSON value with the gateway's address in place of `{base_url}`."""
    if isinstance(node, str):
        return node.replace("{base_url}", base_url)
    if isinstance(node, list | tuple):
        return [_located(item, base_url) for item in node]
    return {key: _located(value, base_url) for key, value in node.items()} if isinstance(node, dict) else node
