"""Money: reserve at accept, settle once. In every state balance = top-ups - spent = sum of the ledger's lines."""

from msgspec import Struct

from shared.domain.errors import Refused
from shared.domain.generation import Outcome, Spec, encode
from shared.domain.money import usd
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.connect import Store

BACKLOG_RETRY_AFTER_S = 5
RECORD_KEEP_MS = 90 * 86_400_000


class Way(Struct, frozen=True, kw_only=True):
    """One way to serve an order. Amounts in micro-USD, times in ms."""

    provider: str
    price_micros: int
    spec: Spec
    run_ms: int  # it fails if it has not ended this long after a worker took it up


class Accepted(Struct, frozen=True):
    """A generation that is charged and queued, or the earlier one the same Idempotency-Key made."""

    id: str
    account: str
    created_ms: int
    way: Way | None = None  # the one that was taken; None: look at the generation
    reserved: int = 0  # micro-USD; nothing where the plan's day pays
    replayed: bool = False


class Order(Struct, frozen=True, kw_only=True):
    """What accept needs."""

    id: str
    key_hash: str
    ways: tuple[Way, ...]  # in the order they are to be tried
    queue_ms: int  # it fails if no worker takes it up for this long
    replay_key: str = ""
    body_hash: str = ""
    waiter: str = ""
    payer: str = "balance"  # or quota: a place in the plan's day
    guest: str = ""  # the account of a caller without a key


async def accept(store: Store, order: Order) -> Accepted:
    """Charge and queue, at the first provider that is free.

    Raises Refused (nothing was charged), StoreDown (ask again with the same id) or UnknownPlan.
    """
    word, *rest = await store.run(
        "accept",
        order.id,
        order.key_hash,
        order.queue_ms,
        order.replay_key,
        order.body_hash,
        order.waiter,
        order.payer,
        order.guest,
        *(part for way in order.ways for part in (way.provider, way.price_micros, encode(way.spec), way.run_ms)),
        durable=True,
    )
    if word == "accepted":
        account, created_ms, _, number, reserved = rest
        way = order.ways[number - 1] if number else None
        return Accepted(order.id, account.decode(), created_ms, way, reserved)
    if word == "replayed":
        return Accepted(rest[1].decode(), rest[0].decode(), 0, replayed=True)
    raise _refusal(word, rest)


def _refusal(word: str, rest: list[bytes | int]) -> Exception:
    if word == "unknown_plan":
        return UnknownPlan(bytes(rest[0]).decode() if isinstance(rest[0], bytes) else "")
    first = int(rest[0]) if rest else 0
    have, need = usd(first), usd(int(rest[1]) if word == "insufficient" else 0)
    code, message = {
        "unknown_key": ("invalid_api_key", "This API key is unknown or was revoked."),
        "insufficient": (
            "insufficient_balance",
            f"This costs ${need:.2f}, the balance is ${have:.2f}. Top up to continue.",
        ),
        "reused": ("idempotency_key_reuse", "This Idempotency-Key was used for another request. Use a new key."),
        "quota": ("quota_exceeded", f"All {first} generations of today are used. The day ends at midnight UTC."),
        "down": ("upstream_error", "Every provider of this is down at the moment. Nothing was charged."),
        "backlog_full": (
            "rate_limited",
            f"{first} generations of this account are waiting already. Submit more as they finish.",
        ),
    }[word]
    return Refused(code, message, retry_after_s=BACKLOG_RETRY_AFTER_S if word == "backlog_full" else None)


class UnknownPlan(Exception):
    """The account's plan is not in the store: publish the catalogue's plans and ask again."""


class Quota(Struct, frozen=True):
    """An account's day: `limit` is None for an unlimited plan; the day ends at `reset_ms`, Unix ms."""

    limit: int | None
    used: int
    reset_ms: int


async def quota(store: Store, account_id: str) -> Quota:
    """How much of its plan's day an account (a guest's too) has used. Raises UnknownPlan."""
    word, *rest = await store.run("quota", account_id)
    if word == "unknown_plan":
        raise UnknownPlan(rest[0].decode())
    limit, used, reset_ms = rest
    return Quota(None if limit < 0 else limit, used, reset_ms)


async def settle(
    store: StoreClient,
    generation_id: str,
    state: str,
    *,
    cost_micros: int,
    outcome: Outcome,
    unsubmitted_only: bool = False,
    uncertain_only: bool = False,
    keep_ms: int = RECORD_KEEP_MS,
    late_s: float | None = None,
    kind: str = "",
    patience_s: float | None = None,
) -> tuple[str, int]:
    """Close an open generation once: ("settled", refund), or ("already" | "submitted" | "missing", 0).

    `state` is completed or failed, `cost_micros` at most the reservation. With `unsubmitted_only` a generation that a
    provider may have is left alone, with `uncertain_only` one that nobody is in doubt about. The record is kept for
    `keep_ms`. A failed one that a provider has is looked at again after `late_s`, if given. With `kind` it is noted
    how long a completed one took there. Raises StoreDown (ask again) and StoreError (a cost outside the reservation).
    """
    guard = "unsubmitted" if unsubmitted_only else "uncertain" if uncertain_only else ""
    late_ms = "" if late_s is None else int(late_s * 1000)
    args = (generation_id, state, cost_micros, encode(outcome), guard, keep_ms, late_ms, *costs_of(outcome), kind)
    word, *rest = await store.run("settle", *args, patience_s=patience_s, durable=True)
    return word, rest[0] if word == "settled" else 0


def costs_of(outcome: Outcome) -> tuple[int | str, int | str]:
    """What the catalogue expects it to cost us and what the provider says, as the scripts take them."""
    expected, reported = outcome.expected_micros, outcome.cost_micros
    return ("" if expected is None else expected, "" if reported is None else reported)


async def top_up(store: StoreClient, account_id: str, amount_micros: int, reference: str) -> tuple[str, int]:
    """Add money once per reference: (topped_up | already | too_much | missing, balance or total in micro-USD)."""
    word, *rest = await store.run("top_up", account_id, amount_micros, reference, durable=True)
    return word, rest[0] if rest else 0


async def credit(store: StoreClient, generation_id: str, amount_micros: int | None = None) -> tuple[str, int]:
    """Give money back for what has ended, once and at most what it cost; None is all of it.

    ("credited" | "already", amount), ("too_much", cost), or ("open" | "missing", 0).
    """
    amount = "" if amount_micros is None else amount_micros
    word, *rest = await store.run("credit", generation_id, amount, durable=True)
    return word, 0 if word == "open" or not rest else rest[0]


class Line(Struct, frozen=True):
    """One movement of money: kind is top_up, reserve, settle or credit; the amount is signed, in micro-USD."""

    at_ms: int
    kind: str
    amount_micros: int
    reference: str


async def lines(store: Store, account_id: str, first: int = 0, last: int = -1) -> list[Line]:
    """Ledger lines from index `first` to `last`, both included, oldest first; negative counts from the newest."""
    found = []
    for raw in await store.call("LRANGE", keys.ledger(account_id), first, last):
        at_ms, kind, amount, reference = raw.decode().split(" ", 3)
        found.append(Line(int(at_ms), kind, int(amount), reference))
    return found


async def movements(store: Store, account_id: str, count: int) -> list[Line]:
    """Up to `count` lines that moved money, newest first; a settlement at full cost moves none."""
    found: list[Line] = []
    start = 0
    while len(found) < count:
        batch = await lines(store, account_id, -(start + count), -(start + 1))
        found.extend(line for line in reversed(batch) if line.amount_micros)
        start += count
        if len(batch) < count:
            break
    return found[:count]
