"""Verb 3 from a worker's side: copy what was made, settle once, say so once."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from secrets import token_hex

import structlog
from msgspec import structs

from shared.domain.generation import COMPLETED, FAILED, EndState, Generation, Outcome, Output, Spec
from shared.ops import metrics, settled
from shared.ops.storage import StorageError
from shared.store import generations, ledger
from workers.adapters.contract import Done, Rejected
from workers.context import Desk, Job, park
from workers.outputs import BadOutput, CopyFailed, Kept, NotStored, keep, linked
from workers.timing import PATIENCE_S, insist

AGAIN_S, AGAIN_S_MAX = 5.0, 60.0  # until a copy that failed is tried again
LAST_TRY_S = 5.0  # before the deadline: then the sweeper ends it
LATE_PREFIX = "late:"
LATE_CODES = ("timeout", "copy_failed", "internal_error")  # what a provider may still finish
NOT_SUBMITTED = ("down", "canceled")  # steps at whose end no provider was asked
LATE_FIRST_S, LATE_LAST_S = 60.0, 86_400.0  # looks at them: the first, and none after this long

log = structlog.get_logger()


async def complete(desk: Desk, job: Job, done: Done) -> None:
    """Copy the outputs to our storage and settle at full cost."""
    try:
        kept = await copy(desk, job, done)
    except BadOutput as bad:
        await fail(desk, job, "bad_output", f"The provider's answer could not be used: {bad}", made=done)
    except Rejected as lost:
        # What can be looked at again is booked when a late look brings it after all.
        await fail(desk, job, lost.code, lost.message, made=None if job.step.word == "check" else done)
    else:
        await close(desk, job, COMPLETED, job.step.reserved, outcome_of(desk, job.spec, done, kept))


def outcome_of(desk: Desk, spec: Spec, done: Done, kept: Sequence[Kept]) -> Outcome:
    """A result as it is recorded, with what it costs us as the provider and as the catalogue say."""
    outputs = tuple(
        Output(k.place, k.media_type, k.size_bytes, k.width, k.height, k.sha256, k.expires_ms) for k in kept
    )
    outcome = Outcome(desk.provider, outputs, done.text, done.facts)
    return priced(outcome, desk.costs.get((spec.model, spec.target)), done.cost_micros)


def priced(outcome: Outcome, expected_micros: int | None, cost_micros: int | None) -> Outcome:
    """The outcome with what its work costs us: as we expect, and as the provider says."""
    return structs.replace(outcome, expected_micros=expected_micros, cost_micros=cost_micros)


async def copy(desk: Desk, job: Job, done: Done) -> tuple[Kept, ...]:
    """The outputs in our storage, tried until the deadline: a failed copy never causes a second generation.

    An answer to a check can be asked for again, so that waits parked; an answer to a submit exists only here.
    """
    token, began_ms = token_hex(16), time.time_ns() // 1_000_000  # once: a second try overwrites the first's files
    while True:
        began_s = time.monotonic()
        try:
            kept = await kept_of(desk, job.spec.kind, done, token=token, now_ms=began_ms)
            metrics.of(metrics.COPY_SECONDS, desk.provider).observe(time.monotonic() - began_s)
            metrics.of(metrics.COPIED_BYTES, desk.provider).inc(sum(output.size_bytes for output in kept))
            return kept
        except (CopyFailed, StorageError) as error:
            log.warning("generation.copy_failed", generation=job.id, error=repr(error))
            now_ms = time.time_ns() // 1_000_000
            since_ms = await insist(partial(generations.done_ms, desk.store, job.id, now_ms))
            pause_s = min(max(AGAIN_S, (now_ms - since_ms) / 4000), AGAIN_S_MAX)  # rarer, the longer it has been there
            left = left_there(desk, job, done, error, pause_s=pause_s, since_ms=since_ms)
            if left:
                return left
        if job.step.word == "check":
            park(job, pause_s)
        await asyncio.sleep(min(pause_s, max(job.left_s, 0)))


async def kept_of(desk: Desk, kind: str, done: Done, *, token: str, now_ms: int) -> tuple[Kept, ...]:
    """One try. Raises BadOutput, CopyFailed."""
    expires_ms = now_ms + int(desk.adapter.keeps_s * 1000)
    return await keep(
        desk.storage, desk.egress.get, done.outputs, kind=kind, token=token, now_ms=now_ms, expires_ms=expires_ms
    )


def left_there(
    desk: Desk, job: Job, done: Done, error: Exception, *, pause_s: float, since_ms: int
) -> tuple[Kept, ...]:
    """Where the provider has it, if our storage has refused it to the last; () to try again. Raises Rejected."""
    expires_ms = since_ms + int(desk.adapter.keeps_s * 1000)
    there = linked(done.outputs, job.spec.kind, expires_ms) if isinstance(error, NotStored) else ()
    if there and job.left_s <= pause_s + LAST_TRY_S:
        log.error("generation.outputs_not_stored", generation=job.id, provider=desk.provider, error=repr(error))
        return there
    if job.left_s <= 0:
        raise Rejected("copy_failed", "The result could not be stored in time. You were refunded.") from error
    return ()


def paid(outcome: Outcome) -> int:
    """What the provider gets for it, micro-USD, as far as that is known."""
    return (outcome.expected_micros if outcome.cost_micros is None else outcome.cost_micros) or 0


async def attach(desk: Desk, generation_id: str, outcome: Outcome) -> None:
    """A result that came after the refund, if that is what happened: the user's for nothing, ours to pay."""
    if await generations.looked(desk.store, generation_id, outcome=outcome, again_s=None):
        metrics.of(metrics.LATE, desk.provider).inc()
        metrics.of(metrics.PAID_USD, desk.provider).inc(metrics.usd(paid(outcome)))
        log.warning("generation.late_result", generation=generation_id, cost_micros=outcome.cost_micros)


