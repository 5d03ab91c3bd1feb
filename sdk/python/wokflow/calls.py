"""Each call of the API as a value: neither of the clients knows a path."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar
from urllib.parse import quote

from wokflow.decode import Decoded, decode
from wokflow.errors import InvalidResponseError
from wokflow.models.account import Account, Balance, Transaction, Usage
from wokflow.models.catalogue import Model
from wokflow.models.generations import Generation, Quote
from wokflow.models.receipts import Receipt, ReceiptKeys
from wokflow.models.uploads import Upload

Answer = TypeVar("Answer")
GENERATIONS = "/api/v1/generations"
WAIT_S_MAX = 55  # the longest that a gateway holds a response, by default
WAIT_MARGIN_S = 35.0  # added to the wait for the time limit of a response
POLL_S_MAX = 30.0


@dataclass(frozen=True)
class Call(Generic[Answer]):
    """One call. Every attempt sends the same bytes and the same Idempotency-Key."""

    method: str
    path: str
    decode: Callable[[Any], Answer]
    query: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, object] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    timeout_s: float = 0.0  # 0: the client's own
    retries: int | None = None  # None: the client's own
    is_repeatable: bool = True  # False: it must not run twice, and does not support an Idempotency-Key


def create(body: Mapping[str, object], key: str, wait_s: float = 0.0) -> Call[Generation]:
    """Create a generation. With `wait_s`, the gateway holds the response until the generation has ended."""
    call = Call("POST", GENERATIONS, to(Generation), body=body, headers={"Idempotency-Key": key})
    if wait_s < 1:
        return call
    held_s = min(int(wait_s), WAIT_S_MAX)
    return replace(call, headers={**call.headers, "Prefer": f"wait={held_s}"}, timeout_s=held_s + WAIT_MARGIN_S)


def quote_order(body: Mapping[str, object]) -> Call[Quote]:
    """Return the price of an order."""
    return Call("POST", f"{GENERATIONS}/quote", to(Quote), body=body)


def read(generation_id: str) -> Call[Generation]:
    """Read a generation."""
    return Call("GET", GENERATIONS, to(Generation), query={"id": checked_id(generation_id)})


def poll(generation_id: str, left_s: float) -> Call[Generation]:
    """Read a generation once, within the time that a wait has left."""
    return replace(read(generation_id), retries=0, timeout_s=min(left_s, POLL_S_MAX))


def cancel(generation_id: str) -> Call[Generation]:
    """Cancel a generation."""
    return Call("DELETE", GENERATIONS, to(Generation), query={"id": checked_id(generation_id)})


def list_generations(query: Mapping[str, str]) -> Call[list[Generation]]:
    """List generations."""
    return Call("GET", GENERATIONS, to_list(Generation), query=query)


def list_models() -> Call[list[Model]]:
    """List the models."""
    return Call("GET", "/api/v1/models", to_list(Model))


def read_balance() -> Call[Balance]:
    """Read the balance."""
    return Call("GET", "/api/v1/balance", to(Balance))


def list_transactions(query: Mapping[str, str]) -> Call[list[Transaction]]:
    """List transactions."""
    return Call("GET", "/api/v1/transactions", to_list(Transaction), query=query)


def read_usage(query: Mapping[str, str]) -> Call[Usage]:
    """Read sums of usage."""
    return Call("GET", "/api/v1/usage", to(Usage), query=query)


def read_account() -> Call[Account]:
    """Read the account."""
    return Call("GET", "/api/v1/account", to(Account))


def create_upload(size_bytes: int, content_type: str | None) -> Call[Upload]:
    """Create an upload."""
    body = {"size_bytes": size_bytes} | ({"content_type": content_type} if content_type else {})
    return Call("POST", "/api/v1/uploads", to(Upload), body=body)


def read_upload(upload_id: str) -> Call[Upload]:
    """Read an upload."""
    return Call("GET", f"/api/v1/uploads/{segment(upload_id)}", to(Upload))


def delete_upload(upload_id: str) -> Call[None]:
    """Delete an upload."""
    return Call("DELETE", f"/api/v1/uploads/{segment(upload_id)}", lambda _: None)


def read_receipt(generation_id: str) -> Call[Receipt]:
    """Read the receipt of a generation."""
    return Call("GET", f"{GENERATIONS}/{segment(generation_id)}/receipt", to(Receipt))


def list_receipt_keys() -> Call[ReceiptKeys]:
    """List the public keys of receipts."""
    return Call("GET", "/.well-known/wokflow-receipts", to(ReceiptKeys))


def events_path(generation_id: str | None) -> str:
    """Return the path of the events of a generation, or of the account."""
    return f"{GENERATIONS}/{segment(generation_id)}/events" if generation_id is not None else "/api/v1/events"


def to(kind: type[Decoded]) -> Callable[[Any], Decoded]:
    """Return the function that decodes a response of one object."""
    return lambda value: decode(kind, value)


def to_list(kind: type[Decoded]) -> Callable[[Any], list[Decoded]]:
    """Return the function that decodes a response of a list."""

    def decode_list(value: Any) -> list[Decoded]:
        if not isinstance(value, dict) or not isinstance(value.get("data"), list):
            raise InvalidResponseError(f"The response must be a list of {kind.__name__}.")
        return [decode(kind, entry) for entry in value["data"]]

    return decode_list


def segment(value: str) -> str:
    """Return an id as a segment of a path. Raises ValueError for one that would change the path."""
    return quote(checked_id(value), safe="")


def checked_id(value: str) -> str:
    """Return an id. Raises ValueError for an empty one, and one of dots."""
    if not isinstance(value, str) or not value.strip("."):
        raise ValueError(f"The id must be a text that is not empty, not {value!r}.")
    return value
