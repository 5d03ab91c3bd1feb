"""Invariants of every state of the store, read from the store alone: money, limits, deliveries and fairness.

`Exemptions` are the deviations that losses, reroutes and raised limits explain. A lost job is missing until the next
sweep. A rerouted generation may exceed a backlog's limit. A provider's new slot is given away at the next admission.
"""

from collections.abc import Iterator

from msgspec import Struct

from tests.suites.property import lanes
from tests.suites.property.sync_store import Snapshot

PERMANENT = (
    "gw:account:",
    "gw:ledger:",
    "gw:top-ups:",
    "gw:key",
    "gw:limited-key:",
    "gw:budget:",
    "gw:endpoint",
    "gw:active:",
    "gw:busy:",
    "gw:backlogs:",
    "arq:job:",
)
SETTLED = ("completed", "failed")
SETTLED_SETS = ("gw:late", "gw:doubts")  # may hold settled generations


class Exemptions(Struct, frozen=True):
    """Deviations that an action caused and no verb has repaired yet."""

    lost: set[str]
    raised_limits: set[str]
    rerouted: set[str]


class State(Struct):
    """A snapshot with its generations and accounts parsed."""

    snapshot: Snapshot
    generations: dict[str, dict[str, str]]
    accounts: dict[str, dict[str, str]]

    def queue(self, name: str) -> dict[str, float]:
        """Return a queue's sorted set as job to score."""
        return self.snapshot.zsets.get(f"arq:queue:{name}", {})

    def active(self, account: str, provider: str) -> set[str]:
        """Return an account's generations that hold a slot at a provider."""
        return self.snapshot.sets.get(f"gw:active:{account}:{provider}", set())

    def busy_at(self, provider: str) -> set[str]:
        """Return the generations that hold a slot at a provider."""
        return self.snapshot.sets.get(f"gw:busy:{provider}", set())

    def backlog(self, account: str, provider: str) -> list[str]:
        """Return an account's generations that wait for a provider."""
        return list(self.snapshot.zsets.get(f"gw:backlogs:{account}:{provider}", ()))

    @property
    def providers(self) -> dict[str, dict[str, str]]:
        """Return the providers by name."""
        found: dict[str, dict[str, str]] = self.snapshot.with_prefix(self.snapshot.hashes, "gw:provider:")
        return found

    def limit(self, account: str, name: str) -> int:
        """Return a limit of the account's plan."""
        plan = self.accounts.get(account, {}).get("plan", "guest")
        return int(self.snapshot.hashes[f"gw:plan:{plan}"][name])

    def attempts_max(self, account: str) -> int:
        """Return the day's attempts on the quota of the account's plan."""
        plan = self.accounts.get(account, {}).get("plan", "guest")
        return int(self.snapshot.hashes[f"gw:plan:{plan}"]["bounds"].split()[1])

    @property
    def account_ids(self) -> set[str]:
        """Return the ids of all accounts and of guests with a generation."""
        return {*self.accounts, *(one["account"] for one in self.generations.values())}


def violations(snapshot: Snapshot, exemptions: Exemptions) -> Iterator[str]:
    """Yield a message for every invariant that does not hold."""
    state = State(
        snapshot,
        snapshot.with_prefix(snapshot.hashes, "gw:generation:"),
        snapshot.with_prefix(snapshot.hashes, "gw:account:"),
    )
    for account in state.accounts:
        yield from _money(state, account)
    yield from _quotas(state)
    yield from _usage(state)
    for name, generation in state.generations.items():
        yield from (
            _ended(state, name, generation)
            if generation["state"] in SETTLED
            else _open(state, name, generation, exemptions)
        )
    for provider in state.providers:
        yield from _queue(state, provider, exemptions)
    yield from _deliveries(state)
    yield from lanes.violations(snapshot)
    yield from (f"{key} expires" for key in snapshot.expiring if key.startswith(PERMANENT))
    yield from (
        f"{key} has more than one token" for key, items in snapshot.lists.items() if ":bell" in key and items[1:]
    )


