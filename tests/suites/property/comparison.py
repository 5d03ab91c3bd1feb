"""Comparison of the model with a snapshot: both are turned into the same facts."""

import json
from collections.abc import Iterator
from typing import Any

from tests.suites.property.budgets import PERIODS
from tests.suites.property.lanes import SILENT_MAX
from tests.suites.property.model import Endpoint, Model
from tests.suites.property.sync_store import Snapshot

Facts = dict[str, Any]
EndpointFacts = tuple[str, str | None, bool, bool, bool, int, bool]
QUEUE, LEASES, BELL = "arq:queue:", ":leases", ":bell"
ATTEMPTS_MAX = 32


def expected_facts(model: Model) -> Facts:
    """Return the facts that the model expects."""
    accounts, queues = model.accounts.values(), model.queues
    generations = model.generations.values()
    return {
        "money": {one.id: one.money for one in accounts if not one.guest},
        "quotas": _without_empty({one.id: one.used for one in accounts}),
        "usage": _without_unused({one.id: one.usage for one in accounts} | {"all": model.usage}),
        "uploads": model.ended_uploads,
        "ledger": _without_empty({one.id: one.ledger for one in accounts}),
        "listed": _without_empty({one.id: one.listed for one in accounts}),
        "keys": {hashed: one.id for one in accounts for hashed in one.keys.values()},
        "budgets": model.budgets.facts,
        "references": _without_empty({one.id: one.references for one in accounts}),
        "replays": {
            f"{one.id}:{key}": f"{body} {name}" for one in accounts for key, (body, name) in one.replays.items()
        },
        "security": _without_empty({one.id: one.security for one in accounts}),
        "endpoints": {
            name: _expected_endpoint(endpoint) for one in accounts for name, endpoint in one.endpoints.items()
        },
        "generations": {one.id: _generation(one) for one in generations},
        "open": {one.id for one in generations if one.open},
        "late": model.late,
        "doubts": model.uncertain_refunds,
        "active": _without_empty(model.active),
        "busy": _without_empty({name: model.busy_at(name) for name in model.providers}),
        "backlog": _without_empty(model.backlogs),
        "waiting": _without_empty(
            {
                name: {one for (_, at), ids in model.backlogs.items() if at == name for one in ids}
                for name in model.providers
            }
        ),
        "uncertain": {one.id for one in generations if one.state == "uncertain"},
        "queue": _without_empty(queues.entries),
        "leases": _without_empty(queues.leases),
        "payloads": queues.payloads,
        "holders": queues.holders,
        "tries": queues.tries,
        "providers": {name: (*one.wide.facts, one.held) for name, one in model.providers.items()},
        "routes": _expected_routes(model),
        "deliveries": {
            name: (one.type, one.generation, one.state, one.attempts) for name, one in model.deliveries.items()
        },
        "failing": {name for one in accounts for name, endpoint in one.endpoints.items() if endpoint.failing},
        "dead": {name for name, one in model.deliveries.items() if one.state == "dead"},
        "deliveries_open": {name for name, one in model.deliveries.items() if one.state == "pending"},
    }


