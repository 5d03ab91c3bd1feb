"""A small world of accounts, providers and workers, whose every action is compared with the model.

Every action calls a verb on the real store and compares its reply with the model's. Then it compares a snapshot of the
whole store with the model and the invariants. Time passes only in `timed_world.py`.
"""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from shared.domain.errors import StoreError
from tests.harness.factories import SPEC
from tests.suites.property import invariants, lanes
from tests.suites.property.comparison import differences
from tests.suites.property.model import (
    ANYTHING,
    BYTES_IN,
    BYTES_STORED,
    COST,
    COST_MAX,
    REQUESTS_MAX,
    Account,
    Endpoint,
    Model,
    Order,
    Plan,
    Provider,
)
from tests.suites.property.sync_store import Snapshot, SyncStore, Value, decode_text
from tests.suites.property.transitions import Transitions

LONG_MS = 3_600_000
LONG_AGO_MS = 1
COUNT_MAX = 100
DAY_S, HISTORY_S = 86_400, 10
KEYS_MAX, ENDPOINTS_MAX = 3, 3
LOW_BALANCE = 120_000  # micro-dollars; the account is notified below this balance
PLANS = {
    "small": Plan(1, 3, 2, False, 5),
    "wide": Plan(2, 3, 1, True, 3),
    "large": Plan(3, 6, 4, True, 9, included=25_000),
    "guest": Plan(1, 1, 2, False, 4),
}
ACCOUNTS = {"ada": "small", "bob": "wide", "eve": "wide"}
ENDPOINTS = {"ada": "*", "bob": "generation.failed generation.other"}
GUEST = "guest:1"
USAGE = f"{BYTES_IN} {BYTES_STORED} {COST}"
BOUNDS = f"account {REQUESTS_MAX} 1 - - -\nall - - - - {COST_MAX}\n"  # the plan overrides the attempts
ADDRESS = "0" * 128
PROVIDERS = {"paid": (2, False), "local": (None, True)}  # concurrency, repeatable
SPECS = {name: msgspec.msgpack.encode(structs.replace(SPEC, target=name)) for name in PROVIDERS}
WORKERS = ("w1", "w2", "w3")
QUEUES = (*PROVIDERS, "webhooks")


