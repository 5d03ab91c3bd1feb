"""What may happen to the verbs, in any order, by anyone, once or twice: hypothesis picks, the world checks."""

import os
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.suites.property.bench import Bench
from tests.suites.property.books import Generation, Order
from tests.suites.property.labour import LOSSES
from tests.suites.property.passing import Passing
from tests.suites.property.world import ACCOUNTS, GUEST, PROVIDERS, QUEUES, WORKERS

T = TypeVar("T")
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SHORT = settings(
    max_examples=70,
    stateful_step_count=100,
    phases=(Phase.generate, Phase.shrink),
    deadline=None,
    derandomize=True,  # the same histories each time; HYPOTHESIS_PROFILE=long looks for new ones, for about an hour
    database=None,
    suppress_health_check=list(HealthCheck),
)
PROFILE = settings(SHORT, max_examples=12_000, derandomize=False) if LONG else SHORT

accounts = st.sampled_from(tuple(ACCOUNTS))
providers = st.sampled_from(tuple(PROVIDERS))
ways = st.permutations(tuple(PROVIDERS)).flatmap(lambda names: st.sampled_from((names[:1], names)))
workers = st.sampled_from(WORKERS)
picks = st.integers(0, 7)
prices = st.sampled_from((10_000, 0, 1, 70_000, 150_000))
twice = st.sampled_from((False, False, True))
ends = st.sampled_from(("completed", "failed"))
shares = st.sampled_from((2, 1, 0, 3, -1))  # of the price: all, half, none, and what must be refused
fates = st.sampled_from(("accepted", "refused", "done", "unknown"))
deliveries = st.sampled_from(("pending", "delivered", "dead"))
wishes = st.sampled_from(("redeliver", "failed", "missing", "enable", "rotate", "five days", "silence"))


