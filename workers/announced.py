"""What a role's metrics say from its start on: a counter that first appears with its first event hides that event."""

from collections.abc import Callable

from shared.ops import metrics

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