def stored_facts(snapshot: Snapshot) -> Facts:
    """Return the same facts as read from a snapshot."""
    accounts = snapshot.with_prefix(snapshot.hashes, "gw:account:")
    generations = snapshot.with_prefix(snapshot.hashes, "gw:generation:")
    others = _stored_deliveries(snapshot) | _stored_jobs(snapshot) | _stored_keys(snapshot)
    return others | {
        "money": {
            name: (int(one["topup"]), int(one["spent"]), int(one["low"]), "low_told" in one, one.get("state", ""))
            for name, one in accounts.items()
        },
        "quotas": _without_empty(
            {_pair(n)[0]: int(used) for n, used in snapshot.with_prefix(snapshot.strings, "gw:quota:").items()}
        ),
        "usage": _stored_usage(snapshot),
        "uploads": snapshot.sets.get("gw:uploads", set()),
        "ledger": {
            name: [_ledger_entry(raw) for raw in lines]
            for name, lines in snapshot.with_prefix(snapshot.lists, "gw:ledger:").items()
        },
        "listed": snapshot.with_prefix(snapshot.lists, "gw:generations:"),
        "references": {name: set(one) for name, one in snapshot.with_prefix(snapshot.hashes, "gw:top-ups:").items()},
        "replays": snapshot.with_prefix(snapshot.strings, "gw:replay:"),
        "security": {
            name: [_security_event(raw) for raw in reversed(lines)]
            for name, lines in snapshot.with_prefix(snapshot.lists, "gw:account-events:").items()
        },
        "endpoints": {
            n: _endpoint_facts(one, snapshot.now_ms)
            for n, one in snapshot.with_prefix(snapshot.hashes, "gw:endpoint:").items()
        },
        "generations": {name: _stored_generation(one) for name, one in generations.items()},
        "open": set(snapshot.zsets.get("gw:open", ())),
        "doubts": set(snapshot.zsets.get("gw:doubts", ())),
        "late": set(snapshot.zsets.get("gw:late", ())),
        "active": {_pair(name): members for name, members in snapshot.with_prefix(snapshot.sets, "gw:active:").items()},
        "busy": snapshot.with_prefix(snapshot.sets, "gw:busy:"),
        "backlog": {
            _pair(name): list(one) for name, one in snapshot.with_prefix(snapshot.zsets, "gw:backlogs:").items()
        },
        "waiting": {name: set(ids) for name, ids in snapshot.with_prefix(snapshot.zsets, "gw:waiting:").items()},
        "uncertain": set(snapshot.zsets.get("gw:uncertain", ())),
        "providers": {
            n: (*_breaker_facts(one, snapshot.now_ms), one.get("held", ""))
            for n, one in snapshot.with_prefix(snapshot.hashes, "gw:provider:").items()
        },
        "routes": _stored_routes(snapshot),
    }


def _stored_keys(snapshot: Snapshot) -> Facts:
    limited = snapshot.with_prefix(snapshot.hashes, "gw:limited-key:")
    budgets = snapshot.with_prefix(snapshot.hashes, "gw:budget:")
    keys = snapshot.with_prefix(snapshot.strings, "gw:key:") | {name: one["account"] for name, one in limited.items()}
    return {"keys": keys, "budgets": {name: _budget_facts(one) for name, one in budgets.items()}}


def _budget_facts(one: dict[str, str]) -> tuple[str, int]:
    """Return the caps and the sum of a budget, which is the same for the day, the month and in total."""
    [spent] = {int(one[f"spent_{period}"]) for period in PERIODS}
    return " ".join(one[f"cap_{period}"] for period in PERIODS), spent


def _security_event(raw: str) -> tuple[str, str, str]:
    event = json.loads(raw)
    return event["type"], event["subject"], event["by"]


def _stored_deliveries(snapshot: Snapshot) -> Facts:
    return {
        "deliveries": {
            name: (one.get("type"), one.get("generation"), one.get("state"), int(one.get("attempts", -1)))
            for name, one in snapshot.with_prefix(snapshot.hashes, "gw:delivery:").items()
        },
        "failing": set(snapshot.zsets.get("gw:failing", ())),
        "dead": set(snapshot.zsets.get("gw:dead", ())),
        "deliveries_open": set(snapshot.zsets.get("gw:deliveries:open", ())),
    }


def _stored_usage(snapshot: Snapshot) -> Facts:
    words = snapshot.with_prefix(snapshot.strings, "gw:usage:")
    return {_pair(name)[0]: tuple(map(int, numbers.split())) for name, numbers in words.items()}


def _stored_jobs(snapshot: Snapshot) -> Facts:
    queues = snapshot.with_prefix(snapshot.zsets, QUEUE)
    return {
        "queue": {
            name: {job: score <= snapshot.now_ms for job, score in one.items()}
            for name, one in queues.items()
            if ":" not in name
        },
        "leases": {
            name.removesuffix(LEASES): {job: score > snapshot.now_ms for job, score in one.items()}
            for name, one in queues.items()
            if name.endswith(LEASES)
        },
        "payloads": set(snapshot.with_prefix(snapshot.strings, "arq:job:")),
        "holders": snapshot.with_prefix(snapshot.strings, "arq:in-progress:"),
        "tries": {job: int(number) for job, number in snapshot.with_prefix(snapshot.strings, "arq:retry:").items()},
    }


