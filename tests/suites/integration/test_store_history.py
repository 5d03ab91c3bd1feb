"""The history of a store: a process never goes on with an older one, an emptied one, or another deployment's."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs

from shared.domain.errors import StoreDown, StoreUnfit
from shared.domain.generation import Generation
from shared.ops.settings import Settings
from shared.store import accounts, generations, keys, ledger, steps
from shared.store.connect import Store
from shared.store.guard import find_unsafe_setting, open_guarded_store
from shared.store.history import Fence, StoreHistory, accept_history, load_history, read_history, save_history
from shared.store.steps import Fenced, Step, Submit, Uncertain, Wait
from tests.harness.bounds import within
from tests.harness.factories import create_customer, make_order

NOTICED_S = 3.0
EVERY_S, SEEN_S = 0.05, 0.3  # between two checks of a guard, and until one is certainly done
KNOWN = StoreHistory(id="a", sequence=10, accepted_ms=100, fenced="", now_ms=1000)


@pytest.fixture
def settings(store_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    """Provide the settings of a process on the shared store, whose guards are quick."""
    monkeypatch.setattr("shared.store.guard.HISTORY_EVERY_S", EVERY_S)
    monkeypatch.setattr("shared.store.guard.SETTINGS_EVERY_S", EVERY_S)
    return Settings(data_dir=str(tmp_path), redis_url=store_url)


@pytest.fixture
async def store(settings: Settings) -> AsyncIterator[Store]:
    """Open the store with a guard, as a process does."""
    async with open_guarded_store(settings, "t") as store:
        yield store


def fence_of(store: Store) -> Fence:
    """Return the fence of a guarded store."""
    assert store.fence is not None
    return store.fence


async def wait_for_fault(store: Store, words: str) -> None:
    """Wait until the process holds submits back for this reason; "": until it does not."""
    async with within(NOTICED_S):
        while words not in fence_of(store).fault or bool(words) != bool(fence_of(store).fault):
            await asyncio.sleep(0.02)


async def accept_one(store: Store) -> str:
    """Accept a generation and return its id."""
    return (await ledger.accept(store, make_order(await create_customer(store)))).id


async def start(store: Store, generation_id: str, token: str = "t") -> Step | Wait | Fenced | steps.Gone:
    """Take the next step of a generation of a provider that must not get it twice."""
    return await steps.start(store, generation_id, provider="noop", repeatable=False, submit_limit_s=5, token=token)


async def view(store: Store, generation_id: str) -> Generation:
    """Return a generation."""
    found = await generations.view(store, "", generation_id)
    assert found is not None
    return found


async def roll_back(store: Store, sequence: int) -> None:
    """Give the store an older sequence, as a restored file does."""
    await store.call("HSET", keys.HISTORY, "sequence", sequence)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"sequence": 11, "now_ms": 2000}, ""),
        ({"sequence": 9}, "older"),
        ({"accepted_ms": 50, "sequence": 99}, "older"),
        ({"id": ""}, "emptied"),
        ({"id": "b"}, "another deployment"),
        ({"fenced": "why"}, "why"),
        ({"id": "b", "sequence": 0, "accepted_ms": 1001}, ""),
        ({"sequence": 0, "accepted_ms": 1001}, ""),
    ],
)
def test_fence_compares_the_store_with_what_is_known(changes: dict[str, object], words: str) -> None:
    """A store that is behind, empty, foreign or fenced is a fault, unless an operator has accepted it since."""
    fence, found = Fence(KNOWN), structs.replace(KNOWN, **changes)
    fence.observe(found)
    assert words in fence.fault
    assert bool(words) == bool(fence.fault)
    assert (KNOWN if words else found) == fence.known


async def test_reservations_top_ups_and_submits_raise_the_sequence(store: Store) -> None:
    """Each script whose writes must not be lost moves the store's sequence."""
    seen = [(await read_history(store)).sequence]
    generation_id = await accept_one(store)
    seen.append((await read_history(store)).sequence)
    assert isinstance(await start(store, generation_id), Submit)
    seen.append((await read_history(store)).sequence)
    account = await accounts.create(store, name="Bob", plan="pro")
    await ledger.top_up(store, account.id, 1, "r")
    seen.append((await read_history(store)).sequence)
    assert sorted(set(seen)) == seen


async def test_submit_is_fenced_at_once_when_the_store_is_behind(store: Store) -> None:
    """A worker that has seen a later sequence stores no intent in an older store, before its guard notices."""
    first, second = await accept_one(store), await accept_one(store)
    assert isinstance(await start(store, first), Submit)
    await roll_back(store, 0)
    assert isinstance(await start(store, second), Fenced)
    assert "queued" == (await view(store, second)).state


async def test_rolled_back_store_stops_every_process(store: Store, settings: Settings) -> None:
    """A process that notices says so in the store itself, so that processes without a memory stop too."""
    generation_id = await accept_one(store)
    await asyncio.sleep(SEEN_S)
    await roll_back(store, 0)
    await wait_for_fault(store, "older")
    async with open_guarded_store(structs.replace(settings, data_dir=settings.data_dir + "/other"), "t") as fresh:
        assert "older" in fence_of(fresh).fault
        assert isinstance(await start(fresh, generation_id), Fenced)


