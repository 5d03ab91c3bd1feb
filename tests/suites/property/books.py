"""The books as they should be: a plain model of accounts, generations, providers and deliveries, and of what each verb
does to them. Each method answers what the verb should answer; where only the store decides (whose turn it is), the
model follows what is seen and `laws.py` judges it.
"""

from typing import Any

from msgspec import Struct, field

from tests.suites.property.queues import Queues

CLOSED = ("completed", "failed")
TOPUP_MAX = 10**15


class Anything:
    """Equal to all: a time in a reply."""

    def __eq__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "..."

    __hash__ = None  # type: ignore[assignment]


ANYTHING = Anything()


class Plan(Struct, frozen=True):
    """Limits; `beyond`: the balance pays for what the day's quota does not."""

    concurrency: int
    backlog_max: int
    daily_quota: int
    beyond: bool


class Endpoint(Struct):
    """One address for events; `long`: every attempt has failed for five days."""

    types: str
    secret: str
    old: str | None = None
    failing: bool = False
    long: bool = False
    disabled: bool = False
    times: int = 0  # that it was switched off

    def wants(self, kind: str) -> bool:
        """Whether it gets events of that type."""
        return not self.disabled and (self.types == "*" or kind in self.types.split(" "))


class Account(Struct):
    """One account; the ledger as (kind, amount, reference). A guest has no record, no list and no keys."""

    id: str
    plan: Plan
    guest: bool = False
    used: int = 0  # of today's quota
    topup: int = 0
    spent: int = 0
    low: int = 0
    told: bool = False  # that its balance is low
    ledger: list[tuple[str, int, str]] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)  # generations, newest first
    keys: dict[str, str] = field(default_factory=dict)  # active ones: key id to hash
    replays: dict[str, tuple[str, str]] = field(default_factory=dict)  # Idempotency-Key: body, generation
    references: set[str] = field(default_factory=set)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)

    @property
    def balance(self) -> int:
        """What is left."""
        return self.topup - self.spent


class Provider(Struct):
    """One provider, with what was learned about it."""

    concurrency: int | None
    repeatable: bool
    paused: bool = False
    down: bool = False
    downs: int = 0
    probing: bool = False
    held: str = ""  # by an operator: pause or drain


class Flight(Struct):
    """A submit that was permitted: to whom, and what became of it: open, accepted or refused."""

    provider: str
    fate: str = "open"


