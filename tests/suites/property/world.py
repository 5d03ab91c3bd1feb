"""A small world: accounts, providers, workers, and everything that can be done to them, held against the books.

Every action calls a verb on the real store, compares its answer with what the books expect, and then looks at the whole
store: it must show the picture the books draw, and no law may be broken. Time passes only in `passes.py`.
"""

import time
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import structs

from shared.domain.errors import StoreError
from tests.harness.factories import SPEC
from tests.suites.property import laws
from tests.suites.property.bench import Bench, Seen, Value
from tests.suites.property.books import ANYTHING, Account, Books, Endpoint, Order, Plan, Provider
from tests.suites.property.mirror import differences
from tests.suites.property.steps import Steps

LONG_MS = 3_600_000
COUNT_MAX = 100
DAY_S, HISTORY_S = 86_400, 10
KEYS_MAX, ENDPOINTS_MAX = 3, 2
LOW = 120_000  # a balance below this is told
PLANS = {"small": Plan(1, 3, 2, False), "wide": Plan(2, 3, 1, True), "guest": Plan(1, 1, 2, False)}
ACCOUNTS = {"ada": "small", "bob": "wide", "eve": "wide"}
ENDPOINTS = {"ada": "*", "bob": "generation.failed generation.other"}
GUEST = "guest:1"
PROVIDERS = {"paid": (2, False), "local": (None, True)}  # concurrency, repeatable
SPECS = {name: msgspec.msgpack.encode(structs.replace(SPEC, target=name)) for name in PROVIDERS}
WORKERS = ("w1", "w2", "w3")
QUEUES = (*PROVIDERS, "webhooks")


