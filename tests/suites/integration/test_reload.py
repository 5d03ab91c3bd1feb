"""The catalogue is read again without a restart: checked first, as a whole, and without a word about open orders."""

import asyncio
import os
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path
from random import Random

import pytest
from aiohttp import ClientSession, web
from aiohttp.test_utils import TestServer
from msgspec import Struct, structs

from gateway.admission.lists import LISTS_MAX
from gateway.app import build_app
from gateway.context import CONTEXT, GatewayContext
from gateway.exchange import EXCHANGE, Exchange
from shared.domain.generation import COMPLETED
from shared.ops import catalogue_files, own_secrets
from shared.ops.catalogue_follower import CatalogueFollower
from shared.ops.settings import Settings
from shared.ops.storage import Storage
from shared.store import generations, keys, processes
from tests.harness.doubles.adapters import noop
from tests.harness.doubles.provider import a_png
from tests.harness.factories import Customer, create_customer
from tests.programs.reload.catalogues import FLAT, METERED, Variant, first_variant, make_variant, write
from tests.programs.reload.load import Shopper, find_violations, merge
from workers.adapters.contract import Blob, Call, Done, Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.orphans import release_orphans
from workers.run import run
from workers.setup import changed_fields, follow_costs, setup_of

RELOADS, SHOPPERS = 9, 3


class Shop(Struct, kw_only=True):
    """A gateway with its catalogue file, and a customer."""

    context: GatewayContext
    url: str
    path: Path
    customer: Customer
    session: ClientSession

    async def reload(self, text: str) -> str:
        """Write the catalogue, let the gateway read it, and return its problem."""
        write(self.path, Variant(text.encode(), None))
        return await self.context.follower.reload()

    async def call(self, method: str, path: str, **body: object) -> dict[str, object]:
        """Make a call as the customer, and return the decoded answer."""
        headers = {"Authorization": f"Bearer {self.customer.key}"}
        async with self.session.request(method, self.url + path, json=body or None, headers=headers) as response:
            return dict(await response.json())

    @property
    def text(self) -> str:
        """Return the catalogue in the file."""
        return self.path.read_text()


@pytest.fixture
async def shop(store_url: str, tmp_path: Path) -> AsyncIterator[Shop]:
    """Run a gateway in this process."""
    path = tmp_path / "catalogue.toml"
    write(path, first_variant())
    unlimited = {"creates_per_s": 0, "reads_per_s": 0, "open_per_s": 0}
    app: web.Application = build_app(
        Settings(redis_url=store_url, data_dir=str(tmp_path), catalogue=str(path), **unlimited)
    )
    async with TestServer(app) as server, ClientSession() as session:
        context = app[CONTEXT]
        customer = await create_customer(context.store, cents=1_000_000, concurrency=10_000, backlog_max=10_001)
        url = f"http://127.0.0.1:{server.port}"
        yield Shop(context=context, url=url, path=path, customer=customer, session=session)


async def test_no_order_is_charged_otherwise_than_quoted_while_catalogues_change(shop: Shop) -> None:
    """Random valid and broken catalogues are reloaded under load: no request fails, and every charge is as quoted."""
    dice, stop, variants = Random(3), asyncio.Event(), [first_variant()]
    lists = asyncio.Semaphore(LISTS_MAX)
    shoppers = [Shopper(shop.session, [shop.url], shop.customer, Random(dice.random()), lists) for _ in range(SHOPPERS)]
    async with asyncio.TaskGroup() as tasks:
        for shopper in shoppers:
            tasks.create_task(shopper.run(stop))
        for _ in range(RELOADS):
            variants.append(make_variant(dice))
            write(shop.path, variants[-1])
            problem = await shop.context.follower.reload()
            assert bool(problem) == (variants[-1].prices is None)
            await asyncio.sleep(0.02)
        stop.set()
    seen = merge(shoppers)
    prices = {variant.prices for variant in variants if variant.prices is not None}
    assert [] == await find_violations(shop.context.store, shop.customer, seen, prices)
    assert len({one.micros for one in seen.bought if one.model == FLAT}) > 2


async def test_new_catalogue_reaches_every_answer(shop: Shop) -> None:
    """Models, document, prices, rate limits, plans in the store, provider limits and the probe follow a reload."""
    text = shop.text.replace("Noop", "Nothing").replace("[providers.noop]", "[providers.noop]\nconcurrency = 7")
    text = text.replace("backlog_max = 10000", "backlog_max = 5\ncreates_per_s = 3")
    before = shop.context.catalogue.version
    assert "" == await shop.reload(text)
    models = (await shop.call("GET", "/api/v1/models"))["data"]
    assert isinstance(models, list)
    assert "Nothing" in [model["name"] for model in models]
    document = await shop.call("GET", "/openapi.json")
    assert "Nothing" in str(document["x-models"])
    async with shop.session.get(f"{shop.url}/") as response:
        assert "<td>Nothing" in await response.text()
    store = shop.context.store
    assert b"5" == await store.call("HGET", keys.plan("pro"), "backlog_max")
    assert b"7" == await store.call("HGET", keys.provider("noop"), "concurrency")
    assert shop.context.rates._plans["pro"].creates.key is not None
    version = catalogue_files.load(str(shop.path)).version
    assert {"status": "ok", "catalogue": version} == await shop.call("GET", "/healthz")
    assert before != version


