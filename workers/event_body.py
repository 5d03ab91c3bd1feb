"""The body of an event, the same for every attempt: what it tells is over when it is written."""

from shared.domain import events
from shared.domain.generation import FAILED, Generation
from shared.store.webhooks import Due


def composed(due: Due, base_url: str) -> bytes | None:
    """The body of a delivery's event, or None if the generation that it tells of was deleted."""
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
    return None if due.generation is None else _of_generation(due.generation, base_url)


def _of_generation(generation: Generation, base_url: str) -> bytes:
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
            created_ms=generation.created_ms,
            closed_ms=generation.closed_ms or generation.created_ms,
        )
    )
