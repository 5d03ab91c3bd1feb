"""The whole run: a deployment, its witnesses, the load, the blows, and then the quiet in which everything must end."""

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from functools import partial
from pathlib import Path

from msgspec import Struct, field

from shared.domain.errors import StoreDown, StoreError
from shared.domain.generation import Generation
from shared.store import accounts, generations, keys, ledger, webhooks
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.factories import CENTS, Customer, create_customer
from tests.harness.processes import Stack, make_folder
from tests.programs.chaos.client import Clients, Story
from tests.programs.chaos.complaints import complaints
from tests.programs.chaos.force import Force, Mark, Rescue
from tests.programs.chaos.plan import BUYERS, LONG_S, TARDY, WOKGEN_WAIT_S, Plan
from tests.programs.chaos.witness import Inbox, Paid
from workers.timing import retry_while_store_down

CATALOGUE = Path(__file__).parent / "catalogue.toml"
LOOK_S = 0.5
SAY_S = 5.0
END_MAX_S = 60.0  # after the load, until every generation has ended
DELIVERED_MAX_S, LATE_MAX_S = 60.0, 75.0
REPLAYS_MAX = 200
PAY_EVERY_S, PAYMENT_CENTS = 3.0, 50
BATCH = 200
SCAN_COUNT = 2000
EMPTY_MAX_S = 5.0
# When everything has ended there is nothing of this any more.
MOVING = (b"gw:open", b"gw:deliveries:open", b"gw:active:", b"gw:backlog:", b"gw:turns:", b"arq:")
STAYING = (b":bell", b":health-check")

Say = Callable[[str], None]


class Sample(Struct, frozen=True, kw_only=True):
    """How things stood at one moment. `states` counts the open generations."""

    at_s: float
    asked: int
    accepted: int
    states: dict[str, int]


class Evidence(Struct, kw_only=True):
    """Everything that is known after a run."""

    plan: Plan
    customers: list[Customer]
    stories: list[Story]
    answers: dict[str, int]
    paid: Paid
    inboxes: list[Inbox]
    generations: dict[str, Generation] = field(default_factory=dict)
    samples: list[Sample] = field(default_factory=list)
    payments: dict[str, int] = field(default_factory=dict)  # what was paid in, micro-USD, by account
    paid_in: dict[str, int] = field(default_factory=dict)  # the same as the accounts tell it
    uncertain: set[str] = field(default_factory=set)  # ever seen so
    marks: list[Mark] = field(default_factory=list)
    rescues: list[Rescue] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    left_over: list[str] = field(default_factory=list)  # keys that should be gone by now
    books: Report = field(default_factory=Report)
    logged: Counter[str] = field(default_factory=Counter)  # warnings of our processes, by event
    errors: list[str] = field(default_factory=list)  # and their errors
    began_ms: int = 0
    took_s: float = 0.0


