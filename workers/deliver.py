"""Verb 4, deliver: post an event to an endpoint, record the attempt, then park until the next one or end.

Signed as Standard Webhooks 1.0. An endpoint may get the same event twice, always under the same webhook-id.
"""

import random
import time
from typing import Any

import structlog
from arq.worker import Retry as Park
from msgspec import Struct

from shared.domain import retry, signing
from shared.domain.errors import StoreDown
from shared.domain.trace import trace_id, traceparent
from shared.ops import clock, metrics, redaction
from shared.ops.sealing import SealBroken
from shared.store import webhooks
from shared.store.connect import Store
from shared.store.stored_lists import READ_ERRORS
from shared.store.webhooks import DeliveryAttempt, DeliveryState, Due, EndpointHealth, HeldDelivery
from workers.egress import Egress
from workers.egress.errors import (
    ConnectFailed,
    ConnectionLost,
    DnsFailed,
    EgressError,
    OutOfSockets,
    TimedOut,
    TlsFailed,
)
from workers.engine import PutBack
from workers.event_body import event_body
from workers.timing import STORE_RETRY_S

ANSWER_CHARS_MAX, ERROR_CHARS_MAX = 200, 200
SLOW_SHARE = 0.5  # of a dispatcher's slots, for endpoints that are slow, new or failing
SILENT = (ConnectFailed, ConnectionLost, DnsFailed, TimedOut, TlsFailed)
UNREADABLE_RETRY_S = 30.0  # until an operator has given this process the key of its secrets
# The endpoint's health after each verdict.
HEALTH: dict[str, EndpointHealth] = {"delivered": "well", "retry": "ill", "gone": "gone", "void": ""}
OWN_FAULT_S = 5.0  # until a post that failed on this machine is sent again

log = structlog.get_logger()


def slow_posts(slots: int) -> int:
    """Return how many posts to slow endpoints may run at once, of all dispatchers together."""
    return max(int(slots * SLOW_SHARE), 1)


class DeliveryContext(Struct, frozen=True, kw_only=True):
    """Everything that a dispatcher process works with."""

    store: Store
    egress: Egress
    base_url: str
    keep_ms: int  # retention of an ended delivery
    slow_posts_max: int = webhooks.SLOW_POSTS_MAX  # posts to slow endpoints at once, of all dispatchers together


class PostResult(Struct, frozen=True):
    """The result of one attempt of a delivery."""

    attempt: DeliveryAttempt
    verdict: str  # delivered, retry, gone, or void: nothing can be posted any more
    retry_after_s: float = 0
    silent: bool = False  # nobody answered: evidence for the endpoint's breaker
    ours: bool = False  # it failed on our side: no evidence about the endpoint


async def deliver(ctx: dict[str, Any], job_id: str) -> None:
    """Make one attempt of a delivery. Raises arq's Retry to be called for the next one, or when it has to wait."""
    context: DeliveryContext = ctx["context"]
    delivery_id = job_id.removeprefix("deliver:")
    try:
        try:
            due = await webhooks.start_post(context.store, delivery_id, slow_max=context.slow_posts_max)
        except READ_ERRORS as error:
            return await end_unreadable(context, delivery_id, error)
        if isinstance(due, HeldDelivery):
            metrics.of(metrics.WEBHOOK_HELD, due.limit).inc()
            raise PutBack
        if due is not None:
            await post_and_record(context, delivery_id, due)
    except OutOfSockets as error:
        # Nothing was sent, and no endpoint is at fault, so this is not an attempt.
        log.error("webhook.own_fault", delivery=delivery_id, reason=error.message)
        raise Park(defer=OWN_FAULT_S) from error
    except StoreDown as error:
        # arq would end a job that raises anything but Retry, and only the sweeper would re-enqueue it.
        log.warning("webhook.store_unavailable", delivery=delivery_id, reason=str(error))
        raise Park(defer=STORE_RETRY_S) from error
    except SealBroken as error:
        log.error("webhook.secret_unreadable", delivery=delivery_id, reason=str(error))
        raise Park(defer=UNREADABLE_RETRY_S) from error


async def end_unreadable(context: DeliveryContext, delivery_id: str, error: Exception) -> None:
    """End a delivery whose record cannot be read. Else the sweeper would enqueue it every minute."""
    log.error("webhook.record_unreadable", delivery=delivery_id, error=type(error).__name__)
    attempt = DeliveryAttempt(at_ms=clock.now_ms(), duration_ms=0, error="the record of this delivery cannot be read")
    await webhooks.record_attempt(
        context.store, delivery_id, retry.ATTEMPT_MAX, "dead", attempt, keep_ms=context.keep_ms, health=""
    )


