"""What holds in every state of the store, read from the store alone: rule 2, 4 and 7 of the design and the fairness.

`Excuses` is what losses and reroutes explain: a lost job is missing until the next sweep; what another provider gave up
is in a backlog, whatever its limit; a provider's new place is given away when the next generation moves.
"""

from collections.abc import Iterator

from msgspec import Struct

from tests.suites.property.bench import Seen

KEPT = (
    "gw:account:",
    "gw:ledger:",
    "gw:top-ups:",
    "gw:key",
    "gw:endpoint",
    "gw:active:",
    "gw:busy:",
    "gw:backlog:",
    "arq:job:",
)
CLOSED = ("completed", "failed")
LISTS = ("gw:late", "gw:doubts")  # in which what has ended may stand


class Excuses(Struct, frozen=True):
    """What was lost and not yet mended."""

    lost: set[str]
    stirred: set[str]
    rerouted: set[str]


class State(Struct):
    """A look at the store, taken apart."""

    seen: Seen
    generations: dict[str, dict[str, str]]
    accounts: dict[str, dict[str, str]]

    def queue(self, name: str) -> dict[str, float]:
        """A queue's sorted set."""
        return self.seen.zsets.get(f"arq:queue:{name}", {})

    def active(self, account: str, provider: str) -> set[str]:
        """An account's generations on a provider's queue."""
        return self.seen.sets.get(f"gw:active:{account}:{provider}", set())

    def busy(self, provider: str) -> set[str]:
        """What takes a place of a provider."""
        return self.seen.sets.get(f"gw:busy:{provider}", set())

    def backlog(self, account: str, provider: str) -> list[str]:
        """An account's generations that wait for it."""
        return self.seen.lists.get(f"gw:backlog:{account}:{provider}", [])

    @property
    def providers(self) -> dict[str, dict[str, str]]:
        """By name."""
        found: dict[str, dict[str, str]] = self.seen.named(self.seen.hashes, "gw:provider:")
        return found

    def limit(self, account: str, name: str) -> int:
        """A limit of the account's plan."""
        plan = self.accounts.get(account, {}).get("plan", "guest")
        return int(self.seen.hashes[f"gw:plan:{plan}"][name])

    @property
    def everybody(self) -> set[str]:
        """Accounts and guests that ordered something."""
        return {*self.accounts, *(one["account"] for one in self.generations.values())}


def broken(seen: Seen, excuses: Excuses) -> Iterator[str]:
    """Every law that does not hold, in words."""
    state = State(seen, seen.named(seen.hashes, "gw:generation:"), seen.named(seen.hashes, "gw:account:"))
    for account in state.accounts:
        yield from _money(state, account)
    yield from _quotas(state)
    for name, made in state.generations.items():
        yield from _ended(state, name, made) if made["state"] in CLOSED else _open(state, name, made, excuses)
    for provider in state.providers:
        yield from _queue(state, provider, excuses)
    yield from _deliveries(state)
    yield from (f"{key} expires" for key in seen.mortal if key.startswith(KEPT))
    yield from (f"{key} has more than one token" for key, items in seen.lists.items() if ":bell" in key and items[1:])


def _money(state: State, account: str) -> Iterator[str]:
    topup, spent = (int(state.accounts[account][name]) for name in ("topup", "spent"))
    lines = [line.split(" ", 3) for line in state.seen.lists.get(f"gw:ledger:{account}", [])]
    if topup - spent != sum(int(amount) for _, _, amount, _ in lines):
        yield f"{account}: the ledger's sum is not the balance {topup - spent}"
    if topup < spent:
        yield f"{account}: the balance is negative"
    own = [one for one in state.generations.values() if one["account"] == account]
    held = sum(int(one["cost"] if one["state"] in CLOSED else one["reserved"]) for one in own)
    held -= sum(int(one.get("credit", 0)) for one in own)
    if held != spent:
        yield f"{account}: spent {spent} is not {held}, the open reservations and settled costs less credits"
    for name, made in state.generations.items():
        if made["account"] == account:
            yield from _lines(name, made, [(kind, int(amount)) for _, kind, amount, ref in lines if ref == name])


def _lines(name: str, made: dict[str, str], lines: list[tuple[str, int]]) -> Iterator[str]:
    reserved = int(made["reserved"])
    wanted = [("reserve", -reserved)] if reserved else []
    if reserved and made["state"] in CLOSED:
        wanted.append(("settle", reserved - int(made["cost"])))
    if "credit" in made:
        wanted.append(("credit", int(made["credit"])))
    if lines != wanted:
        yield f"{name}: ledger lines {lines} instead of {wanted}"
    if made["state"] in CLOSED and not 0 <= int(made["cost"]) <= reserved:
        yield f"{name}: a cost of {made['cost']} outside the reservation of {reserved}"
    if "credit" in made and (made["state"] not in CLOSED or not 0 < int(made["credit"]) <= int(made["cost"])):
        yield f"{name}: {made['state']}, cost {made.get('cost')}, and a credit of {made['credit']}"


