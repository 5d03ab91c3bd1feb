"""Random histories of verbs: hypothesis picks the verb, its arguments and repeats, and the world checks each step."""

import os
from typing import TypeVar

from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule

from tests.suites.property.budgets import Caps
from tests.suites.property.model import Generation, Order
from tests.suites.property.sync_store import SyncStore
from tests.suites.property.timed_world import TimedWorld
from tests.suites.property.worker_world import LOSSES
from tests.suites.property.world import ACCOUNTS, GUEST, PROVIDERS, QUEUES, WORKERS

T = TypeVar("T")
LONG = os.environ.get("HYPOTHESIS_PROFILE") == "long"
SHORT = settings(
    max_examples=15,
    stateful_step_count=100,
    phases=(Phase.generate, Phase.shrink),
    deadline=None,
    derandomize=True,  # the same histories in each run; HYPOTHESIS_PROFILE=long searches new ones for an hour
    database=None,
    suppress_health_check=list(HealthCheck),
)
PROFILE = settings(SHORT, max_examples=12_000, derandomize=False) if LONG else SHORT

accounts = st.sampled_from(tuple(ACCOUNTS))
providers = st.sampled_from(tuple(PROVIDERS))
routes = st.permutations(tuple(PROVIDERS)).flatmap(lambda names: st.sampled_from((names[:1], names)))
workers = st.sampled_from(WORKERS)
picks = st.integers(0, 7)
prices = st.sampled_from((10_000, 0, 1, 70_000, 150_000))
twice = st.sampled_from((False, False, True))
end_states = st.sampled_from(("completed", "failed"))
spend_caps = st.sampled_from(((None, None, 80_000), (10_000, 200_000, None), (None, None, None), (None, 0, None)))
budget_actions = st.sampled_from(("create", "change", "rotate", "account"))
shares = st.sampled_from((2, 1, 0, 3, -1))  # of the price: all, half, none, and two that must be refused
outcomes = st.sampled_from(("accepted", "refused", "done", "unknown"))
delivery_states = st.sampled_from(("pending", "delivered", "dead"))
endpoint_actions = st.sampled_from(("redeliver", "failed", "missing", "enable", "rotate", "five days", "silence"))


