"""The ledger check: no findings in healthy stores, also under load, and exact findings in damaged ones."""

import asyncio
from collections.abc import Mapping

import pytest
from msgspec import structs

from shared.domain.generation import COMPLETED, FAILED, Outcome
from shared.domain.key_limits import SpendCaps
from shared.store import accounts, check_account, findings, keys, ledger, steps, webhooks
from shared.store import check as checking
from shared.store.connect import Store
from shared.store.findings import FAULTS, Report
from tests.harness.factories import CENTS, PLAN, Customer, create_customer, make_order, new_generation_id

SUMS = {"ledger_sum account", "spent_sum account"}
QUEUE, ACTIVE, BACKLOG = "arq:queue:noop", "gw:active:{account}:noop", "gw:backlogs:{account}:noop"
LEDGER = "gw:ledger:{account}"
BUSY = "gw:busy:noop"
DELIVERY = "evt_{done}:{endpoint}"

# Each damage to the store, and its expected findings: `fault name`.
DAMAGES: dict[str, tuple[list[tuple[str, ...]], set[str]]] = {
    "spent changed": ([("HINCRBY", "gw:account:{account}", "spent", "10000")], SUMS),
    "top-up changed": (
        [("HINCRBY", "gw:account:{account}", "topup", "7")],
        {"ledger_sum account", "topup_sum account"},
    ),
    "overdrawn": (
        [("HINCRBY", "gw:account:{account}", "topup", "-1000000")],
        {"ledger_sum account", "topup_sum account", "negative_balance account"},
    ),
    "dispute changed": ([("HSET", "gw:account:{account}", "disputed", "-7")], {"dispute_sum account"}),
    "totals gone": ([("HDEL", "gw:account:{account}", "spent")], {"no_account account"}),
    "settle line deleted": ([("LREM", LEDGER, "1", "{done_settle}")], {"no_settle_line done"}),
    "refund line deleted": ([("LREM", LEDGER, "1", "{failed_settle}")], {"no_settle_line failed", *SUMS}),
    "settle line doubled": ([("RPUSH", LEDGER, "{done_settle}")], {"two_settles done"}),
    "refund line doubled": ([("RPUSH", LEDGER, "{failed_settle}")], {"two_settles failed", *SUMS}),
    "reserve line doubled": ([("RPUSH", LEDGER, "{done_reserve}")], {"two_reserves done", *SUMS}),
    "reserve line deleted": (
        [("LREM", LEDGER, "1", "{done_reserve}")],
        {"settle_without_reserve done", "no_reserve_line done", *SUMS},
    ),
    "refund above the reservation": (
        [("LREM", LEDGER, "1", "{done_settle}"), ("RPUSH", LEDGER, "1 settle 100001 {done}")],
        {"refund_too_large done", "wrong_refund done", *SUMS},
    ),
    "line of junk": ([("RPUSH", LEDGER, "1 gift 5 x")], {"bad_line account"}),
    "open but settled": ([("RPUSH", LEDGER, "1 settle 0 {queued}")], {"settled_but_open queued"}),
    "closed without settling": (
        [("HSET", "gw:generation:{queued}", "state", "completed", "cost", "100000"), ("ZREM", "gw:open", "{queued}")],
        {"no_settle_line queued", "stale_active queued", "stale_busy queued", "stale_job queued"},
    ),
    "deadline gone": (
        [("HDEL", "gw:generation:{queued}", "deadline_ms")],
        {"unreadable queued"},
    ),
    "open record gone": (
        [("DEL", "gw:generation:{queued}")],
        {"lost queued", "stale_active queued", "stale_busy queued", "stale_open queued", "stale_job queued"},
    ),
    "record without its state": (
        [("HDEL", "gw:generation:{queued}", "state")],
        {"unreadable queued", "lost queued", "stale_active queued", "stale_busy queued", "stale_job queued"},
    ),
    "ended one in the index": ([("ZADD", "gw:open", "1", "{done}")], {"stale_open done"}),
    "totals of junk": ([("HSET", "gw:account:{account}", "spent", "much")], {"no_account account"}),
    "account of another type": (
        [("DEL", "gw:account:{account}"), ("SET", "gw:account:{account}", "x")],
        {"unreadable account"},
    ),
    "slots of another type": ([("SET", "gw:busy:fal", "x")], {"unreadable busy"}),
    "job of an ended generation": ([("ZADD", QUEUE, "1", "{failed}")], {"stale_job failed"}),
    "job of one that waits": ([("ZADD", QUEUE, "1", "{waiting}")], {"stale_job waiting"}),
    "late poll of a completed one": ([("ZADD", QUEUE, "1", "late:{done}")], {"stale_job late"}),
    "job of no delivery": ([("ZADD", "arq:queue:webhooks", "1", "deliver:nobody")], {"stale_job deliver"}),
    "reservation changed": ([("HSET", "gw:generation:{queued}", "reserved", "5")], {"wrong_reserve queued"}),
    "cost changed": ([("HSET", "gw:generation:{partial}", "cost", "1")], {"wrong_refund partial"}),
    "credit changed": (
        [("HSET", "gw:generation:{credited}", "credit", "1")],
        {"wrong_credit credited", "budget_sum account"},
    ),
    "budget lowered": ([("HINCRBY", "gw:budget:{account}", "spent_total", "-1")], {"budget_sum account"}),
    "budget's day raised": ([("HINCRBY", "gw:budget:{account}", "spent_day", "1")], {"budget_sum account"}),
    "budget of junk": ([("HSET", "gw:budget:{account}", "spent_month", "x")], {"budget_sum account"}),
    "credit line deleted": ([("LREM", LEDGER, "1", "{credited_credit}")], {"wrong_credit credited", *SUMS}),
    "credit line doubled": ([("RPUSH", LEDGER, "{credited_credit}")], {"two_credits credited", *SUMS}),
    "credit above the cost": (
        [("LREM", LEDGER, "1", "{credited_credit}"), ("RPUSH", LEDGER, "1 credit 100001 {credited}")],
        {"credit_too_large credited", "wrong_credit credited", *SUMS},
    ),
    "credit of nothing": ([("RPUSH", LEDGER, "1 credit 5 {nobody}")], {"credit_without_reserve nobody", *SUMS}),
    "arq job gone": ([("DEL", "arq:job:{queued}")], {"no_job queued"}),
    "queue place gone": ([("ZREM", QUEUE, "{queued}")], {"no_job queued"}),
    "forgotten": (
        [("ZREM", QUEUE, "{queued}"), ("DEL", "arq:job:{queued}"), ("ZREM", "gw:open", "{queued}")],
        {"no_job queued", "not_in_open queued"},
    ),
    "forgotten while it waits": ([("ZREM", "gw:open", "{waiting}")], {"not_in_open waiting"}),
    "backlog place gone": ([("ZREM", BACKLOG, "{waiting}")], {"no_backlog_place waiting"}),
    "slot gone": ([("SREM", ACTIVE, "{submitted}")], {"not_active submitted"}),
    "place gone": ([("SREM", BUSY, "{submitted}")], {"not_busy submitted"}),
    "place never freed": ([("SADD", BUSY, "{done}")], {"stale_busy done"}),
    "place while it waits": ([("SADD", BUSY, "{waiting}")], {"stale_busy waiting"}),
    "place at another provider": ([("SADD", "gw:busy:fal", "{queued}")], {"stale_busy queued"}),
    "slot never freed": ([("SADD", ACTIVE, "{done}")], {"stale_active done"}),
    "slot of a stranger": ([("SADD", ACTIVE, "nobody")], {"stale_active nobody"}),
    "slot at another provider": ([("SADD", "gw:active:{account}:fal", "{queued}")], {"stale_active queued"}),
    "slot while it waits": ([("SADD", ACTIVE, "{waiting}")], {"stale_active waiting"}),
    "ended one waits": ([("ZADD", BACKLOG, "1", "{failed}")], {"stale_backlog failed"}),
    "owner changed": ([("HSET", "gw:generation:{done}", "account", "acct_x")], {"wrong_account done"}),
    "free one forgotten": ([("ZREM", "gw:open", "{free_queued}")], {"not_in_open free_queued"}),
    "delivery forgotten": (
        [("ZREM", "gw:deliveries:open", DELIVERY), ("DEL", f"arq:job:deliver:{DELIVERY}")],
        {"lost_delivery delivery"},
    ),
    "delivery of another type": (
        [("DEL", f"gw:delivery:{DELIVERY}"), ("LPUSH", f"gw:delivery:{DELIVERY}", "x")],
        {"unreadable delivery", "unreadable deliver_delivery"},
    ),
    "delivery without its endpoint": ([("HDEL", f"gw:delivery:{DELIVERY}", "endpoint")], {"unreadable delivery"}),
    "delivery in an unknown state": (
        [("HSET", f"gw:delivery:{DELIVERY}", "state", "x")],
        {"unreadable delivery", "stale_job deliver_delivery"},
    ),
    "ended delivery in the index": (
        [("HSET", f"gw:delivery:{DELIVERY}", "state", "dead")],
        {"stale_delivery delivery", "stale_job deliver_delivery"},
    ),
    "open delivery gone": (
        [("DEL", f"gw:delivery:{DELIVERY}")],
        {"stale_delivery delivery", "stale_job deliver_delivery"},
    ),
}

