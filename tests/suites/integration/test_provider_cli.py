"""wokflow provider: what is configured, how each provider does, and a live check by a real worker process."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from operate.cli.main import main
from shared.store import generations, ledger, providers
from shared.store.connect import Store
from tests.harness.doubles import fal, openai
from tests.harness.factories import a_customer, an_order

CATALOGUE = """
[plans.guest]
daily_quota = 10
concurrency = 2
backlog_max = 5
[providers.local]
[providers.noop]
adapter = "local"
rate_per_s = 2.5
[providers.fal]
key_env = "A_FAL_KEY"
callback_secret_env = "A_FAL_SECRET"
base_url = "FAL_URL"
concurrency = 4
[providers.ours]
adapter = "openai"
key_env = "ANOTHER_KEY"
base_url = "OPENAI_URL"
[[models]]
id = "fal/flux"
name = "Flux"
kind = "image"
price_cents = 1
routes = [{ provider = "fal", model = "fal-ai/flux/dev" }, { provider = "local", model = "artist" }]
"""
Shell = Callable[..., tuple[int, Any]]


@pytest.fixture
def shell(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Runs `wokflow provider <words>`: its exit status, and what it printed, decoded if it is JSON."""
    monkeypatch.setenv("REDIS_URL", store_url)
    monkeypatch.setenv("A_FAL_KEY", "a key")
    monkeypatch.delenv("ANOTHER_KEY", raising=False)
    monkeypatch.setenv("CATALOGUE", str(tmp_path / "catalogue.toml"))

    def run_it(*words: str, **urls: str) -> tuple[int, Any]:
        text = CATALOGUE
        for name in ("FAL_URL", "OPENAI_URL"):
            text = text.replace(name, urls.get(name, "http://127.0.0.1:1"))
        (tmp_path / "catalogue.toml").write_text(text)
        capsys.readouterr()
        status = main(["provider", *words])
        seen = capsys.readouterr()
        said = seen.out or seen.err
        return status, json.loads(said) if "--json" in words else said

    return run_it


def test_the_list_says_what_is_configured(shell: Shell) -> None:
    """Each provider of the catalogue with its key, its limits, its models and its state."""
    status, facts = shell("list", "--json")
    assert (0, "ok") == (status, facts["store"])
    found = {one["name"]: one for one in facts["providers"]}
    assert ["local", "noop", "fal", "ours"] == list(found)
    assert {"local": True, "noop": True, "fal": True, "ours": False} == {
        n: one["configured"] for n, one in found.items()
    }
    assert ("fal", "A_FAL_KEY", 4, 1, False) == tuple(
        found["fal"][name] for name in ("adapter", "key_env", "concurrency", "models", "callbacks")
    )
    assert ("openai", 0) == (found["ours"]["adapter"], found["ours"]["models"])
    assert {"up"} == {one["state"] for one in found.values()}
    said = shell("list")[1]
    for words in ("A_FAL_KEY is set", "ANOTHER_KEY is not set", "not configured", "needs none", "2.5"):
        assert words in said
    assert "a key" not in said


def test_the_list_says_how_a_provider_does(shell: Shell, store_url: str) -> None:
    """An open breaker, a pause and what waits are shown."""

    async def trouble() -> None:
        async with Store(store_url) as store:
            await providers.open_breaker(store, "fal", "no credit")
            customer = await a_customer(store, cents=1000)
            order = an_order(customer, provider="noop")
            await ledger.accept(store, order)
            await generations.start(store, order.id, provider="noop", repeatable=False, submit_limit_s=5, token="t")
            await generations.withdraw(store, order.id, "t", provider="noop", pause_s=60)

    asyncio.run(trouble())
    found = {one["name"]: one for one in shell("list", "--json")[1]["providers"]}
    assert ("down", "no credit") == (found["fal"]["state"], found["fal"]["down_why"])
    assert found["fal"]["down_until"]
    assert ("paused", 1, 1, 0) == tuple(found["noop"][name] for name in ("state", "busy", "queued", "running"))
    assert "down until" in shell("list")[1]


def test_the_list_needs_no_store(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a store what is configured is told all the same, and that the store is out of reach."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setattr("operate.cli.command.STORE_PATIENCE_S", 0.1)
    status, facts = shell("list", "--json")
    assert (0, True) == (status, facts["store"].startswith("Cannot reach the store"))
    assert (True, None) == (facts["providers"][2]["configured"], facts["providers"][2]["state"])
    assert "unknown" in shell("list")[1]


async def test_a_provider_is_asked_by_a_worker(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The check is a real request of a real worker process with the key, and it begins no work."""
    async with fal.Double() as double:
        status, found = await asyncio.to_thread(shell, "test", "fal", "--json", FAL_URL=double.base_url)
        assert (0, True, True) == (status, found["ok"], found["checked"])
        assert ["Key a key"] == [asked.headers["authorization"] for asked in double.asked]
        assert 0 == double.accepted
    monkeypatch.setenv("ANOTHER_KEY", "wrong")
    async with openai.Double() as other:
        other.troubles["other"].append(openai.error(401, "Incorrect API key provided."))
        status, said = await asyncio.to_thread(shell, "test", "ours", OPENAI_URL=other.base_url)
        assert (1, True) == (status, "ours does not serve us: Down, HTTP 401: Incorrect API key provided." in said)


@pytest.mark.parametrize(
    ("name", "status", "told"),
    [
        ("nobody", 1, "There is no provider 'nobody': it is one of local, noop, fal, ours."),
        ("ours", 1, "ours is not configured: set ANOTHER_KEY to its key."),
        ("local", 0, "local: no call is known there that bills nothing."),
    ],
)
def test_who_cannot_be_asked_is_told(shell: Shell, name: str, status: int, told: str) -> None:
    """An unknown name, a key that is not set and a provider without such a call are said plainly."""
    got, said = shell("test", name)
    assert (status, told) == (got, said.strip())
