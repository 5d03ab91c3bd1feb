"""The arguments of orders and of lists."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import date, datetime
from typing import Literal, TypedDict

from wokflow.models.account import SpendCaps

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

    webhook_url: str | None
    """A URL that gets the end of this order, next to your endpoints."""


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


Scope = Literal["generate", "read", "webhooks", "manage"]


class KeyLimits(TypedDict, total=False):
    """The limits of an API key."""

    name: str
    """A name for people."""

    scopes: Sequence[Scope]
    """The calls that the key may make. Empty: all."""

    expires_at: datetime | str | None
    """When the key stops working. None: never."""

    models: Sequence[str]
    """The models that the key may order. Empty: all."""

    kinds: Sequence[Kind]
    """The kinds that the key may order. Empty: all."""

    ip_addresses: Sequence[str]
    """The addresses or networks that the key works from. Empty: all."""

    spend_caps: SpendCaps | None
    """A budget of the key's own. None: it has none."""


class NewKey(KeyLimits, total=False):
    """The fields of a new API key."""

    kind: Literal["wokgen", "wowflow"]
    """The kind decides the prefix: `wf_live_` (the default) or `wok_`."""


class KeyChanges(KeyLimits, total=False):
    """The changes of an API key."""

    reset_spent: bool
    """Whether the key's own budget begins to count from zero."""


class AccountChanges(TypedDict, total=False):
    """The changes of an account."""

    low_balance_cents: int
    """Below this balance, webhooks get `balance.low`. 0: never."""

    spend_caps: SpendCaps | None
    """The caps of all orders of the account together. None: it has none."""

    reset_spent: bool
    """Whether these caps begin to count from zero."""


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
            query[name.removesuffix("_")] = str(to_json(value))
    return query


def to_json(value: object) -> object:
    """Return a value of an argument as JSON has it. A time without a zone is local."""
    if isinstance(value, datetime):
        return (value if value.tzinfo else value.astimezone()).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    return asdict(value) if isinstance(value, SpendCaps) else value


def body_of(fields: Mapping[str, object]) -> dict[str, object]:
    """Return arguments as a body. None is sent: it removes a limit."""
    return {name: to_json(value) for name, value in fields.items()}
