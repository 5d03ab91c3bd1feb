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
    "Link": {
        "description": "The next and the previous page of the list (RFC 8288), where there is one.",
        "schema": {"type": "string"},
    },
    "History-Incomplete": {
        "description": "Present and true if the history could not be read in full: older entries may be missing.",
        "schema": {"type": "string", "const": "true"},
    },
    "Preference-Applied": {"description": "The wait that was applied.", "schema": {"type": "string"}},
    "X-Wokflow-Generation": {"description": "The generation's id.", "schema": {"type": "string", "format": "uuid"}},
    "X-Wokflow-Model": {"description": "The id of the model that serves the call.", "schema": {"type": "string"}},
    "X-Wokflow-Provider": {"description": "The provider that serves the call.", "schema": {"type": "string"}},
    "X-Wokflow-Cost-Usd": {
        "description": "The exact cost in dollars: the most that it can be while it runs, 0 after a full refund.",
        "schema": {"type": "string", "pattern": "^[0-9]+\\.[0-9]{2,6}$"},
    },
    "X-Wokflow-Simulated": {
        "description": "Present and true if our local provider stands in for the model.",
        "schema": {"type": "string", "const": "true"},
    },
    "X-Wokflow-Notices": {
        "description": "Sentences about parameters without effect, and about changes of the input.",
        "schema": {"type": "string"},
    },
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
SESSION = {
    "type": "apiKey",
    "in": "cookie",
    "name": "wokflow-session",
    "description": "The session of a person, from POST /api/v1/account/sign-in. With https the cookie's name "
    "begins with `__Host-`.",
}
KEY = {"type": "http", "scheme": "bearer", "description": "An API key: `wf_live_...` or `wok_...`."}


def document(catalogue: Catalogue, base_url: str) -> dict[str, object]:
    """Return the document as JSON values. `base_url` is the gateway's own address, without a trailing slash."""
    return build_document(routes.operations(catalogue), catalogue, base_url)


def admin_document(base_url: str) -> dict[str, object]:
    """Return the document of the admin API as JSON values. `base_url` is the admin API's own address."""
    return build_document(routes.admin_operations(), None, base_url)


def build_document(table: Iterable[Operation], catalogue: Catalogue | None, base_url: str) -> dict[str, object]:
    """Return the document of a table of operations as JSON values. The admin API has no catalogue and no events."""
    table = tuple(table)
    posted = events.SHAPES if catalogue else {}
    shapes = {shape for operation in table for shape in shapes_of(operation)} | set(posted.values())
    schemas = components(shapes, {operation.body for operation in table if operation.body})
    paths: dict[str, dict[str, object]] = {}
    for operation in table:
        item = paths.setdefault(operation.path, {"parameters": [{"$ref": "#/components/parameters/X-Request-Id"}]})
        item[operation.method] = operation_object(operation) | {"x-codeSamples": samples(operation)}
    offered = models(catalogue, schemas) if catalogue else []
    if offered:
        schemas["CreateGeneration"]["properties"]["model"]["examples"] = [model["id"] for model in offered]
    tags = {operation.tag for operation in table} | ({"Webhooks"} if posted else set())
    access = {operation.access for operation in table}
    schemes = {"apiKey": KEY} if access & {"key", "optional"} else {}
    schemes |= {"session": SESSION} if "session" in access else {}
    schemes |= {"adminKey": ADMIN_KEY} if "admin" in access else {}
    built = {
        "openapi": "3.1.0",
        "info": _info(admin=catalogue is None),
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": text} for name, text in guide.TAGS.items() if name in tags],
        "paths": paths,
        "webhooks": {event: {"post": webhook_object(event, shape)} for event, shape in posted.items()},
        "components": {
            "schemas": schemas,
            "headers": HEADERS,
            "parameters": {"X-Request-Id": REQUEST_ID},
            "securitySchemes": schemes,
        },
        "x-models": offered,
        "x-errors": [
            {"status": code.status, "code": name, "message": code.message} for name, code in errors.CODES.items()
        ],
    }
    located: dict[str, object] = _located(built, base_url)
    return located


def _info(*, admin: bool) -> dict[str, str]:
    if admin:
        return {"title": "Wokflow admin API", "version": VERSION, "description": guide.TAGS["Admin"]}
    return {"title": "Wokflow API", "version": VERSION, "description": guide.OVERVIEW}


def document_handler(table: Iterable[Operation], catalogue: Catalogue | None, base_url: str) -> Handler:
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
