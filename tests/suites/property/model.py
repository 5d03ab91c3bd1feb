"""A plain model of accounts, generations, providers and deliveries, and of the verbs that move money.

Each method changes the model and returns the reply that the verb should give. Only the store decides which account is
admitted next: there the model follows the store, and `invariants.py` checks the order.
"""

from typing import Any

from msgspec import Struct, field

from tests.suites.property.budgets import Budgets
from tests.suites.property.queues import Queues

SETTLED = ("completed", "failed")
TOPUP_MAX = 10**15
BYTES_IN, BYTES_STORED, COST = 11, 7, 5  # of each order
REQUESTS_MAX, COST_MAX = 40, 60  # of a caller, and of everybody
Usage = tuple[int, int, int, int, int]  # requests, attempts, bytes in, bytes stored, cost


class Anything:
    """A value equal to every other. It stands for a time in an expected reply."""

    def __eq__(self, other: object) -> bool:
        return True

    def __repr__(self) -> str:
        return "..."

    __hash__ = None  # type: ignore[assignment]


ANYTHING = Anything()


class Plan(Struct, frozen=True):
    """A plan's limits. With `beyond`, the balance pays for generations past the daily quota."""

    concurrency: int
    backlog_max: int
    daily_quota: int
    beyond: bool
    daily_attempts: int
    included: int = 0


class Endpoint(Struct):
    """A webhook endpoint. `failing_long` means that every attempt has failed for five days."""

    types: str
    secret: str
    old_secret: str | None = None
    failing: bool = False
    failing_long: bool = False
    disabled: bool = False
    disabled_count: int = 0
    measured: bool = False  # it is known how long a post takes
    silent: int = 0  # posts in a row without an answer
    open: bool = False  # its breaker, if it is silent

    def wants(self, kind: str) -> bool:
        """Return whether the endpoint receives events of that type."""
        return not self.disabled and (self.types == "*" or kind in self.types.split(" "))


class Account(Struct):
    """An account, its ledger as (kind, amount, reference). The store holds no record, list or keys for a guest."""

    id: str
    plan: Plan
    guest: bool = False
    used: int = 0  # of today's quota
    usage: Usage = (0, 0, 0, 0, 0)
    topup: int = 0
    spent: int = 0
    disputed: int = 0
    customer: str = ""
    asked: int = 0  # questions about its subscriptions
    answered: int = 0
    plan_before: Plan | None = None  # its subscription
    low: int = 0
    low_notified: bool = False
    capped: bool = False  # it has spend caps
    state: str = ""  # suspended or closed
    included: dict[str, int] = field(default_factory=dict)  # credit by month
    ledger: list[tuple[str, int, str]] = field(default_factory=list)
    listed: list[str] = field(default_factory=list)  # generations, newest first
    keys: dict[str, str] = field(default_factory=dict)  # active ones: key id to hash
    replays: dict[str, tuple[str, str]] = field(default_factory=dict)  # Idempotency-Key: body, generation
    references: set[str] = field(default_factory=set)
    endpoints: dict[str, Endpoint] = field(default_factory=dict)
    security: list[tuple[str, str, str]] = field(default_factory=list)  # (type, subject, by), oldest first

    @property
    def money(self) -> tuple[int, int, int, bool, str]:
        """Return the account's totals, its alert and its state."""
        return self.topup, self.spent, self.low, self.low_notified, self.state

    @property
    def balance(self) -> int:
        """Return the available balance in micro-dollars."""
        return self.topup - self.spent


class Breaker(Struct):
    """A pause and a circuit breaker, of a provider or of a route."""

    paused: bool = False
    down: bool = False
    downs: int = 0
    probing: bool = False
    gone: bool = False  # the provider does not offer the route's model

    @property
    def facts(self) -> tuple[bool, bool, int, bool, bool]:
        """Return the facts that the store has too."""
        return self.paused, self.down, self.downs, self.probing, self.gone

    def open(self) -> bool:
        """Open the breaker if it is not open yet. Return whether it was not."""
        if self.down:
            return False
        self.downs += 1
        self.down, self.probing, self.gone = True, False, False
        return True

    def note_gone(self) -> None:
        """Open the breaker because the model is gone, whatever it was before."""
        self.down, self.downs, self.probing, self.gone = True, 1, False, True

    def close(self) -> None:
        """Close the breaker."""
        self.down, self.downs, self.probing, self.gone = False, 0, False, False


