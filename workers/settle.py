"""Verb 3, settle, from a worker's side: end a generation once, and report it once."""

import structlog
from msgspec import structs

from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome
from shared.domain.quantities import tokens_of
from shared.ops import clock, metrics, settled
from shared.store import ledger, steps
from shared.store.ledger import NotSettled, Settled
from shared.store.steps import Canceled, ProviderDown
from workers.context import LATE_PREFIX, Completed, Failed, GenerationJob, WorkerContext
from workers.timing import LATE_FIRST_S, STORE_WAIT_S

LATE_CODES = ("timeout", "copy_failed", "internal_error")  # failures whose work the provider may still finish
DROPPED = "This failed on our side."

log = structlog.get_logger()


async def settle(context: WorkerContext, job: GenerationJob, result: Completed | Failed) -> bool:
    """Settle at its cost if the generation completed, else return the whole reservation. Report the end once.

    Return whether this call ended the generation. Then its job is off the queue, too.
    """
    completed = isinstance(result, Completed)
    outcome = result.outcome if isinstance(result, Completed) else outcome_of(context, job, result)
    settlement = await ledger.settle(
        context.store,
        job.id,
        COMPLETED if completed else FAILED,
        cost_micros=cost_of(job, outcome) if completed else 0,
        outcome=outcome,
        unsubmitted_only=isinstance(result, Failed) and result.unsubmitted_only,
        prompt_bytes=len(job.spec.prompt.encode()),
        keep_ms=context.record_keep_ms,
        late_s=LATE_FIRST_S if outcome.error_code in LATE_CODES else None,
        kind=job.spec.kind,
        patience_s=max(job.left_s, STORE_WAIT_S),
    )
    match settlement:
        case NotSettled(reason="already") if completed:
            await attach_late_result(context, job.id, outcome)
        case Settled(refund_micros=refund):
            report(context, job, outcome, refund)
    return isinstance(settlement, Settled)


def cost_of(job: GenerationJob, outcome: Outcome) -> int:
    """Return the cost of a completed generation in micro-USD: never more than its reservation."""
    sale = job.spec.sale
    if sale is None:
        return job.step.reserved
    outputs = len(outcome.outputs) if outcome.outputs else None
    return min(job.step.reserved, sale.settle(outputs=outputs, tokens=tokens_of(outcome.facts)))


def outcome_of(context: WorkerContext, job: GenerationJob, failed: Failed) -> Outcome:
    """Return the outcome of a failure. The provider is paid for an unusable result, and for a rejection it charges."""
    outcome = Outcome(context.provider, error_code=failed.code, error=failed.message)
    if failed.unusable is not None:
        done = failed.unusable
        expected = context.expected_cost(job.spec, done)
        return structs.replace(outcome, expected_micros=expected, cost_micros=done.cost_micros)
    if failed.cost_micros:
        return structs.replace(outcome, expected_micros=0, cost_micros=failed.cost_micros)
    return outcome


def paid_micros(outcome: Outcome) -> int:
    """Return what the provider is paid, micro-USD, as far as that is known."""
    return (outcome.expected_micros if outcome.cost_micros is None else outcome.cost_micros) or 0


def report(context: WorkerContext, job: GenerationJob, outcome: Outcome, refund: int) -> None:
    """Count and log a generation that this worker has settled."""
    step = job.step
    submits = step.refusals + (not isinstance(step, ProviderDown | Canceled))
    metrics.of(metrics.GENERATION_SUBMITS, context.provider).observe(submits)
    metrics.of(metrics.PAID_USD, context.provider).inc(metrics.usd(paid_micros(outcome)))
    settled.report(
        Generation(
            id=job.id,
            account=step.account,
            provider=context.provider,
            state=FAILED if outcome.error_code else COMPLETED,
            reserved=step.reserved,
            created_ms=step.created_ms,
            deadline_ms=step.deadline_ms,
            spec=job.spec,
            started_ms=step.started_ms or None,
            closed_ms=clock.now_ms(),
            cost=step.reserved - refund,
            outcome=outcome,
        )
    )


async def attach_late_result(context: WorkerContext, generation_id: str, outcome: Outcome) -> None:
    """Attach a result that came after the refund. The user gets it for nothing, and we pay for it."""
    if await steps.store_late_result(context.store, generation_id, outcome=outcome, next_poll_s=None):
        metrics.of(metrics.LATE, context.provider).inc()
        metrics.of(metrics.PAID_USD, context.provider).inc(metrics.usd(paid_micros(outcome)))
        log.warning("generation.late_result", generation=generation_id, cost_micros=outcome.cost_micros)


async def fail_dropped(context: WorkerContext, job_id: str) -> None:
    """Fail and refund a generation whose job the engine dropped after too many crashes (rule 4)."""
    generation_id = job_id.removeprefix(LATE_PREFIX)
    settlement = await ledger.settle(
        context.store,
        generation_id,
        FAILED,
        cost_micros=0,
        outcome=Outcome(context.provider, error_code="internal_error", error=DROPPED),
        keep_ms=context.record_keep_ms,
        late_s=LATE_FIRST_S,
        patience_s=STORE_WAIT_S,
    )
    if isinstance(settlement, Settled):
        await settled.report_by_id(context.store, generation_id)
