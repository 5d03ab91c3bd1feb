"""An account exports and erases itself over HTTP."""

import asyncio
import io
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse
from aiohttp.test_utils import TestClient, TestServer
from msgspec import Struct

from gateway.app import build_app
from gateway.context import CONTEXT, GatewayContext
from shared.domain.generation import Outcome
from shared.domain.times import DAY_MS
from shared.ops.settings import Settings
from shared.records.opening import open_records
from shared.store import audit, keys, ledger
from tests.harness.factories import Customer, create_customer, make_order, write_catalogue
from workers.archive.archiver import Archiver

TEXT = "the answer is 8802"


class Place(Struct):
    """A gateway, and a customer with an archived generation."""

    context: GatewayContext
    client: TestClient  # type: ignore[type-arg]
    customer: Customer
    archiver: Archiver

    async def call(self, method: str, path: str, key: str = "") -> ClientResponse:
        """Send a request with the customer's key."""
        headers = {"Authorization": f"Bearer {key or self.customer.key}"}
        return await self.client.request(method, f"/api/v1/account{path}", headers=headers)

    async def order(self) -> str:
        """Order, and settle with a text."""
        order = make_order(self.customer, price_micros=9)
        await ledger.accept(self.context.store, order)
        await ledger.settle(
            self.context.store, order.id, "completed", cost_micros=5, outcome=Outcome("noop", text=TEXT)
        )
        return order.id


@pytest.fixture
async def place(
    store_url: str, database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Place]:
    monkeypatch.setattr("gateway.account_operator.LOOK_EVERY_S", 0.05)
    monkeypatch.setattr("operate.erasure.AGAIN_MS", 0)
    catalogue = str(write_catalogue(tmp_path))
    settings = Settings(redis_url=store_url, data_dir=str(tmp_path), catalogue=catalogue, database_url=database_url)
    app = build_app(settings)
    async with TestClient(TestServer(app)) as client, open_records(database_url) as records:
        store = app[CONTEXT].store
        archiver = Archiver(store, records, hot_ms=DAY_MS)
        await archiver.start()
        place = Place(app[CONTEXT], client, await create_customer(store), archiver)
        await place.order()
        while await archiver.run_once():
            pass
        yield place


async def test_account_exports_itself(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """The archive has its generations, one at a time is made, and one that is too large is refused."""
    name = await place.order()
    place.context.export_slots.take(place.customer.account)
    assert 429 == (await place.call("GET", "/export")).status
    place.context.export_slots.free(place.customer.account)
    answer = await place.call("GET", "/export")
    assert (200, "application/zip") == (answer.status, answer.content_type)
    with zipfile.ZipFile(io.BytesIO(await answer.read())) as found:
        parts = {part: found.read(part).decode() for part in found.namelist()}
    assert TEXT in parts["generations.jsonl"]
    assert name in parts["recent_generations.jsonl"]
    assert place.customer.hash not in "".join(parts.values())
    monkeypatch.setattr("gateway.api.account.export.BYTES_MAX", 0)
    monkeypatch.setattr("operate.export.ROWS_AT_ONCE", 1)
    refused = await place.call("GET", "/export")
    assert (409, True) == (refused.status, "larger than" in await refused.text())
    assert 0 == place.context.export_slots.taken
    assert 401 == (await place.call("GET", "/export", "wf_live_x")).status


async def test_account_erases_itself(place: Place) -> None:
    """Its id confirms it; then no key works, and a gateway erases the rest, also what was not archived yet."""
    account, store = place.customer.account, place.context.store
    for wrong in ("", "?confirm=", "?confirm=acct_other", "?confirm=yes"):
        refused = await place.call("DELETE", wrong)
        assert (400, True) == (refused.status, "confirm" in await refused.text())
    late = await place.order()
    answer = await place.call("DELETE", f"?confirm={account}")
    assert (202, 1) == (answer.status, (await answer.json())["keys"])
    assert 401 == (await place.call("GET", "")).status
    while await store.call("ZCARD", keys.ERASURES):
        await place.archiver.run_once()
        await asyncio.sleep(0.05)
    assert not await store.call("EXISTS", keys.generation(late))
    assert b"" == await store.call("HGET", keys.account(account), "name")
    done = [one for one in await audit.list_records(store, 10) if one.on == account]
    assert {"account erase", "account erase requested"} == {one.what for one in done}
    assert f"account {account}" in {one.who for one in done}
    assert "complete True" in done[0].detail