class World:
    """A store and its model. It starts with balances, keys and endpoints, and without orders."""

    def __init__(self, store: SyncStore) -> None:
        self.store = store
        self.snapshot = Snapshot(0)
        self.model = Model()
        self.transitions = Transitions(self.model)
        self.history: list[str] = []
        self.count = 0
        self.failed = False
        self.posted = ""  # the delivery of this action, which needs no job to go on
        self.complete = False  # it is checked once it has everything, and then after every action
        wait_past_midnight()
        store.write(("FLUSHALL",), *(plan_command(name, plan) for name, plan in PLANS.items()))
        store.wakes.clear()
        for name, (limit, repeatable) in PROVIDERS.items():
            self.model.providers[name] = Provider(limit, repeatable)
            store.write(("SADD", "gw:providers", name))
            store.write(("HSET", f"gw:provider:{name}", *(("concurrency", limit) if limit else ("name", name))))
        for name, plan in ACCOUNTS.items():
            self.model.accounts[name] = Account(name, PLANS[plan], low=LOW_BALANCE)
            made = ["created", ANYTHING]
            self.call(made, "create_account", name, name.title(), plan, LOW_BALANCE, again=made)
        self.model.accounts[GUEST] = Account(GUEST, PLANS["guest"], guest=True)
        for name in ACCOUNTS:
            self.create_key(name)
            self.top_up(name, 150_000, "first")
        for name, types in ENDPOINTS.items():
            self.create_endpoint(name, types)
        self.complete = True
        self.check()
        self.history.clear()

    def take_number(self) -> int:
        """Return the next number for an id or a token."""
        self.count += 1
        return self.count

    def call(self, expected: Sequence[Any], verb: str, *args: Value, again: Sequence[Any] | None = None) -> list[Any]:
        """Call a verb and compare its reply. With `again`, repeat it as after a lost reply and expect that one."""
        reply = self._reply(expected, verb, args)
        if again is not None:
            self._reply(again, verb, args)
        return reply

    def _reply(self, expected: Sequence[Any], verb: str, args: Sequence[Value]) -> list[Any]:
        shown = " ".join("..." if arg in SPECS.values() else str(arg) for arg in args)
        try:
            reply: list[Any] = decode_text(self.store.run(verb, *args))
        except StoreError as error:
            self.fail(f"{verb} {shown} failed: {error}")
            raise
        self.history.append(f"{verb} {shown} -> {' '.join(str(part)[:40] for part in reply)}")
        if list(expected) != reply[: len(expected)]:
            self.fail(f"{verb} replied {reply}, expected {list(expected)}")
        return reply

    def fail(self, *faults: str) -> None:
        """Raise with the faults and the history that led to them."""
        self.failed = True
        raise AssertionError("\n".join([*faults, "", "history:", *self.history]))

    def check(self) -> Snapshot:
        """Compare the store with the model and the invariants."""
        if not self.complete:
            return self.snapshot
        before, self.snapshot = self.snapshot, self.store.take_snapshot()
        self._follow_held(before)
        faults = [*self._follow_admissions(), *differences(self.model, self.snapshot)]
        lost = {name for name in self.model.generations if self.model.has_lost_job(name)}
        faults += invariants.violations(self.snapshot, invariants.Exemptions(lost, *self._exemptions()))
        faults += [f"{name}: no bell" for name in self.model.queues.rung if not self._has_rung(name)]
        self.model.queues.rung.clear()
        heard = self.store.wait_for_wakes(len(self.model.wakes))
        if sorted(heard) != sorted(self.model.wakes):
            faults.append(f"woken: {heard}, expected {self.model.wakes}")
        self.model.wakes.clear()
        if faults:
            self.fail(*faults)
        return self.snapshot

    def _exemptions(self) -> tuple[set[str], set[str]]:
        return self.model.raised_limits, self.model.rerouted

    def _has_rung(self, queue: str) -> bool:
        return bool(self.snapshot.lists.get(f"arq:queue:{queue}:bell"))

    def _follow_held(self, before: Snapshot) -> None:
        """Follow held deliveries in the model: one that got a slot is due, and the first behind a breaker is not."""
        for name, delivery in self.model.deliveries.items():
            key, job = lanes.HELD + delivery.endpoint, f"deliver:{name}"
            was_held, held = name in before.zsets.get(key, {}), list(self.snapshot.zsets.get(key, ()))
            if was_held and name not in held and name != self.posted and delivery.state == "pending":
                self.model.queues.enqueue("webhooks", job)
            until_ms = self.snapshot.hashes.get(f"gw:endpoint:{delivery.endpoint}", {}).get("open_until_ms")
            if held[:1] == [name] and str(self.snapshot.zsets["arq:queue:webhooks"].get(job, "")) == f"{until_ms}.0":
                self.model.queues.queued("webhooks")[job] = False
        self.posted = ""

    def _follow_admissions(self) -> list[str]:
        """Follow admissions in the model, and return faults: only the head of a backlog may be admitted."""
        faults = []
        waited = {lane: list(waiting) for lane, waiting in self.model.backlogs.items()}
        admitted: dict[str, set[str]] = {}
        for lane, waiting in self.model.backlogs.items():
            left = list(self.snapshot.zsets.get(f"gw:backlogs:{lane[0]}:{lane[1]}", ()))
            entered = waiting[: max(len(waiting) - len(left), 0)]
            admitted.setdefault(lane[1], set()).update([lane[0]] if entered else [])
            if entered + left != waiting or (entered and lane[1] not in self.model.admitting):
                faults.append(f"the backlog of {lane} was {waiting} and is {left}")
                continue
            for name in entered:
                waiting.remove(name)
                self.model.generations[name].state = "queued"
                self.model.take_slot(self.model.generations[name])
        for provider, accounts in admitted.items():
            round_robin = [name for name in self.model.round_robins.get(provider, ()) if waited.get((name, provider))]
            if accounts and round_robin and round_robin[0] not in accounts:
                faults.append(f"{provider}: admitted {sorted(accounts)} before {round_robin[0]}")
        self.model.admitting.clear()
        self.model.round_robins = {name: list(self.snapshot.zsets.get(f"gw:turns:{name}", ())) for name in PROVIDERS}
        return faults

    def pick_actor(self, account: str) -> tuple[str, str]:
        """Return who acts next, as the verb gets it and as it is recorded: a key of the account, a stranger, or us."""
        keys = sorted(self.model.accounts[account].keys.items())
        actors = [("operator", "operator"), *((hashed, name) for name, hashed in keys), ("hash0", "unknown")]
        return actors[self.take_number() % len(actors)]

    def create_key(self, account: str, *, twice: bool = False) -> str | None:
        """Create an API key, up to KEYS_MAX active ones. Return its hash, or None at the limit."""
        known = self.model.accounts[account]
        active, (by, actor) = known.keys, self.pick_actor(account)
        number = self.take_number()
        name, hashed = f"key{number}", f"hash{number}"
        expected = ["created", ANYTHING] if len(active) < KEYS_MAX else ["too_many", len(active)]
        again = expected if twice else None
        self.call(expected, "create_key", account, name, hashed, "wowflow", "hint", KEYS_MAX, by, "", "", again=again)
        if expected[0] == "created":
            active[name] = hashed
            self.model.note_security(known, "key.created", name, actor)
        self.check()
        return hashed if expected[0] == "created" else None

    def revoke_key(self, account: str, key: str, *, twice: bool = False) -> None:
        """Revoke an API key."""
        (by, actor), model = self.pick_actor(account), self.model.accounts[account]
        known = model.keys.pop(key, None)
        expected = ["revoked" if known else "missing"]
        self.call(expected, "revoke_key", account, key, by, again=["missing"] if twice else None)
        if known:
            self.model.budgets.drop_key(known)
            self.model.note_security(model, "key.revoked", key, actor)
        self.check()

    def create_endpoint(self, account: str, types: str, *, twice: bool = False) -> None:
        """Create a webhook endpoint, up to ENDPOINTS_MAX."""
        known, (by, actor) = self.model.accounts[account], self.pick_actor(account)
        endpoints = known.endpoints
        name = f"ep{self.take_number()}"
        expected = ["created", ANYTHING] if len(endpoints) < ENDPOINTS_MAX else ["too_many", len(endpoints)]
        again = expected if twice else None
        args = (account, name, "https://a.example/", "secret", types, ENDPOINTS_MAX, by)
        self.call(expected, "create_endpoint", *args, again=again)
        if expected[0] == "created":
            self.model.note_security(known, "endpoint.created", name, actor)
            endpoints[name] = Endpoint(types, "secret")
        self.check()

    def delete_endpoint(self, account: str, endpoint: str) -> None:
        """Delete a webhook endpoint."""
        model, (by, actor) = self.model.accounts[account], self.pick_actor(account)
        known = model.endpoints.pop(endpoint, None)
        self.call(["deleted" if known else "missing"], "delete_endpoint", account, endpoint, by)
        if known:
            self.model.note_security(model, "endpoint.deleted", endpoint, actor)
        self.check()

    def raise_limit(self, provider: str, limit: int) -> None:
        """Raise a provider's concurrency, as a new catalogue does."""
        self.history.append(f"{provider} takes {limit} at once")
        self.model.providers[provider].concurrency = limit
        self.model.raised_limits.add(provider)
        self.store.write(("HSET", f"gw:provider:{provider}", "concurrency", limit))
        self.check()

    def top_up(
        self,
        account: str,
        amount: int,
        reference: str,
        kind: str = "top_up",
        undoes: str = "",
        *,
        twice: bool = False,
    ) -> None:
        """Top up an account or take a dispute, once per reference."""
        expected = self.model.top_up(account, amount, reference, kind, undoes)
        again = ["already", expected[1]] if twice and expected[0] in ("topped_up", "already") else None
        self.call(expected, "top_up", account, amount, reference, kind, undoes, again=again)
        self.check()

    def set_low(self, account: str, micros: int, *, twice: bool = False) -> None:
        """Set the low-balance alert of an account."""
        known = self.model.accounts[account]
        known.low, known.low_notified = micros, False
        self.call(["set"], "set_low_balance_alert", account, micros, again=["set"] if twice else None)
        self.check()

    def accept(
        self,
        account: str,
        provider: str = "local",
        price: int = 10_000,
        *,
        others: tuple[str, ...] = (),
        key: str = "",
        replay: str = "",
        body: str = "",
        waiter: str = "",
        payer: str = "balance",
        uploads: str = "",
        twice: bool = False,
    ) -> str:
        """Order with `key` or the account's first key. Return the new generation's id, or an empty string."""
        more = {"replay": replay, "body": body, "waiter": waiter, "payer": payer, "others": others, "uploads": uploads}
        order = self.make_order(account, provider, price, key=key, **more)
        self.order(order, twice=twice)
        return order.id if order.id in self.model.generations else ""

    def make_order(
        self, account: str, provider: str = "local", price: int = 10_000, *, key: str = "", **more: Any
    ) -> Order:
        """Return an order under a new id, with `key` or the account's first key."""
        name = f"00000000-0000-7000-8000-{self.take_number():012d}"
        known = self.model.accounts[account]
        key, guest = key or next(iter(known.keys.values()), "revoked"), account if known.guest else ""
        return Order(id=name, key=key, price=price, provider=provider, guest=guest, **more)

    def order(self, order: Order, *, twice: bool = False) -> None:
        """Place a given order, whose id may be known already."""
        expected = self.model.accept(order)
        again = expected if expected[0] == "accepted" or not twice else self.model.accept(order)
        self.call(expected, "accept", *self.accept_args(order), again=again if twice else None)
        self.check()

    def accept_args(self, order: Order) -> tuple[Value, ...]:
        """Return the arguments of `accept`."""
        named = (order.id, order.key, LONG_MS, order.replay, order.body, order.waiter, order.payer, order.guest)
        named += (BOUNDS, USAGE, order.uploads, ADDRESS, LONG_AGO_MS if order.late else "", "")
        routes = ((name, name, order.price, SPECS[name], LONG_MS) for name in (order.provider, *order.others))
        return (*named, *(part for way in routes for part in way))

    def release(self, name: str, *, twice: bool = False) -> None:
        """Let workers have a generation, after its uploads are stored."""
        expected = self.model.release(name)
        self.call(expected, "release", name, again=expected if twice else None)
        self.check()

    def settle(
        self,
        name: str,
        state: str = "completed",
        cost: int | None = None,
        *,
        unsubmitted_only: bool = False,
        poll_late: bool = True,
        uncertain_only: bool = False,
        twice: bool = False,
    ) -> None:
        """Settle a generation, at full cost by default."""
        price = self.model.generations[name].price if name in self.model.generations else 0
        cost = price if cost is None else cost
        expected = self.model.settle(
            name, state, cost, unsubmitted_only=unsubmitted_only, poll_late=poll_late, uncertain_only=uncertain_only
        )
        args = self._settle_call(name, state, cost, unsubmitted_only, poll_late, uncertain_only=uncertain_only)
        if expected is None:
            self._expect_refusal(args)
        else:
            again = ["already", state] if expected[0] == "settled" else expected
            self.call(expected, *args, again=again if twice else None)
        self.check()

    def settle_concurrently(self, name: str) -> None:
        """Settle concurrently as the worker, the sweeper and the owner who cancels."""
        price = self.model.generations[name].price
        ends = [("failed", 0, True, False), ("completed", price, False, False), ("failed", 0, False, True)]
        expected = [
            self.model.settle(name, state, cost, unsubmitted_only=g, poll_late=later) for state, cost, g, later in ends
        ]
        replies = [
            decode_text(reply) for reply in self.store.run_concurrently([self._settle_call(name, *end) for end in ends])
        ]
        self.history.append(f"three settle {name} -> {replies}")
        if replies != expected:
            self.fail(f"three settlements returned {replies}, expected {expected}")
        self.check()

    def _settle_call(
        self, name: str, state: str, cost: int, unsubmitted_only: bool, poll_late: bool, *, uncertain_only: bool = False
    ) -> tuple[Any, ...]:
        guard = "unsubmitted" if unsubmitted_only else "uncertain" if uncertain_only else ""
        late_ms = LONG_MS if poll_late else ""
        return "settle", name, state, cost, b"outcome", guard, LONG_MS, late_ms, "", "", "image"

    def _expect_refusal(self, call: tuple[Any, ...]) -> None:
        before = self.store.take_snapshot()
        try:
            reply = self.store.run(*call)
        except StoreError as error:
            self.history.append(f"{call} -> {error}")
            if "cost outside the reservation" not in str(error):
                self.fail(f"refused for another reason: {error}")
        else:
            self.fail(f"{call} returned {reply} instead of an error")
        if before.contents != self.store.take_snapshot().contents:
            self.fail(f"{call} was refused, but changed the store")


def plan_command(name: str, plan: Plan) -> tuple[Value, ...]:
    """Return the command that writes a plan."""
    fields = structs.asdict(plan) | {"beyond": "1" if plan.beyond else "", "bounds": f"- {plan.daily_attempts} - - -"}
    fields.pop("daily_attempts")
    return ("HSET", f"gw:plan:{name}", *(part for pair in fields.items() for part in pair))


def wait_past_midnight() -> None:
    """Sleep past midnight if it is near, because the daily quota resets there."""
    left_s = DAY_S - time.time() % DAY_S
    if left_s < HISTORY_S:
        time.sleep(left_s)
