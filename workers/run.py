"""Verb 2, run: from a claimed job to a settled generation, one step at a time.

A step submits the work, or looks at what was submitted, and parks with `arq.Retry` while the provider is busy with it;
a parked generation holds no slot. arq may run a job twice: no step pays twice.
"""

import time
from functools import partial
from secrets import token_hex
from typing import Any

import msgspec
import structlog
from arq.worker import Retry as Park
from arq.worker import RetryJob

from shared.domain.callback_token import token as callback_token
from shared.domain.errors import StoreDown
from shared.domain.generation import CANCELED, CANCELED_WHY, Spec
from shared.domain.trace import trace_id, traceparent
from shared.ops import metrics
from shared.store import generations
from workers.adapters.contract import Call, Callback, Done, Down, Pending, Rejected, Retry, Unknown
from workers.context import Desk, Job, park
from workers.reroute import moved, out_of_order, put_off, serves
from workers.settle import complete, fail
from workers.telemetry import measure_call
from workers.timing import PATIENCE_S, insist, relaxed, within

AWAY_S = 1.0  # until a step that the store's absence cut short is tried again
AGAIN_S = 5.0  # after a look that failed, or a lost submit that may be sent again

log = structlog.get_logger()


async def run(ctx: dict[str, Any], generation_id: str) -> None:
    """One step of a generation. Raises arq's Retry to be called again later."""
    desk: Desk = ctx["desk"]
    try:
        job = await take(desk, generation_id)
        if job is not None:
            await proceed(desk, job)
    except StoreDown as away:
        # Not the job's failure: arq would end a job that raises anything but Retry, and only the sweeper find it again.
        log.warning("generation.store_unavailable", generation=generation_id, provider=desk.provider, reason=str(away))
        raise Park(defer=AWAY_S) from away


async def proceed(desk: Desk, job: Job) -> None:
    """What the store said is next, and what follows from its outcome."""
    try:
        answer = await advance(desk, job)
        if isinstance(answer, Pending):
            park(job, answer.poll_after_s)
        else:
            await complete(desk, job, answer)
    except (Park, StoreDown):
        raise
    except Rejected as rejection:
        await fail(desk, job, rejection.code, rejection.message, cost_micros=rejection.cost_micros)
    except Retry as retry:
        await put_off(desk, job, retry)
    except Down as down:
        await out_of_order(desk, job, str(down))
    except Exception as error:
        # A bug of ours or of an adapter: tried again at once, and dropped by the engine after max_tries.
        log.exception("generation.step_failed", generation=job.id, provider=desk.provider)
        raise RetryJob from error


async def take(desk: Desk, generation_id: str) -> Job | None:
    """Ask the store for the next step; None if there is none left to do. An intent to submit is stored by this."""
    token = token_hex(8)
    begin = partial(
        generations.start,
        desk.store,
        generation_id,
        provider=desk.provider,
        repeatable=desk.adapter.repeatable,
        submit_limit_s=desk.adapter.submit_limit_s,
        token=token,
    )
    step = await insist(begin)
    job = None
    if step.spec is not None:
        call = call_of(desk, generation_id, step.spec, step.deadline_ms)
        job = Job(id=generation_id, token=token, spec=step.spec, step=step, call=call)
    if step.word != "wait":
        return job
    if job is not None and await moved(desk, job, "held"):
        return None
    raise Park(defer=step.wait_ms / 1000)


def call_of(desk: Desk, generation_id: str, spec: Spec, deadline_ms: int) -> Call:
    """A generation as its adapter sees it."""
    url = desk.callbacks_url
    return Call(
        generation_id=generation_id,
        kind=spec.kind,
        model=spec.target,
        prompt=spec.prompt,
        input=spec.input,
        deadline_ms=deadline_ms,
        traceparent=traceparent(spec.trace, generation_id),
        callback_url=f"{url}/{callback_token(desk.secret, generation_id)}" if url else None,
    )


async def advance(desk: Desk, job: Job) -> Pending | Done:
    """Submit or check. Parks what is neither done nor refused; raises Rejected or Down."""
    if job.step.word == "canceled":
        raise Rejected(CANCELED, CANCELED_WHY)
    if job.step.word == "check":
        answer = await check(desk, job)  # past the deadline too: what is done by then need not be given back
        if isinstance(answer, Done) or job.left_s > 0:
            return answer
    if job.left_s <= 0:
        raise overdue(job)
    if job.step.word == "submit":
        return await submit(desk, job)
    if job.step.word == "down":
        raise Down("its breaker is open")
    return await resolve(desk, job)


