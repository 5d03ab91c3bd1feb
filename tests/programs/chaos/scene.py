"""A whole run: a deployment, its doubles, load, faults, and the quiet period in which everything must end."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial

from msgspec import Struct, field

from shared.domain.errors import StoreDown, StoreError
from shared.domain.generation import Generation
from shared.store import accounts, generations, keys, ledger, webhooks
from shared.store.check import check_ledger
from shared.store.findings import Report
from tests.harness.factories import CENTS, Customer, create_customer
from tests.harness.postgres import Postgres
from tests.programs.chaos.archived import Archived, read_archived
from tests.programs.chaos.client import ClientRecord, Clients
from tests.programs.chaos.collect import read_generations
from tests.programs.chaos.deployment import Deployment, deploy
from tests.programs.chaos.doubles import Inbox, PaidProvider
from tests.programs.chaos.hostile import PACES, Attacked, ChaosTenant, list_ordinary, observe, open_tenant
from tests.programs.chaos.injector import InjectedFault, Injector, Rescue
from tests.programs.chaos.logs import read_log
from tests.programs.chaos.plan import BUSY_MODEL, BUYERS, LATE, LONG_S, Plan
from tests.programs.chaos.rollback import Rollback, roll_back
from workers.timing import retry_while_store_down

POLL_S = 0.5
REPORT_EVERY_S = 5.0
END_MAX_S = 60.0  # after the load, until every generation has ended
DELIVERED_MAX_S, LATE_MAX_S, ARCHIVED_MAX_S = 60.0, 40.0, 60.0
REPLAYS_MAX = 200
TOP_UP_EVERY_S, PAYMENT_CENTS = 3.0, 50
SCAN_COUNT = 2000
EMPTY_MAX_S = 5.0
# Keys with these prefixes must be gone once everything has ended.
MOVING = (b"gw:open", b"gw:deliveries:open", b"gw:active:", b"gw:backlogs:", b"gw:turns:", b"arq:")
STAYING = (b":bell", b":health-check")

ReportProgress = Callable[[str], None]


class Sample(Struct, frozen=True, kw_only=True):
    """The state of the run at one moment. `states` counts the open generations."""

    at_s: float
    ordered: int
    accepted: int
    states: dict[str, int]


class Evidence(Struct, kw_only=True):
    """Everything known after a run."""

    plan: Plan
    customers: list[Customer]
    records: list[ClientRecord]
    responses: dict[str, int]
    paid: PaidProvider
    inboxes: list[Inbox]
    generations: dict[str, Generation] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    payments: dict[str, int] = field(default_factory=dict)  # micro-USD that were paid, by account
    credited: dict[str, int] = field(default_factory=dict)  # micro-USD that the account shows
    uncertain: set[str] = field(default_factory=set)  # generations that were uncertain at any time
    injected: list[InjectedFault] = field(default_factory=list)
    rescues: list[Rescue] = field(default_factory=list)
    anomalies: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)  # keys that should be gone
    books: Report = field(default_factory=Report)
    archived: Archived = field(default_factory=Archived)
    purchases: set[str] = field(default_factory=set)  # generations that the provider took until the database was read
    warnings: Counter[str] = field(default_factory=Counter)  # of our processes, by event
    errors: list[str] = field(default_factory=list)  # of our processes
    attacked: Attacked = field(default_factory=Attacked)
    rollback: Rollback | None = None
    started_ms: int = 0
    took_s: float = 0.0


class Scene:
    """A deployment under load."""

    def __init__(
        self,
        plan: Plan,
        deployment: Deployment,
        tenant: ChaosTenant,
        evidence: Evidence,
        report: ReportProgress,
    ) -> None:
        self.tenant = tenant
        self.deployment = deployment
        stack, store = deployment.stack, deployment.store
        self.plan, self.stack, self.store, self.evidence, self.report = plan, stack, store, evidence, report
        self.injector = Injector(stack, store, deployment.proxies)
        self.clients = Clients(plan, stack.urls, [customer.key for customer in evidence.customers])

    async def play(self) -> None:
        """Run load and faults, wait until everything has ended or timed out, then collect the evidence."""
        evidence = self.evidence
        self.injector.started_s, evidence.started_ms = time.monotonic(), time.time_ns() // 1_000_000
        evidence.records = self.clients.records
        background = [
            asyncio.create_task(work) for work in (self._sample(), self._report_repeatedly(), self.injector.guard())
        ]
        async with self.tenant.run_attack(PACES, idle=0):
            await asyncio.gather(self.clients.run(), self.injector.run(self.plan.faults), self._top_up())
        self.report("load and faults are over, waiting for everything to end")
        await self._cancel_busy()
        await self._wait_for_quiet()
        keyed = [record for record in evidence.records if record.ids and record.order.key]
        await self.clients.replay(keyed[:: max(1, len(keyed) // REPLAYS_MAX)])
        for task in background:
            task.cancel()
        for result in await asyncio.gather(*background, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
        await self._collect()

    async def _cancel_busy(self) -> None:
        """Cancel the orders of the busy model, whose provider may stop them for minutes."""
        buyers = {customer.account: number for number, customer in enumerate(self.evidence.customers)}
        names = [raw.decode() for raw in await self.store.call("ZRANGE", keys.OPEN, 0, -1)]
        found = await asyncio.gather(*(generations.view(self.store, "", name) for name in names))
        busy = [generation for generation in found if generation and generation.spec.model == BUSY_MODEL]
        await self.clients.cancel([(buyers[generation.account], generation.id) for generation in busy])

    async def _wait_for_quiet(self) -> None:
        """Wait until every generation has ended, every event was delivered, and late results were polled."""
        evidence = self.evidence
        await self._wait_until("end of every generation", END_MAX_S, self._check_ended)
        await self._wait_until("delivery of every event", DELIVERED_MAX_S, self._check_delivered)
        if self.plan.load_s >= LONG_S:
            late = [record.ids[0] for record in evidence.records if record.order.behaviour == LATE and record.ids]
            await self._wait_until("late results", LATE_MAX_S, lambda: self._check_late_polled(late))

    async def _wait_until(self, condition: str, limit_s: float, done: Callable[[], Awaitable[bool]]) -> None:
        started_s = self.injector.now_s
        while not await done():
            if self.injector.now_s - started_s > limit_s:
                self.report(f"{condition}: not within {limit_s:.0f} s")
                return
            await asyncio.sleep(POLL_S)
        self.report(f"{condition}: {self.injector.now_s - started_s:.1f} s after")

    async def _check_ended(self) -> bool:
        return not int(await self.store.call("ZCARD", keys.OPEN))

    async def _check_delivered(self) -> bool:
        return not await list_ordinary(self.store, [keys.OPEN_DELIVERIES], self.tenant)

    async def _check_late_polled(self, names: list[str]) -> bool:
        waiting = await asyncio.gather(*(self.store.call("ZSCORE", keys.LATE, name) for name in names))
        return not any(waiting)

    async def _sample(self) -> None:
        """Record the state of the run repeatedly, for the chart."""
        while True:
            try:
                names = [raw.decode() for raw in await self.store.call("ZRANGE", keys.OPEN, 0, -1)]
                reads = (self.store.call("HGET", keys.generation(name), "state") for name in names)
                states = [(raw or b"?").decode() for raw in await asyncio.gather(*reads)]
                by_name = zip(names, states, strict=True)
                self.evidence.uncertain |= {name for name, state in by_name if state == "uncertain"}
                accepted = sum(bool(record.ids) for record in self.clients.records)
                self.evidence.samples.append(
                    Sample(
                        at_s=round(self.injector.now_s, 2),
                        ordered=len(self.clients.records),
                        accepted=accepted,
                        states=dict(Counter(states)),
                    )
                )
            except (StoreDown, StoreError):
                pass
            await asyncio.sleep(POLL_S)

    async def _top_up(self) -> None:
        """Top up the last customer repeatedly, each payment twice at once."""
        account, number = self.evidence.customers[-1].account, 0
        while self.injector.now_s < self.plan.load_s:
            number += 1
            payment = partial(ledger.top_up, self.store, account, PAYMENT_CENTS * CENTS, f"payment {number}")
            await asyncio.gather(retry_while_store_down(payment), retry_while_store_down(payment))
            self.evidence.payments[account] += PAYMENT_CENTS * CENTS
            await asyncio.sleep(TOP_UP_EVERY_S)

    async def _report_repeatedly(self) -> None:
        while True:
            await asyncio.sleep(REPORT_EVERY_S)
            if self.evidence.samples:
                now = self.evidence.samples[-1]
                states = ", ".join(f"{count} {state}" for state, count in sorted(now.states.items()))
                faults = len(self.injector.injected)
                self.report(
                    f"{now.ordered} ordered, {now.accepted} accepted, {faults} faults; open: {states or 'none'}"
                )

    async def _collect(self) -> None:
        evidence = self.evidence
        for customer in evidence.customers:
            evidence.generations |= await read_generations(self.store, customer.account)
            account = await accounts.find(self.store, customer.account)
            evidence.credited[customer.account] = account.topup if account else 0
        evidence.attacked = await observe(self.store, self.tenant)
        await self._wait_until("an empty store", EMPTY_MAX_S, self._check_empty)
        await check_ledger(self.store, evidence.books)
        evidence.purchases = set(evidence.paid.accepted)
        names = [customer.account for customer in (*evidence.customers, self.tenant.customer)]
        stored = (evidence.generations, evidence.attacked.generations)
        url = self.deployment.records_url
        evidence.archived = await read_archived(self.store, url, names, stored, ARCHIVED_MAX_S)
        evidence.injected = sorted(self.injector.injected, key=lambda fault: fault.at_s)
        evidence.rescues = self.injector.rescues
        evidence.anomalies = [*self.injector.anomalies, *self.clients.anomalies]
        evidence.responses = dict(sorted(self.clients.responses.items()))
        evidence.took_s = self.injector.now_s

    async def _check_empty(self) -> bool:
        """Return whether no queue or index entry is left. A poll for a late result may still be running."""
        cursor, left = b"0", []
        while True:
            cursor, found = await self.store.call("SCAN", cursor, "COUNT", SCAN_COUNT)
            left += [name.decode() for name in found if name.startswith(MOVING) and not name.endswith(STAYING)]
            if cursor == b"0":
                break
        self.evidence.left_over = sorted(await list_ordinary(self.store, left, self.tenant))
        return not self.evidence.left_over


@asynccontextmanager
async def set_scene(plan: Plan, report: ReportProgress, database: Postgres | None) -> AsyncIterator[Scene]:
    """Start everything: processes, provider, customers and their receivers."""
    async with AsyncExitStack() as held:
        paid = await held.enter_async_context(PaidProvider(plan.seed))
        deployment = await held.enter_async_context(deploy(plan, paid.url, database))
        store = deployment.store
        inboxes, customers = [], []
        for number, buyer in enumerate(BUYERS):
            inbox = await held.enter_async_context(Inbox(plan.seed, number))
            customer = await create_customer(
                store, cents=buyer.cents, concurrency=buyer.concurrency, backlog_max=buyer.backlog_max
            )
            inbox.secret = (await webhooks.create_endpoint(store, customer.account, inbox.url)).secret
            inboxes.append(inbox)
            customers.append(customer)
        evidence = Evidence(plan=plan, customers=customers, records=[], responses={}, paid=paid, inboxes=inboxes)
        money = {customer.account: buyer.cents * CENTS for customer, buyer in zip(customers, BUYERS, strict=True)}
        evidence.payments = money
        tenant = await held.enter_async_context(open_tenant(deployment.stack.url, store))
        yield Scene(plan, deployment, tenant, evidence, report)


async def run_chaos(
    plan: Plan, report: ReportProgress, *, rollback: bool = False, database: Postgres | None = None
) -> Evidence:
    """Run a whole plan, with `rollback` also the rollback of the store at its end, and return the evidence.

    The records are in `database`, which is killed too; without it in SQLite.
    """
    async with set_scene(plan, report, database) as scene:
        await scene.play()
        evidence = scene.evidence
        for name, process in scene.stack.processes.items():
            warnings, errors = read_log(name, process.log)
            evidence.warnings.update(warnings)
            evidence.errors += errors
        if rollback:
            evidence.rollback = await roll_back(scene.deployment)
            report(f"rollback: {evidence.rollback.lost} orders lost, the rest has ended")
    return evidence
