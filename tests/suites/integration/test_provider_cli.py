"""wokflow provider: keys, workers, state, and a test request by a real worker process."""

import asyncio
import json
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from operate.cli.live_models import describe
from operate.cli.main import main
from shared.domain.model_notice import ModelCheck, ModelNotice
from shared.store import ledger, model_checks, processes, providers, steps
from shared.store.connect import Store
from tests.harness.doubles import fal, openai
from tests.harness.factories import create_customer, make_order

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
routes = [{ provider = "fal", model = "fal-ai/flux/dev" }, { provider = "local", model = "artist", simulated = true }]
"""
Shell = Callable[..., tuple[int, Any]]


@pytest.fixture
def shell(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shell:
    """Return a function that runs `wokflow provider <words>` and returns its exit status and decoded output."""
    monkeypatch.setenv("REDIS_URL", store_url)
    monkeypatch.setenv("A_FAL_KEY", "a-key")
    monkeypatch.delenv("ANOTHER_KEY", raising=False)
    monkeypatch.setenv("CATALOGUE", str(tmp_path / "catalogue.toml"))

    def run_it(*words: str, **urls: str) -> tuple[int, Any]:
        catalogue = CATALOGUE
        for name in ("FAL_URL", "OPENAI_URL"):
            catalogue = catalogue.replace(name, urls.get(name, "http://127.0.0.1:1"))
        (tmp_path / "catalogue.toml").write_text(catalogue)
        capsys.readouterr()
        status = main(["provider", *words])
        printed = capsys.readouterr()
        text = printed.out or printed.err
        return status, json.loads(text) if "--json" in words else text

    return run_it


def test_provider_list_shows_keys_and_limits(shell: Shell) -> None:
    """Each provider is listed with its key, limits, models and state; without a worker the state says so."""
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
    assert {("no_worker", 0)} == {(one["state"], one["workers"]) for one in found.values()}
    text = shell("list")[1]
    for words in ("A_FAL_KEY is set", "ANOTHER_KEY is not set", "no worker", "not needed", "2.5"):
        assert words in text
    assert "serving" not in text
    assert "a-key" not in text


def test_provider_list_counts_workers_with_keys_of_their_own(shell: Shell, store_url: str) -> None:
    """A running worker makes its provider serve, also if its key is not set in this shell."""

    async def list_with_a_worker() -> Any:
        async with Store(store_url) as store, processes.announce(store, "worker", queue="ours", slots=1):
            while not await processes.list_processes(store):
                pass
            return await asyncio.to_thread(shell, "list", "--json"), await asyncio.to_thread(shell, "list")

    (_, facts), (_, text) = asyncio.run(list_with_a_worker())
    [ours] = [one for one in facts["providers"] if one["name"] == "ours"]
    assert (False, "up", 1) == (ours["configured"], ours["state"], ours["workers"])
    [row] = [line for line in text.splitlines() if line.startswith("ours")]
    assert "ANOTHER_KEY is not set  1        serving" in row


def test_provider_list_shows_breakers_and_pauses(shell: Shell, store_url: str) -> None:
    """An open breaker, a rate limit and waiting jobs are shown."""

    async def create_trouble() -> None:
        async with Store(store_url) as store:
            await providers.open_breaker(store, "fal", "HTTP 404", target="fal-ai/flux/dev", scope="gone")
            await providers.open_breaker(store, "fal", "no credit")
            customer = await create_customer(store, cents=1000)
            order = make_order(customer, provider="noop")
            await ledger.accept(store, order)
            await steps.start(store, order.id, provider="noop", repeatable=False, submit_limit_s=5, token="t")
            await steps.withdraw(store, order.id, "t", provider="noop", target="noop", pause_s=60)

    asyncio.run(create_trouble())
    found = {one["name"]: one for one in shell("list", "--json")[1]["providers"]}
    assert ("down", "no credit") == (found["fal"]["state"], found["fal"]["down_why"])
    assert found["fal"]["down_until"]
    assert (1, 1, 0) == tuple(found["noop"][name] for name in ("busy", "queued", "running"))
    [route] = found["noop"]["routes"]
    assert ("noop", "paused") == (route["model"], route["state"])
    text = shell("list")[1]
    assert "breaker open until" in text
    assert "noop: rate limited until" in text
    assert "fal-ai/flux/dev: model gone until" in text


def test_provider_list_shows_what_ends_and_what_is_simulated(
    shell: Shell, store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Models that their provider ends are listed, and so are simulated models and processes with another catalogue."""

    async def prepare(show: Callable[[], tuple[Any, Any]]) -> tuple[Any, Any]:
        gone = [ModelNotice(model="fal-ai/flux/dev", missing=True), ModelNotice(model="not-routed", missing=True)]
        check = ModelCheck(provider="fal", checked=True, notices=gone)
        async with Store(store_url) as store:
            await model_checks.record_model_check(store, check, 60)
            process = processes.Process(id="worker-1", role="worker", version="1", host="h", pid=1, since_ms=1)
            broken = structs.replace(process, catalogue="abc", catalogue_problem="line 3: no")
            await processes.send_heartbeat(store, broken)
            await processes.send_heartbeat(store, structs.replace(process, id="worker-2", catalogue="def"))
            return await asyncio.to_thread(show)

    monkeypatch.delenv("A_FAL_KEY")
    monkeypatch.setenv("SIMULATE", "on")
    (_, facts), (_, text) = asyncio.run(prepare(lambda: (shell("list", "--json"), shell("list"))))
    found = {one["name"]: one for one in facts["providers"]}
    assert ["fal-ai/flux/dev"] == [one["model"] for one in found["fal"]["models_ending"]]
    assert found["fal"]["models_checked"]
    assert {"on": True, "setting": "on", "models": ["fal/flux"]} == facts["simulation"]
    for words in ("different catalogues: abc, def", "worker-1 rejected the last reload: line 3: no", "fal/flux"):
        assert words in text
    assert "fal: fal-ai/flux/dev is not in its list" in text


