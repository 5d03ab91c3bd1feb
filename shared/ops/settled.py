"""Log line and metrics of a settled generation. The process that settled it records them, once."""

import structlog

from shared.domain.generation import Generation
from shared.domain.trace import trace_id
from shared.ops import metrics
from shared.store import generations
from shared.store.connect import Store

log = structlog.get_logger()


def report(generation: Generation) -> None:
    """Log a generation that was settled just now, and count it in the metrics."""
    provider, refund = generation.provider, generation.refund_micros
    outcome, closed_ms = generation.outcome, generation.closed_ms or generation.created_ms
    code = (outcome.error_code if outcome else None) or ""
    metrics.of(metrics.SETTLED, provider, generation.state, metrics.bounded("code", code)).inc()
    metrics.of(metrics.SETTLED_USD, provider).inc(metrics.usd(generation.price_micros))
    if refund:
        metrics.of(metrics.REFUNDED, provider).inc()
        metrics.of(metrics.REFUNDED_USD, provider).inc(metrics.usd(refund))
    took_ms = closed_ms - generation.created_ms
    metrics.of(metrics.SETTLE_SECONDS, provider, generation.spec.kind).observe(took_ms / 1000)
    waited_ms = None
    if generation.started_ms:
        waited_ms = generation.started_ms - generation.created_ms
        metrics.of(metrics.WAIT_SECONDS, provider).observe(waited_ms / 1000)
        metrics.of(metrics.WORK_SECONDS, provider).observe((closed_ms - generation.started_ms) / 1000)
    log.info(
        "generation.settled",
        generation=generation.id,
        account=generation.account,
        provider=provider,
        kind=generation.spec.kind,
        state=generation.state,
        code=code or None,
        cost_micros=generation.price_micros,
        refund_micros=refund,
        took_ms=took_ms,
        waited_ms=waited_ms,
        trace=trace_id(generation.spec.trace, generation.id),
    )


async def report_by_id(store: Store, generation_id: str) -> None:
    """Read a generation that was settled just now and record its settlement. Raises StoreDown."""
    generation = await generations.view(store, "", generation_id)
    if generation is not None:
        report(generation)
