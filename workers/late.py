"""Poll after a refund: a provider may still finish the work. The user gets the result for nothing."""

from secrets import token_hex
from typing import Any

import structlog
from arq.worker import Retry as Park

from shared.domain.errors import StoreDown
from shared.domain.generation import Generation
from shared.ops import clock
from shared.store import generations, steps
from workers.adapters.contract import Call, Done, Rejected
from workers.calls import call_adapter
from workers.context import LATE_PREFIX, WorkerContext
from workers.media.errors import OutputError
from workers.outputs import copy_result, outcome_of
from workers.reference import find_reference
from workers.settle import attach_late_result
from workers.timing import LATE_FIRST_S, LATE_LAST_S, STORE_RETRY_S, STORE_WAIT_S

log = structlog.get_logger()


async def poll_late(ctx: dict[str, Any], job_id: str) -> None:
    """Poll a failed generation once; the sweeper enqueues the next poll. Raises arq's Retry while the store is down."""
    context: WorkerContext = ctx["context"]
    generation_id = job_id.removeprefix(LATE_PREFIX)
    try:
        await follow_up(context, generation_id)
    except StoreDown as error:
        log.warning(
            "generation.store_unavailable", generation=generation_id, provider=context.provider, reason=str(error)
        )
        raise Park(defer=STORE_RETRY_S) from error


async def follow_up(context: WorkerContext, generation_id: str) -> None:
    """Poll, and attach the result or schedule the next poll. Raises StoreDown."""
    generation = await generations.view(context.store, "", generation_id)
    if generation is None or generation.late is not None:
        await schedule_poll(context, generation_id, None)
        return
    call = context.call(generation_id, generation.spec, generation.deadline_ms)
    ref = generation.ref or await find_and_store_reference(context, call, generation.callback or b"")
    done, final = (None, False) if ref is None else await poll(context, call, ref)
    if done is None:
        await schedule_poll(context, generation_id, None if final else next_poll_s(generation))
        return
    try:
        token, now_ms = token_hex(16), clock.now_ms()
        outputs = await copy_result(context, generation.spec.kind, done, token=token, now_ms=now_ms)
    except OutputError as error:
        log.warning("generation.late_copy_failed", generation=generation_id, error=context.describe(error))
        await schedule_poll(context, generation_id, next_poll_s(generation))
        return
    await attach_late_result(context, generation_id, outcome_of(context, generation.spec, done, outputs))


async def schedule_poll(context: WorkerContext, generation_id: str, after_s: float | None) -> None:
    """Schedule the next late poll; None: there is none."""
    await steps.store_late_result(context.store, generation_id, outcome=None, next_poll_s=after_s)


async def find_and_store_reference(context: WorkerContext, call: Call, callback: bytes) -> str | None:
    """Find and store the reference of a submit that was refunded while uncertain. Return None if it is unknown."""
    ref = await find_reference(context, call, callback)
    if ref is not None:
        await steps.store_reference(
            context.store, call.generation_id, ref, provider=context.provider, patience_s=STORE_WAIT_S
        )
    return ref


async def poll(context: WorkerContext, call: Call, ref: str) -> tuple[Done | None, bool]:
    """Return the result, None if there is none, and whether no further poll can change that."""
    try:
        answer = await call_adapter(context, "check", call, context.adapter.poll(call, ref))
    except Rejected:
        return None, True
    except Exception as error:  # a failed poll says nothing about the work (rule 5)
        reason = context.describe(error)
        log.warning("provider.poll_failed", generation=call.generation_id, provider=context.provider, error=reason)
        return None, False
    return (answer, True) if isinstance(answer, Done) else (None, False)


def next_poll_s(generation: Generation) -> float | None:
    """Return the seconds to the next late poll: as many as have passed since the end. None after LATE_LAST_S."""
    since_s = clock.now_s() - (generation.closed_ms or 0) / 1000
    return max(since_s, LATE_FIRST_S) if since_s < LATE_LAST_S else None