def test_provider_list_works_without_a_store(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a store the list shows keys, and that it cannot reach the store."""
    monkeypatch.setenv("REDIS_URL", "redis://127.0.0.1:1")
    monkeypatch.setattr("operate.cli.command.STORE_PATIENCE_S", 0.1)
    status, facts = shell("list", "--json")
    assert (0, True) == (status, facts["store"].startswith("Cannot reach the store"))
    assert (True, None) == (facts["providers"][2]["configured"], facts["providers"][2]["state"])
    assert "unknown" in shell("list")[1]


async def test_provider_test_sends_a_request_by_a_worker(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> None:
    """The test is a real request with the key, by a real worker process, and submits nothing."""
    async with fal.Double() as double:
        status, found = await asyncio.to_thread(shell, "test", "fal", "--json", FAL_URL=double.base_url)
        assert (0, True, True) == (status, found["ok"], found["checked"])
        assert ["Key a-key"] == [request.headers["authorization"] for request in double.requests]
        assert 0 == double.accepted
    monkeypatch.setenv("ANOTHER_KEY", "wrong")
    async with openai.Double() as other:
        other.overrides["other"].append(openai.error(401, "Incorrect API key provided."))
        status, text = await asyncio.to_thread(shell, "test", "ours", OPENAI_URL=other.base_url)
        assert (1, True) == (status, "ours failed: Down, HTTP 401: Incorrect API key provided." in text)


async def test_live_check_compares_routes_with_the_lists(shell: Shell, tmp_path: Path) -> None:
    """A routed model that its provider does not list is printed, and the exit status is 1."""
    async with fal.Double() as double:
        await asyncio.to_thread(shell, "list", FAL_URL=double.base_url)
        file = tmp_path / "catalogue.toml"
        assert 0 == await asyncio.to_thread(main, ["catalogue", "check", "--live"])
        file.write_text(file.read_text().replace("fal-ai/flux/dev", "fal-ai/flux/gone"))
        assert 1 == await asyncio.to_thread(main, ["catalogue", "check", str(file), "--live"])
        assert ["fal-ai/flux/dev", "fal-ai/flux/gone"] == [request.query["endpoint_id"] for request in double.requests]


@pytest.mark.parametrize(("days", "urgent"), [(29, True), (-5, True), (40, False)])
def test_announced_end_is_urgent_within_thirty_days(days: int, urgent: bool) -> None:
    """A model that ends in a month or has ended is reported, a later end is not."""
    ends = datetime.now(UTC).date() + timedelta(days=days)
    check = ModelCheck(provider="p", checked=True, notices=[ModelNotice(model="m", shutdown_date=ends.isoformat())])
    assert urgent == bool(check.urgent(time.time()))
    assert [f"p: m ends on {ends}."] == describe(check)
    gone = structs.replace(check, notices=[ModelNotice(model="m", missing=True)])
    assert gone.urgent(0)
    assert "not in its list" in describe(gone)[0]


@pytest.mark.parametrize(
    ("name", "expected", "message"),
    [
        ("nobody", 1, "Provider 'nobody' does not exist: choose one of local, noop, fal, ours."),
        ("ours", 1, "ANOTHER_KEY is not set in this shell: set it to the key of ours."),
        ("local", 0, "local has no request that costs nothing: not tested."),
    ],
)
def test_provider_test_explains_why_it_sent_nothing(shell: Shell, name: str, expected: int, message: str) -> None:
    """An unknown name, a key that is not set and a provider without a free request are named."""
    status, text = shell("test", name)
    assert (expected, message) == (status, text.strip())