class Machine(RuleBasedStateMachine):
    """What may happen, in any order, by anyone, once or twice."""

    def __init__(self, bench: Bench) -> None:
        super().__init__()
        self.world = Passing(bench)
        self.books = self.world.books

    def teardown(self) -> None:
        """Every history comes to an end, and the books still balance."""
        if not self.world.failed:
            self.world.ends()

    @property
    def placed(self) -> list[Generation]:
        """Those that do not wait."""
        return [made for made in self.all if made.state != "backlog"]

    @property
    def heard_of(self) -> list[Generation]:
        """Those that were on a queue once."""
        return [made for made in self.all if made.state != "backlog" or len(made.been) > 1]

    @property
    def all(self) -> list[Generation]:
        """All generations, those that are on their way to a provider first, those that ended last."""
        return sorted(self.books.generations.values(), key=lambda made: (not made.open, made.state != "submitting"))

    @property
    def jobs(self) -> list[tuple[str, str]]:
        """(queue, job) for all there are."""
        return [(queue, job) for queue in QUEUES for job in self.books.queues.on(queue)]

    def flights(self, fate: str) -> list[tuple[Generation, str]]:
        """Submits that are on their way, or whose fate is known to be this."""
        return [(m, token) for m in self.all for token, flight in m.flights.items() if flight.fate in ("open", fate)]

    @rule(account=accounts, ways=ways, price=prices, waiter=st.sampled_from(("", "g1")), twice=twice)
    def accept(self, account: str, ways: list[str], price: int, waiter: str, twice: bool) -> None:
        first, *others = ways
        self.world.accept(account, first, price, others=tuple(others), waiter=waiter, twice=twice)

    @rule(account=accounts, provider=providers, count=st.integers(2, 5))
    def accept_many(self, account: str, provider: str, count: int) -> None:
        for _ in range(count):
            self.world.accept(account, provider)

    @rule(account=st.sampled_from((*ACCOUNTS, GUEST)), provider=providers, price=prices, twice=twice)
    def accept_by_quota(self, account: str, provider: str, price: int, twice: bool) -> None:
        self.world.accept(account, provider, price, payer="quota", twice=twice)

    @rule(account=accounts, replay=st.sampled_from(("k1", "top-up:p1")), body=st.sampled_from(("b1", "b2")))
    def accept_under_a_key(self, account: str, replay: str, body: str) -> None:
        self.world.accept(account, replay=replay, body=body)

    @precondition(lambda self: self.books.generations)
    @rule(pick=picks)
    def accept_again(self, pick: int) -> None:
        made = chosen(self.all, pick)
        known = self.books.accounts[made.account]
        key, guest = next(iter(known.keys.values()), "revoked"), made.account if known.guest else ""
        self.world.order(Order(id=made.id, key=key, price=made.price, provider=made.provider, guest=guest))

    @rule(provider=providers, worker=workers, count=st.integers(1, 3), steps=st.integers(1, 4), fate=fates)
    def work(self, provider: str, worker: str, count: int, steps: int, fate: str) -> None:
        """A worker goes on with what it can get, and dies after so many steps with each job."""
        for job in self.world.claim(provider, worker, count):
            self.world.one_run(provider, worker, job, steps, fate)

    @precondition(lambda self: self.heard_of)
    @rule(pick=picks, before=st.integers(0, 2), worker=workers, twice=twice)
    def start(self, pick: int, before: int, worker: str, twice: bool) -> None:
        """A worker of the provider that has it, or of one that had it before, has taken a job up."""
        made = chosen(self.heard_of, pick)
        at = chosen(made.been[::-1], before)
        self.world.start(made.id, f"{worker}-{self.world.number()}", at=at, twice=twice)

    @precondition(lambda self: self.flights("open"))
    @rule(pick=picks, worker=workers)
    def take_over(self, pick: int, worker: str) -> None:
        """A submit has had its time, and another worker looks what became of it."""
        made, _ = chosen(self.flights("open"), pick)
        if made.open:
            self.world.patience_passes(made.id)
        self.world.start(made.id, f"{worker}-{self.world.number()}")

    @precondition(lambda self: self.flights("accepted"))
    @rule(pick=picks, twice=twice)
    def submitted(self, pick: int, twice: bool) -> None:
        made, token = chosen(self.flights("accepted"), pick)
        self.world.submitted(made.id, token, twice=twice)

    @precondition(lambda self: self.flights("refused"))
    @rule(pick=picks, pause=st.booleans(), twice=twice)
    def withdraw(self, pick: int, pause: bool, twice: bool) -> None:
        made, token = chosen(self.flights("refused"), pick)
        self.world.withdraw(made.id, token, pause=pause, twice=twice)

    @precondition(lambda self: self.flights("refused"))
    @rule(pick=picks, provider=providers, said=st.sampled_from(("down", "busy")), pause=st.booleans(), twice=twice)
    def reroute(self, pick: int, provider: str, said: str, pause: bool, twice: bool) -> None:
        made, token = chosen(self.flights("refused"), pick)
        self.world.reroute(made.id, token, provider, said=said, pause=pause, twice=twice)

    @precondition(lambda self: self.placed)
    @rule(pick=picks, provider=providers, twice=twice)
    def callback(self, pick: int, provider: str, twice: bool) -> None:
        self.world.callback(chosen(self.placed, pick).id, provider, twice=twice)

    @precondition(lambda self: self.books.generations)
    @rule(pick=picks, end=ends, share=shares, guarded=st.booleans(), looks_later=st.booleans(), twice=twice)
    def settle(self, *, pick: int, end: str, share: int, guarded: bool, looks_later: bool, twice: bool) -> None:
        made = chosen(self.all, pick)
        cost = {-1: -1, 0: 0, 1: made.price // 2, 2: made.price, 3: made.price + 1}[share]
        self.world.settle(made.id, end, cost, guarded=guarded, looks_later=looks_later, twice=twice)

    @precondition(lambda self: self.books.generations)
    @rule(pick=picks, what=st.sampled_from(("retry", "resolve", "credit", "credit some")), share=shares, twice=twice)
    def operate(self, pick: int, what: str, share: int, twice: bool) -> None:
        """An operator helps a generation along, or its owner."""
        rank = {"resolve": "uncertain", "retry": "queued"}.get(what, "completed")
        made = chosen(sorted(self.all, key=lambda made: made.state != rank), pick)
        if what == "retry":
            self.world.retry(made.id, twice=twice)
        elif what == "resolve":
            self.world.settle(made.id, "failed", 0, doubted=True, twice=twice)
        elif what == "credit":
            self.world.credit(made.id, twice=twice)
        else:
            self.world.credit(made.id, max(made.price * share // 2, 1), twice=twice)

    @precondition(lambda self: self.books.generations)
    @rule(pick=picks)
    def settle_at_once(self, pick: int) -> None:
        self.world.settle_at_once(chosen(self.all, pick).id)

    @precondition(lambda self: self.placed)
    @rule(pick=picks, gateway=st.sampled_from(("", "", "g1", "g12", "g2")), twice=twice)
    def ask(self, pick: int, gateway: str, twice: bool) -> None:
        """The owner wants it stopped, or a gateway waits for it."""
        name = chosen(sorted(self.placed, key=lambda made: made.state != "pending"), pick).id
        if gateway:
            self.world.watch(name, gateway, twice=twice)
        else:
            self.world.cancel(name, twice=twice)

    @precondition(lambda self: any(not made.open for made in self.all))
    @rule(pick=picks, found=st.booleans(), again=st.booleans(), twice=twice)
    def looked(self, pick: int, found: bool, again: bool, twice: bool) -> None:
        self.world.looked(chosen(self.all[::-1], pick).id, found=found, again=again, twice=twice)

    @rule(account=accounts, reference=st.sampled_from(("p1", "p2", "first")), twice=twice)
    def top_up(self, account: str, reference: str, twice: bool) -> None:
        self.world.top_up(account, 200_000, reference, twice=twice)

    @rule(provider=providers, what=st.sampled_from(("recovers", "down", "up", "pause", "drain")), twice=twice)
    def weather(self, provider: str, what: str, twice: bool) -> None:
        if what == "down":
            self.world.down(provider, twice=twice)
        elif what == "up":
            self.world.up(provider)
        elif what in ("pause", "drain"):
            self.world.set_mode(provider, what, twice=twice)
        else:
            self.world.provider_recovers(provider)

    @rule(account=accounts, micros=st.sampled_from((0, 10_000, 120_000)), twice=twice)
    def set_low(self, account: str, micros: int, twice: bool) -> None:
        self.world.set_low(account, micros, twice=twice)

    @rule(account=accounts, pick=picks, what=st.sampled_from(("key", "endpoint", "no key", "no endpoint")), twice=twice)
    def look_after(self, account: str, pick: int, what: str, twice: bool) -> None:
        known = self.books.accounts[account]
        if what == "key":
            self.world.create_key(account, twice=twice)
        elif what == "endpoint":
            self.world.create_endpoint(account, ("*", "generation.completed")[pick % 2], twice=twice)
        elif what == "no key":
            self.world.revoke_key(account, chosen(list(known.keys) or ["key0"], pick), twice=twice)
        else:
            self.world.delete_endpoint(account, chosen(list(known.endpoints) or ["ep0"], pick))

    @precondition(lambda self: self.books.deliveries)
    @rule(pick=picks, ahead=st.sampled_from((1, 0)), state=deliveries, unplugged=st.booleans(), twice=twice)
    def attempt(self, pick: int, ahead: int, state: str, unplugged: bool, twice: bool) -> None:
        """A dispatcher posts to an endpoint; one that was unplugged says Gone, and may have been deleted."""
        name = chosen(list(self.books.deliveries), pick)
        delivery = self.books.deliveries[name]
        if unplugged and pick % 2:
            self.world.delete_endpoint(delivery.account, delivery.endpoint)
        health = "well" if state == "delivered" else "gone" if unplugged and state == "dead" else ("ill", "")[pick // 7]
        self.world.attempt(name, delivery.attempts + ahead, state, health, twice=twice)

    @precondition(lambda self: self.books.deliveries)
    @rule(pick=picks, what=wishes, stranger=st.sampled_from((False, False, True)), twice=twice)
    def wish(self, pick: int, what: str, stranger: bool, twice: bool) -> None:
        """The owner of an endpoint, or somebody else, wants something done about it."""
        name = chosen(list(self.books.deliveries), pick)
        delivery = self.books.deliveries[name]
        account = "eve" if stranger else delivery.account
        place = (account, delivery.endpoint)
        if what == "redeliver":
            self.world.redeliver(*place, name, twice=twice)
        elif what in ("failed", "missing"):
            self.world.replay(*place, what, twice=twice)
        elif what == "enable":
            self.world.enable_endpoint(*place, twice=twice)
        elif what == "rotate":
            self.world.rotate_secret(*place, twice=twice)
        elif delivery.endpoint in self.books.accounts[delivery.account].endpoints:
            passes = self.world.five_days_pass if what == "five days" else self.world.a_long_silence_passes
            passes(delivery.account, delivery.endpoint)

    @precondition(lambda self: self.jobs)
    @rule(pick=picks, worker=workers, count=st.integers(1, 4))
    def claim(self, pick: int, worker: str, count: int) -> None:
        self.world.claim(chosen(self.jobs, pick)[0], worker, count)

    @precondition(lambda self: self.books.queues.holders)
    @rule(pick=picks, other=st.sampled_from((None, *WORKERS)), what=st.sampled_from(("renew", "end", "back", "park")))
    def carry_on(self, pick: int, other: str | None, what: str) -> None:
        """The holder of a job, or one that only thinks it is, says it still works, ends the job or gives it back."""
        job = chosen(sorted(self.books.queues.holders), pick)
        queue, worker = self.world.queue_of(job), other or self.books.queues.holders[job]
        if what == "renew":
            self.world.renew(queue, worker, sorted(self.books.queues.holders))
        else:
            self.world.finish(queue, worker, [job], end=what == "end", soon=what == "back", clean=what == "park")

    @precondition(lambda self: self.jobs)
    @rule(pick=picks, what=st.sampled_from(("lease", "parking")))
    def time_passes_for_a_job(self, pick: int, what: str) -> None:
        queue, job = chosen(self.jobs, pick)
        if what == "lease":
            self.world.lease_passes(queue, job)
        else:
            self.world.parking_passes(queue, [job])

    @precondition(lambda self: any(made.open for made in self.placed))
    @rule(pick=picks, what=st.sampled_from(("patience", "deadline")))
    def time_passes_for_a_generation(self, pick: int, what: str) -> None:
        name = chosen([made for made in self.placed if made.open], pick).id
        if what == "patience":
            self.world.patience_passes(name)
        else:
            self.world.deadline_passes(name)

    @precondition(lambda self: self.jobs)
    @rule(pick=picks, losses=st.lists(st.sampled_from(LOSSES), min_size=1, max_size=4, unique=True))
    def lose(self, pick: int, losses: list[str]) -> None:
        self.world.lose(*chosen(self.jobs, pick), losses)

    @rule(what=st.sampled_from(("generations", "deliveries", "late")))
    def sweep(self, what: str) -> None:
        if what == "generations":
            self.world.looks_fall_due([made.id for made in self.all if made.open])
            self.world.sweep_and_settle()
        elif what == "deliveries":
            self.world.sweep_deliveries()
        else:
            self.world.hand_out_late()


def chosen(items: list[T], pick: int) -> T:
    return items[pick % len(items)]
