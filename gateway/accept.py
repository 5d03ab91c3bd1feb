"""Verb 1, accept: look the model up, check the input, price it, and let one script charge and queue."""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from hashlib import blake2b
from secrets import token_bytes

import structlog
from msgspec import UNSET, Struct

from gateway.context import Desk
from gateway.trace import TRACE
from shared.domain import catalogue
from shared.domain.catalogue import Model
from shared.domain.errors import Refused, StoreDown
from shared.domain.generation import FAILED, FallbackRoute, Generation, Spec
from shared.domain.ids import uuid7
from shared.domain.inputs import InvalidInput, validate_input, validate_prompt
from shared.domain.trace import trace_id
from shared.ops import metrics
from shared.store import accounts, generations, ledger
from shared.store.ledger import Accepted, Order, RouteOffer, UnknownPlan

IDEMPOTENCY_KEY_CHARS_MAX = 255
OFFERS_MAX = 8  # providers that one order tries
QUEUE_MS = 86_400_000  # a generation that no worker takes up for a day fails

log = structlog.get_logger()


class Choice(Struct, frozen=True):
    """A model and one of its routes, as gateway/routing.py found them; `input`, if given, in place of Wanted's."""

    model: Model
    route: catalogue.Route
    input: object = UNSET


class Wanted(Struct, frozen=True, kw_only=True):
    """A request for a generation, decoded from a dialect; `choices` in the order they are to be tried."""

    dialect: str
    choices: Sequence[Choice]
    prompt: str
    input: object
    body: bytes  # and which call: what a repetition under the same Idempotency-Key has to equal
    key_hash: str = ""
    guest: str = ""
    payer: str = "balance"
    idempotency_key: str = ""
    wait_s: float = 0


class Made(Struct, frozen=True):
    """The generation as it stands when the request is answered."""

    generation: Generation
    replayed: bool


async def accept(desk: Desk, wanted: Wanted) -> Made:
    """Charge, queue, and wait as long as was asked for. Raises Refused, with nothing charged, or StoreDown."""
    order = order_of(wanted, desk.watch.name if wanted.wait_s else "")
    closed = desk.watch.expect(order.id) if wanted.wait_s else None
    try:
        accepted = await charge(desk, order)
        generation = await answer(desk, order, accepted, wanted.wait_s, closed)
    finally:
        if closed is not None:
            closed.cancel()
    return Made(generation, accepted.replayed)


def order_of(wanted: Wanted, waiter: str) -> Order:
    """The order for the accept script, under a new id. Raises Refused("invalid_input") naming the field."""
    key = wanted.idempotency_key
    if len(key) > IDEMPOTENCY_KEY_CHARS_MAX or not key.isprintable():
        reason = f"must have at most {IDEMPOTENCY_KEY_CHARS_MAX} characters, all printable."
        raise Refused("invalid_request", reason, field="Idempotency-Key")
    return Order(
        id=uuid7(time.time_ns(), token_bytes(8)),
        key_hash=wanted.key_hash,
        offers=offers_of(wanted),
        queue_ms=QUEUE_MS,
        replay_key=key,
        body_hash=blake2b(wanted.body, digest_size=16).hexdigest() if key else "",
        waiter=waiter,
        payer=wanted.payer,
        guest=wanted.guest,
    )


def offers_of(wanted: Wanted) -> tuple[RouteOffer, ...]:
    """How it may be served: one way for each provider, since what one of its models cannot be asked, no other can.

    What the first choice cannot do is refused; a further one that cannot is left out.
    """
    able: list[tuple[Choice, dict[str, object]]] = []
    for choice in wanted.choices:
        if len(able) == OFFERS_MAX or choice.route.provider in [known.route.provider for known, _ in able]:
            continue
        try:
            prompt = validate_prompt(wanted.prompt, choice.model)
            able.append((choice, validate_input(choice.model, wanted.input if choice.input is UNSET else choice.input)))
        except InvalidInput as invalid:
            if not able:
                raise Refused("invalid_input", f"{invalid.message}.", field=invalid.field) from None
    choices = [choice for choice, _ in able]
    return tuple(offer_of(wanted, prompt, choice, values, choices) for choice, values in able)