def _money(state: State, account: str) -> Iterator[str]:
    topup, spent = (int(state.accounts[account][name]) for name in ("topup", "spent"))
    lines = [line.split(" ", 3) for line in state.snapshot.lists.get(f"gw:ledger:{account}", [])]
    if topup - spent != sum(int(amount) for _, _, amount, _ in lines):
        yield f"{account}: the ledger's sum is not the balance {topup - spent}"
    disputed = int(state.accounts[account].get("disputed", 0))
    if disputed != sum(int(amount) for _, kind, amount, _ in lines if kind == "dispute"):
        yield f"{account}: disputes are not the sum {disputed}"
    if topup - spent < min(disputed, 0):
        yield f"{account}: the balance is negative, and not by disputes"
    own = [one for one in state.generations.values() if one["account"] == account]
    held = sum(int(one["cost"] if one["state"] in SETTLED else one["reserved"]) for one in own)
    held -= sum(int(one.get("credit", 0)) for one in own)
    if held != spent:
        yield f"{account}: spent {spent} is not {held}, the open reservations and settled costs less credits"
    for name, generation in state.generations.items():
        if generation["account"] == account:
            yield from _ledger(name, generation, [(kind, int(amount)) for _, kind, amount, ref in lines if ref == name])


def _ledger(name: str, generation: dict[str, str], lines: list[tuple[str, int]]) -> Iterator[str]:
    reserved = int(generation["reserved"])
    expected = [("reserve", -reserved)] if reserved else []
    if reserved and generation["state"] in SETTLED:
        expected.append(("settle", reserved - int(generation["cost"])))
    if "credit" in generation:
        expected.append(("credit", int(generation["credit"])))
    if lines != expected:
        yield f"{name}: ledger lines {lines} instead of {expected}"
    if generation["state"] in SETTLED and not 0 <= int(generation["cost"]) <= reserved:
        yield f"{name}: a cost of {generation['cost']} outside the reservation of {reserved}"
    if "credit" in generation and (
        generation["state"] not in SETTLED or not 0 < int(generation["credit"]) <= int(generation["cost"])
    ):
        yield f"{name}: {generation['state']}, cost {generation.get('cost')}, and a credit of {generation['credit']}"


def _quotas(state: State) -> Iterator[str]:
    for name, used in state.snapshot.with_prefix(state.snapshot.strings, "gw:quota:").items():
        account, _, day = name.rpartition(":")
        own = [one for one in state.generations.values() if (one["account"], one.get("quota_day")) == (account, day)]
        held = sum(one["state"] != "failed" for one in own)
        if int(used) != held or held > state.limit(account, "daily_quota"):
            yield f"{account}: {used} of the day's quota used, by {held} generations"


def _usage(state: State) -> Iterator[str]:
    """Compare the day's use of each caller with its generations: every one is an attempt, whatever became of it."""
    used = {
        name.rpartition(":")[0]: [int(word) for word in words.split()]
        for name, words in state.snapshot.with_prefix(state.snapshot.strings, "gw:usage:").items()
    }
    everybody = used.pop("all", [0] * 5)
    for account, (requests, attempts, *_) in used.items():
        own = [one for one in state.generations.values() if one["account"] == account]
        free = sum("quota_day" in one for one in own)
        if requests < len(own) or attempts != free or attempts > state.attempts_max(account):
            yield f"{account}: {requests} requests and {attempts} attempts, with {len(own)} generations, {free} free"
    sums = [sum(column) for column in zip(*used.values(), strict=True)] or [0] * 5
    refused = [total - shared for total, shared in zip(sums, everybody, strict=True)]  # requests and their bytes only
    if min(refused) < 0 or any(refused[1:2] + refused[3:]):
        yield f"everybody used {everybody}, all callers {sums}"
    days = {key for key in state.snapshot.strings if key.startswith("gw:usage:")}
    yield from (f"{key} never expires" for key in days - state.snapshot.expiring)


