"""Verb 2, run: one step of a generation, from a claimed job to its settlement.

A step submits the work, or polls the provider that has it. While the provider is busy the job is parked with
`arq.Retry`, and holds no slot. arq may run a job twice: no step pays twice.
"""

import time
from contextlib import suppress
from functools import partial
from secrets import token_hex
from typing import Any

import msgspec
import structlog
from arq.worker import Retry as Park
from arq.worker import RetryJob

from shared.domain.errors import StoreDown
from shared.domain.generation import CANCELED, CANCELED_WHY
from shared.domain.trace import trace_id
from shared.ops import metrics
from shared.store import feeds, steps
from shared.store.steps import Canceled, Fenced, Gone, Poll, ProviderDown, ProviderPaused, Step, Submit, Uncertain, Wait
from workers.adapters.contract import Done, Down, Pending, Rejected, Retry, Unknown
from workers.adapters.request_context import REQUEST_CONTEXT
from workers.calls import call_adapter
from workers.context import Completed, Failed, GenerationJob, Parked, Rerouted, StepResult, WorkerContext
from workers.engine import DEQUEUED
from workers.outputs import store_outputs
from workers.reference import find_reference
from workers.reroute import close_probed_breaker, leave_provider, postpone, reroute
from workers.settle import settle
from workers.text_stream import stream_text
from workers.timing import STORE_RETRY_S, STORE_WAIT_S, retry_while_store_down, run_within, stretched

FENCED_S = 5.0  # until an operator may have accepted the store
RETRY_S = 5.0  # after a failed poll, or a lost submit that may be repeated
BREAKER_OPEN = Down("its breaker is open")
TIMED_OUT = Failed(code="timeout", message="The provider did not finish in time.")
OUTCOME_UNKNOWN = Failed(code="outcome_unknown", message="The provider never said whether it took this.")

log = structlog.get_logger()


async def run(ctx: dict[str, Any], generation_id: str) -> None:
    """Run one step of a generation. Raises arq's Retry to be called again later."""
    context: WorkerContext = ctx["context"]
    token = token_hex(8)
    try:
        step = await start(context, generation_id, token)
        if isinstance(step, Wait):
            raise Park(defer=step.wait_ms / 1000)
        if isinstance(step, Fenced):
            raise Park(defer=FENCED_S)
        if not isinstance(step, Gone):
            call = context.call(generation_id, step.spec, step.deadline_ms)
            ctx[DEQUEUED] = await run_step(context, GenerationJob(id=generation_id, token=token, step=step, call=call))
    except StoreDown as error:
        # arq would end a job that raises anything but Retry, and only the sweeper would re-enqueue it.
        log.warning(
            "generation.store_unavailable", generation=generation_id, provider=context.provider, reason=str(error)
        )
        raise Park(defer=STORE_RETRY_S) from error


async def run_step(context: WorkerContext, job: GenerationJob) -> bool:
    """Call the provider and store its outputs; then settle, park, or leave the generation to another provider.

    Return whether the settlement has taken the job off the queue.
    """
    try:
        result = await call_provider(context, job)
        end = await store_outputs(context, job, result) if isinstance(result, Done) else result
        match end:
            case Completed() | Failed():
                return await settle(context, job, end)
            case Pending() as pending:
                await note_progress(context, job, pending)
                raise Park(defer=job.parked(pending.poll_after_s).after_s)
            case Parked(after_s=after_s):
                raise Park(defer=after_s)
            case Rerouted():
                return False
    except (Park, StoreDown):
        raise
    except Exception as error:
        # A bug of ours or of an adapter: retried at once, and dropped by the engine after max_tries.
        log.exception("generation.step_failed", generation=job.id, provider=context.provider)
        raise RetryJob from error


async def call_provider(context: WorkerContext, job: GenerationJob) -> StepResult:
    """Submit the work, poll it, or find out whether a submit was accepted."""
    match job.step:
        case Canceled():
            return Failed(code=CANCELED, message=CANCELED_WHY)
        case ProviderPaused(wait_ms=wait_ms):
            return await reroute(context, job, "held") or Parked(wait_ms / 1000)
        case Poll() as step:
            result = await poll(context, job, step)  # past the deadline too: a result in time needs no refund
            return TIMED_OUT if isinstance(result, Pending) and job.left_s <= 0 else result
        case Uncertain() as step:
            return OUTCOME_UNKNOWN if job.left_s <= 0 else await resolve(context, job, step)
        case ProviderDown():
            return TIMED_OUT if job.left_s <= 0 else await leave_provider(context, job, BREAKER_OPEN)
        case Submit() as step:
            return TIMED_OUT if job.left_s <= 0 else await submit(context, job, step)


async def start(context: WorkerContext, generation_id: str, token: str) -> Step | Wait | Fenced | Gone:
    """Fetch the next step from the store, which stores the intent if the step is a submit."""
    adapter = context.adapter
    return await retry_while_store_down(
        partial(
            steps.start,
            context.store,
            generation_id,
            provider=context.provider,
            repeatable=adapter.repeatable,
            submit_limit_s=adapter.submit_limit_s,
            token=token,
        )
    )


