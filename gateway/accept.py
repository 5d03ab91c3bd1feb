"""Verb 1, accept: check the input, price it, and let one script charge and queue."""

import asyncio
import contextlib
import time
from hashlib import blake2b

import structlog
from msgspec import Struct

from gateway import errors
from gateway.admission.large_bodies import free_large, large_bytes
from gateway.admission.uploads import store_uploads
from gateway.context import GatewayContext
from gateway.live_catalogue import CatalogueParts
from gateway.offers import AbleRoute, GenerationRequest, find_able, offer_of
from shared.domain.bounds import BoundReached
from shared.domain.errors import Refused, StoreDown
from shared.domain.generation import FAILED, Generation
from shared.domain.ids import uuid7
from shared.domain.key_limits import address_bits
from shared.domain.trace import trace_id
from shared.ops import clock, entropy, metrics
from shared.store import accounts, generations, ledger
from shared.store.ledger import Accepted, Order, UnknownPlan
from shared.store.order_hooks import encode_hook

IDEMPOTENCY_KEY_CHARS_MAX = 255
REFUNDED = "You were refunded."
QUEUE_MS = 86_400_000  # a generation that no worker starts for a day fails

log = structlog.get_logger()


class AcceptedGeneration(Struct, frozen=True):
    """The generation when the request is answered, and whether it is an idempotent replay."""

    generation: Generation
    replayed: bool


async def accept(context: GatewayContext, request: GenerationRequest) -> AcceptedGeneration:
    """Charge and queue a generation, then wait for it as requested. Raises Refused, with nothing charged, or StoreDown.

    When a wait is requested, this process registers for the end of the generation before the script runs.
    """
    if context.store.fence is not None and context.store.fence.fault:
        raise errors.ORDERS_STOPPED
    order = build_order(context, request)
    ended = context.watch.expect(order.id) if request.wait_s else None
    try:
        accepted = await charge(context, order)
        if request.uploads and not accepted.replayed:
            await store_uploads(context, order, accepted, request.uploads)
        for upload in request.uploads:
            upload.data = b""
        if request.wait_s:
            free_large()
        generation = await wait_for_generation(context, order, accepted, request.wait_s, ended)
    finally:
        if ended is not None:
            ended.cancel()
    return AcceptedGeneration(generation, accepted.replayed)


def build_order(context: GatewayContext, request: GenerationRequest) -> Order:
    """Return the order for the accept script, under a new id. Raises Refused("invalid_input") naming the field."""
    key = request.idempotency_key
    check_idempotency_key(key)
    parts, uploads = context.live.current, request.uploads
    able, cost_micros = find_affordable(parts, request)
    return Order(
        id=uuid7(clock.now_ns(), entropy.take_bytes(8)),
        key_hash=request.key_hash,
        offers=tuple([offer_of(request, one, able) for one in able]),
        queue_ms=QUEUE_MS,
        replay_key=key,
        body_hash=blake2b(request.body, digest_size=16).hexdigest() if key else "",
        waiter=context.watch.name if request.wait_s else "",
        payer=request.payer,
        guest=request.guest,
        bounds=parts.admission.bounds(request.guest, request.networks),
        bytes_in=len(request.body) + large_bytes(),
        cost_micros=cost_micros,
        uploads=tuple([upload.path for upload in uploads]) if uploads else (),
        upload_bytes=sum([len(upload.data) for upload in uploads]) if uploads else 0,
        address=address_bits(request.address),
        hook=encode_hook(request.webhook_url) if request.webhook_url else "",
    )


def check_idempotency_key(key: str) -> None:
    """Raise Refused for an invalid Idempotency-Key. An empty one stands for none."""
    if len(key) > IDEMPOTENCY_KEY_CHARS_MAX or not key.isprintable():
        reason = f"must have at most {IDEMPOTENCY_KEY_CHARS_MAX} characters, all printable."
        raise Refused("invalid_request", reason, field="Idempotency-Key")