async def test_accepted_store_goes_on_and_submits_nothing_twice(store: Store) -> None:
    """After the operator's word, what waited is uncertain, because it may have been submitted; new orders run."""
    waited = await accept_one(store)
    await asyncio.sleep(SEEN_S)
    await roll_back(store, 0)
    await wait_for_fault(store, "older")
    await asyncio.sleep(0.01)
    await accept_history(store)
    await wait_for_fault(store, "")
    assert isinstance(await start(store, waited), Uncertain)
    assert isinstance(await start(store, await accept_one(store)), Submit)


async def test_emptied_store_stops_submits(store: Store) -> None:
    """FLUSHALL under running processes is noticed, and a process that starts then does not begin a new history."""
    await accept_one(store)
    await store.call("FLUSHALL")
    await wait_for_fault(store, "emptied")
    await asyncio.sleep(0.01)
    await accept_history(store)
    await wait_for_fault(store, "")
    assert isinstance(await start(store, await accept_one(store)), Submit)


async def test_process_of_another_deployment_stops_alone(store: Store, settings: Settings, tmp_path: Path) -> None:
    """A process whose DATA_DIR knows another deployment submits nothing, and stops nobody else."""
    other = structs.replace(settings, data_dir=str(tmp_path / "other"))
    save_history(other.data_dir, structs.replace(KNOWN, now_ms=(await read_history(store)).now_ms))
    async with open_guarded_store(other, "t") as foreign:
        assert "another deployment" in fence_of(foreign).fault
        assert isinstance(await start(foreign, await accept_one(store)), Fenced)
        await asyncio.sleep(SEEN_S)
    assert "" == (await read_history(store)).fenced
    assert "" == fence_of(store).fault


async def test_history_outlives_the_processes_of_a_machine(settings: Settings) -> None:
    """A process that starts after a rollback knows from DATA_DIR how far the store was."""
    async with open_guarded_store(settings, "t") as store:
        await accept_one(store)
        await asyncio.sleep(SEEN_S)
        reached = (await read_history(store)).sequence
        await roll_back(store, 0)
    known = load_history(settings.data_dir)
    assert known is not None
    assert reached == known.sequence
    async with open_guarded_store(settings, "t") as store:
        assert "older" in fence_of(store).fault


async def test_lost_moments_are_no_fault_when_durability_is_memory(settings: Settings) -> None:
    """With DURABILITY=memory a crash may lose the last moments, and processes go on."""
    async with open_guarded_store(structs.replace(settings, durability="memory"), "t") as store:
        generation_id = await accept_one(store)
        await asyncio.sleep(SEEN_S)
        await roll_back(store, 0)
        await asyncio.sleep(SEEN_S)
        assert "" == fence_of(store).fault
        assert isinstance(await start(store, generation_id), Submit)


@pytest.mark.parametrize(
    ("setting", "wrong", "right"),
    [("maxmemory-policy", "allkeys-lru", "noeviction"), ("maxmemory-policy", "volatile-lru", "noeviction")],
)
async def test_store_that_evicts_is_refused(settings: Settings, setting: str, wrong: str, right: str) -> None:
    """A process does not start on a store that may drop keys, and the message names the setting and its value."""
    async with Store(settings.store_url) as direct:
        await direct.call("CONFIG", "SET", setting, wrong)
        try:
            with pytest.raises(StoreUnfit, match=f"{wrong}.*{right}"):
                async with open_guarded_store(settings, "t"):
                    pass
        finally:
            await direct.call("CONFIG", "SET", setting, right)


async def test_settings_of_the_running_store_are_checked(store: Store) -> None:
    """A setting that becomes wrong is a fault until it is right again."""
    for name, wrong, right in (
        ("maxmemory-policy", "allkeys-random", "noeviction"),
        ("appendfsync", "everysec", "always"),
        ("appendonly", "no", "yes"),
    ):
        await store.call("CONFIG", "SET", name, wrong)
        try:
            assert name in await find_unsafe_setting(store, "fsync")
        finally:
            await store.call("CONFIG", "SET", name, right)
        assert "" == await find_unsafe_setting(store, "fsync")


async def test_store_that_begins_to_evict_stops_submits_until_it_is_right_again(store: Store) -> None:
    """A running process notices a policy that may drop its records, and goes on once it is right again."""
    waiting = await accept_one(store)
    await store.call("CONFIG", "SET", "maxmemory-policy", "allkeys-lru")
    try:
        await wait_for_fault(store, "may evict our data (maxmemory-policy allkeys-lru)")
        assert isinstance(await start(store, waiting), Fenced)
        assert "queued" == (await view(store, waiting)).state
    finally:
        await store.call("CONFIG", "SET", "maxmemory-policy", "noeviction")
    await wait_for_fault(store, "")
    assert isinstance(await start(store, waiting), Submit)


async def test_replica_is_no_store_to_work_on(settings: Settings) -> None:
    """A server that became a replica is an outage, and not a store whose settings are right."""
    async with Store(settings.store_url) as direct:
        await direct.call("REPLICAOF", "127.0.0.1", 1)
        try:
            with pytest.raises(StoreDown, match="replica"):
                await find_unsafe_setting(direct, "fsync")
        finally:
            await direct.call("REPLICAOF", "NO", "ONE")
