"""Once a day, in one of all workers, a provider's own list of models is compared with the routes to it."""

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from prometheus_client import CollectorRegistry, generate_latest

from shared.domain.catalogue import Catalogue
from shared.domain.model_notice import NOTICES_MAX, ModelNotice
from shared.ops.catalogue_follower import CatalogueFollower
from shared.ops.settings import Settings
from shared.store import keys
from shared.store.connect import Store
from shared.store.model_checks import read_model_checks
from tests.harness.doubles.adapters import noop
from tests.harness.factories import load_catalogue
from workers.adapters.contract import Down, Setup
from workers.fleet import Fleet
from workers.model_check import check_and_record, check_models_forever

SOON = (datetime.now(UTC).date() + timedelta(days=9)).isoformat()
EVERY_S = 0.02


class Listing(noop.Adapter):
    """A provider whose list omits one model, and ends another soon."""

    asked = 0
    failing = False

    async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice]:
        """Return what is the matter with the models, or fail."""
        self.asked += 1
        if self.failing:
            raise Down("HTTP 503")
        late = ModelNotice(model="later", shutdown_date="2999-01-01")
        return [ModelNotice(model="noop", missing=True), ModelNotice(model="other", shutdown_date=SOON), late]


def make_adapter() -> Listing:
    """Return the provider."""
    return Listing(Setup(name="noop"))


async def export(store: Store, catalogue: Catalogue) -> str:
    """Return what a sweeper exports under a catalogue."""
    registry, fleet = CollectorRegistry(), Fleet(store, lambda: catalogue)
    await fleet.refresh()
    registry.register(fleet)
    return generate_latest(registry).decode()


async def test_one_of_all_workers_compares_the_models(store_url: str) -> None:
    """Of many workers one reads the list in each period, and the next one only after the period."""
    catalogue = load_catalogue()
    follower = CatalogueFollower(Settings(), catalogue)
    adapters = [make_adapter() for _ in range(4)]
    async with Store(store_url) as store:
        await store.call("SET", keys.model_check_due("noop"), "1")
        tasks = [
            asyncio.create_task(check_models_forever(store, "noop", adapter, follower, EVERY_S)) for adapter in adapters
        ]
        await asyncio.sleep(5 * EVERY_S)
        assert 0 == sum(adapter.asked for adapter in adapters)
        await store.call("DEL", keys.model_check_due("noop"))
        async with asyncio.timeout(10):
            while not (found := await read_model_checks(store)):
                await asyncio.sleep(EVERY_S)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
    assert ["noop", "other"] == [notice.model for notice in found["noop"].notices]
    assert found["noop"].at_ms > 0


async def test_sweeper_exports_the_models_that_end(store_url: str) -> None:
    """Missing and ending models of routes are counted by reason; a route that is gone counts no more."""
    catalogue = load_catalogue()
    async with Store(store_url) as store:
        await check_and_record(store, "noop", make_adapter(), catalogue.targets("noop"), 60)
        text = await export(store, catalogue)
        assert 'wokflow_route_models_ending{provider="noop",reason="missing"} 1.0' in text
        assert 'wokflow_route_models_ending{provider="noop",reason="ending"} 0.0' in text  # "other" has no route
        empty = Catalogue(markup_percent=catalogue.markup_percent, models={}, plans={}, providers=catalogue.providers)
        assert 'wokflow_route_models_ending{provider="noop",reason="missing"} 0.0' in await export(store, empty)


async def test_failed_comparison_keeps_the_last_one_and_is_repeated_sooner(store_url: str) -> None:
    """A list that cannot be read proves nothing, and is read again within the hour."""
    adapter = make_adapter()
    async with Store(store_url) as store:
        await check_and_record(store, "noop", adapter, {"noop": "image"}, 60)
        await store.call("SET", keys.model_check_due("noop"), "1", "PX", 86_400_000)
        adapter.failing = True
        failed = await check_and_record(store, "noop", adapter, {"noop": "image"}, 86_400)
        assert "HTTP 503" == failed.error
        assert 2 == len((await read_model_checks(store))["noop"].notices)
        assert await store.call("PTTL", keys.model_check_due("noop")) <= 3_600_000


async def test_recorded_notices_are_bounded(store_url: str) -> None:
    """A provider that drops its whole list does not fill the store."""

    class Emptied(noop.Adapter):
        async def find_notices(self, models: Mapping[str, str]) -> list[ModelNotice]:
            return [ModelNotice(model=f"m{number}", missing=True) for number in range(NOTICES_MAX + 50)]

    async with Store(store_url) as store:
        await check_and_record(store, "noop", Emptied(Setup(name="noop")), {}, 60)
        assert NOTICES_MAX == len((await read_model_checks(store))["noop"].notices)