class Scene:
    """A deployment under load. `say` is told how it goes."""

    def __init__(self, plan: Plan, stack: Stack, store: Store, evidence: Evidence, say: Say) -> None:
        self.plan, self.stack, self.store, self.evidence, self.say = plan, stack, store, evidence, say
        self.force = Force(stack, store)
        self.clients = Clients(plan, stack.urls, [customer.key for customer in evidence.customers])

    async def play(self) -> None:
        """Load and blows, then quiet until everything has ended or its time is up, then a look at all that is left."""
        evidence = self.evidence
        self.force.started_s, evidence.began_ms = time.monotonic(), time.time_ns() // 1_000_000
        evidence.stories = self.clients.stories
        background = [asyncio.create_task(work) for work in (self._sample(), self._tell(), self.force.guard())]
        await asyncio.gather(self.clients.run(), self.force.run(self.plan.strikes), self._pay_in())
        self.say("load and blows are over; waiting for everything to end")
        await self._quiet()
        keyed = [story for story in evidence.stories if story.ids and story.wish.key]
        await self.clients.replay(keyed[:: max(1, len(keyed) // REPLAYS_MAX)])
        for task in background:
            task.cancel()
        for result in await asyncio.gather(*background, return_exceptions=True):
            if isinstance(result, Exception):
                raise result
        await self._collect()

    async def _quiet(self) -> None:
        """Until every generation has ended, its event was taken, and late results were looked for."""
        evidence = self.evidence
        await self._until("end of every generation", END_MAX_S, self._ended)
        await self._until("delivery of every event", DELIVERED_MAX_S, self._delivered)
        if self.plan.load_s >= LONG_S:
            tardy = [story.ids[0] for story in evidence.stories if story.wish.behaviour == TARDY and story.ids]
            await self._until("late results", LATE_MAX_S, lambda: self._looked_at(tardy))

    async def _until(self, what: str, limit_s: float, done: Callable[[], Awaitable[bool]]) -> None:
        began_s = self.force.now_s
        while not await done():
            if self.force.now_s - began_s > limit_s:
                self.say(f"{what}: not within {limit_s:.0f} s")
                return
            await asyncio.sleep(LOOK_S)
        self.say(f"{what}: {self.force.now_s - began_s:.1f} s after")

    async def _ended(self) -> bool:
        return not int(await self.store.call("ZCARD", keys.OPEN))

    async def _delivered(self) -> bool:
        return not int(await self.store.call("ZCARD", keys.OPEN_DELIVERIES))

    async def _looked_at(self, names: list[str]) -> bool:
        waiting = await asyncio.gather(*(self.store.call("ZSCORE", keys.LATE, name) for name in names))
        return not any(waiting)

    async def _sample(self) -> None:
        """Note how everything stands, now and then, for the picture."""
        while True:
            try:
                names = [raw.decode() for raw in await self.store.call("ZRANGE", keys.OPEN, 0, -1)]
                asked = (self.store.call("HGET", keys.generation(name), "state") for name in names)
                states = [(raw or b"?").decode() for raw in await asyncio.gather(*asked)]
                found = zip(names, states, strict=True)
                self.evidence.uncertain |= {name for name, state in found if state == "uncertain"}
                accepted = sum(bool(story.ids) for story in self.clients.stories)
                self.evidence.samples.append(
                    Sample(
                        at_s=round(self.force.now_s, 2),
                        asked=len(self.clients.stories),
                        accepted=accepted,
                        states=dict(Counter(states)),
                    )
                )
            except (StoreDown, StoreError):
                pass
            await asyncio.sleep(LOOK_S)

    async def _pay_in(self) -> None:
        """Top up the last customer again and again, each time by two who know of the same payment."""
        account, number = self.evidence.customers[-1].account, 0
        while self.force.now_s < self.plan.load_s:
            number += 1
            payment = partial(ledger.top_up, self.store, account, PAYMENT_CENTS * CENTS, f"payment {number}")
            await asyncio.gather(retry_while_store_down(payment), retry_while_store_down(payment))
            self.evidence.payments[account] += PAYMENT_CENTS * CENTS
            await asyncio.sleep(PAY_EVERY_S)

    async def _tell(self) -> None:
        while True:
            await asyncio.sleep(SAY_S)
            if self.evidence.samples:
                now = self.evidence.samples[-1]
                states = ", ".join(f"{count} {state}" for state, count in sorted(now.states.items()))
                blows = len(self.force.marks)
                self.say(f"{now.asked} asked, {now.accepted} accepted, {blows} blows; open: {states or 'none'}")

    async def _collect(self) -> None:
        evidence = self.evidence
        for customer in evidence.customers:
            raws = await self.store.call("LRANGE", keys.generations(customer.account), 0, -1)
            for first in range(0, len(raws), BATCH):
                names = [raw.decode() for raw in raws[first : first + BATCH]]
                found = await asyncio.gather(*(generations.view(self.store, "", name) for name in names))
                evidence.generations |= {generation.id: generation for generation in found if generation is not None}
            shown = await accounts.find(self.store, customer.account)
            evidence.paid_in[customer.account] = shown.topup if shown else 0
        await self._until("an empty store", EMPTY_MAX_S, self._empty)
        await check_ledger(self.store, evidence.books)
        evidence.marks = sorted(self.force.marks, key=lambda mark: mark.at_s)
        evidence.rescues = self.force.rescues
        evidence.faults = [*self.force.faults, *self.clients.faults]
        evidence.answers = dict(sorted(self.clients.answers.items()))
        evidence.took_s = self.force.now_s

    async def _empty(self) -> bool:
        """Whether nothing is left of what moves; a look at a late result may be on its way."""
        cursor, left = b"0", []
        while True:
            cursor, found = await self.store.call("SCAN", cursor, "COUNT", SCAN_COUNT)
            left += [name.decode() for name in found if name.startswith(MOVING) and not name.endswith(STAYING)]
            if cursor == b"0":
                break
        self.evidence.left_over = sorted(left)
        return not left


@asynccontextmanager
async def deployed(plan: Plan, say: Say) -> AsyncIterator[Scene]:
    """Everything started and ready: processes, provider, customers and their receivers."""
    async with AsyncExitStack() as held:
        paid = await held.enter_async_context(Paid(plan.seed))
        path = make_folder("chaos") / "catalogue.toml"
        path.write_text(CATALOGUE.read_text().replace("PAID_URL", paid.url))
        env = {
            "CATALOGUE": str(path),
            "ADAPTERS": "tests.harness.doubles.adapters",
            "WOKGEN_WAIT_S": str(WOKGEN_WAIT_S),
        }
        stack = Stack(gateways=2, workers=("paid", "paid", "kinds", "kinds"), env=env)
        stack.env["CALLBACK_URL"] = stack.urls[-1]
        await held.enter_async_context(stack)
        store = await held.enter_async_context(Store(stack.settings.store_url, name="chaos"))
        inboxes, customers = [], []
        for number, buyer in enumerate(BUYERS):
            inbox = await held.enter_async_context(Inbox(plan.seed, number))
            customer = await create_customer(
                store, cents=buyer.cents, concurrency=buyer.concurrency, backlog_max=buyer.backlog_max
            )
            inbox.secret = (await webhooks.create_endpoint(store, customer.account, inbox.url)).secret
            inboxes.append(inbox)
            customers.append(customer)
        evidence = Evidence(plan=plan, customers=customers, stories=[], answers={}, paid=paid, inboxes=inboxes)
        money = {customer.account: buyer.cents * CENTS for customer, buyer in zip(customers, BUYERS, strict=True)}
        evidence.payments = money
        yield Scene(plan, stack, store, evidence, say)


async def played(plan: Plan, say: Say) -> Evidence:
    """One whole run, and all that is known after it."""
    async with deployed(plan, say) as scene:
        await scene.play()
        evidence = scene.evidence
        for name, process in scene.stack.processes.items():
            warnings, errors = complaints(name, process.log)
            evidence.logged.update(warnings)
            evidence.errors += errors
    return evidence