class Provider(Struct):
    """A provider, its own breaker, those of its routes by target, and its mode."""

    concurrency: int | None
    repeatable: bool
    wide: Breaker = field(default_factory=Breaker)
    routes: dict[str, Breaker] = field(default_factory=dict)
    held: str = ""  # by an operator: pause or drain

    def route(self, target: str) -> Breaker:
        """Return the breaker of a route."""
        return self.routes.setdefault(target, Breaker())

    def breakers(self, target: str) -> list[Breaker]:
        """Return the breakers that a submit to a route must pass."""
        return [self.wide, self.route(target)]

    def by_key(self, name: str) -> dict[str, Breaker]:
        """Return the breakers of the provider of that name by their keys in the store."""
        return {f"gw:provider:{name}": self.wide, **self.routes_by_key(name)}

    def routes_by_key(self, name: str) -> dict[str, Breaker]:
        """Return the breakers of the routes by their keys in the store."""
        return {f"gw:route:{name}:{target}": one for target, one in self.routes.items()}

    def others(self, target: str) -> list[Breaker]:
        """Return the breakers of all other routes whose models are not gone."""
        return [one for name, one in self.routes.items() if name != target and not one.gone]

    def pause(self, target: str) -> None:
        """Pause a route, and the provider if another of its routes is paused."""
        self.route(target).paused = True
        self.wide.paused |= any(one.paused for one in self.others(target))


class PermittedSubmit(Struct):
    """A submit that `start` permitted, with its provider and its outcome: open, accepted or refused."""

    provider: str
    outcome: str = "open"


class Generation(Struct):
    """A generation. `submits` is keyed by the token of the run; `provider_history` lists all its providers so far."""

    id: str
    account: str
    provider: str
    price: int  # micro-dollars reserved for it
    budgets: list[tuple[str, int]] = []  # that counted it, with their epochs
    state: str = "queued"
    by_quota: bool = False
    held: bool = False  # until its uploads are stored
    uploads: str = ""
    waiters: list[str] = field(default_factory=list)
    intent: str | None = None
    within_submit_timeout: bool = True
    started: bool = False
    overdue: bool = False
    ref: str | None = None
    cancel: bool = False
    called_back: bool = False  # a callback came before the reference
    refusals: int = 0
    refused: list[tuple[str, str]] = field(default_factory=list)  # (provider, word) of each
    cost: int | None = None
    credit: int | None = None
    late: bool = False
    submits: dict[str, PermittedSubmit] = field(default_factory=dict)
    provider_history: list[str] = field(default_factory=list)

    @property
    def open(self) -> bool:
        """Return whether the generation is not settled yet."""
        return self.state not in SETTLED

    @property
    def lane(self) -> tuple[str, str]:
        """Return the (account, provider) pair that its slot and its backlog belong to."""
        return self.account, self.provider


class Delivery(Struct):
    """A webhook event on its way to one endpoint."""

    account: str
    endpoint: str
    type: str
    generation: str | None
    state: str = "pending"
    attempts: int = 0


class Order(Struct, frozen=True, kw_only=True):
    """The arguments of `accept`."""

    id: str
    key: str
    price: int
    provider: str
    others: tuple[str, ...] = ()  # fallback providers
    replay: str = ""
    body: str = ""
    waiter: str = ""
    payer: str = "balance"
    guest: str = ""
    uploads: str = ""
    late: bool = False  # it reaches the store after its caller has stopped waiting


