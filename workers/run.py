"""Verb 2, run: from a claimed job to a settled generation, one step at a time.

A step submits the work, or looks at what was submitted, and parks with `arq.Retry` while the provider is busy with it;
a parked generation holds no slot. arq may run a job twice: no step pays twice.
"""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from secrets import token_hex
from typing import Any, NoReturn

import structlog
from arq.worker import Retry as Park
from arq.worker import RetryJob
from msgspec import Struct

from shared.domain.errors import StoreDown
from shared.domain.generation import COMPLETED, FAILED, Outcome, Output, Spec
from shared.ops import metrics
from shared.ops.storage import Storage, StorageError
from shared.store import generations, ledger, providers
from shared.store.connect import Store
from shared.store.generations import Step
from workers.artefacts import BadOutput, CopyFailed, Kept, keep
from workers.egress import Egress
from workers.patience import PATIENCE_S, insist
from workers.providers.contract import Adapter, Call, Done, Down, Pending, Rejected, Retry, Unknown
from workers.stall import within

REFUSALS_MAX = 20  # submits that a provider may put off before the generation fails
AWAY_S = 1.0  # until a step that the store's absence cut short is tried again
AGAIN_S = 5.0  # after a check that failed, or storage that did not take the outputs
PARK_MIN_S = 0.01
REASON_CHARS_MAX = 200
OUT_OF_ORDER = "The provider cannot serve this at the moment. You were refunded."
LATE_PREFIX = "late:"
LATE_CODES = ("timeout", "copy_failed", "internal_error")  # what a provider may still finish
LATE_FIRST_S, LATE_LAST_S = 60.0, 86_400.0  # looks at them: the first, and none after this long

log = structlog.get_logger()


class Desk(Struct, frozen=True, kw_only=True):
    """What a worker process works with."""

    provider: str
    store: Store
    record_keep_ms: int = ledger.RECORD_KEEP_MS
    adapter: Adapter
    storage: Storage
    egress: Egress


class Job(Struct, frozen=True, kw_only=True):
    """One generation in hand."""

    id: str
    token: str  # of this run, so that an intent can be told from an earlier worker's
    step: Step
    call: Call

    @property
    def left_s(self) -> float:
        """Seconds until the deadline."""
        return self.call.deadline_ms / 1000 - time.time()


async def run(ctx: dict[str, Any], generation_id: str) -> None:
    """One step of a generation. Raises arq's Retry to be called again later."""
    desk: Desk = ctx["desk"]
    try:
        job = await take(desk, generation_id)
        if job is not None:
            await proceed(desk, job)
    except StoreDown as away:
        # Not the job's failure: arq would end a job that raises anything but Retry, and only the sweeper find it again.
        log.warning("generation.store_away", generation=generation_id, provider=desk.provider, reason=str(away))
        raise Park(defer=AWAY_S) from away


async def proceed(desk: Desk, job: Job) -> None:
    """What the store said is next, and what follows from its outcome."""
    try:
        answer = await advance(desk, job)
        if isinstance(answer, Pending):
            park(job, answer.check_after_s)
        else:
            await complete(desk, job, answer)
    except (Park, StoreDown):
        raise
    except Rejected as rejection:
        await fail(desk, job, rejection.code, rejection.message)
    except Down as down:
        await out_of_order(desk, job, down)
    except Exception as error:
        # A bug of ours or of an adapter: tried again at once, and dropped by the engine after max_tries.
        log.exception("generation.step_failed", generation=job.id, provider=desk.provider)
        raise RetryJob from error


async def dropped(desk: Desk, generation_id: str) -> None:
    """The engine gave a job up: its steps crashed too often. Rule 4: it ends, and the user is refunded."""
    outcome = Outcome(desk.provider, error_code="internal_error", error="This failed on our side. You were refunded.")
    await ledger.settle(
        desk.store,
        generation_id.removeprefix(LATE_PREFIX),
        FAILED,
        cost_micros=0,
        outcome=outcome,
        keep_ms=desk.record_keep_ms,
        late_s=LATE_FIRST_S,
        patience_s=PATIENCE_S,
    )