async def submit(desk: Desk, job: Job) -> Pending | Done:
    """Hand the work to the provider, once, and store its reference before anything else."""
    asked = within(desk.adapter.submit_limit_s, desk.adapter.submit(job.call))
    began_s = time.monotonic()
    try:
        answer = await measure_call(desk.provider, "submit", job.call, asked)
    except Rejected:
        await serves(desk, job)
        raise
    except (Unknown, TimeoutError) as lost:
        metrics.of(metrics.UNCERTAIN, desk.provider).inc()
        log.warning("generation.uncertain", generation=job.id, provider=desk.provider, reason=repr(lost))
        if desk.adapter.repeatable:
            park(job, AGAIN_S)
        return await doubted(desk, job)
    took_s = time.monotonic() - began_s
    if isinstance(answer, Pending):
        answer = await submitted(desk, job, relaxed(answer, job.step.calls_percent))
    await serves(desk, job)
    tell(desk, job, took_s)
    return answer


def tell(desk: Desk, job: Job, took_s: float) -> None:
    """One log line for a submit that the provider took."""
    log.info(
        "generation.submitted",
        generation=job.id,
        account=job.step.account,
        provider=desk.provider,
        kind=job.spec.kind,
        took_ms=round(took_s * 1000, 1),
        waited_ms=job.step.started_ms - job.step.created_ms,
        trace=trace_id(job.spec.trace, job.id),
    )


async def submitted(desk: Desk, job: Job, pending: Pending) -> Pending:
    """Store the reference; a callback that came before it means that it is worth looking at once."""
    called = await generations.submitted(
        desk.store, job.id, pending.ref, provider=desk.provider, patience_s=max(job.left_s, PATIENCE_S)
    )
    return msgspec.structs.replace(pending, poll_after_s=0) if called else pending


async def doubted(desk: Desk, job: Job) -> Pending | Done:
    """Nobody will hear the answer to this submit any more: it is uncertain from now on, and looked for at once."""
    ask = partial(generations.start, desk.store, job.id, provider=desk.provider, repeatable=False, submit_limit_s=0)
    step = await insist(partial(ask, token=token_hex(8)))
    if step.word != "uncertain":
        park(job, 0)  # another worker, or its end, was faster
    return await resolve(desk, msgspec.structs.replace(job, step=step))


async def resolve(desk: Desk, job: Job) -> Pending | Done:
    """An uncertain submit: its reference may be in a callback, or the provider may know it. Never submitted again."""
    ref = await reference(desk, job.call, job.step.callback)
    if ref is None:
        park(job, AGAIN_S)  # a callback, or a worker that was paused in its submit, may still bring word
    return await submitted(desk, job, Pending(ref, 0))


async def reference(desk: Desk, call: Call, callback: bytes) -> str | None:
    """What the provider has the work under, if what it sent tells, or the provider itself."""
    try:
        told = desk.adapter.callback(msgspec.msgpack.decode(callback, type=Callback)) if callback else None
    except Exception as error:  # anybody who knows its address may send anything
        log.warning("provider.callback_unreadable", generation=call.generation_id, error=repr(error))
        told = None
    if told is not None:
        return told
    try:
        return await measure_call(desk.provider, "find", call, desk.adapter.find(call))
    except Exception as error:  # a failed look says nothing about the work (rule 5)
        log.warning("provider.find_failed", generation=call.generation_id, provider=desk.provider, error=repr(error))
        return None


async def check(desk: Desk, job: Job) -> Pending | Done:
    """Look at the submitted work, after passing its owner's wish to stop on. Only a refusal is not "look again"."""
    try:
        if job.step.cancel:
            await measure_call(desk.provider, "cancel", job.call, desk.adapter.cancel(job.call, job.step.ref))
            await generations.cancel_sent(desk.store, job.id)
        answer = await measure_call(desk.provider, "check", job.call, desk.adapter.poll(job.call, job.step.ref))
        return relaxed(answer, job.step.calls_percent) if isinstance(answer, Pending) else answer
    except Rejected:
        raise
    except Exception as error:  # a failed look says nothing about the work (rule 5)
        log.warning("provider.poll_failed", generation=job.id, provider=desk.provider, error=repr(error))
        return Pending(job.step.ref, AGAIN_S)


def overdue(job: Job) -> Rejected:
    """What a generation past its deadline fails with."""
    if job.step.word == "uncertain":
        return Rejected("outcome_unknown", "The provider never said whether it took this. You were refunded.")
    return Rejected("timeout", "The provider did not finish in time. You were refunded.")