def find_affordable(parts: CatalogueParts, request: GenerationRequest) -> tuple[list[AbleRoute], int]:
    """Return the routes that can serve a request, and the most that one of them costs us, in micro-USD.

    Raises Refused: invalid_input, or missing_api_key if each of them costs more than a guest may use.
    """
    able = find_able(request)
    if len(able) == 1 and not request.guest:
        return able, find_cost(parts, able[0], request.prompt)
    costs = [find_cost(parts, one, request.prompt) for one in able]
    if request.guest:
        cost_max = parts.admission.guest_cost_max_micros
        able = [one for one, cost in zip(able, costs, strict=True) if cost <= cost_max]
        costs = [cost for cost in costs if cost <= cost_max]
    if not able:
        raise Refused("missing_api_key", "This costs more than guests may use. Send your API key to use it.")
    return able, max(costs)


def find_cost(parts: CatalogueParts, one: AbleRoute, prompt: str) -> int:
    """Return the most that a route costs us, in micro-USD. That of a plain order is computed once for a catalogue."""
    if not one.plain:
        return parts.catalogue.cost_of(one.model, one.route, one.facts, prompt)
    key = (one.model.id, one.route.provider, one.route.model)
    cost = parts.plain_costs.get(key)
    if cost is None:
        cost = parts.plain_costs[key] = parts.catalogue.cost_of(one.model, one.route, one.facts, "")
    return cost


async def charge(context: GatewayContext, order: Order) -> Accepted:
    """Run the accept script. The store's client repeats it under the same id if the reply is lost."""
    began_s = time.perf_counter()
    try:
        try:
            accepted = await ledger.accept(context.store, order)
        except UnknownPlan:
            accepted = await accept_with_plans(context, order)
    except BoundReached as reached:
        metrics.of(metrics.BOUND_REFUSALS, reached.scope, reached.bound).inc()
        raise
    record_acceptance(order, accepted, time.perf_counter() - began_s)
    return accepted


async def accept_with_plans(context: GatewayContext, order: Order) -> Accepted:
    """Run the accept script again, with the catalogue's plans published first: the account's is missing there."""
    await accounts.publish_plans(context.store, context.catalogue.plans.values())
    try:
        return await ledger.accept(context.store, order)
    except UnknownPlan as unknown:
        raise plan_retired(unknown) from None


def plan_retired(unknown: UnknownPlan) -> Refused:
    """Return the refusal of an account whose plan left the catalogue."""
    reason = f"The account's plan {unknown} no longer exists. Contact the operator."
    return Refused("rate_limited", reason, retry_after_s=3600)


def record_acceptance(order: Order, accepted: Accepted, took_s: float) -> None:
    """Log and count an accepted generation. An idempotent replay is only counted."""
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


async def wait_for_generation(
    context: GatewayContext, order: Order, accepted: Accepted, wait_s: float, ended: "asyncio.Future[None] | None"
) -> Generation:
    """Wait if requested, and return the generation as it is then: new, replayed, or ended."""
    if accepted.replayed:
        current = await context.watch.wait_until_ended(accepted.account, accepted.id, wait_s)
        if current is None:
            reason = "The generation of this Idempotency-Key was deleted. Use a new key."
            raise Refused("idempotency_key_reuse", reason)
        return current
    if ended is not None:
        await context.watch.hold(ended, wait_s)
    if ended is not None or accepted.offer is None:
        # The generation is charged and queued, even if the store is unavailable now.
        with contextlib.suppress(StoreDown):
            current = await generations.view(context.store, accepted.account, accepted.id)
            if current is not None:
                return current
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
    """Return the refusal for a caller that waited for a generation which failed, or None. It is refunded already."""
    if generation.state != FAILED or generation.outcome is None:
        return None
    reason = (generation.outcome.error or "The provider rejected the request").rstrip(". ")
    reason = reason.removesuffix(REFUNDED.rstrip(".")).rstrip(". ")  # some providers and models say it, too
    return Refused("upstream_error", f"{reason}. {REFUNDED}")