HARMLESS: dict[str, list[tuple[str, ...]]] = {
    "nothing": [],
    "delivery known to the sweeper": [("DEL", f"arq:job:deliver:{DELIVERY}")],
    "delivery with its job": [("ZREM", "gw:deliveries:open", DELIVERY)],
    "ended records past their retention": [("DEL", "gw:generation:{done}", "gw:generation:{partial}")],
    "shortened list": [("LREM", "gw:generations:{account}", "1", "{done}"), ("DEL", "gw:generation:{done}")],
}


async def create_history(store: Store) -> dict[str, str]:
    """Create an account with one generation in each state, and return the names of its parts."""
    customer = await create_customer(store, cents=100, concurrency=3)
    await accounts.set_spend_caps(store, customer.account, SpendCaps(total=100 * CENTS))
    endpoint = await webhooks.create_endpoint(store, customer.account, "https://example.com/hook")
    names = {"account": customer.account, "hash": customer.hash, "endpoint": endpoint.id, "nobody": "nobody"}
    for name, state, cost in [
        ("done", COMPLETED, 10),
        ("failed", FAILED, 0),
        ("partial", COMPLETED, 4),
        ("credited", COMPLETED, 10),
    ]:
        names[name] = (await ledger.accept(store, make_order(customer))).id
        await ledger.settle(store, names[name], state, cost_micros=cost * CENTS, outcome=Outcome())
    await ledger.credit(store, names["credited"], 4 * CENTS)
    for name, price in [("submitted", 10), ("queued", 10), ("free_queued", 0), ("waiting", 10), ("free_waiting", 0)]:
        names[name] = (await ledger.accept(store, make_order(customer, price_micros=price * CENTS))).id
    await steps.start(store, names["submitted"], provider="noop", repeatable=False, submit_limit_s=10, token="t")
    await steps.store_reference(store, names["submitted"], "ref", provider="noop", patience_s=1)
    for line in await ledger.list_entries(store, customer.account):
        owner = next((name for name, value in names.items() if value == line.reference), "account")
        names[f"{owner}_{line.kind}"] = f"{line.at_ms} {line.kind} {line.amount_micros} {line.reference}"
    names["delivery"] = DELIVERY.format(**names)
    names |= {"deliver": "deliver:nobody", "deliver_delivery": f"deliver:{names['delivery']}", "busy": "gw:busy:fal"}
    names["late"] = f"late:{names['done']}"
    await store.call("SADD", keys.PROVIDERS, "noop")
    return names


