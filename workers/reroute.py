"""A provider that does not take a generation: leave it alone for a while, and hand the generation to another route."""

from functools import partial

import structlog
from msgspec import structs

from shared.domain.generation import CANCELED, CANCELED_WHY, Spec
from shared.ops import metrics
from shared.store import generations, providers
from workers.adapters.contract import Retry
from workers.context import Desk, Job, park
from workers.settle import fail
from workers.timing import insist

REASON_CHARS_MAX = 200
REFUSALS_MAX = 20  # submits that a provider may put off before the generation fails
OUT_OF_ORDER = "The provider cannot serve this at the moment. You were refunded."

log = structlog.get_logger()


async def out_of_order(desk: Desk, job: Job, reason: str) -> None:
    """Nothing was accepted: another route takes over without a second charge, or the money goes back."""
    log.warning("provider.breaker_opened", provider=desk.provider, generation=job.id, reason=reason[:REASON_CHARS_MAX])
    asked = job.step.word == "submit"
    if asked:
        await insist(partial(providers.open_breaker, desk.store, desk.provider, reason[:REASON_CHARS_MAX]))
    if await moved(desk, job, "down" if asked else "skipped"):
        return
    take_back = partial(generations.withdraw, desk.store, job.id, job.token, provider=desk.provider, said="down")
    _, unwanted = await insist(take_back)
    code, message = (CANCELED, CANCELED_WHY) if unwanted else ("upstream_error", OUT_OF_ORDER)
    # Another worker may have been given its submit meanwhile: then it is no longer ours to end.
    await fail(desk, job, code, message, unsubmitted_only=True)


async def put_off(desk: Desk, job: Job, retry: Retry) -> None:
    """The provider is too busy: to a route that is free, or come back a few times if its owner still wants it."""
    if await moved(desk, job, "busy", pause_s=retry.after_s):
        await serves(desk, job)
        return
    take_back = partial(generations.withdraw, desk.store, job.id, job.token, provider=desk.provider)
    refusals, unwanted = await insist(partial(take_back, pause_s=retry.after_s))
    await serves(desk, job)
    if unwanted:
        await fail(desk, job, CANCELED, CANCELED_WHY, unsubmitted_only=True)
    elif refusals > REFUSALS_MAX:
        await fail(desk, job, "provider_busy", "The provider was too busy to take this.", unsubmitted_only=True)
    else:
        park(job, retry.after_s)


async def serves(desk: Desk, job: Job) -> None:
    """The provider answered the first submit after an outage, be it with a no: the others need not wait any more."""
    if job.step.probe:
        await providers.close_breaker(desk.store, desk.provider)


async def moved(desk: Desk, job: Job, said: str, *, pause_s: float = 0) -> bool:
    """Hand it to the first of its other routes that is open; False if there is none, or it is not ours to move."""
    routes = offers(desk, job)
    if not routes:
        return False
    hand_on = partial(generations.reroute, desk.store, job.id, job.token, said=said, routes=routes, pause_s=pause_s)
    to = await insist(hand_on)
    if to is None:
        return False
    metrics.of(metrics.REROUTED, desk.provider, to).inc()
    log.info("generation.rerouted", generation=job.id, provider=desk.provider, to=to, said=said)
    return True


def offers(desk: Desk, job: Job) -> list[tuple[str, Spec]]:
    """To whom it may go, and as what: with the routes that are left then, so that it goes nowhere twice."""
    others = [route for route in job.spec.routes if route.provider != desk.provider]
    found = []
    for route in others:
        rest = tuple(other for other in others if other is not route)
        found.append((route.provider, structs.replace(job.spec, target=route.target, model=route.model, routes=rest)))
    return found
