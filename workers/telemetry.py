"""A worker's metrics: those present from its start, and adapter calls timed and counted."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

from shared.ops import metrics
from workers.adapters.contract import Call, Done, Down, Pending, Rejected, Retry, Unknown
from workers.adapters.http import BEHALF, Behalf

Answer = TypeVar("Answer")

FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (Retry, "retry"),
    (Rejected, "rejected"),
    (Down, "down"),
    (Unknown, "unknown"),
    (TimeoutError, "unknown"),
)
OUTCOMES = ("delivered", "retry", "dead", "gone", "void")
FINDINGS = ("rearmed", "overdue", "delivery_rearmed")


def worker(queue: str, slots: int, *, in_flight: Callable[[], float]) -> None:
    """What a queue's worker tells from its start on: a counter that begins at its first event loses that one."""
    metrics.SLOTS.labels(queue).set(slots)
    metrics.IN_FLIGHT.labels(queue).set_function(in_flight)
    for counter in (metrics.LEASES_LOST, metrics.RESCUED, metrics.DROPPED):
        counter.labels(queue)


def provider(name: str) -> None:
    """The same of a provider's worker."""
    for counter in (metrics.UNCERTAIN, metrics.LATE, metrics.REFUNDED, metrics.SETTLED_USD, metrics.REFUNDED_USD):
        counter.labels(name)


def sweeper() -> None:
    """The same of the sweeper."""
    for finding in FINDINGS:
        metrics.SWEPT.labels(finding)


def dispatcher() -> None:
    """The same of a dispatcher."""
    for outcome in OUTCOMES:
        metrics.WEBHOOK_POSTS.labels(outcome)


async def measured(provider: str, verb: str, call: Call, work: Awaitable[Answer]) -> Answer:
    """What `work` answers or raises; its requests are made on behalf of `call`. The verb is an adapter's method."""
    BEHALF.set(Behalf(provider, call.traceparent))
    began_s, outcome = time.monotonic(), "error"
    try:
        answer = await work
        outcome = "pending" if isinstance(answer, Pending) else "done" if isinstance(answer, Done) else "ok"
        return answer
    except Exception as error:
        outcome = next((word for kind, word in FAILURES if isinstance(error, kind)), "error")
        raise
    finally:
        metrics.of(metrics.PROVIDER_SECONDS, provider, verb, outcome).observe(time.monotonic() - began_s)
