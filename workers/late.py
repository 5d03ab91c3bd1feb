"""After a refund a provider may finish what we gave up: the user gets it for nothing, the operator the count."""

import time
from secrets import token_hex
from typing import Any

import structlog
from arq.worker import Retry as Park

from shared.domain.errors import StoreDown
from shared.domain.generation import Generation
from shared.ops.storage import StorageError
from shared.store import generations
from workers.adapters.contract import Call, Done, Rejected
from workers.context import Desk
from workers.outputs import OutputError
from workers.run import AWAY_S, call_of, reference
from workers.settle import LATE_FIRST_S, LATE_LAST_S, LATE_PREFIX, attach, kept_of, outcome_of
from workers.telemetry import measure_call
from workers.timing import PATIENCE_S

log = structlog.get_logger()


async def late(ctx: dict[str, Any], job_id: str) -> None:
    """One look at a failed generation that its provider has; the sweeper calls for the next. Raises arq's Retry."""
    desk: Desk = ctx["desk"]
    generation_id = job_id.removeprefix(LATE_PREFIX)
    try:
        await follow(desk, generation_id)
    except StoreDown as away:
        log.warning("generation.store_unavailable", generation=generation_id, provider=desk.provider, reason=str(away))
        raise Park(defer=AWAY_S) from away


async def follow(desk: Desk, generation_id: str) -> None:
    """Look, and note what was found. Raises StoreDown."""
    generation = await generations.view(desk.store, "", generation_id)
    if generation is None or generation.late is not None:
        await generations.looked(desk.store, generation_id, outcome=None, again_s=None)
        return
    call = call_of(desk, generation_id, generation.spec, generation.deadline_ms)
    ref = generation.ref or await found(desk, call, generation.callback or b"")
    done, final = (None, False) if ref is None else await look(desk, call, ref)
    if done is None:
        again_s = None if final else next_look_s(generation)
        await generations.looked(desk.store, generation_id, outcome=None, again_s=again_s)
        return
    try:
        token, now_ms = token_hex(16), time.time_ns() // 1_000_000
        kept = await kept_of(desk, generation.spec.kind, done, token=token, now_ms=now_ms)
    except (OutputError, StorageError) as error:
        log.warning("generation.late_copy_failed", generation=generation_id, error=repr(error))
        await generations.looked(desk.store, generation_id, outcome=None, again_s=next_look_s(generation))
        return
    await attach(desk, generation_id, outcome_of(desk, generation.spec, done, kept))


async def found(desk: Desk, call: Call, callback: bytes) -> str | None:
    """The reference of a submit that was still uncertain when it was refunded, stored like any other; None so far."""
    ref = await reference(desk, call, callback)
    if ref is not None:
        await generations.submitted(desk.store, call.generation_id, ref, provider=desk.provider, patience_s=PATIENCE_S)
    return ref


async def look(desk: Desk, call: Call, ref: str) -> tuple[Done | None, bool]:
    """(the result if there is one, whether it is no use to look again)."""
    try:
        answer = await measure_call(desk.provider, "check", call, desk.adapter.poll(call, ref))
    except Rejected:
        return None, True
    except Exception as error:  # a failed look says nothing about the work (rule 5)
        log.warning("provider.poll_failed", generation=call.generation_id, provider=desk.provider, error=repr(error))
        return None, False
    return (answer, True) if isinstance(answer, Done) else (None, False)


def next_look_s(generation: Generation) -> float | None:
    """Twice as long after the end each time, from LATE_FIRST_S; None after LATE_LAST_S."""
    since_s = time.time() - (generation.closed_ms or 0) / 1000
    return max(since_s, LATE_FIRST_S) if since_s < LATE_LAST_S else None