def _quotas(state: State) -> Iterator[str]:
    for name, used in state.seen.named(state.seen.strings, "gw:quota:").items():
        account, _, day = name.rpartition(":")
        own = [one for one in state.generations.values() if (one["account"], one.get("quota_day")) == (account, day)]
        held = sum(one["state"] != "failed" for one in own)
        if int(used) != held or held > state.limit(account, "daily_quota"):
            yield f"{account}: {used} of the day's quota used, by {held} generations"


def _ended(state: State, name: str, made: dict[str, str]) -> Iterator[str]:
    places = [key for key, members in state.seen.zsets.items() if name in members and key not in LISTS]
    places += [key for group in (state.seen.sets, state.seen.lists) for key in _holding(group, name)]
    places += [key for key in state.seen.strings if key in (f"arq:job:{name}", f"arq:in-progress:{name}")]
    if places:
        yield f"{name}: ended, and still in {places}"
    if f"gw:generation:{name}" not in state.seen.mortal:
        yield f"{name}: ended, and kept for ever"
    if "intent" in made or "waiters" in made:
        yield f"{name}: ended, with an intent or somebody waiting"


def _holding(group: dict[str, set[str]] | dict[str, list[str]], name: str) -> list[str]:
    return [
        key
        for key, members in group.items()
        if name in members and key.startswith(("gw:active:", "gw:busy:", "gw:backlog:"))
    ]


def _open(state: State, name: str, made: dict[str, str], excuses: Excuses) -> Iterator[str]:
    seen, queue = state.seen, state.queue(made["provider"])
    place = (made["account"], made["provider"])
    if name not in seen.zsets.get("gw:open", {}):
        yield f"{name}: open, and unknown to the sweeper"
    if f"gw:generation:{name}" in seen.mortal:
        yield f"{name}: open, and expires"
    waits, runs = state.backlog(*place).count(name), name in state.active(*place)
    if (waits, runs) != ((1, False) if made["state"] == "backlog" else (0, True)):
        yield f"{name}: {made['state']}, {waits} times in the backlog, {'active' if runs else 'not active'}"
    if made["state"] == "backlog":
        if name in queue or f"arq:job:{name}" in seen.strings:
            yield f"{name}: waits, and has a job"
    elif (name not in queue or f"arq:job:{name}" not in seen.strings) and name not in excuses.lost:
        yield f"{name}: open, and no worker will find it"
    if made["state"] == "submitting" and "intent" not in made:
        yield f"{name}: submitting without an intent"


def _queue(state: State, provider: str, excuses: Excuses) -> Iterator[str]:
    limit = state.providers[provider].get("concurrency")
    busy = state.busy(provider)
    if limit and len(busy) > int(limit):
        yield f"{provider}: busy with {len(busy)}, its concurrency is {limit}"
    room = not limit or len(busy) < int(limit)
    turns = state.seen.zsets.get(f"gw:turns:{provider}", {})
    for account in state.everybody:
        waiting, running = state.backlog(account, provider), state.active(account, provider)
        if len(running) > state.limit(account, "concurrency"):
            yield f"{account}: {len(running)} active at {provider}"
        if len(set(waiting) - excuses.rerouted) > state.limit(account, "backlog_max"):
            yield f"{account}: {len(waiting)} wait for {provider}"
        if waiting and len(running) < state.limit(account, "concurrency"):
            if account not in turns:
                yield f"{account}: waits for {provider}, may have one more, and stands in no turn"
            if room and provider not in excuses.stirred:
                yield f"{account}: waits for {provider} while there is room"


def _deliveries(state: State) -> Iterator[str]:
    deliveries = state.seen.named(state.seen.hashes, "gw:delivery:")
    for name, delivery in deliveries.items():
        if name != f"{delivery.get('event')}:{delivery.get('endpoint')}":
            yield f"{name}: a delivery of {delivery.get('event')} to {delivery.get('endpoint')}"
        if (delivery["state"] == "pending") == (f"gw:delivery:{name}" in state.seen.mortal):
            yield f"{name}: {delivery['state']}, and its time is not as that"
    logs = state.seen.named(state.seen.lists, "gw:endpoint-log:")
    for endpoint, log in logs.items():
        if len(log) != len(set(log)):
            yield f"{endpoint}: a delivery is twice in its log"
    for endpoint, fields in state.seen.named(state.seen.hashes, "gw:endpoint:").items():
        if endpoint not in state.seen.sets.get(f"gw:endpoints:{fields.get('account')}", set()):
            yield f"{endpoint}: an endpoint that no account has"
