"""The timeline of a generation: every event that the store knows."""

from collections.abc import Iterator
from operator import itemgetter
from typing import Annotated

from msgspec import Struct

from operate.generations import find_generation
from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.domain.generation import Generation
from shared.store import webhooks
from shared.store.webhooks import Delivery


class LifeMoment(Struct, kw_only=True):
    """An event in a generation's life. `after_ms` counts from when it was accepted."""

    at: Annotated[str | None, timestamp("The time.")]
    after_ms: Annotated[int, doc("Milliseconds after it was accepted.")]
    what: Annotated[str, doc("The event.")]
    detail: Annotated[str, doc("More about it, in plain words.")]


class Life(Struct, kw_only=True):
    """The state of a generation, and every event that led to it."""

    id: Annotated[str, doc("The generation's id.")]
    account: Annotated[str, doc("The account's id.")]
    state: Annotated[str, doc("The state.")]
    provider: Annotated[str, doc("The provider's name in the catalogue.")]
    model: Annotated[str, doc("The model's id in the catalogue.")]
    queue_position: Annotated[int | None, doc("How many generations are ahead of it, while it waits.")]
    reserved_micros: Annotated[int, doc("The reservation in micro-dollars.")]
    cost_micros: Annotated[int | None, doc("The charge in micro-dollars.")]
    credit_micros: Annotated[int | None, doc("The credit that an operator gave afterwards, in micro-dollars.")]
    deadline_at: Annotated[str | None, timestamp("When it fails and is refunded if it has not ended.")]
    moments: Annotated[tuple[LifeMoment, ...], doc("The events, in order.")]


async def read_timeline(operator: Operator, named: str) -> Life:
    """Return a generation's timeline so far. Raises Refused if it does not exist."""
    found = await find_generation(operator, named)
    deliveries = await webhooks.list_generation_deliveries(operator.store, found.account, found.id)
    events = [*_own_events(found), *_delivery_events(deliveries)]
    dated = sorted(((at_ms, what, detail) for at_ms, what, detail in events if at_ms is not None), key=itemgetter(0))
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
            for at_ms, what, detail in dated
        ),
    )


def _own_events(found: Generation) -> Iterator[tuple[int | None, str, str]]:
    spec, closed, last = found.spec, found.closed_ms, found.outcome
    yield found.created_ms, "accepted", f"{spec.kind} by {spec.model}, {found.reserved} micro-USD reserved"
    yield found.queued_ms, "left_backlog", "a slot of its account and provider became free"
    yield found.started_ms, "started", "a worker started it"
    for attempt in found.attempts:
        yield attempt.at_ms, "asked", f"{attempt.provider}: {attempt.outcome}"
    yield found.submitted_ms, "submitted", f"{found.provider} has it as {found.ref}"
    yield found.looked_ms, "looked", f"the last of {found.looks} polls"
    yield found.cancel_ms, "cancel", "its owner requested its cancellation"
    why = f" ({last.error_code}: {last.error})" if last and last.error_code else ""
    yield closed, "settled", f"{found.state}, cost {found.cost}, refund {found.refund_micros} micro-USD{why}"
    yield found.credit_ms, "credited", f"{found.credit} micro-USD by an operator"
    yield found.late_ms, "late_result", "the provider finished after the refund; the user has the result free of charge"


def _delivery_events(deliveries: list[Delivery]) -> Iterator[tuple[int | None, str, str]]:
    for delivery in deliveries:
        endpoint = delivery.id.rpartition(":")[2]
        yield delivery.created_ms, "event", f"{delivery.type} for {endpoint}: {delivery.state}"
        for attempt in delivery.attempts:
            response = attempt.error or f"{attempt.status}"
            yield attempt.at_ms, "posted", f"to {endpoint}: {response} after {attempt.duration_ms} ms"
