"""wokflow provider"""

import asyncio
import subprocess
import sys

import click
import msgspec

from operate.cli.catalogue import read_catalogue
from operate.cli.command import Desk, Failure, Group, open_desk, open_store
from operate.cli.show import moment, table
from shared.domain.catalogue import Catalogue, Provider
from shared.ops import catalogue_files
from shared.store import providers
from shared.store.providers import State

PROBE_S = 60.0


@click.group(cls=Group)
def provider() -> None:
    """The providers of the catalogue."""


@provider.command("list")
def list_() -> None:
    """Show which providers are configured, and how each of them does."""
    desk = open_desk()
    catalogue = read_catalogue(desk.settings.catalogue)
    able = catalogue_files.configured(catalogue)
    states, away = asyncio.run(_states(desk, list(catalogue.providers)))
    facts = [_facts(entry, catalogue, name in able, states.get(name)) for name, entry in catalogue.providers.items()]
    rows = [
        (
            fact["name"],
            _key(entry, name in able),
            _said(fact),
            fact["models"],
            fact["busy"],
            entry.concurrency,
            fact["queued"],
            fact["running"],
            None if entry.rate_per_s is None else f"{entry.rate_per_s:g}",
        )
        for (name, entry), fact in zip(catalogue.providers.items(), facts, strict=True)
    ]
    heads = ("provider", "key", "state", "models", "busy", "at most", "queued", "running", "a second")
    desk.show({"providers": facts, "store": away or "ok"}, table(heads, rows), *([away] if away else []))


@provider.command()
@click.argument("name")
def test(name: str) -> None:
    """Ask a provider for something that bills nothing, with the key that is set. Exit status 1 if that fails."""
    desk = open_desk()
    known = read_catalogue(desk.settings.catalogue)
    if name not in known.providers:
        raise Failure("unknown_provider", f"There is no provider {name!r}: it is one of {', '.join(known.providers)}.")
    if name not in catalogue_files.configured(known):
        raise Failure("not_configured", f"{name} is not configured: set {known.providers[name].key_env} to its key.")
    found = _probe(name)
    if not found["checked"]:
        said = f"{name}: no call is known there that bills nothing."
    elif found["ok"]:
        said = f"{name} answers ({found['took_ms']} ms). {found['said']}"
    else:
        said = f"{name} does not serve us: {found['error']}, {found['said']}"
    desk.show(found, said)
    if not found["ok"]:
        click.get_current_context().exit(1)


async def _states(desk: Desk, names: list[str]) -> tuple[dict[str, State], str]:
    """Every provider's state, and why there is none: what is configured can be told without a store."""
    try:
        async with open_store(desk.settings) as store:
            return {name: await providers.state(store, name) for name in names}, ""
    except Failure as failure:
        return {}, failure.message


def _probe(name: str) -> dict[str, object]:
    """What a worker of this provider is told, in a process of its own: commands know no adapters."""
    command = [sys.executable, "-m", "workers", "probe", name]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=PROBE_S, check=False)  # noqa: S603 - ours
        return msgspec.json.decode(done.stdout, type=dict[str, object])
    except subprocess.TimeoutExpired:
        raise Failure("no_answer", f"{name} did not answer within {PROBE_S:.0f} s.") from None
    except msgspec.DecodeError:
        reason = done.stderr.strip().splitlines()[-1:] or [f"it ended with {done.returncode}"]
        raise Failure("worker_failed", f"A worker of {name} cannot start: {reason[0]}") from None


def _facts(entry: Provider, catalogue: Catalogue, configured: bool, state: State | None) -> dict[str, object]:
    served = [model for model in catalogue.models.values() if entry.name in [route.provider for route in model.routes]]
    return {
        "name": entry.name,
        "adapter": entry.adapter or entry.name,
        "key_env": entry.key_env,
        "configured": configured,
        "callbacks": bool(entry.callback_secret_env and catalogue_files.is_set(entry.callback_secret_env)),
        "concurrency": entry.concurrency,
        "rate_per_s": entry.rate_per_s,
        "models": len(served),
        **_health(state),
    }


def _health(state: State | None) -> dict[str, object]:
    if state is None:
        return dict.fromkeys(("state", "down_until", "down_why", "paused_until", "busy", "queued", "running"))
    return {
        "state": state.word,
        "down_until": moment(state.down_until_ms) if state.downs else None,
        "down_why": state.down_why or None,
        "paused_until": moment(state.paused_until_ms) if state.paused_until_ms > state.now_ms else None,
        "busy": state.busy,
        "queued": state.queued,
        "running": state.running,
    }


def _key(entry: Provider, configured: bool) -> str:
    if entry.key_env is None:
        return "needs none"
    return f"{entry.key_env} {'is set' if configured else 'is not set'}"


def _said(fact: dict[str, object]) -> str:
    if not fact["configured"]:
        return "not configured"
    if fact["state"] is None:
        return "unknown"
    until = fact["down_until"] if fact["state"] == "down" else fact["paused_until"]
    why = f": {fact['down_why']}" if fact["state"] in ("down", "trying") else ""
    return f"{fact['state']}{f' until {until}' if until else ''}{why}"
