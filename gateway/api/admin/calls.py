"""Build operations of the admin API. Each stands for the command of the same name."""

from collections.abc import Mapping
from typing import Any

from msgspec import Struct, structs

from gateway.api.admin.caller import OperatorHandler, authorize
from gateway.examples import LIMIT
from gateway.operation import BODIED, KEYED, DataList, Operation, OperationResponse, Parameter

PREFIX = "/api/admin"
ADMIN = ("forbidden", "rate_limited")  # of every call


def call(
    command: str,
    method: str,
    path: str,
    handler: OperatorHandler,
    *,
    summary: str,
    example: Struct,
    parameters: tuple[Parameter, ...] = (),
    text: str = "",
    status: int = 200,
    bodies: Mapping[str, Struct] | None = None,
    refusals: tuple[str, ...] = (),
) -> Operation:
    """Return an operation that responds with one object."""
    codes = dict.fromkeys((*refusals, *(BODIED if bodies else ()), *KEYED, *ADMIN))
    shapes: tuple[Any, ...] = (type(example),)
    response = OperationResponse(status=status, text=f"{summary}.", shapes=shapes, examples={"answer": example})
    return Operation(
        method=method,
        path=PREFIX + path,
        handler=authorize(command, handler),
        id="admin" + "".join(word.capitalize() for word in command.replace("-", " ").split()),
        tag="Admin",
        summary=summary,
        text=text,
        access="admin",
        parameters=parameters,
        body=type(next(iter(bodies.values()))) if bodies else None,
        bodies=bodies or {},
        responses=(response,),
        refusals=tuple(codes),
    )


def list_call(
    command: str,
    path: str,
    handler: OperatorHandler,
    *,
    summary: str,
    entry: Struct,
    parameters: tuple[Parameter, ...] = (),
    refusal: str = "",
) -> Operation:
    """Return an operation that responds with a list. Every list with a limit can refuse it."""
    codes = [refusal] if refusal else []
    codes += ["invalid_request"] if LIMIT in parameters else []
    operation = call(
        *(command, "get", path, handler), summary=summary, example=entry, parameters=parameters, refusals=tuple(codes)
    )
    shape: Any = DataList[type(entry)]  # type: ignore[misc]
    response = OperationResponse(text=f"{summary}.", shapes=(shape,), examples={"list": DataList(data=(entry,))})
    return structs.replace(operation, responses=(response,))
