"""Orders of providers that were removed from the catalogue: reroute or refund them within minutes (rule 4).

An order that no provider has is rerouted or refunded. A submit in flight becomes uncertain. An order that the provider
has keeps its reservation until its own deadline, when the sweeper ends it (rule 3).
"""

from collections.abc import Collection

import structlog
from msgspec import structs

from shared.domain.generation import FAILED, Generation, Outcome
from shared.ops import settled
from shared.store import generations, keys, ledger, providers, steps
from shared.store.connect import Store
from shared.store.ledger import Settled
from shared.store.processes import list_processes
from workers.reroute import PROVIDER_DOWN, remaining_routes

GRACE_MS = 120_000  # a worker that restarts, or a catalogue that is rolled back, comes back within it
BATCH = 100

log = structlog.get_logger()


async def release_orphans(store: Store, known: Collection[str]) -> dict[str, int]:
    """Release the orders of providers that are not `known` and have no worker. Return how many each of them had."""
    gone = [name for name in await providers.list_published(store) if name not in known]
    if not gone:
        return {}
    served = {process.queue for process in await list_processes(store)}
    found: dict[str, int] = {}
    for provider in gone:
        count = 0 if provider in served else await providers.count_orders(store, provider)
        alone_ms = await providers.note_alone(store, provider, alone=count > 0)
        if count:
            found[provider] = count
        if count and alone_ms >= GRACE_MS:
            released = await release(store, provider, known)
            log.error("sweeper.provider_missing", provider=provider, orders=count, released=released)
    return found


async def release(store: Store, provider: str, known: Collection[str]) -> int:
    """Release up to BATCH orders of a provider. Return how many were rerouted, refunded or marked as uncertain."""
    await store.call("HDEL", keys.provider(provider), "concurrency")  # let its backlog in: nothing is submitted
    released = 0
    for raw in await store.call("SRANDMEMBER", keys.busy(provider), BATCH):
        generation = await generations.view(store, "", raw.decode())
        if generation is not None and generation.provider == provider:
            released += await release_one(store, generation, known)
    return released


async def release_one(store: Store, generation: Generation, known: Collection[str]) -> bool:
    """Release one order according to its state. Return whether that changed it."""
    if generation.state == "submitting":
        return await steps.mark_abandoned(store, generation.id, provider=generation.provider)
    if generation.state != "queued":
        return False
    routes = [route for route in remaining_routes(generation.provider, generation.spec) if route[0] in known]
    if routes and await steps.reroute(store, generation.id, "", refusal="skipped", routes=routes) is not None:
        return True
    outcome = structs.replace(Outcome(generation.provider), error_code="upstream_error", error=PROVIDER_DOWN)
    settlement = await ledger.settle(
        store, generation.id, FAILED, cost_micros=0, outcome=outcome, unsubmitted_only=True
    )
    if isinstance(settlement, Settled):
        await settled.report_by_id(store, generation.id)
    return isinstance(settlement, Settled)
