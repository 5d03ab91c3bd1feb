"""A worker's metrics: those registered at its start, and the duration and outcome of adapter calls."""

import time
from collections.abc import Awaitable, Callable
from typing import TypeVar, get_args

from shared.ops import metrics
from shared.store.webhooks import PostLimit
from workers.adapters.contract import Call, Done, Down, ModelGone, Pending, Rejected, Retry, Unknown
from workers.adapters.request_context import REQUEST_CONTEXT, RequestContext

Result = TypeVar("Result")

FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (Retry, "retry"),
    (Rejected, "rejected"),
    (ModelGone, "gone"),
    (Down, "down"),
    (Unknown, "unknown"),
    (TimeoutError, "unknown"),
)
OUTCOMES = ("delivered", "retry", "dead", "gone", "void")
RECORDS_FAILURES = ("away", "refused", "unreadable", "missing", "restored")
FINDINGS = ("requeued", "overdue", "delivery_requeued", "unreadable")


def register_worker(queue: str, slots: int, *, in_flight: Callable[[], float]) -> None:
    """Register the metrics of a queue's worker at its start: a counter that appears with its first event loses it."""
    metrics.SLOTS.labels(queue).set(slots)
    metrics.IN_FLIGHT.labels(queue).set_function(in_flight)
    for counter in (metrics.LEASES_LOST, metrics.RESCUED, metrics.DROPPED):
        counter.labels(queue)


def register_provider(name: str) -> None:
    """Register the metrics of a provider's worker at its start."""
    for counter in (metrics.UNCERTAIN, metrics.LATE, metrics.REFUNDED, metrics.SETTLED_USD, metrics.REFUNDED_USD):
        counter.labels(name)


def register_sweeper() -> None:
    """Register the metrics of a sweeper at its start."""
    for finding in FINDINGS:
        metrics.SWEPT.labels(finding)


def register_archiver() -> None:
    """Register the metrics of an archiver at its start."""
    for reason in RECORDS_FAILURES:
        metrics.RECORDS_ERRORS.labels(reason)


def register_dispatcher() -> None:
    """Register the metrics of a dispatcher at its start."""
    for outcome in OUTCOMES:
        metrics.WEBHOOK_POSTS.labels(outcome)
    for limit in get_args(PostLimit):
        metrics.WEBHOOK_HELD.labels(limit)


async def measure_call(provider: str, verb: str, call: Call, work: Awaitable[Result]) -> Result:
    """Await an adapter's `work` on behalf of `call`, and record its duration and outcome. `verb` is the method."""
    REQUEST_CONTEXT.set(RequestContext(provider, call.traceparent, []))
    began_s, outcome = time.monotonic(), "error"
    try:
        result = await work
        outcome = "pending" if isinstance(result, Pending) else "done" if isinstance(result, Done) else "ok"
        return result
    except Exception as error:
        outcome = next((word for kind, word in FAILURES if isinstance(error, kind)), "error")
        raise
    finally:
        metrics.of(metrics.PROVIDER_SECONDS, provider, verb, outcome).observe(time.monotonic() - began_s)