class World:
    """Starts with money, keys and endpoints, and nothing ordered."""

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.books = Books()
        self.steps = Steps(self.books)
        self.story: list[str] = []
        self.count = 0
        self.failed = False
        let_the_day_begin()
        bench.write(("FLUSHALL",))
        bench.wakes.clear()
        for plan, limits in PLANS.items():
            fields = {**structs.asdict(limits), "beyond": "1" if limits.beyond else ""}
            bench.write(("HSET", f"gw:plan:{plan}", *(part for pair in fields.items() for part in pair)))
        for name, (limit, repeatable) in PROVIDERS.items():
            self.books.providers[name] = Provider(limit, repeatable)
            bench.write(("HSET", f"gw:provider:{name}", *(("concurrency", limit) if limit else ("name", name))))
        for name, plan in ACCOUNTS.items():
            self.books.accounts[name] = Account(name, PLANS[plan], low=LOW)
            made = ["created", ANYTHING]
            self.verb(made, "create_account", name, name.title(), plan, LOW, again=made)
        self.books.accounts[GUEST] = Account(GUEST, PLANS["guest"], guest=True)
        self.seen = bench.look()
        for name in ACCOUNTS:
            self.create_key(name)
            self.top_up(name, 150_000, "first")
        for name, types in ENDPOINTS.items():
            self.create_endpoint(name, types)
        self.story.clear()

    def number(self) -> int:
        """The next one."""
        self.count += 1
        return self.count

    def verb(self, expected: Sequence[Any], verb: str, *args: Value, again: Sequence[Any] | None = None) -> list[Any]:
        """Call a verb; with `again` once more, as after a lost answer, expecting that reply."""
        reply = self._reply(expected, verb, args)
        if again is not None:
            self._reply(again, verb, args)
        return reply

    def _reply(self, expected: Sequence[Any], verb: str, args: Sequence[Value]) -> list[Any]:
        shown = " ".join("..." if arg in SPECS.values() else str(arg) for arg in args)
        try:
            reply: list[Any] = plain(self.bench.run(verb, *args))
        except StoreError as error:
            self.fail(f"{verb} {shown} stopped: {error}")
            raise
        self.story.append(f"{verb} {shown} -> {' '.join(str(part)[:40] for part in reply)}")
        if list(expected) != reply[: len(expected)]:
            self.fail(f"{verb} answered {reply}, expected {list(expected)}")
        return reply

    def fail(self, *faults: str) -> None:
        """Say what is wrong, and what led to it."""
        self.failed = True
        raise AssertionError("\n".join([*faults, "", "after:", *self.story]))

    def check(self) -> Seen:
        """Hold the store against the books and the laws."""
        self.seen = self.bench.look()
        faults = [*self._admitted(), *differences(self.books, self.seen)]
        lost = {name for name in self.books.generations if self.books.lost(name)}
        faults += laws.broken(self.seen, laws.Excuses(lost, *self._excuses()))
        faults += [f"no bell at {name}" for name in self.books.queues.rung if not self._rings(name)]
        self.books.queues.rung.clear()
        heard = self.bench.wait_for_wakes(len(self.books.wakes))
        if sorted(heard) != sorted(self.books.wakes):
            faults.append(f"woken: {heard}, expected {self.books.wakes}")
        self.books.wakes.clear()
        if faults:
            self.fail(*faults)
        return self.seen

    def _excuses(self) -> tuple[set[str], set[str]]:
        return self.books.stirred, self.books.rerouted

    def _rings(self, queue: str) -> bool:
        return bool(self.seen.lists.get(f"arq:queue:{queue}:bell"))

    def _admitted(self) -> list[str]:
        """Follow whom the verb let onto a queue: only the first of a backlog, only where it may."""
        faults = []
        waited = {place: list(waiting) for place, waiting in self.books.backlogs.items()}
        let_on: dict[str, set[str]] = {}
        for place, waiting in self.books.backlogs.items():
            left = self.seen.lists.get(f"gw:backlog:{place[0]}:{place[1]}", [])
            entered = waiting[: max(len(waiting) - len(left), 0)]
            let_on.setdefault(place[1], set()).update([place[0]] if entered else [])
            if entered + left != waiting or (entered and place[1] not in self.books.admitting):
                faults.append(f"the backlog of {place} was {waiting} and is {left}")
                continue
            for name in entered:
                waiting.remove(name)
                self.books.generations[name].state = "queued"
                self.books.put(self.books.generations[name])
        for provider, accounts in let_on.items():
            turn = [name for name in self.books.turns.get(provider, ()) if waited.get((name, provider))]
            if accounts and turn and turn[0] not in accounts:
                faults.append(f"{sorted(accounts)} let on at {provider}, and it was the turn of {turn[0]}")
        self.books.admitting.clear()
        self.books.turns = {name: list(self.seen.zsets.get(f"gw:turns:{name}", ())) for name in PROVIDERS}
        return faults

    def create_key(self, account: str, *, twice: bool = False) -> str | None:
        """One more key, up to a number of active ones."""
        active = self.books.accounts[account].keys
        number = self.number()
        name, hashed = f"key{number}", f"hash{number}"
        expected = ["created", ANYTHING] if len(active) < KEYS_MAX else ["too_many", len(active)]
        again = expected if twice else None
        self.verb(expected, "create_key", account, name, hashed, "wowflow", "hint", KEYS_MAX, again=again)
        if expected[0] == "created":
            active[name] = hashed
        self.check()
        return hashed if expected[0] == "created" else None

    def revoke_key(self, account: str, key: str, *, twice: bool = False) -> None:
        """A key stops working."""
        known = self.books.accounts[account].keys.pop(key, None)
        expected = ["revoked" if known else "missing"]
        self.verb(expected, "revoke_key", account, key, again=["missing"] if twice else None)
        self.check()

    def create_endpoint(self, account: str, types: str, *, twice: bool = False) -> None:
        """One more address for an account's events, up to a number of them."""
        endpoints = self.books.accounts[account].endpoints
        name = f"ep{self.number()}"
        expected = ["created", ANYTHING] if len(endpoints) < ENDPOINTS_MAX else ["too_many", len(endpoints)]
        again = expected if twice else None
        args = (account, name, "https://a.example/", "secret", types, ENDPOINTS_MAX)
        self.verb(expected, "create_endpoint", *args, again=again)
        if expected[0] == "created":
            endpoints[name] = Endpoint(types, "secret")
        self.check()

    def delete_endpoint(self, account: str, endpoint: str) -> None:
        """An address gets no more events."""
        books = self.books.accounts[account]
        known = books.endpoints.pop(endpoint, None)
        self.verb(["deleted" if known else "missing"], "delete_endpoint", account, endpoint)
        self.check()

    def raise_limit(self, provider: str, limit: int) -> None:
        """The catalogue gives a provider more at once."""
        self.story.append(f"{provider} takes {limit} at once")
        self.books.providers[provider].concurrency = limit
        self.books.stirred.add(provider)
        self.bench.write(("HSET", f"gw:provider:{provider}", "concurrency", limit))
        self.check()

    def top_up(self, account: str, amount: int, reference: str, *, twice: bool = False) -> None:
        """Money in, once per reference."""
        expected = self.books.top_up(account, amount, reference)
        again = ["already", expected[1]] if twice and expected[0] in ("topped_up", "already") else None
        self.verb(expected, "top_up", account, amount, reference, again=again)
        self.check()

    def set_low(self, account: str, micros: int, *, twice: bool = False) -> None:
        """The account wants to be told of another balance."""
        known = self.books.accounts[account]
        known.low, known.told = micros, False
        self.verb(["set"], "set_low", account, micros, again=["set"] if twice else None)
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
        twice: bool = False,
    ) -> str:
        """An order, by default with the account's first key; the new generation's id, or an empty string."""
        name = f"00000000-0000-7000-8000-{self.number():012d}"
        known = self.books.accounts[account]
        key, guest = key or next(iter(known.keys.values()), "revoked"), account if known.guest else ""
        more = {"replay": replay, "body": body, "waiter": waiter, "payer": payer, "guest": guest, "others": others}
        self.order(Order(id=name, key=key, price=price, provider=provider, **more), twice=twice)
        return name if name in self.books.generations else ""

    def order(self, order: Order, *, twice: bool = False) -> None:
        """An order as it is; its id may be known already."""
        expected = self.books.accept(order)
        named = (order.id, order.key, LONG_MS, order.replay, order.body, order.waiter, order.payer, order.guest)
        ways = ((name, order.price, SPECS[name], LONG_MS) for name in (order.provider, *order.others))
        args = (*named, *(part for way in ways for part in way))
        self.verb(expected, "accept", *args, again=expected if twice else None)
        self.check()

    def settle(
        self,
        name: str,
        state: str = "completed",
        cost: int | None = None,
        *,
        guarded: bool = False,
        looks_later: bool = True,
        doubted: bool = False,
        twice: bool = False,
    ) -> None:
        """An end, at full cost if none is named."""
        price = self.books.generations[name].price if name in self.books.generations else 0
        cost = price if cost is None else cost
        expected = self.books.settle(name, state, cost, guarded=guarded, looks_later=looks_later, doubted=doubted)
        args = self._settlement(name, state, cost, guarded, looks_later, doubted=doubted)
        if expected is None:
            self._refused(args)
        else:
            again = ["already", state] if expected[0] == "settled" else expected
            self.verb(expected, *args, again=again if twice else None)
        self.check()

    def settle_at_once(self, name: str) -> None:
        """The runner, the sweeper and the owner's cancel, all on their way together."""
        price = self.books.generations[name].price
        ends = [("failed", 0, True, False), ("completed", price, False, False), ("failed", 0, False, True)]
        expected = [
            self.books.settle(name, state, cost, guarded=g, looks_later=later) for state, cost, g, later in ends
        ]
        replies = [plain(reply) for reply in self.bench.run_together([self._settlement(name, *end) for end in ends])]
        self.story.append(f"three settle {name} -> {replies}")
        if replies != expected:
            self.fail(f"three settlements answered {replies}, expected {expected}")
        self.check()

    def _settlement(
        self, name: str, state: str, cost: int, guarded: bool, looks_later: bool, *, doubted: bool = False
    ) -> tuple[Any, ...]:
        guard = "unsubmitted" if guarded else "uncertain" if doubted else ""
        late_ms = LONG_MS if looks_later else ""
        return "settle", name, state, cost, b"outcome", guard, LONG_MS, late_ms, "", "", "image"

    def _refused(self, call: tuple[Any, ...]) -> None:
        before = self.bench.look()
        try:
            reply = self.bench.run(*call)
        except StoreError as error:
            self.story.append(f"{call} -> {error}")
            if "cost outside the reservation" not in str(error):
                self.fail(f"refused for another reason: {error}")
        else:
            self.fail(f"{call} was answered {reply}")
        if before.everything != self.bench.look().everything:
            self.fail(f"{call} was refused, and something moved")


def let_the_day_begin() -> None:
    """A quota is counted by the day: no history may go on past midnight."""
    left_s = DAY_S - time.time() % DAY_S
    if left_s < HISTORY_S:
        time.sleep(left_s)


def plain(reply: Any) -> Any:
    """Bytes as text, in lists too."""
    if isinstance(reply, list):
        return [plain(part) for part in reply]
    return reply.decode("latin-1") if isinstance(reply, bytes) else reply
