"""Money: reserve at accept, settle once. In every state balance = top-ups - spent = sum of the ledger's entries."""

from collections.abc import Sequence
from typing import Any, Literal

from msgspec import Struct

from shared.domain.bounds import refusal_of
from shared.domain.errors import Refused
from shared.domain.generation import EndState, Outcome, Spec
from shared.domain.key_limits import EXPIRED, forbids, over_budget
from shared.domain.money import dollars
from shared.ops.clock import CLOCK
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.connect import Store
from shared.store.record_sizes import PROMPT_BYTES_MAX, costs_of, encode_fitting, encode_whole_spec
from shared.store.stored_lists import UNREADABLE, read_each

BACKLOG_RETRY_AFTER_S = 5
RECORD_KEEP_MS = 90 * 86_400_000


class RouteOffer(Struct, frozen=True, kw_only=True):
    """A route that may serve an order, with its price. Amounts in micro-USD, times in ms."""

    provider: str
    price_micros: int
    spec: Spec
    run_ms: int  # the generation fails if it has not ended this long after a worker started it


class Order(Struct, frozen=True, kw_only=True):
    """A generation to accept."""

    id: str
    key_hash: str
    offers: tuple[RouteOffer, ...]  # in the order of preference
    queue_ms: int  # the generation fails if no worker starts it for this long
    replay_key: str = ""
    body_hash: str = ""
    waiter: str = ""
    payer: str = "balance"  # or quota: the plan's daily quota
    guest: str = ""  # the account of a caller without a key
    bounds: str = ""  # the scopes and their daily limits, from shared/domain/bounds.py
    bytes_in: int = 0  # of the request
    cost_micros: int = 0  # the most that the operator pays a provider for it
    uploads: tuple[str, ...] = ()  # paths that the caller stores next; then it calls `release`
    upload_bytes: int = 0
    address: str = ""  # the caller's, as 128 binary digits
    hook: str = ""  # its own webhook, see shared/store/order_hooks.py


class Accepted(Struct, frozen=True):
    """A generation that is charged and queued, or the earlier one that the same Idempotency-Key made."""

    id: str
    account: str
    created_ms: int
    offer: RouteOffer | None = None  # the one that was chosen; None: it has been rerouted since
    reserved: int = 0  # micro-USD; 0 if the daily quota pays
    replayed: bool = False


class UnknownPlan(Exception):
    """The account's plan is not in the store: publish the catalogue's plans and accept again."""


class Quota(Struct, frozen=True):
    """An account's daily quota: `limit` is None for an unlimited plan. The day ends at `reset_ms`, Unix ms."""

    limit: int | None
    used: int
    reset_ms: int


class Settled(Struct, frozen=True):
    """The generation was ended by this call."""

    refund_micros: int


class NotSettled(Struct, frozen=True):
    """The generation had ended already, a provider may have it, or it does not exist."""

    reason: Literal["already", "submitted", "missing"]


class TopUpResult(Struct, frozen=True):
    """The result of a top-up, and the balance, or for too_much the total of all top-ups, in micro-USD."""

    outcome: Literal["topped_up", "already", "too_much", "too_low", "closed", "missing"]
    amount_micros: int


class CreditResult(Struct, frozen=True):
    """The result of a credit, and its amount, or for too_much the cost of the generation, in micro-USD."""

    outcome: Literal["credited", "already", "open", "too_much", "missing"]
    amount_micros: int


class LedgerEntry(Struct, frozen=True):
    """One movement of money; the amount is signed, in micro-USD.

    The kind is top_up, dispute, close, reserve, settle or credit.
    The first may be of kind opening: the sum of older ones, which are in the database.
    """

    at_ms: int
    kind: str
    amount_micros: int
    reference: str


async def accept(store: Store, order: Order) -> Accepted:
    """Charge and queue an order at its first available provider.

    Raises Refused if nothing was charged, UnknownPlan, and StoreDown if the outcome is unknown. Then the order was
    placed already, or never will be: a command that reaches the store later has no effect.
    """
    reply = await _send_order(store, order, _end_of_wait(store))
    if reply[0] == "late":  # it is not, because we still wait: the store's clock has jumped
        reply = await _send_order(store, order, "")
    match reply:
        case ["accepted", account, created_ms, _, number, reserved]:
            chosen = order.offers[number - 1] if number else None
            return Accepted(order.id, account.decode(), created_ms, chosen, reserved)
        case ["replayed", account, earlier_id]:
            return Accepted(earlier_id.decode(), account.decode(), 0, replayed=True)
        case ["unknown_plan", plan]:
            raise UnknownPlan(plan.decode())
        case ["bound", scope, name, limit, left_ms]:
            raise refusal_of(scope.decode(), name.decode(), limit, left_ms)
        case ["forbidden", what, name]:
            raise forbids(what.decode(), name.decode())
        case ["over_budget", budget, period, cap, spent]:
            raise over_budget(budget.decode(), period.decode(), cap, spent)
        case ["expired_key"]:
            raise EXPIRED
        case [reason, *numbers]:
            raise _refused(reason, *numbers)
    raise ValueError("accept replied nothing")


async def _send_order(store: Store, order: Order, until_ms: int | str) -> list[Any]:
    offered: list[str | int | bytes] = []
    spec_bytes = 0
    for offer in order.offers:
        spec = encode_whole_spec(offer.spec)
        spec_bytes = max(spec_bytes, len(spec))
        offered += (offer.provider, offer.spec.target, offer.price_micros, spec, offer.run_ms)
    return await store.run(
        "accept",
        order.id,
        order.key_hash,
        order.queue_ms,
        order.replay_key,
        order.body_hash,
        order.waiter,
        order.payer,
        order.guest,
        order.bounds,
        f"{order.bytes_in} {spec_bytes + order.upload_bytes} {order.cost_micros}",
        " ".join(order.uploads),
        order.address,
        until_ms,
        order.hook,
        *offered,
        durable=True,
    )