class Generation(Struct):
    """One generation; `flights` by the token of the run that submitted, `been` all providers that had it."""

    id: str
    account: str
    provider: str
    price: int  # what is reserved for it
    state: str = "queued"
    by_quota: bool = False
    waiters: list[str] = field(default_factory=list)
    intent: str | None = None
    patient: bool = True  # the submit's own time limit has not passed
    started: bool = False
    overdue: bool = False
    ref: str | None = None
    cancel: bool = False
    called: bool = False  # a callback came before the reference
    refusals: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)  # by whom, and its word
    cost: int | None = None
    credit: int | None = None
    late: bool = False
    flights: dict[str, Flight] = field(default_factory=dict)
    been: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Whether it has not ended."""
        return self.state not in CLOSED

    @property
    def place(self) -> tuple[str, str]:
        """Where it is active or waits."""
        return self.account, self.provider


class Delivery(Struct):
    """One delivery."""

    account: str
    endpoint: str
    type: str
    generation: str | None
    state: str = "pending"
    attempts: int = 0


class Order(Struct, frozen=True, kw_only=True):
    """What accept is asked for."""

    id: str
    key: str
    price: int
    provider: str
    others: tuple[str, ...] = ()  # providers that would serve it as well
    replay: str = ""
    body: str = ""
    waiter: str = ""
    payer: str = "balance"
    guest: str = ""


class Books(Struct):
    """Everything."""

    accounts: dict[str, Account] = field(default_factory=dict)
    providers: dict[str, Provider] = field(default_factory=dict)
    generations: dict[str, Generation] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    backlogs: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    active: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    doubts: set[str] = field(default_factory=set)  # refunded while uncertain
    queues: Queues = field(default_factory=Queues)
    turns: dict[str, list[str]] = field(default_factory=dict)  # as last seen, in their order
    admitting: set[str] = field(default_factory=set)  # providers whose waiting generations this action may let on
    stirred: set[str] = field(default_factory=set)  # providers that got a higher limit since anybody was let on
    rerouted: set[str] = field(default_factory=set)  # generations put in a backlog by a reroute, whatever its limit
    wakes: list[tuple[str, str]] = field(default_factory=list)

    def waiting(self, place: tuple[str, str]) -> list[str]:
        """The backlog of an account at a provider."""
        return self.backlogs.setdefault(place, [])

    def running(self, place: tuple[str, str]) -> set[str]:
        """What an account has on a provider's queue."""
        return self.active.setdefault(place, set())

    def room(self, provider: str) -> bool:
        """Whether the provider's queue takes one more."""
        limit = self.providers[provider].concurrency
        return limit is None or len(self.busy(provider)) < limit

    def busy(self, provider: str) -> set[str]:
        """What keeps a provider busy: all that is active there."""
        return {name for place, names in self.active.items() if place[1] == provider for name in names}

    def owner(self, key: str) -> Account | None:
        """The account an active key speaks for."""
        return next((account for account in self.accounts.values() if key in account.keys.values()), None)

    def put(self, generation: Generation) -> None:
        """A generation gets a place on its queue."""
        self.running(generation.place).add(generation.id)
        self.queues.put(generation.provider, generation.id)

    def let_on(self, provider: str) -> None:
        """The verb lets waiting generations onto the queue as far as there is room."""
        self.admitting.add(provider)
        self.stirred.discard(provider)

    def accept(self, order: Order) -> list[Any]:
        """VERB 1."""
        account = self.accounts[order.guest] if order.guest else self.owner(order.key)
        if account is None:
            return ["unknown_key"]
        if order.id in self.generations:
            return ["accepted", account.id, ANYTHING, account.balance]
        if order.replay in account.replays:
            body, first = account.replays[order.replay]
            return ["replayed", account.id, first] if body == order.body else ["reused"]
        by_quota = order.payer == "quota" and account.used < account.plan.daily_quota
        provider = self.first_open([order.provider, *order.others], later_will_do=True)
        refusal = self._refusal(account, order, provider, by_quota)
        if refusal is not None or provider is None:
            return refusal or ["down", ANYTHING]
        self._enter(account, order, provider, by_quota)
        number = [order.provider, *order.others].index(provider) + 1
        return ["accepted", account.id, ANYTHING, account.balance, number]

    def first_open(self, names: list[str], *, later_will_do: bool) -> str | None:
        """The first provider that is free, or else the first that is not down."""
        known = [self.providers[name] for name in names]
        down = [one.down or one.held == "drain" for one in known]
        later = [one.paused or one.held == "pause" or bool(one.downs and one.probing) for one in known]
        free = [name for name, off, late in zip(names, down, later, strict=True) if not off and not late]
        held = [name for name, off, late in zip(names, down, later, strict=True) if not off and late]
        return next(iter([*free, *(held if later_will_do else [])]), None)

    def _waits(self, account: Account, provider: str) -> bool:
        place = (account.id, provider)
        taken = len(self.running(place)) >= account.plan.concurrency or not self.room(provider)
        return bool(self.waiting(place)) or taken or bool(self.turns.get(provider))

    def _refusal(self, account: Account, order: Order, provider: str | None, by_quota: bool) -> list[Any] | None:
        if order.payer == "quota" and not by_quota and not account.plan.beyond:
            return ["quota", account.plan.daily_quota, account.used]
        if not by_quota and account.balance < order.price:
            return ["insufficient", account.balance, order.price]
        if provider is None:
            return None
        waiting = self.waiting((account.id, provider))
        full = self._waits(account, provider) and len(waiting) >= account.plan.backlog_max
        return ["backlog_full", len(waiting)] if full else None

    def _enter(self, account: Account, order: Order, provider: str, by_quota: bool) -> None:
        waits = self._waits(account, provider)
        price, state = 0 if by_quota else order.price, "backlog" if waits else "queued"
        made = Generation(order.id, account.id, provider, price, state, by_quota)
        made.been.append(made.provider)
        made.waiters += [order.waiter] if order.waiter else []
        self.generations[made.id] = made
        account.used += by_quota
        account.listed[:0] = [] if account.guest else [made.id]
        if made.price:
            account.spent += made.price
            account.ledger.append(("reserve", -made.price, made.id))
            if not account.told and account.balance < account.low <= account.balance + made.price:
                account.told = True
                self.emit(account, f"evt_low_{made.id}", "balance.low")
        if order.replay:
            account.replays[order.replay] = (order.body, made.id)
        if waits:
            self.waiting(made.place).append(made.id)
            self.let_on(made.provider)
        else:
            self.put(made)

    def settle(
        self, name: str, state: str, cost: int, *, guarded: bool, looks_later: bool, doubted: bool = False
    ) -> list[Any] | None:
        """VERB 3; None for a cost that must be refused."""
        made = self.generations.get(name)
        if made is None:
            return ["missing"]
        if not made.open:
            return ["already", made.state]
        if guarded and made.state not in ("backlog", "queued"):
            return ["submitted", made.state]
        if doubted and made.state != "uncertain":
            return ["submitted", made.state]
        if not 0 <= cost <= made.price:
            return None
        if made.state == "uncertain" and state == "failed" and not guarded and not doubted:
            self.doubts.add(name)
        self.leave(made)
        made.state, made.cost, made.intent = state, cost, None
        self.wakes += [(gateway, name) for gateway in made.waiters]
        made.waiters = []
        account = self.accounts[made.account]
        account.spent -= made.price - cost
        account.used -= made.by_quota and state == "failed"
        if made.price:
            account.ledger.append(("settle", made.price - cost, name))
        if state == "failed" and made.ref and looks_later:
            self.late.add(name)
        self.emit(account, f"evt_{name}", f"generation.{state}", name)
        return ["settled", made.price - cost]

    def credit(self, name: str, amount: int | None) -> list[Any]:
        """Money back after the end; None: all that it cost."""
        made = self.generations.get(name)
        if made is None:
            return ["missing"]
        if made.open:
            return ["open", made.state]
        if made.credit is not None:
            return ["already", made.credit]
        cost = made.cost or 0
        amount = cost if amount is None else amount
        if cost == 0 or amount > cost:
            return ["too_much", cost]
        account = self.accounts[made.account]
        made.credit = amount
        account.spent -= amount
        account.ledger.append(("credit", amount, name))
        return ["credited", amount]

    def reroute(self, name: str, token: str, said: str, providers: list[str], *, pause: bool) -> list[Any]:
        """Another provider takes over, at the end of its line; no money moves."""
        made = self.generations.get(name)
        if made is None:
            return ["missing"]
        if made.provider in providers:
            return ["rerouted", made.provider, made.provider]
        theirs = made.state != "queued" and (made.state != "submitting" or made.intent != token)
        if made.cancel or theirs:
            return ["kept", made.state]
        provider = self.first_open(providers, later_will_do=said in ("down", "skipped"))
        if provider is None:
            return ["nowhere"]
        self.providers[made.provider].paused |= pause
        made.refused.append((made.provider, said))
        before = made.provider
        self.leave(made)
        made.provider, made.state, made.intent, made.called = provider, "backlog", None, False
        made.been.append(provider)
        self.waiting(made.place).append(name)
        self.rerouted.add(name)
        self.let_on(provider)
        return ["rerouted", before, provider]

    def leave(self, made: Generation) -> None:
        """A generation gives its place up, wherever that is."""
        if made.state == "backlog":
            self.waiting(made.place).remove(made.id)
        else:
            self.queues.drop(made.provider, made.id)
            self.running(made.place).discard(made.id)
        self.rerouted.discard(made.id)
        self.let_on(made.provider)

    def emit(self, account: Account, event: str, kind: str, generation: str | None = None) -> None:
        """A delivery for each endpoint that wants it."""
        for name, endpoint in account.endpoints.items():
            if endpoint.wants(kind):
                self.tell(account, name, event, kind, generation)

    def tell(self, account: Account, endpoint: str, event: str, kind: str, generation: str | None) -> None:
        """One delivery."""
        delivery = f"{event}:{endpoint}"
        self.deliveries[delivery] = Delivery(account.id, endpoint, kind, generation)
        self.queues.put("webhooks", f"deliver:{delivery}")

    def top_up(self, name: str, amount: int, reference: str) -> list[Any]:
        """Money in."""
        account = self.accounts.get(name)
        if account is None:
            return ["missing"]
        if reference in account.references:
            return ["already", account.balance]
        if account.topup + amount > TOPUP_MAX:
            return ["too_much", account.topup]
        account.topup += amount
        account.told = account.told and account.balance < account.low
        account.ledger.append(("top_up", amount, reference))
        account.references.add(reference)
        return ["topped_up", account.balance]

    def lost(self, name: str) -> bool:
        """Whether an open generation has no job that a worker would find."""
        made = self.generations[name]
        return made.open and made.state != "backlog" and not self.queues.has(made.provider, name)

    def sweep(self, due: list[str]) -> tuple[set[str], set[str]]:
        """(put back, past their deadline)."""
        made = [self.generations[name] for name in due]
        overdue = {one.id for one in made if one.open and one.overdue}
        back = {one.id for one in made if one.id not in overdue and self.lost(one.id)}
        for one in made:
            if one.id in back:
                self.put(one)
            elif one.state == "backlog" and one.id not in overdue:
                self.let_on(one.provider)
        return back, overdue