async def post_and_record(context: DeliveryContext, delivery_id: str, due: Due) -> None:
    """Post, record the result, and park until the next attempt, if one is due."""
    result = await post_event(context, due)
    number = due.attempts + 1
    now_ms = clock.now_ms()
    next_ms = retry.next_attempt_ms(number, now_ms, random.random(), result.retry_after_s)  # noqa: S311  # jitter
    state: DeliveryState = "delivered" if result.verdict == "delivered" else "pending"
    if state == "pending" and (next_ms is None or result.verdict != "retry"):
        state = "dead"
    health = "" if result.ours else HEALTH[result.verdict]
    recorded = await webhooks.record_attempt(
        context.store,
        delivery_id,
        number,
        state,
        result.attempt,
        keep_ms=context.keep_ms,
        health=health,
        silent=result.silent,
        slow_max=context.slow_posts_max,
    )
    metrics.DISABLED.inc(recorded.disabled)
    if recorded.opened:
        metrics.WEBHOOK_BREAKERS.inc()
        log.warning("webhook.breaker_opened", endpoint=due.about["endpoint"], account=due.about["account"])
    report(delivery_id, due, number, state, result)
    if recorded.was_open and state == "pending" and next_ms is not None:
        raise Park(defer=(next_ms - now_ms) / 1000)


async def post_event(context: DeliveryContext, due: Due) -> PostResult:
    """Compose, sign and post an event. Every failure is a result of the attempt."""
    now_ms, started_s, silent, ours = clock.now_ms(), time.monotonic(), False, False
    try:
        return await _post(context, due, now_ms)
    except (SealBroken, OutOfSockets):
        raise  # a part of ours is missing, and no endpoint is at fault
    except EgressError as error:
        reason, silent = f"{error.code}: {error}", isinstance(error, SILENT)
    except Exception as error:
        # Else the job would end without a record, and the sweeper would post the event every minute.
        words = redaction.foreign().error(error, ERROR_CHARS_MAX)
        log.error("webhook.attempt_failed", endpoint=due.about["endpoint"], account=due.about["account"], error=words)
        reason, ours = "internal_error: the attempt failed on our side", True
    took_ms = int((time.monotonic() - started_s) * 1000)
    attempt = DeliveryAttempt(at_ms=now_ms, duration_ms=took_ms, error=reason)
    return PostResult(attempt, "retry", silent=silent, ours=ours)


async def _post(context: DeliveryContext, due: Due, now_ms: int) -> PostResult:
    body = event_body(due, context.base_url)
    if due.endpoint is None or body is None:
        return PostResult(
            DeliveryAttempt(at_ms=now_ms, duration_ms=0, error="the endpoint or the generation was deleted"), "void"
        )
    if due.endpoint.disabled_ms is not None:
        return PostResult(DeliveryAttempt(at_ms=now_ms, duration_ms=0, error="the endpoint is disabled"), "void")
    headers = signing.headers(due.endpoint.secrets(now_ms), due.event, now_ms // 1000, body)
    if due.generation is not None:
        headers["traceparent"] = traceparent(due.generation.spec.trace, due.generation.id)
    answer = await context.egress.post(due.about.get("to") or due.endpoint.url, body, headers)
    start = redaction.foreign().text(answer.body_start.decode(errors="replace"), ANSWER_CHARS_MAX)
    attempt = DeliveryAttempt(at_ms=now_ms, duration_ms=answer.duration_ms, status=answer.status, answer=start)
    return PostResult(attempt, retry.verdict(answer.status), answer.retry_after_s or 0)


def report(delivery_id: str, due: Due, number: int, state: str, result: PostResult) -> None:
    """Log and count one attempt."""
    outcome = "dead" if state == "dead" and result.verdict == "retry" else result.verdict
    metrics.of(metrics.WEBHOOK_POSTS, outcome).observe(result.attempt.duration_ms / 1000)
    since_ms = max(clock.now_ms() - (due.again_ms or due.created_ms), 0)
    if state == "delivered":
        metrics.WEBHOOK_SECONDS.observe(since_ms / 1000)
    if outcome == "dead":
        metrics.DEAD_LETTERS.inc()
    generation = due.generation
    log.info(
        "webhook.attempted",
        delivery=delivery_id,
        generation=generation.id if generation else None,
        account=due.about["account"],
        type=due.type,
        number=number,
        state=state,
        status=result.attempt.status,
        error=result.attempt.error,
        duration_ms=result.attempt.duration_ms,
        since_ms=since_ms,
        trace=trace_id(generation.spec.trace, generation.id) if generation else None,
    )