async def take(desk: Desk, generation_id: str) -> Job | None:
    """Ask the store for the next step; None if there is none left to do. An intent to submit is stored by this."""
    token = token_hex(8)
    begin = partial(
        generations.start,
        desk.store,
        generation_id,
        repeatable=desk.adapter.repeatable,
        submit_limit_s=desk.adapter.submit_limit_s,
        token=token,
    )
    step = await insist(begin)
    if step.word == "wait":
        raise Park(defer=step.wait_ms / 1000)
    if step.word == "down":
        outcome = Outcome(desk.provider, error_code="upstream_error", error=OUT_OF_ORDER)
        await ledger.settle(
            desk.store, generation_id, FAILED, cost_micros=0, outcome=outcome, keep_ms=desk.record_keep_ms
        )
    if step.spec is None:
        return None
    return Job(id=generation_id, token=token, step=step, call=call_of(generation_id, step.spec, step.deadline_ms))


def call_of(generation_id: str, spec: Spec, deadline_ms: int) -> Call:
    """A generation as its adapter sees it."""
    return Call(
        generation_id=generation_id,
        kind=spec.kind,
        model=spec.target,
        prompt=spec.prompt,
        input=spec.input,
        deadline_ms=deadline_ms,
    )


async def advance(desk: Desk, job: Job) -> Pending | Done:
    """Submit or check. Parks what is neither done nor refused; raises Rejected or Down."""
    if job.step.word == "check":
        answer = await check(desk, job)  # past the deadline too: what is done by then need not be given back
        if isinstance(answer, Done) or job.left_s > 0:
            return answer
    if job.left_s <= 0:
        raise overdue(job)
    if job.step.word == "submit":
        return await submit(desk, job)
    park(job, AGAIN_S)  # uncertain: a callback, or a worker that was paused in its submit, may still bring word


async def submit(desk: Desk, job: Job) -> Pending | Done:
    """Hand the work to the provider, once, and store its reference before anything else."""
    started_s = time.monotonic()
    try:
        answer = await within(desk.adapter.submit_limit_s, desk.adapter.submit(job.call))
    except Retry as retry:
        await put_off(desk, job, retry)
    except Rejected:
        await serves(desk, job)
        raise
    except (Unknown, TimeoutError) as lost:
        metrics.UNCERTAIN.labels(desk.provider).inc()
        log.warning("generation.uncertain", generation=job.id, provider=desk.provider, reason=repr(lost))
        park(job, desk.adapter.submit_limit_s)
    finally:
        metrics.SUBMIT_SECONDS.labels(desk.provider).observe(time.monotonic() - started_s)
    if isinstance(answer, Pending):
        await generations.submitted(desk.store, job.id, answer.ref, patience_s=max(job.left_s, PATIENCE_S))
    await serves(desk, job)
    return answer


async def serves(desk: Desk, job: Job) -> None:
    """The provider answered the first submit after an outage, be it with a no: the others need not wait any more."""
    if job.step.probe:
        await providers.up(desk.store, desk.provider)


async def check(desk: Desk, job: Job) -> Pending | Done:
    """Look at the submitted work, after passing its owner's wish to stop on. Only a refusal is not "look again"."""
    try:
        if job.step.cancel:
            await desk.adapter.cancel(job.call, job.step.ref)
            await generations.cancel_sent(desk.store, job.id)
        return await desk.adapter.check(job.call, job.step.ref)
    except Rejected:
        raise
    except Exception as error:  # a failed look says nothing about the work (rule 5)
        log.warning("provider.check_failed", generation=job.id, provider=desk.provider, error=repr(error))
        return Pending(job.step.ref, AGAIN_S)