async def list_findings(store: Store, names: Mapping[str, str]) -> set[str]:
    """Run a check and return its findings as `fault name`."""
    report = Report()
    await checking.check_ledger(store, report)
    known = {value: name for name, value in names.items()}
    return {f"{finding.fault} {known[finding.id]}" for finding in report.findings}


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Skip the wait before the second pass: nothing changes in these tests."""
    monkeypatch.setattr(checking, "RECHECK_S", 0.0)


@pytest.mark.parametrize("damage", DAMAGES)
async def test_damage_is_reported_at_its_place(store_url: str, impatient: None, damage: str) -> None:
    """Each damage is reported with its fault and generation, and nothing else is reported."""
    commands, expected = DAMAGES[damage]
    async with Store(store_url) as store:
        names = await create_history(store)
        other = await create_history(store)
        for command in commands:
            assert await store.call(*(word.format(**names) for word in command)) is not None
        assert expected == await list_findings(
            store, {**{value: f"other {name}" for name, value in other.items()}, **names}
        )


@pytest.mark.parametrize("change", HARMLESS)
async def test_healthy_store_has_no_findings(store_url: str, impatient: None, change: str) -> None:
    """A healthy store has no findings, also after retention and with jobs that the sweeper will re-enqueue."""
    async with Store(store_url) as store:
        names = await create_history(store)
        for command in HARMLESS[change]:
            assert await store.call(*(word.format(**names) for word in command)) != 0
        assert set() == await list_findings(store, names)


def test_every_fault_has_a_damage() -> None:
    """Each fault code of the check has a damage in these tests."""
    assert set(FAULTS) == {expected.split()[0] for _, faults in DAMAGES.values() for expected in faults}


async def test_report_counts_checked_items(store_url: str) -> None:
    """The report counts the checked items, and a second pass does not count again."""
    async with Store(store_url) as store:
        for _ in range(3):
            names = await create_history(store)
        await store.call("ZREM", keys.OPEN, names["queued"])
        report = Report()
        await checking.check_ledger(store, report)
        assert (3, 3, 3 * 13, 3 * 9, 3 * 4) == (
            report.accounts_total,
            report.accounts,
            report.lines,
            report.generations,
            report.deliveries,
        )
        assert [("not_in_open", names["account"])] == [(finding.fault, finding.at) for finding in report.findings]


async def test_guest_generations_are_checked(store_url: str, impatient: None) -> None:
    """A guest has no account and no list of generations, but lost generations are found."""
    async with Store(store_url) as store:
        await accounts.publish_plans(store, [structs.replace(PLAN, name="guest")])
        customer = Customer(account="guest:2001:db8::", key="", hash="")
        names = {}
        for name in ("first", "second", "third"):
            order = make_order(customer, guest=customer.account, payer="quota", price_micros=0)
            names[name] = (await ledger.accept(store, order)).id
        assert set() == await list_findings(store, names)
        await store.call("ZREM", keys.OPEN, names["first"], names["third"])
        await store.call("DEL", keys.arq_job(names["second"]))
        assert {"not_in_open first", "no_job second", "not_in_open third"} == await list_findings(store, names)


async def test_long_ledger_gives_same_findings_in_parts(
    store_url: str, impatient: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A ledger checked in several passes and batches has the same findings."""
    monkeypatch.setattr(check_account, "LINES_PER_PASS_MAX", 40)
    monkeypatch.setattr(check_account, "LINES_BATCH", 7)
    async with Store(store_url) as store:
        names = await create_history(store)
        customer = Customer(account=names["account"], key="", hash=names["hash"])
        for number in range(30):
            names[f"more{number}"] = (await ledger.accept(store, make_order(customer, price_micros=CENTS))).id
            await ledger.settle(store, names[f"more{number}"], FAILED, cost_micros=0, outcome=Outcome())
        assert set() == await list_findings(store, names)
        await store.call("LREM", keys.ledger(names["account"]), 1, names["done_settle"])
        await store.call("DEL", keys.generation(names["queued"]))
        assert {
            "no_settle_line done",
            "lost queued",
            "stale_active queued",
            "stale_busy queued",
            "stale_open queued",
            "stale_job queued",
        } == await list_findings(store, names)


