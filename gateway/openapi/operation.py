"""An operation of the API as data, and how OpenAPI tells it."""

from collections.abc import Mapping
from typing import Generic, Literal, TypeVar

import msgspec
from msgspec import Struct

from gateway import errors
from gateway.dialects.shape import dialect_of, render
from gateway.openapi.refusals import KEYED, MESSAGES, error_shape
from gateway.openapi.schemas import reference
from shared.domain.errors import Refused

Item = TypeVar("Item")
Access = Literal["key", "optional", "open", "admin"]
SECURITY: dict[Access, list[dict[str, list[str]]]] = {
    "key": [{"apiKey": []}],
    "optional": [{"apiKey": []}, {}],
    "open": [],
    "admin": [{"adminKey": []}],
}
RETRY_LATER = ("rate_limited", "quota_exceeded", "unavailable")


class Listed(Struct, Generic[Item]):
    """How lists are answered."""

    data: tuple[Item, ...]


class Parameter(Struct, frozen=True, kw_only=True):
    """One value of a request outside its body. `example` goes into the code samples, if there is one."""

    name: str
    place: Literal["query", "header", "path"]
    text: str
    schema: dict[str, object]
    required: bool = False
    example: str | int | None = None


class Answer(Struct, frozen=True, kw_only=True):
    """What is answered at one status when nothing is refused. Of several `shapes`, one."""

    status: int = 200
    text: str
    shapes: tuple[type[Struct], ...] = ()
    examples: Mapping[str, Struct] = {}
    headers: tuple[str, ...] = ()
    links: tuple[str, ...] = ()  # operations that take the id in this answer
    named: str = "id"  # the field with that id, and the parameter that takes it
    taken: str = ""  # that parameter, where it is called otherwise
    media_type: str = "application/json"  # empty: no body


class Operation(Struct, frozen=True, kw_only=True):
    """One method of one path."""

    method: str
    path: str
    id: str
    tag: str
    summary: str
    text: str = ""
    access: Access = "key"
    parameters: tuple[Parameter, ...] = ()
    body: type[Struct] | None = None
    bodies: Mapping[str, Struct] = {}  # examples, the first of them in the code samples
    answers: tuple[Answer, ...]
    refusals: tuple[str, ...] = ()  # codes of gateway/errors.py
    samples: Mapping[str, str] = {}  # code by label, where the generated code would not do
    headers: tuple[str, ...] = ()  # of every answer to a known caller, refusals included
    timeout_s: int = 30  # how long the code samples wait

    @property
    def shapes(self) -> set[type[Struct]]:
        """Every type that this operation reads or writes."""
        written = {shape for answer in self.answers for shape in answer.shapes}
        read = {self.body} if self.body else set()
        return written | read | ({error_shape(self.path)} if self.refusals else set())


def told(operation: Operation) -> dict[str, object]:
    """The Operation Object, code samples excepted."""
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
    answers = {str(answer.status): _answer(answer, operation.headers) for answer in operation.answers}
    shown["responses"] = answers | _refusals(operation)
    return shown


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


def _answer(answer: Answer, headers: tuple[str, ...]) -> dict[str, object]:
    shown: dict[str, object] = {"description": answer.text, "headers": _headers((*answer.headers, *headers))}
    if answer.media_type:
        content: dict[str, object] = {}
        if answer.shapes:
            schemas = [reference(shape) for shape in answer.shapes]
            content["schema"] = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
        if answer.examples:
            content["examples"] = _examples(answer.examples)
        shown["content"] = {answer.media_type: content}
    if answer.links:
        by_id = {answer.taken or answer.named: f"$response.body#/{answer.named}"}
        shown["links"] = {name: {"operationId": name, "parameters": by_id} for name in answer.links}
    return shown


def _refusals(operation: Operation) -> dict[str, object]:
    by_status: dict[int, list[str]] = {}
    for code in sorted(operation.refusals, key=lambda code: errors.STATUS[code]):
        by_status.setdefault(errors.STATUS[code], []).append(code)
    return {str(status): _refusal(operation, codes) for status, codes in by_status.items()}


def _refusal(operation: Operation, codes: list[str]) -> dict[str, object]:
    path, known = operation.path, not set(codes) <= set(KEYED)
    later = ("Retry-After",) if set(codes) & set(RETRY_LATER) else ()
    examples = {
        code: {"summary": code, "value": render(dialect_of(path), Refused(code, MESSAGES[code]))} for code in codes
    }
    return {
        "description": " or ".join(f"`{code}`" for code in codes),
        "headers": _headers((*later, *(operation.headers if known else ()))),
        "content": {"application/json": {"schema": reference(error_shape(path)), "examples": examples}},
    }
