"""The shipped catalogue with a key: its provider alone serves the documented model, and what names no provider."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.ops.settings import ROOT, Settings
from tests.harness.doubles import kie
from tests.harness.doubles.double import Response
from tests.harness.doubles.silent import Silent
from tests.harness.processes import make_folder
from tests.suites.e2e.caller import Caller, Place, deploy

DOCUMENTED = "google/nano-banana-2-pro-1k"


def copy_catalogue(kie_url: str, connect_s: float) -> Path:
    """Copy the shipped catalogue with another URL and time limit for kie, and return its path."""
    folder = make_folder("deploy")
    shutil.copytree(ROOT / "deploy" / "catalogue", folder / "catalogue")
    text, entry = (ROOT / "deploy" / "catalogue.toml").read_text(), "[providers.kie]\n"
    assert entry in text
    (folder / "catalogue.toml").write_text(
        text.replace(entry, f'{entry}base_url = "{kie_url}"\nconnect_s = {connect_s}\n')
    )
    return folder / "catalogue.toml"


@asynccontextmanager
async def deploy_with_kie(kie_url: str, *workers: str, connect_s: float = 10) -> AsyncIterator[Place]:
    """Run a deployment with kie's key."""
    env = {
        "CATALOGUE": str(copy_catalogue(kie_url, connect_s)),
        "ADAPTERS": Settings().adapters,
        "KIE_API_KEY": "a-key",
    }
    async with deploy(workers=workers, env=env) as place:
        yield place


async def test_real_provider_alone_serves_when_it_is_configured() -> None:
    """With its key kie serves the documented model and `auto`; while kie is busy or down, nothing else does."""
    async with kie.Double() as double, deploy_with_kie(double.base_url, "kie", "local") as place:
        double.credits = 18
        caller = await place.create_caller(cents=100)
        listed = await caller.request("GET", "/api/v1/models")
        simulated = {model["id"]: model["simulated"] for model in listed.body["data"]}
        assert {"google/nano-banana": False, "local/artist": False, DOCUMENTED: False}.items() <= simulated.items()
        assert not set(simulated) & {"openai/gpt-image-2", "luma/photon-1", "own/text"}

        double.overrides["submit"].append(kie.envelope(429, "Too many requests."))
        done = await caller.wait_for_end(await caller.create("a fox", DOCUMENTED), limit_s=30)
        assert ("completed", "kie", 11) == (done["status"], done["provider"], done["cost_cents"])
        assert not done["simulated"]
        sent = [request.json for request in double.requests if request.role == "submit"][-1]
        assert ("nano-banana-pro", "1K", "1:1") == (
            sent["model"],
            sent["input"]["resolution"],
            sent["input"]["aspect_ratio"],
        )
        await check_auto(caller, double)

        double.overrides["submit"].append(Response(503, {"msg": "Maintenance"}))
        failed = await caller.wait_for_end(await caller.create("a boat", DOCUMENTED), limit_s=30)
        assert ("failed", "kie", "upstream_error") == tuple(
            failed[name] for name in ("status", "provider", "error_code")
        )
        refused = await caller.submit("a boat", DOCUMENTED)
        assert (502, "upstream_error") == (refused.status, refused.body["error"]["code"])
        assert 100 - 11 == await caller.check_balance()
        assert 3 == double.accepted

        await check_costs(place)


async def check_auto(caller: Caller, double: kie.Double) -> None:
    """Assert that a WokGen call goes to kie, unless it names the local provider."""
    double.credits = 0.8
    for named, serves in (({"provider": "auto"}, "kie"), ({}, "kie"), ({"provider": "local"}, "local")):
        job = await caller.request("POST", "/api/generate", json={"prompt": "a hill", **named})
        assert (200, serves, False) == (job.status, job.body["provider"], job.body["simulated"])


async def test_order_fails_when_the_provider_hangs() -> None:
    """If kie does not accept a connection, the order fails with 502, nothing is charged and nothing is simulated."""
    with Silent() as silent:
        async with deploy_with_kie(silent.url, "kie", "local", connect_s=0.3) as place:
            caller = await place.create_caller(cents=100)
            body = {"model": DOCUMENTED, "prompt": "a boat"}
            for wait in ("wait=20", "wait=0"):
                answer = await caller.request("POST", "/api/v1/generations", json=body, headers={"Prefer": wait})
                assert (502, "upstream_error") == (answer.status, answer.body["error"]["code"])
            assert 100 == await caller.check_balance()
            [generation] = (await caller.request("GET", "/api/v1/generations")).body["data"]
            assert ("failed", "kie", False) == tuple(generation[name] for name in ("status", "provider", "simulated"))


async def check_costs(place: Place) -> None:
    """Assert that our costs agree with kie's in the reconciliation, and that its open breaker is listed."""
    facts = await asyncio.wait_for(place.stack.run_cli("reconcile", "--provider", "kie"), 30)
    [day] = facts["days"]
    assert (3, 98_000, False) == (day["matched"], day["matched_micros"], facts["off"])
    found = {one["name"]: one for one in (await place.stack.run_cli("provider", "list"))["providers"]}
    assert (True, False) == (found["kie"]["configured"], found["openai"]["configured"])
    [route] = found["kie"]["routes"]
    assert route["state"] in ("down", "trying"), json.dumps(found["kie"])