async def test_broken_catalogue_leaves_the_old_one_in_force(shop: Shop) -> None:
    """The problem names the line; nothing changes, not even what the store knows; the next valid file is taken."""
    good = shop.text
    broken = good.replace("concurrency = 2\n", "concurrency = 3\n").replace('provider = "noop"', 'provider = "none"', 1)
    problem = await shop.reload(broken)
    line = broken[: broken.index('provider = "none"')].count("\n") + 1
    assert f"line {line}" in problem
    assert "unknown provider 'none'" in problem
    assert problem == shop.context.follower.problem
    assert b"2" == await shop.context.store.call("HGET", keys.plan("guest"), "concurrency")
    assert good.count("[[models]]") == len(shop.context.catalogue.models)
    shop.path.unlink()
    assert "cannot be read" in await shop.context.follower.reload()
    assert "" == await shop.reload(good)
    assert "" == shop.context.follower.problem


async def test_request_sees_one_catalogue_from_start_to_end(shop: Shop) -> None:
    """A request that began before a reload still finds a model that the new catalogue does not have."""
    context = shop.context
    EXCHANGE.set(Exchange(parts=context.live.newest))
    assert "" == await shop.reload(shop.text.replace(FLAT, "test/other"))
    assert context.catalogue.model(FLAT) is not None
    EXCHANGE.set(Exchange(parts=context.live.newest))
    assert context.catalogue.model(FLAT) is None
    assert context.catalogue.model("test/other") is not None


async def test_announced_reload_reaches_a_process_that_missed_it(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process learns of a reload with its next heartbeat, also one that was announced while it could not hear."""
    monkeypatch.setattr(processes, "HEARTBEAT_S", 0.05)
    store = shop.context.store
    config = Settings(catalogue=str(shop.path))
    follower = CatalogueFollower(config, catalogue_files.load(str(shop.path)))
    write(shop.path, Variant(shop.text.replace("Noop", "Nothing").encode(), None))
    number = await processes.announce_reload(store)
    async with processes.announce(store, "worker", queue="noop", follower=follower):
        async with asyncio.timeout(10):
            while follower.heard < number:
                await asyncio.sleep(0.01)
        assert "Nothing" == follower.catalogue.models[FLAT].name
        write(shop.path, Variant(b"models = 1", None))
        number = await processes.announce_reload(store)
        async with asyncio.timeout(10):
            while not [one for one in await processes.list_processes(store) if one.heard >= number and one.is_at_fault]:
                await asyncio.sleep(0.01)
    assert "is missing" in follower.problem


class Making(noop.Adapter):
    """A provider that delivers two images."""

    async def submit(self, call: Call) -> Done:
        """Return two images."""
        return Done(tuple(Blob(a_png(), "image/png") for _ in range(2)))


async def test_open_generation_keeps_what_it_was_sold(shop: Shop, tmp_path: Path) -> None:
    """Model and provider leave the catalogue, and prices rise: an open order settles by its own price and cost."""
    store, config = shop.context.store, Settings(catalogue=str(shop.path))
    route = 'provider = "kinds", model = "image"'
    cost = '{ parts = [{ per = "output", cents = 1 }] }'
    routed = shop.text.replace(f"{route} }}", f"{route}, cost = {cost} }}")
    assert "" == await shop.reload(routed)
    follower = CatalogueFollower(config, catalogue_files.load(str(shop.path)))
    order = await shop.call("POST", "/api/v1/generations", model=METERED, prompt="a boat", input={"count": 3})
    first, _, rest = routed.partition('[[models]]\nid = "test/image"')
    gone = (first + rest[rest.index("[[models]]") :]).replace("kinds", "others")
    known = follow_costs(follower, Setup(name="kinds"), config)
    assert "" == await shop.reload(gone)
    assert "" == await follower.reload()
    assert ("", 1) == (follower.needs_restart, len(known))
    assert {"kinds": 1} == await release_orphans(store, follower.list_providers())
    async with Egress() as egress:
        context = WorkerContext(
            provider="kinds",
            store=store,
            adapter=Making(Setup(name="kinds")),
            storage=Storage.open(str(tmp_path)),
            egress=egress,
            costs=known,
        )
        await run({"context": context}, str(order["id"]))
    found = await generations.view(store, shop.customer.account, str(order["id"]))
    assert found is not None
    assert COMPLETED == found.state, found
    assert order["cost_micros"] == found.reserved
    assert found.reserved * 2 == (found.cost or 0) * 3  # two of three images came
    assert found.outcome is not None
    assert 20_000 == found.outcome.expected_micros


async def test_key_of_a_new_provider_counts_and_is_dropped(
    shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway offers a new provider whose key it was started with, forgets the key, and offers it ever after."""
    monkeypatch.setenv("A_FRESH_KEY", "a-fresh-key-of-a-provider")
    follower = shop.context.follower
    follower.keep_secrets = partial(own_secrets.keep_more, needs=own_secrets.Needs())
    fresh = '\n[providers.fresh]\nkey_env = "A_FRESH_KEY"\n'
    assert "" == await shop.reload(shop.text + fresh)
    assert "fresh" in shop.context.configured
    assert "A_FRESH_KEY" not in os.environ
    assert "" == await shop.reload(shop.text + "# again\n")
    assert "fresh" in shop.context.configured


def test_worker_says_which_changes_need_a_restart(tmp_path: Path) -> None:
    """Another URL or key counts after a restart, which is reported; costs count at once, and a removal changes none."""
    path = tmp_path / "catalogue.toml"
    write(path, first_variant())
    catalogue = catalogue_files.load(str(path))
    entry = structs.replace(catalogue.providers["noop"], base_url="http://127.0.0.1:3", connect_s=3.0)
    moved = structs.replace(catalogue, providers={**catalogue.providers, "noop": entry})
    setup = setup_of(catalogue, "noop")
    assert "" == changed_fields(setup, catalogue)
    assert "base_url, connect_s" == changed_fields(setup, moved)
    assert "" == changed_fields(setup, structs.replace(catalogue, providers={}))