def _end_of_wait(store: Store) -> int | str:
    """Return when the caller of a verb stops waiting, on the store's clock; empty while that is not known."""
    return CLOCK.now_ms() + int(store.patience_s * 1000) if CLOCK.measured else ""


async def release(store: Store, generation_id: str) -> bool:
    """Let workers have a generation whose uploads are stored. False if it has ended meanwhile."""
    return bool((await store.run("release", generation_id))[0] == "released")


def _refused(reason: str, first: int = 0, second: int = 0) -> Refused:
    code, message = {
        "unknown_key": ("invalid_api_key", "This API key is unknown or was revoked."),
        "insufficient": (
            "insufficient_balance",
            f"This costs {dollars(second)}, the balance is {dollars(first)}. Top up to continue.",
        ),
        "suspended": ("account_suspended", "This account is suspended. Contact the operator."),
        "reused": ("idempotency_key_reuse", "This Idempotency-Key was used for another request. Use a new key."),
        "quota": ("quota_exceeded", f"All {first} generations of today are used. The day ends at midnight UTC."),
        "down": ("upstream_error", "Every provider of this is down at the moment. Nothing was charged."),
        "backlog_full": (
            "rate_limited",
            f"{first} generations of this account are waiting already. Submit more as they finish.",
        ),
    }[reason]
    return Refused(code, message, retry_after_s={"backlog_full": BACKLOG_RETRY_AFTER_S}.get(reason))


async def read_quota(store: Store, account_id: str) -> Quota:
    """Return how much of its daily quota an account, or a guest, has used. Raises UnknownPlan."""
    match await store.run("read_quota", account_id):
        case ["unknown_plan", plan]:
            raise UnknownPlan(plan.decode())
        case [_, limit, used, reset_ms]:
            return Quota(None if limit < 0 else limit, used, reset_ms)
    raise ValueError("quota replied nothing")


async def settle(
    store: StoreClient,
    generation_id: str,
    state: EndState,
    *,
    cost_micros: int,
    outcome: Outcome,
    unsubmitted_only: bool = False,
    uncertain_only: bool = False,
    prompt_bytes: int = PROMPT_BYTES_MAX,
    keep_ms: int = RECORD_KEEP_MS,
    late_s: float | None = None,
    kind: str = "",
    patience_s: float | None = None,
) -> Settled | NotSettled:
    """End an open generation once, at a cost of at most its reservation.

    With `unsubmitted_only` a generation that a provider may have is not settled, with `uncertain_only` every one that
    is not uncertain. A text that does not fit into a record next to a prompt of `prompt_bytes` is cut. The record
    expires after `keep_ms`. A failed generation that a provider has is polled after `late_s`, if given. With `kind` the
    provider's speed is measured. Raises StoreDown (settle again) and StoreError (a cost outside the reservation).
    """
    guard = "unsubmitted" if unsubmitted_only else "uncertain" if uncertain_only else ""
    late_ms = "" if late_s is None else int(late_s * 1000)
    fitting = encode_fitting(outcome, prompt_bytes)
    args = (generation_id, state, cost_micros, fitting, guard, keep_ms, late_ms, *costs_of(outcome), kind)
    match await store.run("settle", *args, patience_s=patience_s, durable=True):
        case ["settled", refund]:
            return Settled(refund)
        case [reason, *_]:
            return NotSettled(reason)
    raise ValueError("settle replied nothing")


async def top_up(
    store: StoreClient,
    account_id: str,
    amount_micros: int,
    reference: str,
    *,
    kind: Literal["top_up", "dispute"] = "top_up",
    undoes: str = "",
) -> TopUpResult:
    """Add money to an account, once per reference. A dispute may take more than its balance.

    `undoes` is the reference of the line that this one undoes. That line is written, too, if it is missing.
    """
    facts = (account_id, amount_micros, reference, kind, undoes)
    outcome, *amounts = await store.run("top_up", *facts, durable=True)
    return TopUpResult(outcome, amounts[0] if amounts else 0)


async def credit(store: StoreClient, generation_id: str, amount_micros: int | None = None) -> CreditResult:
    """Return money for an ended generation, once and at most its cost; None is all of it."""
    amount = "" if amount_micros is None else amount_micros
    match await store.run("credit", generation_id, amount, durable=True):
        case ["credited" | "already" | "too_much" as outcome, micros]:
            return CreditResult(outcome, micros)
        case [outcome, *_]:
            return CreditResult(outcome, 0)
    raise ValueError("credit replied nothing")


async def list_entries(store: Store, account_id: str, first: int = 0, last: int = -1) -> list[LedgerEntry]:
    """Return ledger entries from index `first` to `last`, both included, oldest first.

    Negative indexes count from the newest.
    """
    return read_entries(await store.call("LRANGE", keys.ledger(account_id), first, last), account_id)


def read_entries(found: Sequence[bytes], account_id: str) -> list[LedgerEntry]:
    """Return entries of an account's ledger, as the store has them."""
    return read_each(found, _read_entry, _unreadable_entry, where=keys.ledger(account_id))


def _read_entry(raw: bytes) -> LedgerEntry:
    at_ms, kind, amount, reference = raw.decode().split(" ", 3)
    return LedgerEntry(int(at_ms), kind, int(amount), reference)


def _unreadable_entry(_: bytes) -> LedgerEntry:
    return LedgerEntry(0, UNREADABLE, 0, "")
