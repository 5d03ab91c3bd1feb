"""The body of an event. It is the same for every attempt, because the event does not change after it is written."""

from shared.domain import events
from shared.domain.generation import FAILED, Generation
from shared.store.webhooks import Due


def event_body(due: Due, base_url: str) -> bytes | None:
    """Return the body of a delivery's event, or None if its generation was deleted."""
    about, event_id, now_ms = due.about, due.event, due.created_ms
    if due.type == events.BALANCE_LOW:
        balance, threshold = int(about["balance"]), int(about["threshold"])
        return events.balance_low_body(
            event_id=event_id, balance_micros=balance, threshold_micros=threshold, now_ms=now_ms
        )
    if due.type == events.ENDPOINT_DISABLED:
        return events.endpoint_disabled_body(
            event_id=event_id,
            endpoint_id=about["subject"],
            url=about["url"],
            reason=about["reason"],
            failing_since_ms=int(about["failing_ms"]),
            now_ms=now_ms,
        )
    if due.type in events.SECURITY_EVENTS:
        facts = {name: about[name] for name in ("subject", "detail", "by")}
        return events.security_body(event_type=due.type, event_id=event_id, now_ms=now_ms, **facts)
    return None if due.generation is None else _generation_body(due.generation, base_url)


def _generation_body(generation: Generation, base_url: str) -> bytes:
    outcome = generation.outcome
    urls = () if outcome is None else tuple(output.url(base_url) for output in outcome.outputs)
    return events.generation_body(
        events.GenerationEvent(
            id=generation.id,
            type=events.GENERATION_FAILED if generation.state == FAILED else events.GENERATION_COMPLETED,
            kind=generation.spec.kind,
            prompt=generation.spec.prompt,
            model=generation.spec.model,
            provider=outcome.provider if outcome else None,
            urls=urls,
            text=outcome.text if outcome else None,
            error=outcome.error if outcome else None,
            error_code=outcome.error_code if outcome else None,
            cost_micros=generation.price_micros,
            refunded_micros=generation.refund_micros,
            simulated=generation.spec.simulated,
            metadata=generation.spec.metadata,
            created_ms=generation.created_ms,
            closed_ms=generation.closed_ms or generation.created_ms,
        )
    )
