"""Two pictures of the same things, to be held against each other: what the books expect, and what the store has."""

from collections.abc import Iterator
from typing import Any

from tests.suites.property.bench import Seen
from tests.suites.property.books import Books

Picture = dict[str, Any]
QUEUE, LEASES, BELL = "arq:queue:", ":leases", ":bell"
ATTEMPTS_MAX = 32


def expected(books: Books) -> Picture:
    """The picture the books draw."""
    accounts, queues = books.accounts.values(), books.queues
    generations = books.generations.values()
    return {
        "money": {one.id: (one.topup, one.spent, one.low, one.told) for one in accounts if not one.guest},
        "quotas": _full({one.id: one.used for one in accounts}),
        "ledger": _full({one.id: one.ledger for one in accounts}),
        "listed": _full({one.id: one.listed for one in accounts}),
        "keys": {hashed: one.id for one in accounts for hashed in one.keys.values()},
        "references": _full({one.id: one.references for one in accounts}),
        "replays": {
            f"{one.id}:{key}": f"{body} {name}" for one in accounts for key, (body, name) in one.replays.items()
        },
        "endpoints": {
            name: (endpoint.secret, endpoint.old, endpoint.failing, endpoint.disabled)
            for one in accounts
            for name, endpoint in one.endpoints.items()
        },
        "generations": {one.id: _facts(one) for one in generations},
        "open": {one.id for one in generations if one.open},
        "late": books.late,
        "doubts": books.doubts,
        "active": _full(books.active),
        "busy": _full({name: books.busy(name) for name in books.providers}),
        "backlog": _full(books.backlogs),
        "waiting": _full(
            {
                name: {one for (_, at), ids in books.backlogs.items() if at == name for one in ids}
                for name in books.providers
            }
        ),
        "uncertain": {one.id for one in generations if one.state == "uncertain"},
        "queue": _full(queues.places),
        "leases": _full(queues.leases),
        "payloads": queues.payloads,
        "holders": queues.holders,
        "tries": queues.tries,
        "providers": {
            name: (one.paused, one.down, one.downs, one.probing, one.held) for name, one in books.providers.items()
        },
        "deliveries": {
            name: (one.type, one.generation, one.state, one.attempts) for name, one in books.deliveries.items()
        },
        "failing": {name for one in accounts for name, endpoint in one.endpoints.items() if endpoint.failing},
        "dead": {name for name, one in books.deliveries.items() if one.state == "dead"},
        "deliveries_open": {name for name, one in books.deliveries.items() if one.state == "pending"},
    }


def observed(seen: Seen) -> Picture:
    """The picture the store shows."""
    queues = seen.named(seen.zsets, QUEUE)
    accounts = seen.named(seen.hashes, "gw:account:")
    generations = seen.named(seen.hashes, "gw:generation:")
    return {
        "money": {
            name: (int(one["topup"]), int(one["spent"]), int(one["low"]), "low_told" in one)
            for name, one in accounts.items()
        },
        "quotas": _full({_pair(n)[0]: int(used) for n, used in seen.named(seen.strings, "gw:quota:").items()}),
        "ledger": {name: [_line(raw) for raw in lines] for name, lines in seen.named(seen.lists, "gw:ledger:").items()},
        "listed": seen.named(seen.lists, "gw:generations:"),
        "keys": seen.named(seen.strings, "gw:key:"),
        "references": {name: set(one) for name, one in seen.named(seen.hashes, "gw:top-ups:").items()},
        "replays": seen.named(seen.strings, "gw:replay:"),
        "endpoints": {n: _endpoint(one) for n, one in seen.named(seen.hashes, "gw:endpoint:").items()},
        "generations": {name: _stored_facts(one) for name, one in generations.items()},
        "open": set(seen.zsets.get("gw:open", ())),
        "doubts": set(seen.zsets.get("gw:doubts", ())),
        "late": set(seen.zsets.get("gw:late", ())),
        "active": {_pair(name): members for name, members in seen.named(seen.sets, "gw:active:").items()},
        "busy": seen.named(seen.sets, "gw:busy:"),
        "backlog": {_pair(name): items for name, items in seen.named(seen.lists, "gw:backlog:").items()},
        "waiting": {name: set(ids) for name, ids in seen.named(seen.zsets, "gw:waiting:").items()},
        "uncertain": set(seen.zsets.get("gw:uncertain", ())),
        "queue": {
            name: {job: score <= seen.now_ms for job, score in one.items()}
            for name, one in queues.items()
            if ":" not in name
        },
        "leases": {
            name.removesuffix(LEASES): {job: score > seen.now_ms for job, score in one.items()}
            for name, one in queues.items()
            if name.endswith(LEASES)
        },
        "payloads": set(seen.named(seen.strings, "arq:job:")),
        "holders": seen.named(seen.strings, "arq:in-progress:"),
        "tries": {job: int(number) for job, number in seen.named(seen.strings, "arq:retry:").items()},
        "providers": {n: _pressure(one, seen.now_ms) for n, one in seen.named(seen.hashes, "gw:provider:").items()},
        "deliveries": {
            name: (one.get("type"), one.get("generation"), one.get("state"), int(one.get("attempts", -1)))
            for name, one in seen.named(seen.hashes, "gw:delivery:").items()
        },
        "failing": set(seen.zsets.get("gw:failing", ())),
        "dead": set(seen.zsets.get("gw:dead", ())),
        "deliveries_open": set(seen.zsets.get("gw:deliveries:open", ())),
    }