async def test_findings_are_bounded(store_url: str, impatient: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """A store that is wrong everywhere ends the check early, and the report says so."""
    monkeypatch.setattr(check_account, "FINDINGS_MAX", 5)
    monkeypatch.setattr(checking, "FINDINGS_MAX", 5)
    monkeypatch.setattr(findings, "FINDINGS_MAX", 5)
    async with Store(store_url) as store:
        for _ in range(4):
            await create_history(store)
        await store.call("DEL", keys.OPEN)
        report = Report()
        await checking.check_ledger(store, report)
        assert 5 == len(report.findings)
        assert report.full


async def test_busy_store_has_no_findings(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """While generations are accepted, run and settled at full speed, no check finds anything."""
    monkeypatch.setattr(checking, "RECHECK_S", 0.05)
    async with Store(store_url) as store, Store(store_url) as other:
        customers = [await create_customer(store, cents=1_000_000, concurrency=2) for _ in range(3)]
        for customer in customers:
            await accounts.set_spend_caps(store, customer.account, SpendCaps(day=10**12))
        stop = asyncio.Event()
        movers = [asyncio.create_task(move(other, customer, stop)) for customer in customers * 4]
        checks = 0
        until = asyncio.get_running_loop().time() + 1.5
        while asyncio.get_running_loop().time() < until:
            report = Report()
            await checking.check_ledger(store, report)
            assert [] == report.findings
            checks += 1
        stop.set()
        settled = sum(await asyncio.gather(*movers))
        assert checks > 1
        assert settled > 100
        assert set() == await list_findings(store, {})


async def move(store: Store, customer: Customer, stop: asyncio.Event) -> int:
    """Accept and settle generations until `stop` is set, and return their number."""
    done = 0
    while not stop.is_set():
        batch = [await ledger.accept(store, make_order(customer, id=new_generation_id())) for _ in range(3)]
        for accepted, cost in zip(batch, (0, 4, 10), strict=True):
            await ledger.settle(store, accepted.id, COMPLETED, cost_micros=cost * CENTS, outcome=Outcome())
        done += len(batch)
    return done