async def put_off(desk: Desk, job: Job, retry: Retry) -> None:
    """The provider did not accept it now: come back, a bounded number of times."""
    refusals = await insist(partial(generations.withdraw, desk.store, job.id, job.token, pause_s=retry.after_s))
    await serves(desk, job)
    if refusals > REFUSALS_MAX:
        raise Rejected("provider_busy", "The provider was too busy to take this.") from retry
    park(job, retry.after_s)


async def out_of_order(desk: Desk, job: Job, down: Down) -> None:
    """Nothing was accepted: leave the provider alone for a while and give the money back."""
    log.warning("provider.down", provider=desk.provider, generation=job.id, reason=str(down))
    await insist(partial(generations.withdraw, desk.store, job.id, job.token))
    await providers.down(desk.store, desk.provider, str(down)[:REASON_CHARS_MAX])
    await fail(desk, job, "upstream_error", OUT_OF_ORDER)


def park(job: Job, after_s: float) -> NoReturn:
    """Come back after `after_s` seconds, or at the deadline if that is sooner."""
    raise Park(defer=max(min(after_s, job.left_s), PARK_MIN_S))


def overdue(job: Job) -> Rejected:
    """What a generation past its deadline fails with."""
    if job.step.word == "uncertain":
        return Rejected("outcome_unknown", "The provider never said whether it took this. You were refunded.")
    return Rejected("timeout", "The provider did not finish in time. You were refunded.")


async def complete(desk: Desk, job: Job, done: Done) -> None:
    """Copy the outputs to our storage and settle at full cost."""
    try:
        kept = await copy(desk, job, done)
    except BadOutput as bad:
        await fail(desk, job, "bad_output", f"The provider's answer could not be used: {bad}")
        return
    await close(desk, job, COMPLETED, job.step.reserved, outcome_of(desk, done, kept))


def outcome_of(desk: Desk, done: Done, kept: Sequence[Kept]) -> Outcome:
    """A result as it is recorded."""
    outputs = tuple(Output(k.path, k.media_type, k.size_bytes, k.width, k.height) for k in kept)
    return Outcome(desk.provider, outputs, done.text, done.facts, cost_micros=done.cost_micros)


async def copy(desk: Desk, job: Job, done: Done) -> tuple[Kept, ...]:
    """The outputs in our storage, tried until the deadline: a failed copy never causes a second generation.

    An answer to a check can be asked for again, so that waits parked; an answer to a submit exists only here.
    """
    token, now_ms = token_hex(16), time.time_ns() // 1_000_000  # once: a second try overwrites the first's files
    while True:
        try:
            return await keep(desk.storage, desk.egress.get, done.outputs, token=token, now_ms=now_ms, base_url="")
        except (CopyFailed, StorageError) as error:
            log.warning("generation.copy_failed", generation=job.id, error=repr(error))
            if job.left_s <= 0:
                raise Rejected("copy_failed", "The result could not be stored in time. You were refunded.") from error
        if job.step.word == "check":
            park(job, AGAIN_S)
        await asyncio.sleep(AGAIN_S)


async def fail(desk: Desk, job: Job, code: str, message: str) -> None:
    """Settle at no cost: the whole reservation goes back."""
    await close(desk, job, FAILED, 0, Outcome(desk.provider, error_code=code, error=message))


async def close(desk: Desk, job: Job, state: str, cost_micros: int, outcome: Outcome) -> None:
    """Settle, and say so once."""
    word, refund = await ledger.settle(
        desk.store,
        job.id,
        state,
        cost_micros=cost_micros,
        outcome=outcome,
        keep_ms=desk.record_keep_ms,
        late_s=LATE_FIRST_S if outcome.error_code in LATE_CODES else None,
        patience_s=max(job.left_s, PATIENCE_S),
    )
    if word == "settled":
        took_ms = time.time_ns() // 1_000_000 - job.step.created_ms
        metrics.SETTLED.labels(desk.provider, state).inc()
        log.info(
            "generation.settled",
            generation=job.id,
            provider=desk.provider,
            state=state,
            took_ms=took_ms,
            refund_micros=refund,
            code=outcome.error_code,
        )
