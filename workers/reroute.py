"""A provider that does not accept a generation: pause it or open its breaker, and use another route."""

from functools import partial
from typing import Literal

import structlog
from msgspec import structs

from shared.domain.generation import CANCELED, CANCELED_WHY, Spec
from shared.ops import metrics
from shared.store import providers, steps
from shared.store.steps import Refusal, Submit, Withdrawn
from workers.adapters.account_probe import choose_scope
from workers.adapters.contract import Down, Retry
from workers.context import Failed, GenerationJob, Parked, Rerouted, WorkerContext
from workers.timing import retry_while_store_down

OWN_FAULT_S = 5.0  # until a submit is sent again that failed on this machine
REFUSALS_MAX = 20  # submits that providers may refuse for now before the generation fails
PROVIDER_DOWN = "The provider cannot serve this at the moment."
PROVIDER_BUSY = "The provider was too busy to take this."

log = structlog.get_logger()


async def leave_provider(context: WorkerContext, job: GenerationJob, down: Down) -> Rerouted | Failed:
    """Reroute a generation that its provider did not accept, without a second charge, or fail it."""
    step = job.step
    if isinstance(step, Submit):
        await judge(context, job, step, down)
    rerouted = await reroute(context, job, "down" if isinstance(step, Submit) else "skipped")
    if rerouted is not None:
        return rerouted
    withdrawn = await withdraw(context, job, "down")
    code, message = (CANCELED, CANCELED_WHY) if withdrawn.cancel else ("upstream_error", PROVIDER_DOWN)
    # Another worker may have submitted it meanwhile: then it is not ours to fail.
    return Failed(code=code, message=message, unsubmitted_only=True)


async def judge(context: WorkerContext, job: GenerationJob, step: Submit, down: Down) -> None:
    """Open the breaker that a failed submit is evidence for: the provider's, the route's, or none."""
    scope, reason = await choose_scope(context, down), context.describe(down)
    facts = {"provider": context.provider, "model": job.spec.target, "generation": job.id, "reason": reason}
    if scope is None:
        log.warning("provider.call_refused", **facts)
        if down.cause == "call" and step.probe:
            await providers.release_probe(context.store, context.provider, target=job.spec.target)
        else:
            await close_probed_breaker(context, job, step)
        return
    target = job.spec.target
    open_breaker = partial(providers.open_breaker, context.store, context.provider, reason, target=target, scope=scope)
    opened = await retry_while_store_down(open_breaker)
    if opened.scope == "gone":
        log.error("provider.model_gone", **facts)
    else:
        log.warning("provider.breaker_opened", **facts, scope=opened.scope)


async def withdraw(
    context: WorkerContext, job: GenerationJob, refusal: Literal["down", "busy", "ours"], pause_s: float = 0
) -> Withdrawn:
    """Take back the intent of a submit that was not accepted, and stop submits of its route for `pause_s`."""
    take_back = partial(
        steps.withdraw,
        context.store,
        job.id,
        job.token,
        provider=context.provider,
        target=job.spec.target,
        refusal=refusal,
        pause_s=pause_s,
    )
    return await retry_while_store_down(take_back)


async def postpone(context: WorkerContext, job: GenerationJob, step: Submit, busy: Retry) -> Rerouted | Failed | Parked:
    """Reroute a generation whose provider is busy, or park it; fail it after too many refusals or a cancel.

    A fault of ours pauses nothing, and the generation waits here for as long as it may.
    """
    if busy.ours:
        log.error("worker.own_fault", provider=context.provider, generation=job.id, reason=context.describe(busy))
        withdrawn = await withdraw(context, job, "ours")
        canceled = Failed(code=CANCELED, message=CANCELED_WHY, unsubmitted_only=True)
        return canceled if withdrawn.cancel else job.parked(OWN_FAULT_S)
    rerouted = await reroute(context, job, "busy", pause_s=busy.after_s)
    if rerouted is not None:
        await close_probed_breaker(context, job, step)
        return rerouted
    withdrawn = await withdraw(context, job, "busy", busy.after_s)
    await close_probed_breaker(context, job, step)
    if withdrawn.cancel:
        return Failed(code=CANCELED, message=CANCELED_WHY, unsubmitted_only=True)
    if withdrawn.refusals > REFUSALS_MAX:
        return Failed(code="provider_busy", message=PROVIDER_BUSY, unsubmitted_only=True)
    return job.parked(busy.after_s)


async def close_probed_breaker(context: WorkerContext, job: GenerationJob, step: Submit) -> None:
    """Close the breakers after a probe: the provider answered, even if with a refusal."""
    if step.probe:
        await providers.close_breaker(context.store, context.provider, target=job.spec.target)


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
        order = structs.replace(spec, target=route.target, model=route.model, routes=rest, native=route.native)
        found.append((route.provider, order))
    return found
