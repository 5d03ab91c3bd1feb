"""A small `make chaos`: the same load, faults and checks, with fewer orders and without time limits."""

from shared.domain.generation import FAILED, Outcome
from shared.store import keys, ledger, webhooks
from shared.store.connect import Store
from tests.harness.factories import Customer, create_customer, make_order
from tests.programs.chaos import checks
from tests.programs.chaos.checks import violations
from tests.programs.chaos.hostile import DELIVERIES, list_ordinary, open_tenant
from tests.programs.chaos.plan import make_plan
from tests.programs.chaos.report import figures
from tests.programs.chaos.scene import run_chaos

SEED, COUNT, LOAD_S = 11, 160, 9.0


def test_plan_depends_on_its_seed_alone() -> None:
    """The same seed gives the same orders and faults, another seed gives others."""
    assert make_plan(SEED, COUNT) == make_plan(SEED, COUNT)
    assert make_plan(SEED, COUNT).faults != make_plan(SEED + 1, COUNT).faults


def test_every_check_is_made() -> None:
    """No rule is written and never checked."""
    written = {function for name, function in vars(checks).items() if name.startswith("check_")}
    assert written == {*checks.CHECKS, checks.check_rescue_times}


async def test_only_the_hostile_tenant_may_leave_deliveries(store_url: str) -> None:
    """A delivery of anybody else is left over, although it is in the same index and on the same queue."""
    async with Store(store_url) as store, open_tenant("http://127.0.0.1:9", store) as tenant:
        customer = await create_customer(store)
        endpoint = await webhooks.create_endpoint(store, customer.account, "https://example.com/hook")
        await end_order(store, tenant.customer)
        names = [*DELIVERIES, *(keys.arq_job(f"deliver:x:{name}") for name in tenant.endpoints)]
        assert [] == await list_ordinary(store, names, tenant)
        ended = await end_order(store, customer)
        delivery = f"evt_{ended}:{endpoint.id}"
        assert [f"{keys.OPEN_DELIVERIES} {delivery}", f"{keys.queue(keys.WEBHOOKS)} deliver:{delivery}"] == (
            await list_ordinary(store, names, tenant)
        )


async def end_order(store: Store, customer: Customer) -> str:
    """Order and end a generation, and return its id."""
    accepted = await ledger.accept(store, make_order(customer))
    await ledger.settle(store, accepted.id, FAILED, cost_micros=0, outcome=Outcome())
    return accepted.id


async def test_guarantees_hold_while_processes_are_killed() -> None:
    """Every process is killed, paused or cut off from the store under load, and nothing is lost or paid twice."""
    progress: list[str] = []
    evidence = await run_chaos(make_plan(SEED, COUNT, LOAD_S), progress.append)
    assert [] == violations(evidence, timed=False), "\n".join(progress)
    found = figures(evidence)
    assert 1 == found["faults of the store"]
    assert found["kills"] >= 4
    assert 2 == found["partitions"]
    assert found["warnings of wrong clocks"] > 0
    assert found["most submits of one generation"] > 1
