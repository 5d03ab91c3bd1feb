"""The whole life of a generation, moment by moment, from all that the store knows of it."""

from collections.abc import Iterator

from msgspec import Struct

from operate.generations import find
from operate.operator import Operator
from operate.times import moment
from shared.domain.generation import Generation
from shared.store import webhooks
from shared.store.webhooks import Delivery


class LifeMoment(Struct, kw_only=True):
    """Something that happened, how long after the order, and what there is to say of it."""

    at: str | None
    after_ms: int
    what: str
    detail: str


class Life(Struct, kw_only=True):
    """Where a generation stands, and how it came there."""

    id: str
    account: str
    state: str
    provider: str
    model: str
    queue_position: int | None
    reserved_micros: int
    cost_micros: int | None
    credit_micros: int | None
    deadline_at: str | None
    moments: tuple[LifeMoment, ...]


async def explain(operator: Operator, named: str) -> Life:
    """Its life so far. Raises Refused if there is no such generation."""
    found = await find(operator, named)
    deliveries = await webhooks.of_generation(operator.store, found.account, found.id)
    told = [(at_ms, what, detail) for at_ms, what, detail in [*_own(found), *_events(deliveries)] if at_ms is not None]
    told.sort(key=lambda one: one[0])
    return Life(
        id=found.id,
        account=found.account,
        state=found.state,
        provider=found.provider,
        model=found.spec.model,
        queue_position=found.position,
        reserved_micros=found.reserved,
        cost_micros=found.cost,
        credit_micros=found.credit,
        deadline_at=moment(found.deadline_ms),
        moments=tuple(
            LifeMoment(at=moment(at_ms), after_ms=at_ms - found.created_ms, what=what, detail=detail)
            for at_ms, what, detail in told
        ),
    )


def _own(found: Generation) -> Iterator[tuple[int | None, str, str]]:
    spec, closed, last = found.spec, found.closed_ms, found.outcome
    yield found.created_ms, "accepted", f"{spec.kind} by {spec.model}, {found.reserved} micro-USD reserved"
    yield found.queued_ms, "left_backlog", "it had waited for a place of its account or its provider"
    yield found.started_ms, "started", "a worker took it up"
    for attempt in found.attempts:
        yield attempt.at_ms, "asked", f"{attempt.provider}: {attempt.word}"
    yield found.submitted_ms, "submitted", f"{found.provider} has it as {found.ref}"
    yield found.looked_ms, "looked", f"the last of {found.looks} looks"
    yield found.cancel_ms, "cancel", "its owner wants it stopped"
    why = f" ({last.error_code}: {last.error})" if last and last.error_code else ""
    yield closed, "settled", f"{found.state}, cost {found.cost}, refund {found.refund_micros} micro-USD{why}"
    yield found.credit_ms, "credited", f"{found.credit} micro-USD by an operator"
    yield found.late_ms, "late_result", "the provider finished after the refund; the user has it for nothing"


def _events(deliveries: list[Delivery]) -> Iterator[tuple[int | None, str, str]]:
    for delivery in deliveries:
        endpoint = delivery.id.rpartition(":")[2]
        yield delivery.created_ms, "event", f"{delivery.type} for {endpoint}: {delivery.state}"
        for attempt in delivery.attempts:
            came = attempt.error or f"{attempt.status}"
            yield attempt.at_ms, "posted", f"to {endpoint}: {came} after {attempt.duration_ms} ms"