def _ended(state: State, name: str, generation: dict[str, str]) -> Iterator[str]:
    entries = [key for key, members in state.snapshot.zsets.items() if name in members and key not in SETTLED_SETS]
    entries += [key for group in (state.snapshot.sets, state.snapshot.lists) for key in _slot_keys(group, name)]
    entries += [key for key in state.snapshot.strings if key in (f"arq:job:{name}", f"arq:in-progress:{name}")]
    if entries:
        yield f"{name}: ended, and still in {entries}"
    if f"gw:generation:{name}" not in state.snapshot.expiring:
        yield f"{name}: ended, and never expires"
    if "intent" in generation or "waiters" in generation:
        yield f"{name}: ended, with an intent or waiters"


def _slot_keys(group: dict[str, set[str]] | dict[str, list[str]], name: str) -> list[str]:
    return [
        key
        for key, members in group.items()
        if name in members and key.startswith(("gw:active:", "gw:busy:", "gw:backlogs:"))
    ]


def _open(state: State, name: str, generation: dict[str, str], exemptions: Exemptions) -> Iterator[str]:
    snapshot, queue = state.snapshot, state.queue(generation["provider"])
    lane = (generation["account"], generation["provider"])
    if name not in snapshot.zsets.get("gw:open", {}):
        yield f"{name}: open, and unknown to the sweeper"
    if f"gw:generation:{name}" in snapshot.expiring:
        yield f"{name}: open, and expires"
    waits, runs = state.backlog(*lane).count(name), name in state.active(*lane)
    if (waits, runs) != ((1, False) if generation["state"] == "backlog" else (0, True)):
        yield f"{name}: {generation['state']}, {waits} times in the backlog, {'active' if runs else 'not active'}"
    if generation["state"] == "backlog":
        if name in queue or f"arq:job:{name}" in snapshot.strings:
            yield f"{name}: waits, and has a job"
    elif (name not in queue or f"arq:job:{name}" not in snapshot.strings) and name not in exemptions.lost:
        yield f"{name}: open, and no worker will find it"
    if generation["state"] == "submitting" and "intent" not in generation:
        yield f"{name}: submitting without an intent"


def _queue(state: State, provider: str, exemptions: Exemptions) -> Iterator[str]:
    limit = state.providers[provider].get("concurrency")
    busy = state.busy_at(provider)
    if limit and len(busy) > int(limit):
        yield f"{provider}: busy with {len(busy)}, its concurrency is {limit}"
    has_room = not limit or len(busy) < int(limit)
    turns = state.snapshot.zsets.get(f"gw:turns:{provider}", {})
    for account in state.account_ids:
        waiting, running = state.backlog(account, provider), state.active(account, provider)
        if len(running) > state.limit(account, "concurrency"):
            yield f"{account}: {len(running)} active at {provider}"
        if len(set(waiting) - exemptions.rerouted) > state.limit(account, "backlog_max"):
            yield f"{account}: {len(waiting)} wait for {provider}"
        if waiting and len(running) < state.limit(account, "concurrency"):
            if account not in turns:
                yield f"{account}: waits for {provider}, has a free slot, and is not in the round-robin"
            if has_room and provider not in exemptions.raised_limits:
                yield f"{account}: waits for {provider} although it has a free slot"


def _deliveries(state: State) -> Iterator[str]:
    deliveries = state.snapshot.with_prefix(state.snapshot.hashes, "gw:delivery:")
    for name, delivery in deliveries.items():
        if name != f"{delivery.get('event')}:{delivery.get('endpoint')}":
            yield f"{name}: a delivery of {delivery.get('event')} to {delivery.get('endpoint')}"
        if (delivery["state"] == "pending") == (f"gw:delivery:{name}" in state.snapshot.expiring):
            yield f"{name}: {delivery['state']}, with the wrong expiry"
    logs = state.snapshot.with_prefix(state.snapshot.lists, "gw:endpoint-log:")
    for endpoint, log in logs.items():
        if len(log) != len(set(log)):
            yield f"{endpoint}: a delivery is in its log twice"
    for endpoint, fields in state.snapshot.with_prefix(state.snapshot.hashes, "gw:endpoint:").items():
        if endpoint not in state.snapshot.sets.get(f"gw:endpoints:{fields.get('account')}", set()):
            yield f"{endpoint}: an endpoint of no account"