async def submit(context: WorkerContext, job: GenerationJob, step: Submit) -> StepResult:
    """Submit the work, once, and store the provider's reference before anything else."""
    adapter, began_s = context.adapter, time.monotonic()
    try:
        streamed = job.spec.streamed and adapter.streams
        work = stream_text(context, job) if streamed else adapter.submit(job.call)
        work = run_within(adapter.submit_limit_s, work)
        answer = await call_adapter(context, "submit", job.call, work)
    except Rejected as rejection:
        await close_probed_breaker(context, job, step)
        return Failed.rejected(rejection)
    except Retry as busy:
        return await postpone(context, job, step, busy)
    except Down as down:
        return await leave_provider(context, job, down)
    except (Unknown, TimeoutError) as lost:
        return await lose_answer(context, job, lost)
    except Exception as error:
        if adapter.repeatable:
            raise  # the engine counts the crash, and runs the job again
        log.exception("provider.submit_crashed", generation=job.id, provider=context.provider)
        return await lose_answer(context, job, error)
    took_s = time.monotonic() - began_s
    if isinstance(answer, Pending):
        answer = await store_reference(context, job, stretched(answer, step.callback_percent))
    await close_probed_breaker(context, job, step)
    await store_notices(context, job)
    log_submitted(context, job, took_s)
    return answer


def log_submitted(context: WorkerContext, job: GenerationJob, took_s: float) -> None:
    """Log a submit that the provider accepted."""
    log.info(
        "generation.submitted",
        generation=job.id,
        account=job.step.account,
        provider=context.provider,
        kind=job.spec.kind,
        took_ms=round(took_s * 1000, 1),
        waited_ms=job.step.started_ms - job.step.created_ms,
        trace=trace_id(job.spec.trace, job.id),
    )


async def store_notices(context: WorkerContext, job: GenerationJob) -> None:
    """Store the notices of the submit for the owner. They are not worth an answer that the provider gave already."""
    if notices := REQUEST_CONTEXT.get().notices:
        with suppress(StoreDown):
            await steps.store_notices(context.store, job.id, notices)


async def note_progress(context: WorkerContext, job: GenerationJob, pending: Pending) -> None:
    """Note the progress that the provider reports for readers of events. Nothing depends on it."""
    if pending.progress is not None and job.step.watched:
        with suppress(StoreDown):
            await feeds.note_progress(context.store, job.id, pending.progress)


async def store_reference(context: WorkerContext, job: GenerationJob, pending: Pending) -> Pending:
    """Store the provider's reference. Return `pending`, due at once if a callback has come already."""
    called = await steps.store_reference(
        context.store, job.id, pending.ref, provider=context.provider, patience_s=max(job.left_s, STORE_WAIT_S)
    )
    return msgspec.structs.replace(pending, poll_after_s=0) if called else pending


async def lose_answer(context: WorkerContext, job: GenerationJob, error: Exception) -> Parked | Pending:
    """Record that a submit's outcome is unknown, and try to find it out."""
    metrics.of(metrics.UNCERTAIN, context.provider).inc()
    reason = context.describe(error)
    log.warning("generation.uncertain", generation=job.id, provider=context.provider, reason=reason)
    return job.parked(RETRY_S) if context.adapter.repeatable else await mark_uncertain(context, job)


async def mark_uncertain(context: WorkerContext, job: GenerationJob) -> Parked | Pending:
    """Mark a submit whose answer was lost as uncertain, and try to find its reference at once."""
    begin = partial(steps.start, context.store, job.id, provider=context.provider, repeatable=False, submit_limit_s=0)
    step = await retry_while_store_down(partial(begin, token=token_hex(8)))
    # Any other step means that another worker, or the end of the generation, came first.
    return await resolve(context, job, step) if isinstance(step, Uncertain) else job.parked(0)


async def resolve(context: WorkerContext, job: GenerationJob, step: Uncertain) -> Parked | Pending:
    """Find the reference of an uncertain submit, which is never sent again, and store it."""
    ref = await find_reference(context, job.call, step.callback)
    if ref is None:
        return job.parked(RETRY_S)  # a callback, or the worker that sent the submit, may still supply it
    return await store_reference(context, job, Pending(ref, 0))


async def poll(context: WorkerContext, job: GenerationJob, step: Poll) -> Pending | Done | Failed:
    """Poll the provider, after a request to stop if the owner canceled. Only a rejection ends the generation."""
    adapter, provider = context.adapter, context.provider
    try:
        if step.cancel:
            await call_adapter(context, "cancel", job.call, adapter.cancel(job.call, step.ref))
            await steps.clear_cancel(context.store, job.id)
        answer = await call_adapter(context, "check", job.call, adapter.poll(job.call, step.ref))
    except Rejected as rejection:
        return Failed.rejected(rejection)
    except Exception as error:  # a failed poll says nothing about the work (rule 5)
        log.warning("provider.poll_failed", generation=job.id, provider=provider, error=context.describe(error))
        return Pending(step.ref, RETRY_S)
    return stretched(answer, step.callback_percent) if isinstance(answer, Pending) else answer
