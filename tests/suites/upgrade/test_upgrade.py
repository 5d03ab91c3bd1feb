"""This version finishes the work of an earlier version in the store."""

from pathlib import Path

import msgspec
import pytest

from shared.store import generations, keys
from shared.store.check import check_ledger
from shared.store.connect import Store
from shared.store.findings import Report
from tests.harness.doubles.provider import Provider
from tests.harness.doubles.receiver import Receiver
from tests.harness.factories import doubles_env
from tests.harness.processes import Stack, make_folder
from tests.suites.upgrade.record import FOLDER, Recording, put_back

RECORDINGS = sorted(FOLDER.glob("layout-*.json"))


def test_current_layout_is_recorded() -> None:
    """The current layout has a recording; `python -m tests.suites.upgrade.record` writes it."""
    assert (FOLDER / f"layout-{keys.SCHEMA_VERSION}.json") in RECORDINGS


@pytest.mark.parametrize("path", RECORDINGS, ids=lambda path: path.stem)
async def test_jobs_of_earlier_version_are_finished(path: Path) -> None:
    """A queued job runs, a submitted one is not submitted again, and both are settled and delivered."""
    recording = msgspec.json.decode(path.read_bytes(), type=Recording)
    async with Provider() as provider, Receiver() as receiver:
        env = doubles_env(make_folder("catalogue"), provider.url)
        async with (
            Stack(gateways=0, workers=(), deliver=0, sweep=0, env=env) as stack,
            Store(stack.settings.store_url) as store,
        ):
            await put_back(store, recording)
            (account,) = [raw.decode() for raw in await store.call("ZRANGE", keys.ACCOUNTS, 0, -1)]
            (endpoint,) = [raw.decode() for raw in await store.call("SMEMBERS", keys.endpoints(account))]
            await store.call("HSET", keys.endpoint(endpoint), "url", receiver.url)
            for role in ("run noop", "run paid", "deliver", "sweep"):
                stack.add(role.replace(" ", "-"), "-m", "workers", *role.split())
            events = await receiver.wait_for(2, timeout_s=30)
            made = await generations.list_newest(store, account, 10)
            await check_ledger(store, report := Report())
    assert ["completed", "completed"] == [one.state for one in made]
    assert 0 == provider.submits.total()
    assert {one.id for one in made} == {msgspec.json.decode(one.body)["id"] for one in events}
    assert [] == report.findings
