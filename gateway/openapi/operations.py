"""OpenAPI objects of operations and webhook events."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from gateway import errors
from gateway.api.webhooks import events
from gateway.dialects.error_bodies import dialect_of, error_body, error_shape, status_in
from gateway.edge.rates import CALLBACKS
from gateway.openapi.schemas import reference
from gateway.openapi.snippets import VERIFYING
from gateway.operation import KEYED, Access, Operation, OperationResponse, Parameter
from shared.domain.errors import Refused

SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    "key": [{"apiKey": []}],
    "optional": [{"apiKey": []}, {}],
    "open": [],
    "admin": [{"adminKey": []}],
    "session": [{"session": []}],
}
RATES = ("RateLimit-Limit", "RateLimit-Remaining", "RateLimit-Reset")
RETRY_LATER = ("rate_limited", "quota_exceeded", "unavailable")


def shapes_of(operation: Operation) -> set[type[Struct]]:
    """Return every type that an operation reads or writes."""
    written = {shape for response in operation.responses for shape in response.shapes}
    read = {operation.body} if operation.body else set()
    return written | read | ({error_shape(operation.path)} if operation.refusals else set())


def operation_object(operation: Operation) -> dict[str, object]:
    """Return the Operation Object, without code samples."""
    shown: dict[str, object] = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "security": SECURITY[operation.access],
        "parameters": [_parameter(parameter) for parameter in operation.parameters],
    }
    if operation.text:
        shown["description"] = operation.text
    if operation.body is not None:
        content = {"schema": reference(operation.body), "examples": _examples(operation.bodies)}
        shown["requestBody"] = {"required": True, "content": {"application/json": content}}
    responses = {str(response.status): _response(response, operation.headers) for response in operation.responses}
    shown["responses"] = responses | _refusals(operation)
    return shown


def webhook_object(event: str, shape: type[Struct]) -> dict[str, object]:
    """Return the Operation Object of an event that is posted to webhook endpoints."""
    parameters = [
        {
            "name": name,
            "in": "header",
            "required": True,
            "description": text,
            "schema": {"type": "string"},
            "example": example,
        }
        for name, (text, example) in events.HEADERS.items()
    ]
    content = {"schema": reference(shape), "example": msgspec.json.decode(events.example_body(event))}
    return {
        "operationId": "on" + shape.__name__,
        "tags": ["Webhooks"],
        "summary": event,
        "description": shape.__doc__,
        "security": [],
        "parameters": parameters,
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {status: {"description": text} for status, text in events.RECEIVED.items()},
        "x-codeSamples": [{"lang": label, "label": label, "source": source} for label, source in VERIFYING.items()],
    }


def _parameter(parameter: Parameter) -> dict[str, object]:
    shown: dict[str, object] = {
        "name": parameter.name,
        "in": parameter.place,
        "description": parameter.text,
        "required": parameter.required,
        "schema": parameter.schema,
    }
    return shown if parameter.example is None else shown | {"example": parameter.example}


def _examples(values: Mapping[str, Struct]) -> dict[str, object]:
    return {name: {"summary": name, "value": msgspec.to_builtins(value)} for name, value in values.items()}


def _headers(names: tuple[str, ...]) -> dict[str, object]:
    return {name: {"$ref": f"#/components/headers/{name}"} for name in (*names, "X-Request-Id")}


def _response(response: OperationResponse, headers: tuple[str, ...]) -> dict[str, object]:
    shown: dict[str, object] = {"description": response.text, "headers": _headers((*response.headers, *headers))}
    if response.media_type:
        content: dict[str, object] = {}
        if response.shapes:
            schemas = [reference(shape) for shape in response.shapes]
            content["schema"] = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        if response.examples:
            content["examples"] = _examples(response.examples)
        also: dict[str, object] = {name: {"schema": {"type": "string"}} for name in response.also}
        shown["content"] = {response.media_type: content} | also
    if response.links:
        by_id = {response.id_parameter or response.id_field: f"$response.body#/{response.id_field}"}
        shown["links"] = {name: {"operationId": name, "parameters": by_id} for name in response.links}
    return shown


def _refusals(operation: Operation) -> dict[str, object]:
    by_status: dict[int, list[str]] = {}
    dialect = dialect_of(operation.path)
    refusals = {*operation.refusals, *(() if operation.path.startswith(CALLBACKS) else ("rate_limited",))}
    for code in sorted(refusals, key=lambda code: errors.CODES[code].status):
        by_status.setdefault(status_in(dialect, code, errors.CODES[code].status), []).append(code)
    return {str(status): _refusal(operation, status, codes) for status, codes in by_status.items()}


def _refusal(operation: Operation, status: int, codes: list[str]) -> dict[str, object]:
    path, caller_known = operation.path, not set(codes) <= set(KEYED)
    later = [*(["Retry-After"] if set(codes) & set(RETRY_LATER) else []), *(RATES if "rate_limited" in codes else [])]
    refusals = {code: Refused(code, errors.CODES[code].message) for code in codes}
    bodies = {code: error_body(dialect_of(path), refused, status) for code, refused in refusals.items()}
    examples = {code: {"summary": code, "value": body} for code, body in bodies.items()}
    return {
        "description": " or ".join(f"`{code}`" for code in codes),
        "headers": _headers((*later, *(operation.headers if caller_known else ()))),
        "content": {"application/json": {"schema": reference(error_shape(path)), "examples": examples}},
    }
