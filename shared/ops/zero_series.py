"""Series that a gateway exports from its start, at zero, so that the first refusal of each kind is a rise."""

from itertools import product
from typing import get_args

from shared.domain.bounds import BOUNDS, Scope
from shared.ops import metrics

CLOSE_REASONS = ("too_many", "too_many_of_address", "slow_headers", "unread_body", "slow_reader")
STRIPE_OUTCOMES = ("applied", "already", "ignored", "refused")
ADMIN_OUTCOMES = ("missing_key", "wrong_key", "role")


def export_zeros() -> None:
    """Export every series of refusals whose labels are known."""
    for reason in CLOSE_REASONS:
        metrics.of(metrics.CONNECTIONS_CLOSED, reason)
    for outcome in ADMIN_OUTCOMES:
        metrics.of(metrics.ADMIN_REFUSED, outcome)
    for outcome in STRIPE_OUTCOMES:
        metrics.of(metrics.STRIPE_EVENTS, outcome)
    for scope, bound in product(get_args(Scope), BOUNDS):
        metrics.of(metrics.BOUND_REFUSALS, scope, bound)
