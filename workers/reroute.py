"""A provider that does not accept a generation: pause it or open its breaker, and use another route."""

from functools import partial

import structlog
from msgspec import structs

from shared.domain.generation import CANCELED, CANCELED_WHY, Spec
from shared.ops import metrics
from shared.store import providers, steps
from shared.store.steps import Refusal, Submit
from workers.context import Failed, GenerationJob, Parked, Rerouted, WorkerContext
from workers.timing import retry_while_store_down

REASON_CHARS_MAX = 200
REFUSALS_MAX = 20  # submits that providers may refuse for now before the generation fails
PROVIDER_DOWN = "The provider cannot serve this at the moment."
PROVIDER_BUSY = "The provider was too busy to take this."

log = structlog.get_logger()


async def leave_provider(context: WorkerContext, job: GenerationJob, reason: str) -> Rerouted | Failed:
    """Reroute a generation whose provider is down, without a second charge, or fail it. Nothing was accepted."""
    log.warning(
        "provider.breaker_opened", provider=context.provider, generation=job.id, reason=reason[:REASON_CHARS_MAX]
    )
    submitted = isinstance(job.step, Submit)
    if submitted:
        open_breaker = partial(providers.open_breaker, context.store, context.provider, reason[:REASON_CHARS_MAX])
        await retry_while_store_down(open_breaker)
    rerouted = await reroute(context, job, "down" if submitted else "skipped")
    if rerouted is not None:
        return rerouted
    withdraw = partial(steps.withdraw, context.store, job.id, job.token, provider=context.provider, refusal="down")
    withdrawn = await retry_while_store_down(withdraw)
    code, message = (CANCELED, CANCELED_WHY) if withdrawn.cancel else ("upstream_error", PROVIDER_DOWN)
    # Another worker may have submitted it meanwhile: then it is not ours to fail.
    return Failed(code=code, message=message, unsubmitted_only=True)


async def postpone(
    context: WorkerContext, job: GenerationJob, step: Submit, after_s: float
) -> Rerouted | Failed | Parked:
    """Reroute a generation whose provider is busy, or park it; fail it after too many refusals or a cancel."""
    rerouted = await reroute(context, job, "busy", pause_s=after_s)
    if rerouted is not None:
        await close_probed_breaker(context, step)
        return rerouted
    withdraw = partial(steps.withdraw, context.store, job.id, job.token, provider=context.provider, pause_s=after_s)
    withdrawn = await retry_while_store_down(withdraw)
    await close_probed_breaker(context, step)
    if withdrawn.cancel:
        return Failed(code=CANCELED, message=CANCELED_WHY, unsubmitted_only=True)
    if withdrawn.refusals > REFUSALS_MAX:
        return Failed(code="provider_busy", message=PROVIDER_BUSY, unsubmitted_only=True)
    return job.parked(after_s)


async def close_probed_breaker(context: WorkerContext, step: Submit) -> None:
    """Close the breaker after a probe: the provider answered, even if with a refusal."""
    if step.probe:
        await providers.close_breaker(context.store, context.provider)


async def reroute(
    context: WorkerContext, job: GenerationJob, refusal: Refusal, *, pause_s: float = 0
) -> Rerouted | None:
    """Hand a generation to its first available route. Return None if there is none, or it is not ours to move."""
    routes = remaining_routes(context.provider, job.spec)
    if not routes:
        return None
    hand_over = partial(
        steps.reroute, context.store, job.id, job.token, refusal=refusal, routes=routes, pause_s=pause_s
    )
    to = await retry_while_store_down(hand_over)
    if to is None:
        return None
    metrics.of(metrics.REROUTED, context.provider, to).inc()
    log.info("generation.rerouted", generation=job.id, provider=context.provider, to=to, said=refusal)
    return Rerouted(to)


def remaining_routes(provider: str, spec: Spec) -> list[tuple[str, Spec]]:
    """Return the other providers, each with the specification for it, which lists the routes that are left then."""
    others = [route for route in spec.routes if route.provider != provider]
    found = []
    for route in others:
        rest = tuple(other for other in others if other is not route)
        found.append((route.provider, structs.replace(spec, target=route.target, model=route.model, routes=rest)))
    return found