def differences(model: Model, snapshot: Snapshot) -> Iterator[str]:
    """Yield a message for every difference between model and store."""
    stored = stored_facts(snapshot)
    for part, expected in expected_facts(model).items():
        if expected == stored[part]:
            continue
        if isinstance(expected, dict):
            for name in sorted({*expected, *stored[part]}, key=str):
                if expected.get(name) != stored[part].get(name):
                    yield f"{part} of {name}: {stored[part].get(name)}, expected {expected.get(name)}"
        else:
            yield f"{part}: {sorted(stored[part])}, expected {sorted(expected)}"


def _generation(one: Any) -> Facts:
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
        "callback": one.called_back,
        "hold_ms": one.held,
        "cancel_ms": one.cancel,
        "late": one.late,
        "started_ms": one.started,
        "closed_ms": not one.open,
    }
    return {name: value for name, value in facts.items() if value is not None} | marks


def _stored_generation(one: dict[str, str]) -> Facts:
    names = ("account", "provider", "state", "reserved", "cost", "credit", "waiters", "intent", "ref", "refusals")
    marks = {name: name in one for name in ("callback", "hold_ms", "cancel_ms", "late", "started_ms", "closed_ms")}
    attempts = [(provider, word) for _, provider, word in map(str.split, one.get("attempts", "").splitlines())]
    return {name: one[name] for name in names if name in one} | ({"attempts": attempts} if attempts else {}) | marks


def _expected_endpoint(one: Endpoint) -> EndpointFacts:
    is_open = one.open and one.silent >= SILENT_MAX
    return one.secret, one.old_secret, one.failing, one.disabled, one.measured, one.silent, is_open


def _endpoint_facts(one: dict[str, str], now_ms: int) -> EndpointFacts:
    failing, silent = {"failing_ms", "failed_ms"} <= one.keys(), int(one.get("silent", 0))
    is_open = silent >= SILENT_MAX and float(one.get("open_until_ms", 0)) > now_ms
    marks = (failing, "disabled_ms" in one, "took_ms" in one)
    return one.get("secret", ""), one.get("old_secret"), *marks, silent, is_open


def _ledger_entry(raw: str) -> tuple[str, int, str]:
    _, kind, amount, reference = raw.split(" ", 3)
    return kind, int(amount), reference


def _pair(name: str) -> tuple[str, str]:
    account, _, provider = name.rpartition(":")
    return account, provider


def _breaker_facts(one: dict[str, str], now_ms: int) -> tuple[bool, bool, int, bool, bool]:
    ahead = [float(one.get(name, 0)) > now_ms for name in ("paused_until_ms", "down_until_ms", "probe_until_ms")]
    return ahead[0], ahead[1], int(one.get("downs", 0)), ahead[2], "gone" in one


def _expected_routes(model: Model) -> Facts:
    routes = {
        key: one for name, provider in model.providers.items() for key, one in provider.routes_by_key(name).items()
    }
    return {key: one.facts for key, one in routes.items() if any(one.facts)}


def _stored_routes(snapshot: Snapshot) -> Facts:
    """Return the routes that are not up, because the store forgets the others."""
    routes = {key: one for key, one in snapshot.hashes.items() if key.startswith("gw:route:")}
    facts = {key: _breaker_facts(one, snapshot.now_ms) for key, one in routes.items()}
    return {key: one for key, one in facts.items() if any(one)}


def _without_empty(group: dict[Any, Any]) -> dict[Any, Any]:
    """Drop empty collections, because the store deletes them."""
    return {name: one for name, one in group.items() if one}


def _without_unused(group: dict[str, Any]) -> dict[str, Any]:
    """Drop the scopes that no request has counted for."""
    return {name: usage for name, usage in group.items() if any(usage)}
