"""The OpenAPI 3.1 document, from the types that decode the requests and encode the answers."""

import msgspec
from aiohttp.typedefs import Handler

from gateway import errors, static
from gateway.openapi import account, admin, events, guide, service, webhooks, wokgen, wokgen_v1, wowflow
from gateway.openapi.operation import Operation, told
from gateway.openapi.refusals import MESSAGES
from gateway.openapi.samples import samples
from gateway.openapi.schemas import components, models
from shared.domain.catalogue import Catalogue
from shared.version import VERSION

PLACES = {"anyOf": [{"type": "integer", "minimum": 0}, {"const": "unlimited"}]}
HEADERS: dict[str, dict[str, object]] = {
    "X-Request-Id": {
        "description": "The request's id, yours if you sent one.",
        "required": True,
        "schema": {"type": "string"},
    },
    "Retry-After": {"description": "Seconds to wait before the next try.", "schema": {"type": "integer", "minimum": 1}},
    "X-RateLimit-Limit": {"description": "Places that the caller's day has.", "schema": PLACES},
    "X-RateLimit-Remaining": {"description": "Places that are left of it.", "schema": PLACES},
    "X-RateLimit-Reset": {"description": "When the day ends, in Unix seconds.", "schema": {"type": "integer"}},
    "Location": {"description": "Where to read it.", "schema": {"type": "string", "format": "uri-reference"}},
    "Idempotent-Replayed": {
        "description": "There, and true, when this Idempotency-Key made the generation earlier.",
        "schema": {"type": "string", "const": "true"},
    },
    "Preference-Applied": {"description": "The wait that was granted.", "schema": {"type": "string"}},
    "ETag": {"description": "Changes when the content does.", "schema": {"type": "string"}},
    "Last-Modified": {"description": "When it was stored.", "schema": {"type": "string"}},
    "Content-Disposition": {"description": "A name to save it under.", "schema": {"type": "string"}},
    "Content-Range": {"description": "Which bytes of how many.", "schema": {"type": "string"}},
    "Cache-Control": {"description": "How long a copy may be kept.", "schema": {"type": "string"}},
}
REQUEST_ID = {
    "name": "X-Request-Id",
    "in": "header",
    "description": "An id of yours for this request: 1 to 64 printable ASCII characters. Anything else is replaced.",
    "schema": {"type": "string"},
}
ADMIN_KEY = {
    "type": "http",
    "scheme": "bearer",
    "description": "An operator's key: `wok_admin_...`, from `wokflow admin key create`.",
}
KEY = {"type": "http", "scheme": "bearer", "description": "An API key: `wf_live_...` or `wok_...`."}


def operations(catalogue: Catalogue, base_url: str) -> tuple[Operation, ...]:
    """Every operation of the gateway, in the order of the document."""
    wokgens = (*wokgen.operations(base_url), *wokgen_v1.operations(base_url))
    return (
        *wowflow.operations(catalogue, base_url),
        *wokgens,
        *account.OPERATIONS,
        *webhooks.OPERATIONS,
        *service.OPERATIONS,
        *admin.OPERATIONS,
    )


def document(catalogue: Catalogue, base_url: str) -> dict[str, object]:
    """The document as JSON values. `base_url` is where clients reach us, without a trailing slash."""
    table = operations(catalogue, base_url)
    shapes = {shape for operation in table for shape in operation.shapes} | set(events.SHAPES.values())
    schemas = components(shapes, {operation.body for operation in table if operation.body})
    paths: dict[str, dict[str, object]] = {}
    for operation in table:
        item = paths.setdefault(operation.path, {"parameters": [{"$ref": "#/components/parameters/X-Request-Id"}]})
        item[operation.method] = told(operation) | {"x-codeSamples": samples(operation, base_url)}
    sold = models(catalogue, schemas)
    if sold:
        schemas["CreateGeneration"]["properties"]["model"]["examples"] = [model["id"] for model in sold]
    return {
        "openapi": "3.1.0",
        "info": {"title": "Wokflow API", "version": VERSION, "description": guide.OVERVIEW},
        "servers": [{"url": base_url}],
        "tags": [{"name": name, "description": text} for name, text in guide.TAGS.items()],
        "paths": paths,
        "webhooks": events.webhooks(base_url),
        "components": {
            "schemas": schemas,
            "headers": HEADERS,
            "parameters": {"X-Request-Id": REQUEST_ID},
            "securitySchemes": {"apiKey": KEY, "adminKey": ADMIN_KEY},
        },
        "x-models": sold,
        "x-errors": [
            {"status": status, "code": code, "message": MESSAGES[code]}
            for code, status in errors.STATUS.items()
            if code in MESSAGES
        ],
    }


def openapi_handler(catalogue: Catalogue, base_url: str) -> Handler:
    """Handler of GET /openapi.json; the document is made and encoded here, once."""
    body = msgspec.json.encode(document(catalogue, base_url))
    return static.handler(body, "application/json", {"Access-Control-Allow-Origin": "*"})
