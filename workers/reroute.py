"""A provider that cannot serve anybody: leave it alone for a while, and hand the generation to its next route."""

from functools import partial

import structlog
from msgspec import structs

from shared.domain.generation import CANCELED, CANCELED_WHY
from shared.store import generations, providers
from workers.close import fail
from workers.desk import Desk, Job
from workers.patience import insist

REASON_CHARS_MAX = 200
OUT_OF_ORDER = "The provider cannot serve this at the moment. You were refunded."

log = structlog.get_logger()


async def out_of_order(desk: Desk, job: Job, reason: str) -> None:
    """Nothing was accepted: the next route takes over without a second charge, or the money goes back."""
    log.warning("provider.down", provider=desk.provider, generation=job.id, reason=reason[:REASON_CHARS_MAX])
    if job.step.word == "submit":
        await insist(partial(providers.down, desk.store, desk.provider, reason[:REASON_CHARS_MAX]))
    if job.spec.routes and await moved(desk, job):
        return
    _, unwanted = await insist(partial(generations.withdraw, desk.store, job.id, job.token, provider=desk.provider))
    code, message = (CANCELED, CANCELED_WHY) if unwanted else ("upstream_error", OUT_OF_ORDER)
    # Another worker may have been given its submit meanwhile: then it is no longer ours to end.
    await fail(desk, job, code, message, unsubmitted_only=True)


async def moved(desk: Desk, job: Job) -> bool:
    """Hand it to the next route; False if it is no longer ours to move."""
    route, *rest = job.spec.routes
    spec = structs.replace(job.spec, target=route.target, model=route.model, routes=tuple(rest))
    if not await insist(partial(generations.reroute, desk.store, job.id, job.token, route.provider, spec)):
        return False
    log.info("generation.rerouted", generation=job.id, provider=desk.provider, to=route.provider)
    return True
