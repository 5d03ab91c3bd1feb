"""wokflow provider"""

import asyncio
from collections import Counter
from collections.abc import Mapping
from typing import Any

import click
from msgspec import Struct

from operate.catalogue import describe_faults
from operate.cli.catalogue_reading import read_catalogue
from operate.cli.command import CommandContext, Failure, Group, open_context, open_store
from operate.cli.show import moment, table
from operate.cli.worker_query import query_worker
from operate.simulation import describe_simulation
from shared.domain.catalogue import Catalogue, Provider
from shared.domain.model_notice import ModelCheck
from shared.ops import catalogue_files, clock, own_secrets
from shared.store import providers
from shared.store.model_checks import read_model_checks
from shared.store.processes import list_processes
from shared.store.providers import BreakerState, ProviderState

ROUTES_SHOWN = 5
NO_WORKER = "no_worker"
STATES = {
    "up": "serving",
    "paused": "rate limited",
    "down": "breaker open",
    "gone": "model gone",
    "trying": "breaker half-open",
    NO_WORKER: "no worker",
}


class ProviderHealth(Struct, frozen=True, kw_only=True):
    """A provider's state in the store, the number of its running workers, and its models that end."""

    state: ProviderState
    workers: int
    check: ModelCheck | None


class FleetHealth(Struct, frozen=True, kw_only=True):
    """The health of each provider, and what is wrong with the catalogues of the running processes."""

    providers: dict[str, ProviderHealth] = {}
    faults: list[str] = []
    problem: str = ""  # of the store, without which nothing else is known


provider = Group("provider", help="List and test the providers of the catalogue.")


@provider.command("list")
def list_providers() -> None:
    """List providers with their keys, workers and state, and their models that are down or paused.

    Keys are those of this shell; workers may have others.
    """
    context = open_context()
    catalogue = read_catalogue(context.settings.catalogue)
    own_secrets.hide(catalogue)
    configured = catalogue_files.configured(catalogue, context.settings.elsewhere)
    health = asyncio.run(_read_health(context, list(catalogue.providers)))
    problem, entries = health.problem, catalogue.providers.values()
    facts = [_facts(entry, catalogue, entry.name in configured, health.providers.get(entry.name)) for entry in entries]
    simulation = describe_simulation(context.settings, catalogue, configured)
    rows = [
        (
            fact["name"],
            _key(entry, entry.name in configured),
            "unknown" if problem else fact["workers"],
            _state(fact),
            fact["models"],
            fact["busy"],
            entry.concurrency,
            fact["queued"],
            fact["running"],
            None if entry.rate_per_s is None else f"{entry.rate_per_s:g}",
        )
        for entry, fact in zip(entries, facts, strict=True)
    ]
    heads = ("provider", "key", "workers", "state", "models", "in use", "concurrency", "queued", "running", "rate/s")
    shown = {
        "providers": facts,
        "store": problem or "ok",
        "catalogue_faults": health.faults,
        "simulation": simulation.facts,
    }
    ends = [f"{fact['name']}: {end['model']} {end['words']}." for fact in facts for end in fact["models_ending"] or ()]
    context.show(shown, table(heads, rows), simulation.line, *ends, *health.faults, *([problem] if problem else []))


@provider.command("test")
@click.argument("name")
def run_test(name: str) -> None:
    """Send a provider a request that costs nothing. It uses the key set in this shell; exit status 1 if it fails."""
    context = open_context()
    catalogue = read_catalogue(context.settings.catalogue)
    own_secrets.hide(catalogue)
    known = catalogue.providers
    if name not in known:
        raise Failure("unknown_provider", f"Provider {name!r} does not exist: choose one of {', '.join(known)}.")
    if name not in catalogue_files.configured(catalogue):
        message = f"{known[name].key_env} is not set in this shell: set it to the key of {name}."
        raise Failure("not_configured", message)
    found = query_worker("probe", name)
    if not found["checked"]:
        result = f"{name} has no request that costs nothing: not tested."
    elif found["ok"]:
        result = f"{name} works ({found['took_ms']} ms). {found['said']}"
    else:
        result = f"{name} failed: {found['error']}, {found['said']}"
    context.show(found, result)
    if not found["ok"]:
        click.get_current_context().exit(1)