def offer_of(
    wanted: Wanted, prompt: str, choice: Choice, values: dict[str, object], choices: Sequence[Choice]
) -> RouteOffer:
    """One of the choices, with those of other providers for the worker to hand it on to."""
    model, route = choice.model, choice.route
    # What was reserved has to do for whoever serves it: another model only at the same price, or if the plan pays.
    routes = tuple(
        FallbackRoute(other.route.provider, other.route.model, other.model.id)
        for other in choices
        if other is not choice and (wanted.payer == "quota" or other.model.price_micros == model.price_micros)
    )
    spec = Spec(wanted.dialect, model.kind, model.id, route.model, prompt, values, routes, TRACE.get())
    return RouteOffer(
        provider=route.provider, price_micros=model.price_micros, spec=spec, run_ms=model.timeout_s * 1000
    )


async def charge(desk: Desk, order: Order) -> Accepted:
    """Run the accept script. A lost answer is asked for again under the same id by the store's client."""
    began_s = time.perf_counter()
    try:
        accepted = await ledger.accept(desk.store, order)
    except UnknownPlan:
        await accounts.publish_plans(desk.store, desk.catalogue.plans.values())
        try:
            accepted = await ledger.accept(desk.store, order)
        except UnknownPlan as unknown:
            raise Refused("rate_limited", f"The plan {unknown} is not offered any more.", retry_after_s=3600) from None
    count(order, accepted, time.perf_counter() - began_s)
    return accepted


def count(order: Order, accepted: Accepted, took_s: float) -> None:
    """One log line and the metrics of an order that was charged and queued; a replay is only counted."""
    offer = accepted.offer or order.offers[0]
    spec = offer.spec
    if accepted.replayed:
        metrics.of(metrics.IDEMPOTENT_REPLAYS, spec.dialect).inc()
        return
    metrics.of(metrics.ACCEPTED, spec.dialect, spec.kind, offer.provider).inc()
    metrics.of(metrics.ACCEPT_SECONDS, spec.dialect).observe(took_s)
    metrics.RESERVED_USD.inc(metrics.usd(accepted.reserved))
    log.info(
        "generation.accepted",
        generation=accepted.id,
        account=accepted.account,
        provider=offer.provider,
        model=spec.model,
        reserved_micros=accepted.reserved,
        trace=trace_id(spec.trace, accepted.id),
        took_ms=round(took_s * 1000, 1),
    )


async def answer(
    desk: Desk, order: Order, accepted: Accepted, wait_s: float, closed: "asyncio.Future[None] | None"
) -> Generation:
    """The generation to show: as accepted, as replayed, or as it is after the wait."""
    if accepted.replayed:
        seen = await desk.watch.until_closed(accepted.account, accepted.id, wait_s)
        if seen is None:
            raise Refused("idempotency_key_reuse", "The generation this Idempotency-Key made is no longer kept.")
        return seen
    if closed is not None:
        await asyncio.wait([closed], timeout=wait_s)
    if closed is not None or accepted.offer is None:
        # It is charged and queued: a store that left meanwhile does not make that untrue.
        with contextlib.suppress(StoreDown):
            seen = await generations.view(desk.store, accepted.account, accepted.id)
            if seen is not None:
                return seen
    offer = accepted.offer or order.offers[0]
    return Generation(
        id=accepted.id,
        account=accepted.account,
        provider=offer.provider,
        state="queued",
        reserved=offer.price_micros,
        created_ms=accepted.created_ms,
        deadline_ms=accepted.created_ms + order.queue_ms,
        spec=offer.spec,
    )


def upstream_refusal(generation: Generation) -> Refused | None:
    """What a waiting caller is told when the generation failed meanwhile; it is refunded already."""
    if generation.state != FAILED or generation.outcome is None:
        return None
    reason = (generation.outcome.error or "The provider refused this").rstrip(". ")
    return Refused("upstream_error", f"{reason}. You were refunded.")