async def fail(
    desk: Desk,
    job: Job,
    code: str,
    message: str,
    *,
    unsubmitted_only: bool = False,
    made: Done | None = None,
    cost_micros: int | None = None,
) -> None:
    """Settle at no cost: the whole reservation goes back. With `unsubmitted_only`, not if a provider may have it.

    The provider is paid all the same for what it `made` and we could not use, and where it says so for a refusal.
    """
    outcome = Outcome(desk.provider, error_code=code, error=message)
    if made is not None:
        outcome = priced(outcome, desk.costs.get((job.spec.model, job.spec.target)), made.cost_micros)
    elif cost_micros:
        outcome = priced(outcome, 0, cost_micros)
    await close(desk, job, FAILED, 0, outcome, unsubmitted_only=unsubmitted_only)


async def dropped(desk: Desk, job_id: str) -> None:
    """The engine gave a job up: its steps crashed too often. Rule 4: it ends, and the user is refunded."""
    outcome = Outcome(desk.provider, error_code="internal_error", error="This failed on our side. You were refunded.")
    generation_id = job_id.removeprefix(LATE_PREFIX)
    word, _ = await ledger.settle(
        desk.store,
        generation_id,
        FAILED,
        cost_micros=0,
        outcome=outcome,
        keep_ms=desk.record_keep_ms,
        late_s=LATE_FIRST_S,
        patience_s=PATIENCE_S,
    )
    if word == "settled":
        await settled.tell(desk.store, generation_id)


async def close(
    desk: Desk, job: Job, state: EndState, cost_micros: int, outcome: Outcome, *, unsubmitted_only: bool = False
) -> None:
    """Settle, and say so once."""
    word, refund = await ledger.settle(
        desk.store,
        job.id,
        state,
        cost_micros=cost_micros,
        outcome=outcome,
        unsubmitted_only=unsubmitted_only,
        keep_ms=desk.record_keep_ms,
        late_s=LATE_FIRST_S if outcome.error_code in LATE_CODES else None,
        kind=job.spec.kind,
        patience_s=max(job.left_s, PATIENCE_S),
    )
    if word == "already" and state == COMPLETED:
        await attach(desk, job.id, outcome)
    if word == "settled":
        step = job.step
        metrics.of(metrics.GENERATION_SUBMITS, desk.provider).observe(step.refusals + (step.word not in NOT_SUBMITTED))
        metrics.of(metrics.PAID_USD, desk.provider).inc(metrics.usd(paid(outcome)))
        settled.note(
            Generation(
                id=job.id,
                account=step.account,
                provider=desk.provider,
                state=state,
                reserved=step.reserved,
                created_ms=step.created_ms,
                deadline_ms=step.deadline_ms,
                spec=job.spec,
                started_ms=step.started_ms or None,
                closed_ms=time.time_ns() // 1_000_000,
                cost=step.reserved - refund,
                outcome=outcome,
            )
        )