async def _read_health(context: CommandContext, names: list[str]) -> FleetHealth:
    """Return the health of providers, or the store's problem: keys can be listed without a store."""
    try:
        async with open_store(context.settings) as store:
            running, checks = await list_processes(store), await read_model_checks(store)
            count = Counter(process.queue for process in running)
            found = {
                name: ProviderHealth(
                    state=await providers.read_state(store, name), workers=count[name], check=checks.get(name)
                )
                for name in names
            }
            return FleetHealth(providers=found, faults=describe_faults(running))
    except Failure as failure:
        return FleetHealth(problem=failure.message)


def _facts(entry: Provider, catalogue: Catalogue, configured: bool, health: ProviderHealth | None) -> dict[str, Any]:
    models = [model for model in catalogue.models.values() if entry.name in [route.provider for route in model.routes]]
    return {
        "name": entry.name,
        "adapter": entry.adapter or entry.name,
        "key_env": entry.key_env,
        "configured": configured,
        "callbacks": bool(entry.callback_secret_env and catalogue_files.is_set(entry.callback_secret_env)),
        "concurrency": entry.concurrency,
        "rate_per_s": entry.rate_per_s,
        "models": len(models),
        **_ends(catalogue.targets(entry.name), health),
        **_health_facts(health),
    }


def _ends(routed: Mapping[str, str], health: ProviderHealth | None) -> dict[str, object]:
    check = None if health is None else health.check
    if check is None:
        return {"models_checked": None, "models_ending": None}
    ends = [
        {"model": one.model, "missing": one.missing, "shutdown_date": one.shutdown_date or None, "words": one.words}
        for one in check.urgent(clock.now_s())
        if one.model in routed
    ]
    return {"models_checked": moment(check.at_ms), "models_ending": ends}


def _health_facts(health: ProviderHealth | None) -> dict[str, object]:
    if health is None:
        names = ("state", "workers", "down_until", "down_why", "paused_until", "busy", "queued", "running", "routes")
        return dict.fromkeys(names)
    state = health.state
    return {
        "state": NO_WORKER if state.status == "up" and not health.workers else state.status,
        "workers": health.workers,
        **_breaker_facts(state),
        "busy": state.busy,
        "queued": state.queued,
        "running": state.running,
        "routes": [{"model": one.target, "state": one.status, **_breaker_facts(one)} for one in state.routes],
    }


def _breaker_facts(state: BreakerState) -> dict[str, object]:
    return {
        "down_until": moment(state.down_until_ms) if state.downs else None,
        "down_why": state.down_why or None,
        "paused_until": moment(state.paused_until_ms) if state.paused_until_ms > state.now_ms else None,
    }


def _key(entry: Provider, configured: bool) -> str:
    if entry.key_env is None:
        return "not needed"
    return f"{entry.key_env} {'is set' if configured else 'is not set'}"


def _state(fact: dict[str, Any]) -> str:
    if fact["state"] is None:
        return "unknown"
    routes = [f"{route['model']}: {_breaker(route)}" for route in fact["routes"][:ROUTES_SHOWN]]
    more = len(fact["routes"]) - len(routes)
    return "; ".join([_breaker(fact), *routes, *([f"{more} more models"] if more else [])])


def _breaker(fact: dict[str, Any]) -> str:
    state = fact["state"]
    until = fact["down_until"] if state in ("down", "gone") else fact["paused_until"]
    reason = f": {fact['down_why']}" if state in ("down", "gone", "trying") else ""
    return f"{STATES[str(state)]}{f' until {until}' if until else ''}{reason}"
