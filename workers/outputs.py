"""Store a provider's outputs: copy them to our storage before they expire, after checking their bytes."""

import asyncio
import time
from collections.abc import Sequence
from functools import partial
from secrets import token_hex

import structlog
from msgspec import structs

from shared.domain.generation import Outcome, Output, Spec
from shared.ops import clock, metrics
from shared.ops.storage import new_path
from shared.store import steps
from shared.store.steps import Poll
from workers.adapters.contract import Blob, Done, Link
from workers.context import Completed, Failed, GenerationJob, Parked, WorkerContext
from workers.media import DEFAULT_TYPES
from workers.media.errors import BadOutput, NotStored, OutputError
from workers.media.output_copy import Copier, copy_output
from workers.timing import retry_while_store_down

OUTPUTS_MAX = 16
RETRY_S, RETRY_S_MAX = 5.0, 60.0  # until a failed copy is tried again
BAD_OUTPUT_S = 20.0  # an output that cannot be used is fetched again for so long
LAST_TRY_S = 5.0  # before the deadline; after it the sweeper ends the generation

log = structlog.get_logger()


async def store_outputs(context: WorkerContext, job: GenerationJob, done: Done) -> Completed | Parked | Failed:
    """Copy a result to our storage, again and again until the deadline. A failed copy never causes another submit.

    The result of a poll can be polled again, so its job is parked between copies. The answer to a submit exists only
    here, so its job waits.
    """
    token, began_ms = token_hex(16), clock.now_ms()  # once: a second copy overwrites the files of the first
    while True:
        began_s = time.monotonic()
        try:
            outputs = await copy_result(context, job.spec.kind, done, token=token, now_ms=began_ms)
        except OutputError as error:
            log.warning("generation.copy_failed", generation=job.id, error=context.describe(error))
            now_ms = clock.now_ms()
            since_ms = await retry_while_store_down(partial(steps.mark_done, context.store, job.id, now_ms))
            pause_s = min(max(RETRY_S, (now_ms - since_ms) / 4000), RETRY_S_MAX)  # longer, the longer it has failed
            end = (
                refuse_output(job, done, error, since_s=(now_ms - since_ms) / 1000)
                if isinstance(error, BadOutput)
                else stop_copying(context, job, done, error, pause_s=pause_s, since_ms=since_ms)
            )
            if end is not None:
                return end
        else:
            metrics.of(metrics.COPY_SECONDS, context.provider).observe(time.monotonic() - began_s)
            metrics.of(metrics.COPIED_BYTES, context.provider).inc(sum(output.size_bytes for output in outputs))
            return Completed(outcome_of(context, job.spec, done, outputs))
        if isinstance(job.step, Poll):
            return job.parked(pause_s)
        await asyncio.sleep(min(pause_s, max(job.left_s, 0)))


def refuse_output(job: GenerationJob, done: Done, error: BadOutput, *, since_s: float) -> Failed | None:
    """Return the failure of an unusable output; None while the provider may still replace it.

    A store behind a link may show nothing, a page or a part for a moment. Bytes that came with the submit stay.
    """
    may_change = isinstance(job.step, Poll) or any(isinstance(output, Link) for output in done.outputs)
    if may_change and since_s < BAD_OUTPUT_S and job.left_s > RETRY_S + LAST_TRY_S:
        return None
    return Failed(code="bad_output", message=f"The provider's answer could not be used: {error}", unusable=done)


def stop_copying(
    context: WorkerContext, job: GenerationJob, done: Done, error: Exception, *, pause_s: float, since_ms: int
) -> Completed | Failed | None:
    """Return how the generation ends if no time is left for another copy; None if there is.

    If only our storage fails, the outputs stay with the provider for as long as it stores them.
    """
    expires_ms = since_ms + int(context.adapter.keeps_s * 1000)
    links = link_outputs(done.outputs, job.spec.kind, expires_ms) if isinstance(error, NotStored) else ()
    if links and job.left_s <= pause_s + LAST_TRY_S:
        log.error(
            "generation.outputs_not_stored", generation=job.id, provider=context.provider, error=context.describe(error)
        )
        return Completed(outcome_of(context, job.spec, done, links))
    if job.left_s <= 0:
        message = "The result could not be stored in time."
        # A polled result is paid when a late poll attaches it.
        return Failed(code="copy_failed", message=message, unusable=None if isinstance(job.step, Poll) else done)
    return None


def outcome_of(context: WorkerContext, spec: Spec, done: Done, outputs: Sequence[Output]) -> Outcome:
    """Return the outcome of a result, with what it costs us according to the catalogue and to the provider."""
    outcome = Outcome(context.provider, tuple(outputs), done.text, done.facts)
    return structs.replace(outcome, expected_micros=context.expected_cost(spec, done), cost_micros=done.cost_micros)


async def copy_result(context: WorkerContext, kind: str, done: Done, *, token: str, now_ms: int) -> tuple[Output, ...]:
    """Copy the outputs of a result once. Raises BadOutput, CopyFailed."""
    expires_ms = now_ms + int(context.adapter.keeps_s * 1000)
    copier = Copier(storage=context.storage, egress=context.egress, budget=context.memory)
    return await copy_outputs(copier, done.outputs, kind=kind, token=token, now_ms=now_ms, expires_ms=expires_ms)


async def copy_outputs(
    copier: Copier, outputs: Sequence[Blob | Link], *, kind: str, token: str, now_ms: int, expires_ms: int
) -> tuple[Output, ...]:
    """Store the outputs of a generation of `kind`, one at a time. Raises BadOutput, CopyFailed.

    An output above our size limit stays with its provider until `expires_ms`. Another call with the same token on the
    same day replaces the files of the first.
    """
    if len(outputs) > OUTPUTS_MAX:
        raise BadOutput(f"the provider delivered {len(outputs)} outputs; at most {OUTPUTS_MAX} are stored")
    stored: list[Output] = []
    for index, output in enumerate(outputs):
        path_of = partial(_path, token, now_ms, index)
        copied = await copy_output(copier, output, kind, path_of)
        stored += [copied] if copied is not None else link_outputs([output], kind, expires_ms)
    return tuple(stored)


def _path(token: str, now_ms: int, index: int, media_type: str) -> str:
    return new_path(token, media_type, now_ms, index)


def link_outputs(outputs: Sequence[Blob | Link], kind: str, expires_ms: int) -> tuple[Output, ...]:
    """Return the outputs as links to their provider; () unless the provider has all of them."""
    links = [output for output in outputs if isinstance(output, Link)]
    default = DEFAULT_TYPES.get(kind, "application/octet-stream")
    if len(links) < len(outputs):
        return ()
    return tuple(Output(link.url, link.media_type or default, expires_ms=expires_ms) for link in links)