class Machine(RuleBasedStateMachine):
    """Every action of the world as a hypothesis rule."""

    def __init__(self, store: SyncStore) -> None:
        super().__init__()
        self.world = TimedWorld(store)
        self.model = self.world.model

    def teardown(self) -> None:
        """Run every history to its end and check that the balances still add up."""
        if not self.world.failed:
            self.world.run_to_end()

    @property
    def admitted(self) -> list[Generation]:
        """Return the generations that do not wait in a backlog, settled ones included."""
        return [generation for generation in self.generations if generation.state != "backlog"]

    @property
    def ever_queued(self) -> list[Generation]:
        """Return the generations that have been on a queue."""
        return [
            generation
            for generation in self.generations
            if generation.state != "backlog" or len(generation.provider_history) > 1
        ]

    @property
    def generations(self) -> list[Generation]:
        """Return all generations, submitting ones first and settled ones last."""
        return sorted(
            self.model.generations.values(),
            key=lambda generation: (not generation.open, generation.state != "submitting"),
        )

    @property
    def jobs(self) -> list[tuple[str, str]]:
        """Return every job as (queue, job)."""
        return [(queue, job) for queue in QUEUES for job in self.model.queues.queued(queue)]

    def submits(self, outcome: str) -> list[tuple[Generation, str]]:
        """Return (generation, token) of each submit whose outcome is `outcome` or still open."""
        return [
            (generation, token)
            for generation in self.generations
            for token, submit in generation.submits.items()
            if submit.outcome in ("open", outcome)
        ]

    @rule(account=accounts, routes=routes, price=prices, waiter=st.sampled_from(("", "g1")), twice=twice)
    def accept(self, account: str, routes: list[str], price: int, waiter: str, twice: bool) -> None:
        first, *others = routes
        self.world.accept(account, first, price, others=tuple(others), waiter=waiter, twice=twice)

    @rule(account=accounts, provider=providers, twice=twice)
    def accept_with_upload(self, account: str, provider: str, twice: bool) -> None:
        self.world.accept(account, provider, uploads=f"image-{len(self.generations)}", twice=twice)

    @precondition(lambda self: any(generation.uploads for generation in self.generations))
    @rule(pick=picks, twice=twice)
    def release(self, pick: int, twice: bool) -> None:
        generation = pick_from([generation for generation in self.generations if generation.uploads], pick)
        self.world.release(generation.id, twice=twice)

    @rule(
        account=accounts, action=st.sampled_from(("suspend", "resume", "plan", "trial", "month", "close")), twice=twice
    )
    def lead_account(self, account: str, action: str, twice: bool) -> None:
        if action == "close":
            if account == "eve":
                self.world.close_account(account, twice=twice)
        elif action == "trial":
            self.world.grant_trial(account, twice=twice)
        elif action == "month":
            self.world.grant_included(account, twice=twice)
        elif action == "plan":
            self.world.change_account(account, "plan", "large", twice=twice)
        else:
            self.world.change_account(account, "state", "suspended" if action == "suspend" else "", twice=twice)

    @rule(account=accounts, pick=picks, price=prices, twice=twice)
    def accept_with_key(self, account: str, pick: int, price: int, twice: bool) -> None:
        hashes = list(self.model.accounts[account].keys.values())
        self.world.accept(account, price=price, key=pick_from(hashes or ["revoked"], pick), twice=twice)

    @rule(account=accounts, pick=picks, caps=spend_caps, action=budget_actions, fresh=st.booleans(), twice=twice)
    def limit_spending(self, *, account: str, pick: int, caps: Caps, action: str, fresh: bool, twice: bool) -> None:
        """Create, change or rotate a key with a budget, or cap what the account spends."""
        known = self.model.accounts[account].keys
        key = pick_from(list(known) or ["key0"], pick)
        above = next(iter(self.model.budgets.of_keys.get(known.get(key, ""), ())), "")
        if action == "create":
            self.world.create_limited_key(account, caps, above=above)
        elif action == "change":
            self.world.change_caps(account, key, caps, fresh=fresh, twice=twice)
        elif action == "rotate":
            self.world.rotate_key(account, key, twice=twice)
        else:
            self.world.set_spend_caps(account, caps, fresh=fresh, twice=twice)

    @rule(account=accounts, provider=providers, count=st.integers(2, 5))
    def accept_many(self, account: str, provider: str, count: int) -> None:
        for _ in range(count):
            self.world.accept(account, provider)

    @rule(account=st.sampled_from((*ACCOUNTS, GUEST)), provider=providers, price=prices, twice=twice)
    def accept_by_quota(self, account: str, provider: str, price: int, twice: bool) -> None:
        self.world.accept(account, provider, price, payer="quota", twice=twice)

    @rule(account=accounts, replay=st.sampled_from(("k1", "top-up:p1")), body=st.sampled_from(("b1", "b2")))
    def accept_with_idempotency_key(self, account: str, replay: str, body: str) -> None:
        self.world.accept(account, replay=replay, body=body)

    @precondition(lambda self: self.model.generations)
    @rule(pick=picks)
    def accept_again(self, pick: int) -> None:
        generation = pick_from(self.generations, pick)
        known = self.model.accounts[generation.account]
        key, guest = next(iter(known.keys.values()), "revoked"), generation.account if known.guest else ""
        self.world.order(
            Order(id=generation.id, key=key, price=generation.price, provider=generation.provider, guest=guest)
        )

    @rule(provider=providers, worker=workers, count=st.integers(1, 3), steps=st.integers(1, 4), outcome=outcomes)
    def work(self, provider: str, worker: str, count: int, steps: int, outcome: str) -> None:
        """Claim up to `count` jobs as one worker that dies after `steps` steps of each job."""
        for job in self.world.claim(provider, worker, count):
            self.world.run_job(provider, worker, job, steps, outcome)

    @precondition(lambda self: self.ever_queued)
    @rule(pick=picks, before=st.integers(0, 2), worker=workers, twice=twice)
    def start(self, pick: int, before: int, worker: str, twice: bool) -> None:
        """Start a job as a worker of the current provider or of an earlier one."""
        generation = pick_from(self.ever_queued, pick)
        at = pick_from(generation.provider_history[::-1], before)
        self.world.start(generation.id, f"{worker}-{self.world.take_number()}", at=at, twice=twice)

    @precondition(lambda self: self.submits("open"))
    @rule(pick=picks, worker=workers)
    def take_over(self, pick: int, worker: str) -> None:
        """Time out an open submit and start the job as another worker."""
        generation, _ = pick_from(self.submits("open"), pick)
        if generation.open:
            self.world.time_out_submit(generation.id)
        self.world.start(generation.id, f"{worker}-{self.world.take_number()}")

    @precondition(lambda self: self.submits("accepted"))
    @rule(pick=picks, twice=twice)
    def store_reference(self, pick: int, twice: bool) -> None:
        generation, token = pick_from(self.submits("accepted"), pick)
        self.world.store_reference(generation.id, token, twice=twice)

    @precondition(lambda self: self.submits("refused"))
    @rule(pick=picks, pause=st.booleans(), twice=twice)
    def withdraw(self, pick: int, pause: bool, twice: bool) -> None:
        generation, token = pick_from(self.submits("refused"), pick)
        self.world.withdraw(generation.id, token, pause=pause, twice=twice)

    @precondition(lambda self: self.submits("refused"))
    @rule(pick=picks, provider=providers, reason=st.sampled_from(("down", "busy")), pause=st.booleans(), twice=twice)
    def reroute(self, pick: int, provider: str, reason: str, pause: bool, twice: bool) -> None:
        generation, token = pick_from(self.submits("refused"), pick)
        self.world.reroute(generation.id, token, provider, reason=reason, pause=pause, twice=twice)

    @precondition(lambda self: self.admitted)
    @rule(pick=picks, provider=providers, twice=twice)
    def store_callback(self, pick: int, provider: str, twice: bool) -> None:
        self.world.store_callback(pick_from(self.admitted, pick).id, provider, twice=twice)

    @precondition(lambda self: self.model.generations)
    @rule(
        pick=picks, end=end_states, share=shares, unsubmitted_only=st.booleans(), poll_late=st.booleans(), twice=twice
    )
    def settle(self, *, pick: int, end: str, share: int, unsubmitted_only: bool, poll_late: bool, twice: bool) -> None:
        generation = pick_from(self.generations, pick)
        cost = {-1: -1, 0: 0, 1: generation.price // 2, 2: generation.price, 3: generation.price + 1}[share]
        self.world.settle(generation.id, end, cost, unsubmitted_only=unsubmitted_only, poll_late=poll_late, twice=twice)

    @precondition(lambda self: self.model.generations)
    @rule(pick=picks, action=st.sampled_from(("retry", "resolve", "credit", "credit some")), share=shares, twice=twice)
    def operate(self, pick: int, action: str, share: int, twice: bool) -> None:
        """Retry, resolve or credit a generation as an operator."""
        rank = {"resolve": "uncertain", "retry": "queued"}.get(action, "completed")
        generation = pick_from(sorted(self.generations, key=lambda generation: generation.state != rank), pick)
        if action == "retry":
            self.world.retry(generation.id, twice=twice)
        elif action == "resolve":
            self.world.settle(generation.id, "failed", 0, uncertain_only=True, twice=twice)
        elif action == "credit":
            self.world.credit(generation.id, twice=twice)
        else:
            self.world.credit(generation.id, max(generation.price * share // 2, 1), twice=twice)

    @precondition(lambda self: self.model.generations)
    @rule(pick=picks)
    def settle_concurrently(self, pick: int) -> None:
        self.world.settle_concurrently(pick_from(self.generations, pick).id)

    @precondition(lambda self: self.admitted)
    @rule(pick=picks, gateway=st.sampled_from(("", "", "g1", "g12", "g2")), twice=twice)
    def watch_or_cancel(self, pick: int, gateway: str, twice: bool) -> None:
        """Cancel as the owner, or watch as a gateway."""
        name = pick_from(sorted(self.admitted, key=lambda generation: generation.state != "pending"), pick).id
        if gateway:
            self.world.watch(name, gateway, twice=twice)
        else:
            self.world.cancel(name, twice=twice)

    @precondition(lambda self: any(not generation.open for generation in self.generations))
    @rule(pick=picks, found=st.booleans(), again=st.booleans(), twice=twice)
    def store_late_result(self, pick: int, found: bool, again: bool, twice: bool) -> None:
        self.world.store_late_result(pick_from(self.generations[::-1], pick).id, found=found, again=again, twice=twice)

    @rule(account=accounts, reference=st.sampled_from(("p1", "p2", "first")), twice=twice)
    def top_up(self, account: str, reference: str, twice: bool) -> None:
        self.world.top_up(account, 200_000, reference, twice=twice)

    @rule(account=accounts, number=st.sampled_from("12"), won=st.booleans(), twice=twice)
    def take_dispute(self, account: str, number: str, won: bool, twice: bool) -> None:
        name = f"dp{number}"
        facts = (300_000, f"{name} undone", "dispute", name) if won else (-300_000, name, "dispute", "")
        self.world.top_up(account, *facts, twice=twice)

    @rule(
        provider=providers,
        action=st.sampled_from(("recover", "route", "gone", "provider", "other", "up", "pause", "drain")),
        twice=twice,
    )
    def change_provider(self, provider: str, action: str, twice: bool) -> None:
        if action in ("route", "gone", "provider"):
            self.world.open_breaker(provider, scope=action, twice=twice)
        elif action == "other":
            self.world.open_breaker(provider, "other", twice=twice)
        elif action == "up":
            self.world.close_breaker(provider)
        elif action in ("pause", "drain"):
            self.world.set_mode(provider, action, twice=twice)
        else:
            self.world.recover_provider(provider)

    @rule(account=accounts, micros=st.sampled_from((0, 10_000, 120_000)), twice=twice)
    def set_low(self, account: str, micros: int, twice: bool) -> None:
        self.world.set_low(account, micros, twice=twice)

    @rule(
        account=accounts, pick=picks, action=st.sampled_from(("key", "endpoint", "no key", "no endpoint")), twice=twice
    )
    def manage_account(self, account: str, pick: int, action: str, twice: bool) -> None:
        known = self.model.accounts[account]
        if action == "key":
            self.world.create_key(account, twice=twice)
        elif action == "endpoint":
            self.world.create_endpoint(account, ("*", "generation.completed")[pick % 2], twice=twice)
        elif action == "no key":
            self.world.revoke_key(account, pick_from(list(known.keys) or ["key0"], pick), twice=twice)
        else:
            self.world.delete_endpoint(account, pick_from(list(known.endpoints) or ["ep0"], pick))

    @precondition(lambda self: self.model.deliveries)
    @rule(account=accounts, events=st.integers(0, 4), twice=twice)
    def start_posts(self, account: str, events: int, twice: bool) -> None:
        """Start the posts of an account's deliveries, after a few more events of it."""
        for _ in range(events):
            for endpoint in list(self.model.accounts[account].endpoints)[:1]:
                self.world.rotate_secret(account, endpoint)
        for name, delivery in list(self.model.deliveries.items()):
            if delivery.account == account and delivery.state == "pending":
                self.world.start_post(name, twice=twice)

    @rule(action=st.sampled_from(("breakers", "slots")))
    def pass_time_for_posts(self, action: str) -> None:
        if action == "breakers":
            self.world.pass_breakers()
        else:
            self.world.pass_slots()

    @precondition(lambda self: self.model.deliveries)
    @rule(
        pick=picks,
        ahead=st.sampled_from((1, 0)),
        state=delivery_states,
        gone=st.booleans(),
        silent=st.booleans(),
        took_ms=st.sampled_from((5, 5_000)),
        twice=twice,
    )
    def record_attempt(
        self, *, pick: int, ahead: int, state: str, gone: bool, silent: bool, took_ms: int, twice: bool
    ) -> None:
        """Record a dispatcher's attempt. An endpoint that is gone answers 410 and may have been deleted."""
        name = pick_from(list(self.model.deliveries), pick)
        delivery = self.model.deliveries[name]
        if gone and pick % 2:
            self.world.delete_endpoint(delivery.account, delivery.endpoint)
        health = "well" if state == "delivered" else "gone" if gone and state == "dead" else ("ill", "")[pick // 7]
        silent = silent and health == "ill"
        attempt = delivery.attempts + ahead
        self.world.record_attempt(name, attempt, state, health, silent=silent, took_ms=took_ms, twice=twice)

    @precondition(lambda self: self.model.deliveries)
    @rule(pick=picks, action=endpoint_actions, stranger=st.sampled_from((False, False, True)), twice=twice)
    def manage_endpoint(self, pick: int, action: str, stranger: bool, twice: bool) -> None:
        """Redeliver, replay, enable or rotate as the endpoint's owner or as a stranger, or let days pass."""
        name = pick_from(list(self.model.deliveries), pick)
        delivery = self.model.deliveries[name]
        account = "eve" if stranger else delivery.account
        target = (account, delivery.endpoint)
        if action == "redeliver":
            self.world.redeliver(*target, name, twice=twice)
        elif action in ("failed", "missing"):
            self.world.replay(*target, action, twice=twice)
        elif action == "enable":
            self.world.enable_endpoint(*target, twice=twice)
        elif action == "rotate":
            self.world.rotate_secret(*target, twice=twice)
        elif delivery.endpoint in self.model.accounts[delivery.account].endpoints:
            let_pass = self.world.pass_five_days if action == "five days" else self.world.pass_silence
            let_pass(delivery.account, delivery.endpoint)

    @precondition(lambda self: self.jobs)
    @rule(pick=picks, worker=workers, count=st.integers(1, 4))
    def claim(self, pick: int, worker: str, count: int) -> None:
        self.world.claim(pick_from(self.jobs, pick)[0], worker, count)

    @precondition(lambda self: self.model.queues.holders)
    @rule(
        pick=picks, other=st.sampled_from((None, *WORKERS)), action=st.sampled_from(("renew", "end", "release", "park"))
    )
    def renew_or_release(self, pick: int, other: str | None, action: str) -> None:
        """Renew, end or release a job as its holder or as another worker."""
        job = pick_from(sorted(self.model.queues.holders), pick)
        queue, worker = self.world.queue_of(job), other or self.model.queues.holders[job]
        if action == "renew":
            self.world.renew(queue, worker, sorted(self.model.queues.holders))
        else:
            self.world.finish(
                queue, worker, [job], end=action == "end", soon=action == "release", clean=action == "park"
            )

    @precondition(lambda self: self.jobs)
    @rule(pick=picks, action=st.sampled_from(("lease", "wait")))
    def pass_time_for_job(self, pick: int, action: str) -> None:
        queue, job = pick_from(self.jobs, pick)
        if action == "lease":
            self.world.expire_lease(queue, job)
        else:
            self.world.make_due(queue, [job])

    @precondition(lambda self: any(generation.open for generation in self.admitted))
    @rule(pick=picks, action=st.sampled_from(("timeout", "deadline")))
    def pass_time_for_generation(self, pick: int, action: str) -> None:
        name = pick_from([generation for generation in self.admitted if generation.open], pick).id
        if action == "timeout":
            self.world.time_out_submit(name)
        else:
            self.world.pass_deadline(name)

    @precondition(lambda self: self.jobs)
    @rule(pick=picks, losses=st.lists(st.sampled_from(LOSSES), min_size=1, max_size=4, unique=True))
    def drop_keys(self, pick: int, losses: list[str]) -> None:
        self.world.drop_keys(*pick_from(self.jobs, pick), losses)

    @rule(action=st.sampled_from(("generations", "deliveries", "late")))
    def sweep(self, action: str) -> None:
        if action == "generations":
            self.world.make_sweep_due([generation.id for generation in self.generations if generation.open])
            self.world.sweep_and_settle()
        elif action == "deliveries":
            self.world.sweep_deliveries()
        else:
            self.world.enqueue_late()


def pick_from(items: list[T], pick: int) -> T:
    return items[pick % len(items)]
