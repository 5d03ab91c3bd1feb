"""The hostile tenant of a run: its endpoints are dead, its model is forbidden, and its images are heavy."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

from msgspec import Struct, field

from shared.domain.generation import COMPLETED, FAILED, Generation
from shared.store import keys, webhooks
from shared.store.connect import Store
from tests.harness.factories import Customer, create_customer
from tests.programs.chaos.collect import read_generations
from tests.programs.hostile.attacks import Attack, Attacks
from tests.programs.hostile.dead import DEAD_ENDPOINTS, DeadEndpoints, open_dead_endpoints
from tests.programs.hostile.tenant import HostileTenant

PACES: dict[Attack, float] = {Attacks.forbidden: 1.0, Attacks.heavy: 0.5}
DELIVERIES = (keys.OPEN_DELIVERIES, keys.queue(keys.WEBHOOKS), keys.leases(keys.WEBHOOKS))


class ChaosTenant(HostileTenant):
    """A hostile tenant with its endpoints."""

    def __init__(self, url: str, customer: Customer, dead: DeadEndpoints) -> None:
        super().__init__(url, customer.key)
        self.customer, self.endpoints, self._dead = customer, set[str](), dead

    @property
    def hung(self) -> int:
        """Return the number of posts to its endpoints."""
        return self._dead.hung


@asynccontextmanager
async def open_tenant(url: str, store: Store) -> AsyncIterator[ChaosTenant]:
    """Create a hostile tenant with money, and with endpoints that never answer."""
    customer = await create_customer(store, cents=10_000_000, concurrency=10, backlog_max=100)
    async with open_dead_endpoints() as dead:
        tenant = ChaosTenant(url, customer, dead)
        for number in range(DEAD_ENDPOINTS):
            tenant.endpoints.add((await webhooks.create_endpoint(store, customer.account, f"{dead.url}/{number}")).id)
        yield tenant


class Attacked(Struct, kw_only=True):
    """The traces of the attack."""

    generations: dict[str, Generation] = field(default_factory=dict)
    responses: Counter[str] = field(default_factory=Counter)
    hung: int = 0  # posts that a dead endpoint took
    lost_deliveries: list[str] = field(default_factory=list)


async def observe(store: Store, tenant: ChaosTenant) -> Attacked:
    """Return everything known about a hostile tenant after its attack."""
    generations = await read_generations(store, tenant.customer.account)
    events = [f"evt_{name}" for name, generation in generations.items() if not generation.open]
    names = [f"{event}:{endpoint}" for event in events for endpoint in sorted(tenant.endpoints)]
    exist = await asyncio.gather(*(store.call("EXISTS", keys.delivery(name)) for name in names))
    lost = [name for name, exists in zip(names, exist, strict=True) if not exists]
    return Attacked(generations=generations, responses=tenant.responses, hung=tenant.hung, lost_deliveries=lost)


def faults_of(attacked: Attacked) -> Iterable[tuple[str, str]]:
    """Yield each broken promise to a hostile tenant, with a detail. Its ends and charges are checked like all."""
    for name in attacked.lost_deliveries:
        yield "an end of the hostile tenant has no delivery", name
    kinds = Counter((generation.spec.kind, generation.state) for generation in attacked.generations.values())
    if not (kinds["text", FAILED] and kinds["interrogate", COMPLETED] and attacked.hung):
        yield "the hostile tenant did no harm, so it proves nothing", f"{dict(kinds)}, {attacked.hung} posts"


async def list_ordinary(store: Store, names: Iterable[str], tenant: ChaosTenant) -> list[str]:
    """List names of keys without those of the tenant's deliveries, which wait for endpoints that never answer.

    An index of all deliveries is replaced by its members.
    """
    found: list[str] = []
    for name in names:
        raws = await store.call("ZRANGE", name, 0, -1) if name in DELIVERIES else []
        found += [f"{name} {raw.decode()}" for raw in raws] if name in DELIVERIES else [name]
    return [name for name in found if name.rpartition(":")[2] not in tenant.endpoints]