def differences(books: Books, seen: Seen) -> Iterator[str]:
    """Where the two pictures differ, in words."""
    there = observed(seen)
    for part, wanted in expected(books).items():
        if wanted == there[part]:
            continue
        if isinstance(wanted, dict):
            for name in sorted({*wanted, *there[part]}, key=str):
                if wanted.get(name) != there[part].get(name):
                    yield f"{part} of {name}: {there[part].get(name)}, expected {wanted.get(name)}"
        else:
            yield f"{part}: {sorted(there[part])}, expected {sorted(wanted)}"


def _facts(one: Any) -> Picture:
    facts = {
        "account": one.account,
        "provider": one.provider,
        "state": one.state,
        "reserved": str(one.price),
        "cost": None if one.cost is None else str(one.cost),
        "credit": None if one.credit is None else str(one.credit),
        "waiters": " ".join(one.waiters) or None,
        "intent": one.intent,
        "ref": one.ref,
        "refusals": str(one.refusals) if one.refusals else None,
        "attempts": one.refused[-ATTEMPTS_MAX:] or None,
    }
    marks = {
        "callback": one.called,
        "cancel_ms": one.cancel,
        "late": one.late,
        "started_ms": one.started,
        "closed_ms": not one.open,
    }
    return {name: value for name, value in facts.items() if value is not None} | marks


def _stored_facts(one: dict[str, str]) -> Picture:
    names = ("account", "provider", "state", "reserved", "cost", "credit", "waiters", "intent", "ref", "refusals")
    marks = {name: name in one for name in ("callback", "cancel_ms", "late", "started_ms", "closed_ms")}
    told = [(provider, word) for _, provider, word in map(str.split, one.get("attempts", "").splitlines())]
    return {name: one[name] for name in names if name in one} | ({"attempts": told} if told else {}) | marks


def _endpoint(one: dict[str, str]) -> tuple[str, str | None, bool, bool]:
    failing = {"failing_ms", "failed_ms"} <= one.keys()
    return one["secret"], one.get("old_secret"), failing, "disabled_ms" in one


def _line(raw: str) -> tuple[str, int, str]:
    _, kind, amount, reference = raw.split(" ", 3)
    return kind, int(amount), reference


def _pair(name: str) -> tuple[str, str]:
    account, _, provider = name.rpartition(":")
    return account, provider


def _pressure(one: dict[str, str], now_ms: int) -> tuple[bool, bool, int, bool, str]:
    ahead = [float(one.get(name, 0)) > now_ms for name in ("paused_until_ms", "down_until_ms", "probe_until_ms")]
    return ahead[0], ahead[1], int(one.get("downs", 0)), ahead[2], one.get("held", "")


def _full(group: dict[Any, Any]) -> dict[Any, Any]:
    """Without what is empty: the store keeps no empty collection."""
    return {name: one for name, one in group.items() if one}