class Model(Struct):
    """The expected state of the whole store."""

    accounts: dict[str, Account] = field(default_factory=dict)
    budgets: Budgets = field(default_factory=Budgets)
    vouchers: dict[str, list[Any]] = field(default_factory=dict)  # by hash: batch, account, valid, once for an account
    providers: dict[str, Provider] = field(default_factory=dict)
    generations: dict[str, Generation] = field(default_factory=dict)
    deliveries: dict[str, Delivery] = field(default_factory=dict)
    backlogs: dict[tuple[str, str], list[str]] = field(default_factory=dict)
    active: dict[tuple[str, str], set[str]] = field(default_factory=dict)
    late: set[str] = field(default_factory=set)
    usage: Usage = (0, 0, 0, 0, 0)  # of everybody
    ended_uploads: set[str] = field(default_factory=set)
    uncertain_refunds: set[str] = field(default_factory=set)
    queues: Queues = field(default_factory=Queues)
    round_robins: dict[str, list[str]] = field(default_factory=dict)  # accounts in order, as in the last snapshot
    admitting: set[str] = field(default_factory=set)  # providers whose backlogs this action may admit from
    raised_limits: set[str] = field(default_factory=set)  # providers with a higher limit and no admission since
    rerouted: set[str] = field(default_factory=set)  # in a backlog by a reroute, which ignores its limit
    wakes: list[tuple[str, str]] = field(default_factory=list)

    def backlog_of(self, lane: tuple[str, str]) -> list[str]:
        """Return the backlog of an account at a provider, oldest first."""
        return self.backlogs.setdefault(lane, [])

    def active_of(self, lane: tuple[str, str]) -> set[str]:
        """Return the generations of an account that hold a slot at a provider."""
        return self.active.setdefault(lane, set())

    def has_room(self, provider: str) -> bool:
        """Return whether the provider has a free slot."""
        limit = self.providers[provider].concurrency
        return limit is None or len(self.busy_at(provider)) < limit

    def busy_at(self, provider: str) -> set[str]:
        """Return the generations of all accounts that hold a slot at the provider."""
        return {name for lane, names in self.active.items() if lane[1] == provider for name in names}

    def key_owner(self, key: str) -> Account | None:
        """Return the account of an active key, by the key's hash."""
        return next((account for account in self.accounts.values() if key in account.keys.values()), None)

    def take_slot(self, generation: Generation) -> None:
        """Give a generation a slot and enqueue its job."""
        self.active_of(generation.lane).add(generation.id)
        self.queues.enqueue(generation.provider, generation.id)
        self.queues.queued(generation.provider)[generation.id] = not generation.held

    def allow_admission(self, provider: str) -> None:
        """Let this action admit generations from the backlogs of a provider."""
        self.admitting.add(provider)
        self.raised_limits.discard(provider)

    def accept(self, order: Order) -> list[Any]:
        """Accept an order and return the expected reply."""
        account = self.accounts[order.guest] if order.guest else self.key_owner(order.key)
        if account is None:
            return ["unknown_key"]
        if order.id in self.generations:
            return ["accepted", account.id, ANYTHING, account.balance]
        if order.replay in account.replays:
            body, first = account.replays[order.replay]
            return ["replayed", account.id, first] if body == order.body else ["reused"]
        if order.late:
            return ["late"]
        by_quota = order.payer == "quota" and account.used < account.plan.daily_quota
        provider = self.first_available([order.provider, *order.others], accept_held=True)
        refusal = self._refusal(account, order, provider, by_quota)
        self._count_usage(account, by_quota, refusal)
        if refusal is not None or provider is None:
            return refusal or ["down", ANYTHING]
        self._add_generation(account, order, provider, by_quota)
        number = [order.provider, *order.others].index(provider) + 1
        return ["accepted", account.id, ANYTHING, account.balance, number]

    def first_available(self, names: list[str], *, accept_held: bool) -> str | None:
        """Return the first free provider, or with `accept_held` the first that is paused or being probed."""
        known = [(self.providers[name].held, self.providers[name].breakers(name)) for name in names]
        down = [held == "drain" or any(one.down for one in breakers) for held, breakers in known]
        later = [
            held == "pause" or any(one.paused or (one.downs and one.probing) for one in breakers)
            for held, breakers in known
        ]
        free = [name for name, off, late in zip(names, down, later, strict=True) if not off and not late]
        held = [name for name, off, late in zip(names, down, later, strict=True) if not off and late]
        return next(iter([*free, *(held if accept_held else [])]), None)

    def _must_wait(self, account: Account, provider: str) -> bool:
        lane = (account.id, provider)
        taken = len(self.active_of(lane)) >= account.plan.concurrency or not self.has_room(provider)
        return bool(self.backlog_of(lane)) or taken or bool(self.round_robins.get(provider))

    def _refusal(self, account: Account, order: Order, provider: str | None, by_quota: bool) -> list[Any] | None:
        if account.state:
            return ["suspended"]
        if order.payer == "quota" and account.balance >= 0 and not by_quota and not account.plan.beyond:
            return ["quota", account.plan.daily_quota, account.used]
        if account.balance < (0 if by_quota else order.price):
            return ["insufficient", account.balance, order.price]
        over = self.budgets.find_over(self._budgets_of(account, order), 0 if by_quota else order.price)
        if over is not None:
            return over
        if provider is None:
            return ["down", ANYTHING]
        waiting = self.backlog_of((account.id, provider))
        full = self._must_wait(account, provider) and len(waiting) >= account.plan.backlog_max
        return self._bound_passed(account, by_quota) or (["backlog_full", len(waiting)] if full else None)

    def _budgets_of(self, account: Account, order: Order) -> list[str]:
        own = () if account.guest else self.budgets.of_keys.get(order.key, ())
        return [*own, *([account.id] if account.capped else [])]

    def _bound_passed(self, account: Account, by_quota: bool) -> list[Any] | None:
        if account.usage[0] >= REQUESTS_MAX:
            return ["bound", "account", "requests", REQUESTS_MAX]
        if by_quota and account.usage[1] >= account.plan.daily_attempts:
            return ["bound", "account", "attempts", account.plan.daily_attempts]
        if by_quota and self.usage[4] + COST > COST_MAX:
            return ["bound", "all", "cost", COST_MAX]
        return None

    def _count_usage(self, account: Account, by_quota: bool, refusal: list[Any] | None) -> None:
        """Count an order. A refused one is a request of its account, unless a bound refused it."""
        added = (1, by_quota, BYTES_IN, BYTES_STORED, COST * by_quota)
        if refusal is None:
            self.usage = _sum(self.usage, added)
            account.usage = _sum(account.usage, added)
        elif refusal[0] != "bound":
            account.usage = _sum(account.usage, (1, 0, BYTES_IN, 0, 0))

    def release(self, name: str) -> list[Any]:
        """Let workers have a generation whose uploads are stored."""
        generation = self.generations.get(name)
        if generation is None:
            return ["missing"]
        if not generation.open:
            return ["closed", generation.state]
        held, generation.held = generation.held, False
        if held and generation.state == "queued":
            self.queues.hasten(generation.provider, name)
        return ["released", generation.state]

    def _add_generation(self, account: Account, order: Order, provider: str, by_quota: bool) -> None:
        waits = self._must_wait(account, provider)
        price, state = 0 if by_quota else order.price, "backlog" if waits else "queued"
        budgets = self.budgets.count(self._budgets_of(account, order), price)
        generation = Generation(order.id, account.id, provider, price, budgets, state, by_quota)
        generation.provider_history.append(generation.provider)
        generation.waiters += [order.waiter] if order.waiter else []
        generation.held, generation.uploads = bool(order.uploads), order.uploads
        self.generations[generation.id] = generation
        account.used += by_quota
        account.listed[:0] = [] if account.guest else [generation.id]
        if generation.price:
            account.spent += generation.price
            account.ledger.append(("reserve", -generation.price, generation.id))
            if not account.low_notified and account.balance < account.low <= account.balance + generation.price:
                account.low_notified = True
                self.emit(account, f"evt_low_{generation.id}", "balance.low")
        if order.replay:
            account.replays[order.replay] = (order.body, generation.id)
        if waits:
            self.backlog_of(generation.lane).append(generation.id)
            self.allow_admission(generation.provider)
        else:
            self.take_slot(generation)

    def settle(
        self, name: str, state: str, cost: int, *, unsubmitted_only: bool, poll_late: bool, uncertain_only: bool = False
    ) -> list[Any] | None:
        """Settle a generation and return the expected reply, or None if the verb must refuse the cost."""
        generation = self.generations.get(name)
        if generation is None:
            return ["missing"]
        if not generation.open:
            return ["already", generation.state]
        if unsubmitted_only and generation.state not in ("backlog", "queued"):
            return ["submitted", generation.state]
        if uncertain_only and generation.state != "uncertain":
            return ["submitted", generation.state]
        if not 0 <= cost <= generation.price:
            return None
        if generation.state == "uncertain" and state == "failed" and not unsubmitted_only and not uncertain_only:
            self.uncertain_refunds.add(name)
        self.release_slot(generation)
        generation.state, generation.cost, generation.intent = state, cost, None
        self.wakes += [(gateway, name) for gateway in generation.waiters]
        generation.waiters = []
        self.ended_uploads.update(generation.uploads.split())
        generation.held = False
        account = self.accounts[generation.account]
        account.spent -= generation.price - cost
        self.budgets.give_back(generation.budgets, generation.price - cost)
        account.used -= generation.by_quota and state == "failed"
        if generation.price:
            account.ledger.append(("settle", generation.price - cost, name))
        if state == "failed" and generation.ref and poll_late:
            self.late.add(name)
        self.emit(account, f"evt_{name}", f"generation.{state}", name)
        return ["settled", generation.price - cost]

    def credit(self, name: str, amount: int | None) -> list[Any]:
        """Credit a settled generation. An amount of None credits its whole cost."""
        generation = self.generations.get(name)
        if generation is None:
            return ["missing"]
        if generation.open:
            return ["open", generation.state]
        if generation.credit is not None:
            return ["already", generation.credit]
        cost = generation.cost or 0
        amount = cost if amount is None else amount
        if cost == 0 or amount > cost:
            return ["too_much", cost]
        account = self.accounts[generation.account]
        generation.credit = amount
        account.spent -= amount
        self.budgets.give_back(generation.budgets, amount)
        account.ledger.append(("credit", amount, name))
        return ["credited", amount]

    def reroute(self, name: str, token: str, reason: str, providers: list[str], *, pause: bool) -> list[Any]:
        """Move a generation to the backlog of another provider. No money moves."""
        generation = self.generations.get(name)
        if generation is None:
            return ["missing"]
        if generation.provider in providers:
            return ["rerouted", generation.provider, generation.provider]
        theirs = generation.state != "queued" and (generation.state != "submitting" or generation.intent != token)
        if generation.cancel or theirs:
            return ["kept", generation.state]
        provider = self.first_available(providers, accept_held=reason in ("down", "skipped"))
        if provider is None:
            return ["nowhere"]
        if pause:
            self.providers[generation.provider].pause(generation.provider)
        generation.refused.append((generation.provider, reason))
        before = generation.provider
        self.release_slot(generation)
        generation.provider, generation.state, generation.intent, generation.called_back = (
            provider,
            "backlog",
            None,
            False,
        )
        generation.provider_history.append(provider)
        self.backlog_of(generation.lane).append(name)
        self.rerouted.add(name)
        self.allow_admission(provider)
        return ["rerouted", before, provider]

    def release_slot(self, generation: Generation) -> None:
        """Take a generation off its queue or backlog and free its slot."""
        if generation.state == "backlog":
            self.backlog_of(generation.lane).remove(generation.id)
        else:
            self.queues.dequeue(generation.provider, generation.id)
            self.active_of(generation.lane).discard(generation.id)
        self.rerouted.discard(generation.id)
        self.allow_admission(generation.provider)

    def emit(self, account: Account, event: str, kind: str, generation: str | None = None) -> None:
        """Create a delivery for each endpoint that subscribes to the event type."""
        for name, endpoint in account.endpoints.items():
            if endpoint.wants(kind):
                self.add_delivery(account, name, event, kind, generation)

    def note_security(self, account: Account, kind: str, subject: str, by: str) -> None:
        """Record a security event, and create its deliveries."""
        account.security.append((kind, subject, by))
        self.emit(account, f"evt_sec_{account.id}_{len(account.security)}", kind)

    def add_delivery(self, account: Account, endpoint: str, event: str, kind: str, generation: str | None) -> None:
        """Create one delivery and enqueue its job."""
        delivery = f"{event}:{endpoint}"
        self.deliveries[delivery] = Delivery(account.id, endpoint, kind, generation)
        self.queues.enqueue("webhooks", f"deliver:{delivery}")

    def top_up(self, name: str, amount: int, reference: str, kind: str = "top_up", undoes: str = "") -> list[Any]:
        """Top up an account, correct a top-up or take a dispute, once per reference."""
        account = self.accounts.get(name)
        if account is None:
            return ["missing"]
        if reference in account.references:
            return ["already", account.balance]
        if account.state == "closed":
            return ["closed"]
        if kind == "top_up" and amount < 0 and account.balance + amount < 0:
            return ["too_low", account.balance]
        if account.topup + amount > TOPUP_MAX:
            return ["too_much", account.topup]
        if undoes and undoes not in account.references:
            self.add_money(account, -amount, undoes, kind)
        self.add_money(account, amount, reference, kind)
        return ["topped_up", account.balance]

    def add_money(self, account: Account, amount: int, reference: str, kind: str = "top_up") -> None:
        """Add money to an account, or take it back."""
        account.topup += amount
        account.disputed += amount if kind == "dispute" else 0
        account.low_notified = account.low_notified and account.balance < account.low
        account.ledger.append((kind, amount, reference))
        account.references.add(reference)

    def has_lost_job(self, name: str) -> bool:
        """Return whether a generation should have a job that a worker can find, and has none."""
        generation = self.generations[name]
        return generation.open and generation.state != "backlog" and not self.queues.has(generation.provider, name)

    def sweep(self, due: list[str]) -> tuple[set[str], set[str]]:
        """Enqueue lost jobs again. Return the ids of re-enqueued generations and of those past their deadline."""
        generations = [self.generations[name] for name in due]
        overdue = {one.id for one in generations if one.open and one.overdue}
        back = {one.id for one in generations if one.id not in overdue and self.has_lost_job(one.id)}
        for one in generations:
            if one.id in back:
                self.take_slot(one)
            elif one.state == "backlog" and one.id not in overdue:
                self.allow_admission(one.provider)
        return back, overdue


def _sum(one: Usage, other: Usage) -> Usage:
    requests, attempts, bytes_in, bytes_stored, cost = (a + b for a, b in zip(one, other, strict=True))
    return requests, attempts, bytes_in, bytes_stored, cost
