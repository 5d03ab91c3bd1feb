"""The arguments of orders and of lists."""

import uuid
from collections.abc import Mapping
from datetime import date, datetime
from typing import Literal, TypedDict

Kind = Literal["image", "video", "text", "voice", "music", "upscale", "interrogate", "enhance"]
Status = Literal["processing", "completed", "failed"]


class OrderOptions(TypedDict, total=False):
    """The fields of an order besides its model and prompt."""

    input: Mapping[str, object] | None
    """More parameters of the model, such as `width`. `asset:` URLs of uploads work wherever a file is wanted."""

    native: Mapping[str, object] | None
    """Fields of the provider itself, under its own names."""

    max_cost_cents: int | None
    """Refuse the order with OverMaxCostError if it could cost more."""

    metadata: Mapping[str, str] | None
    """Up to 16 facts of your own, which the generation and its webhook have."""


class ListOptions(TypedDict, total=False):
    """The filters of every list. Entries are the newest first."""

    limit: int
    """How many entries at most, 1 to 200. Default: 50."""

    before: str | int
    """Entries that are older than this one: the `id` of a generation, the `sequence` of a transaction."""

    after: str | int
    """The entries that are next newer than this one."""

    from_: date | datetime | str
    """Entries from this time on."""

    to: date | datetime | str
    """Entries before this time."""

    status: Status
    """Entries of generations with this status."""

    model: str
    """Entries of generations by this model."""

    key: str
    """Entries of generations that this API key ordered: its id."""

    metadata: Mapping[str, str]
    """Entries of generations that have these facts in their `metadata`."""


class GenerationFilters(ListOptions, total=False):
    """The filters of the list of generations."""

    type: Kind
    """Generations of this kind."""

    q: str
    """Generations with this text in their prompt, in any case."""


class TransactionFilters(ListOptions, total=False):
    """The filters of the list of transactions."""

    type: Literal["topup", "spend", "refund", "correction"]
    """Transactions of this type."""


class UsageFilters(TypedDict, total=False):
    """The grouping and the filters of usage."""

    by: Literal["day", "model", "kind", "provider", "key"]
    """The value that each sum is about. Default: day."""

    from_: date | datetime | str
    """From this time on."""

    to: date | datetime | str
    """Before this time."""

    model: str
    """Generations by this model."""

    type: Kind
    """Generations of this kind."""

    key: str
    """Generations that this API key ordered: its id."""

    provider: str
    """Usage of this provider."""


def create_key() -> str:
    """Return a new Idempotency-Key."""
    return str(uuid.uuid4())


def order_body(model: str, prompt: str, options: OrderOptions) -> dict[str, object]:
    """Return the body of an order. Fields that are None are left out."""
    fields = {name: value for name, value in options.items() if value is not None}
    return {"model": model, "prompt": prompt, **fields}


def query_of(filters: Mapping[str, object]) -> dict[str, str]:
    """Return filters as a query: `from_` is `from`, and each pair of `metadata` a parameter of its own."""
    query: dict[str, str] = {}
    for name, value in filters.items():
        if name == "metadata" and isinstance(value, Mapping):
            query |= {f"metadata.{key}": str(wanted) for key, wanted in value.items()}
        elif value is not None:
            query[name.removesuffix("_")] = value.isoformat() if isinstance(value, date) else str(value)
    return query
