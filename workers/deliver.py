"""Verb 4, deliver: post an event to an endpoint, record the attempt, park until the next one or give up.

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
from shared.ops import metrics
from shared.store import webhooks
from shared.store.connect import Store
from shared.store.webhooks import DeliveryAttempt, DeliveryState, Due, EndpointHealth
from workers.egress import Egress
from workers.egress_errors import EgressError
from workers.event_body import composed

ANSWER_CHARS_MAX = 200
AWAY_S = 1.0  # until an attempt that the store's absence cut short is made again
# The endpoint's health after each verdict.
HEALTH: dict[str, EndpointHealth] = {"delivered": "well", "retry": "ill", "gone": "gone", "void": ""}

log = structlog.get_logger()


class Post(Struct, frozen=True, kw_only=True):
    """What a dispatcher works with."""

    store: Store
    egress: Egress
    base_url: str
    keep_ms: int  # how long an ended delivery stays readable


class Answer(Struct, frozen=True):
    """What became of one post."""

    attempt: DeliveryAttempt
    verdict: str  # delivered, retry, gone, or void: nothing was posted, and nothing ever will be
    retry_after_s: float = 0


async def deliver(ctx: dict[str, Any], job_id: str) -> None:
    """One attempt of a delivery. Raises arq's Retry to be called for the next one."""
    post: Post = ctx["post"]
    delivery_id = job_id.removeprefix("deliver:")
    try:
        due = await webhooks.read_due(post.store, delivery_id)
        if due is not None:
            await proceed(post, delivery_id, due)
    except StoreDown as away:
        # Not the job's failure: arq would end a job that raises anything but Retry, and only the sweeper find it again.
        log.warning("webhook.store_unavailable", delivery=delivery_id, reason=str(away))
        raise Park(defer=AWAY_S) from away


async def proceed(post: Post, delivery_id: str, due: Due) -> None:
    """Post, record what came of it, and park until the next attempt if there is one."""
    answer = await attempt(post, delivery_id, due)
    number = due.attempts + 1
    now_ms = time.time_ns() // 1_000_000
    next_ms = retry.next_attempt_ms(number, now_ms, random.random(), answer.retry_after_s)  # noqa: S311  # jitter
    state: DeliveryState = "delivered" if answer.verdict == "delivered" else "pending"
    if state == "pending" and (next_ms is None or answer.verdict != "retry"):
        state = "dead"
    health = HEALTH[answer.verdict]
    recorded = await webhooks.record_attempt(
        post.store, delivery_id, number, state, answer.attempt, keep_ms=post.keep_ms, health=health
    )
    metrics.DISABLED.inc(recorded.disabled)
    report(delivery_id, due, number, state, answer)
    if recorded.was_open and state == "pending" and next_ms is not None:
        raise Park(defer=(next_ms - now_ms) / 1000)


async def attempt(post: Post, delivery_id: str, due: Due) -> Answer:
    """Compose, sign and post; a failure of the network is an answer too."""
    now_ms = time.time_ns() // 1_000_000
    body = composed(due, post.base_url)
    if due.endpoint is None or body is None:
        return Answer(
            DeliveryAttempt(at_ms=now_ms, duration_ms=0, error="the endpoint or the generation was deleted"), "void"
        )
    if due.endpoint.disabled_ms is not None:
        return Answer(DeliveryAttempt(at_ms=now_ms, duration_ms=0, error="the endpoint is switched off"), "void")
    headers = signing.headers(due.endpoint.secrets(now_ms), due.event, now_ms // 1000, body)
    if due.generation is not None:
        headers["traceparent"] = traceparent(due.generation.spec.trace, due.generation.id)
    started_s = time.monotonic()
    try:
        answer = await post.egress.post(due.endpoint.url, body, headers)
    except EgressError as error:
        took_ms = int((time.monotonic() - started_s) * 1000)
        return Answer(DeliveryAttempt(at_ms=now_ms, duration_ms=took_ms, error=f"{error.code}: {error}"), "retry")
    start = answer.body_start.decode(errors="replace")[:ANSWER_CHARS_MAX]
    kept = DeliveryAttempt(at_ms=now_ms, duration_ms=answer.duration_ms, status=answer.status, answer=start)
    return Answer(kept, retry.verdict(answer.status), answer.retry_after_s or 0)


def report(delivery_id: str, due: Due, number: int, state: str, answer: Answer) -> None:
    """One log line for each attempt, and its metrics."""
    outcome = "dead" if state == "dead" and answer.verdict == "retry" else answer.verdict
    metrics.of(metrics.WEBHOOK_POSTS, outcome).observe(answer.attempt.duration_ms / 1000)
    since_ms = max(time.time_ns() // 1_000_000 - (due.again_ms or due.created_ms), 0)
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
        status=answer.attempt.status,
        error=answer.attempt.error,
        duration_ms=answer.attempt.duration_ms,
        since_ms=since_ms,
        trace=trace_id(generation.spec.trace, generation.id) if generation else None,
    )
