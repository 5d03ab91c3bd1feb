"""The shipped catalogue with a key: its provider serves the documented model, or else the local provider."""

import asyncio
import json
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from shared.ops.settings import ROOT, Settings
from tests.harness.doubles import kie
from tests.harness.processes import make_folder
from tests.suites.e2e.caller import Place, deploy

DOCUMENTED = "google/nano-banana-2-pro-1k"


def copy_catalogue(kie_url: str) -> Path:
    """Copy the shipped catalogue with another URL for kie, and return its path."""
    folder = make_folder("deploy")
    shutil.copytree(ROOT / "deploy" / "catalogue", folder / "catalogue")
    text, entry = (ROOT / "deploy" / "catalogue.toml").read_text(), "[providers.kie]\n"
    assert entry in text
    (folder / "catalogue.toml").write_text(text.replace(entry, f'{entry}base_url = "{kie_url}"\n'))
    return folder / "catalogue.toml"


@asynccontextmanager
async def deploy_with_kie(kie_url: str, *workers: str) -> AsyncIterator[Place]:
    """Run a deployment with kie's key."""
    env = {"CATALOGUE": str(copy_catalogue(kie_url)), "ADAPTERS": Settings().adapters, "KIE_API_KEY": "a-key"}
    async with deploy(workers=workers, env=env) as place:
        yield place


async def test_local_provider_takes_over_when_the_provider_is_down() -> None:
    """With its key kie serves the documented model; without credit there the local provider does, at one charge."""
    async with kie.Double() as double, deploy_with_kie(double.base_url, "kie", "local") as place:
        double.credits = 18
        caller = await place.create_caller(cents=100)
        listed = await caller.request("GET", "/api/v1/models")
        offered = {model["id"] for model in listed.body["data"]}
        assert {"google/nano-banana", "local/artist", DOCUMENTED} <= offered
        assert not offered & {"openai/gpt-image-2", "luma/photon-1", "own/text"}

        done = await caller.wait_for_end(await caller.create("a fox", DOCUMENTED), limit_s=30)
        assert ("completed", "kie", 11) == (done["status"], done["provider"], done["cost_cents"])
        [sent] = [request.json for request in double.requests if request.role == "submit"]
        assert ("nano-banana-pro", "1K", "1:1") == (
            sent["model"],
            sent["input"]["resolution"],
            sent["input"]["aspect_ratio"],
        )

        double.overrides["submit"].append(kie.envelope(402, "The current credits are insufficient. Please top up."))
        done = await caller.wait_for_end(await caller.create("a boat", DOCUMENTED), limit_s=30)
        assert ("completed", "local", 11) == (done["status"], done["provider"], done["cost_cents"])
        assert 100 - 22 == await caller.check_balance()

        await check_costs(place)


async def check_costs(place: Place) -> None:
    """Assert that kie's cost is in the reconciliation, and that its open breaker is listed."""
    facts = await asyncio.wait_for(place.stack.run_cli("reconcile", "--provider", "kie"), 30)
    [day] = facts["days"]
    assert (1, 90_000, False) == (day["matched"], day["matched_micros"], facts["off"])
    found = {one["name"]: one for one in (await place.stack.run_cli("provider", "list"))["providers"]}
    assert (True, False) == (found["kie"]["configured"], found["openai"]["configured"])
    [route] = found["kie"]["routes"]
    assert route["state"] in ("down", "trying"), json.dumps(found["kie"])
