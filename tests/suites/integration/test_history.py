"""Lists and look-ups that join the store and the database."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import Struct, structs

from gateway.history.deliveries import list_endpoint_deliveries
from gateway.history.generations import EVERYTHING, find_generation, list_generations, read_filter
from gateway.history.query import ListQuery
from gateway.history.transactions import list_lines
from shared.domain.errors import Refused
from shared.domain.generation import Generation, Outcome
from shared.records import read_pages
from shared.records.connect import Records
from shared.records.errors import RecordsUnfit
from shared.records.history import Connection, History
from shared.records.migrate import migrate
from shared.records.read_pages import GenerationFilter, LineFilter
from shared.store import accounts, keys, ledger, webhooks
from shared.store.connect import Store
from shared.store.webhooks import DeliveryAttempt
from tests.harness.archiving import expire_generations, make_context, store_deliveries, store_generations
from tests.harness.factories import SPEC, Customer, create_customer, make_order
from tests.harness.processes import make_folder

DONE = Outcome("noop")
STEPS = ("accept", "settle", "archive", "expire", "trim")


class Deployment(Struct):
    """A store, a database, and one account that orders."""

    store: Store
    records: Records
    customer: Customer
    context: Any

    async def order(self, **changes: object) -> str:
        """Accept a generation and return its id."""
        order = make_order(self.customer, price_micros=1, **changes)
        await ledger.accept(self.store, order)
        return order.id

    async def finish(self, *names: str, archived: bool = True, expired: bool = True) -> None:
        """End generations; archive them, and let them leave the store."""
        for name in names:
            await ledger.settle(self.store, name, "completed", cost_micros=1, outcome=DONE)
        if archived:
            await store_generations(self.store, self.records, names)
        if archived and expired:
            await expire_generations(self.store, names)

    async def walk(self, count: int, wanted: GenerationFilter = EVERYTHING, after: str = "") -> list[str]:
        """Return all ids of a list, page by page; with `after` from there to the newest."""
        seen, query = list[str](), ListQuery(count=count, after=after)
        while True:
            page = await list_generations(self.context, self.customer.account, query, wanted)
            assert page.complete
            ids = [one.id for one in page.entries]
            seen = [*ids, *seen] if after else [*seen, *ids]
            if not page.more:
                return seen
            first, last = page.names
            query = ListQuery(count=count, after=first) if after else ListQuery(count=count, before=last)


async def make_deployment(store: Store, url: str) -> Deployment:
    """Migrate a database, and create an account with money."""
    records = Records(url)
    await migrate(records)
    customer = await create_customer(store, backlog_max=2000)
    return Deployment(store, records, customer, make_context(store, History(records)))


@pytest.fixture
async def place(store_url: str, database_url: str) -> AsyncIterator[Deployment]:
    """Open an empty store and an empty database."""
    async with Store(store_url) as store:
        place = await make_deployment(store, database_url)
        yield place
        await place.records.close()


async def test_list_continues_in_the_database_without_a_seam(place: Deployment) -> None:
    """Open, hot, archived and expired generations are one list; also one that outlives younger ones in the store."""
    ids = [await place.order() for _ in range(12)]
    await place.finish(*ids[0:3], *ids[4:7])
    await place.finish(*ids[7:9], expired=False)
    await place.finish(ids[9], archived=False)
    for count in (1, 5, 50):
        assert ids[::-1] == await place.walk(count)
    assert ids[:3:-1] == await place.walk(2, after=ids[3])
    for name in ids:
        found = await find_generation(place.context, place.customer.account, name)
        assert isinstance(found, Generation)
        assert await find_generation(place.context, "acct_other", name) is None


async def test_first_page_of_recent_generations_reads_no_database(place: Deployment) -> None:
    """Pollers of the list cost the database nothing while the store has the whole page."""
    ids = [await place.order() for _ in range(5)]
    place.context.history = None
    page = await list_generations(place.context, place.customer.account, ListQuery(count=3))
    assert ids[:1:-1] == [one.id for one in page.entries]
    assert page.more


async def test_filters_find_the_same_in_store_and_database(place: Deployment) -> None:
    """Status, model, type, key, metadata, time and text choose alike, wherever a generation is."""
    kinds = [
        structs.replace(SPEC, kind=kind, model=f"m/{kind}", prompt=f"A {kind} of 100% SEA", metadata={"a b.c": kind})
        for kind in ("image", "text")
    ]
    ids = [await place.order(spec=kinds[number % 2]) for number in range(8)]
    await place.finish(*ids[:4])
    await place.finish(*ids[4:6], archived=False)
    [key, *_] = await accounts.list_keys(place.store, place.customer.account)
    at_ms = (await place.store.call("TIME"))[0]

    async def find(**query: str) -> list[str]:
        wanted = await read_filter(place.context, place.customer.account, query)
        return await place.walk(3, wanted)

    newest = ids[::-1]
    assert newest == await find(q="100% sea") == await find(**{"from": "2020-01-01", "to": "2999-01-01T00:00:00Z"})
    assert [] == await find(q="100_ sea") == await find(to="2020-01-01") == await find(model="m/other")
    assert newest[1::2] == await find(type="image") == await find(model="m/image")
    assert newest[1::2] == await find(**{"metadata.a b.c": "image"})
    assert newest[3::2] == await find(**{"metadata.a b.c": "image"}, status="completed")
    assert [] == await find(**{"metadata.a b.c": "imag"}) == await find(**{"metadata.a b": "image"})
    [shown] = await find_page_of(place, ids[0])
    assert {"a b.c": "image"} == shown.spec.metadata
    assert newest[:2] == await find(status="processing")
    assert newest[3::2] == await find(status="completed", type="image", q="of")
    assert int(at_ms) > 0
    for query in ({"status": "odd"}, {"type": "odd"}, {"key": "key_other"}, {"from": "soon"}, {"q": "a" * 201}):
        with pytest.raises(Refused, match="must"):
            await find(**query)
    assert set(await find(key=key.id)) <= set(newest)


async def find_page_of(place: Deployment, name: str) -> list[Generation]:
    """Return a generation as it is found by its id."""
    found = await find_generation(place.context, place.customer.account, name)
    return [] if found is None else [found]


async def test_open_generation_behind_many_recent_ones_is_found(
    place: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Open generations are listed also where the list of the store is longer than what is compared."""
    monkeypatch.setattr("gateway.history.generations.WINDOW", 3)
    monkeypatch.setattr("gateway.history.generations.TIES", 0)
    await place.store.call("SADD", "gw:providers", "noop")
    ids = [await place.order() for _ in range(9)]
    await place.finish(*ids[1:], expired=False)
    assert [ids[0]] == await place.walk(2, GenerationFilter(status="processing"))
    assert ids[::-1] == await place.walk(2)


async def test_lists_without_a_database_say_that_history_is_incomplete(store_url: str, place: Deployment) -> None:
    """With the database off, away or never set up, lists have what the store has, and filters work on that."""
    ids = [await place.order() for _ in range(5)]
    await place.finish(ids[0])
    await place.finish(ids[1], archived=False)
    for url in ("", "sqlite:////nowhere/records.db", "postgresql://nobody@/postgres?host=/nowhere"):
        place.context.history = History(Records(url) if url else None) if "nowhere/r" not in url else History(None)
        page = await list_generations(place.context, place.customer.account, ListQuery(count=3))
        rest = await list_generations(place.context, place.customer.account, ListQuery(count=3, before=page.names[1]))
        assert ids[:0:-1] == [one.id for one in (*page.entries, *rest.entries)]
        assert not page.complete
        ended = GenerationFilter(status="completed")
        page = await list_generations(place.context, place.customer.account, ListQuery(count=3), ended)
        assert ([ids[1]], False) == ([one.id for one in page.entries], page.complete)
    with pytest.raises(Refused, match="cannot be read at the moment"):
        await find_generation(place.context, place.customer.account, ids[0])


async def test_database_without_tables_is_not_opened_by_every_list(tmp_path: Path) -> None:
    """A file that no archiver wrote stays empty, and one without tables is tried again after a while."""
    records, tried = Records(f"sqlite:///{tmp_path}/records.db"), 0
    history = History(records)

    async def read(connection: Connection) -> None:
        nonlocal tried
        tried += 1
        await read_pages.find_key(connection, "acct_1", "key_1")

    for opened in (0, 1):
        for _ in range(3):
            with pytest.raises(RecordsUnfit):
                await history.read(read)
        assert opened == tried
        if not opened:
            await records.maintain("PRAGMA user_version = 0")
    await records.close()


@pytest.mark.parametrize("has_records", [True, False])
async def test_unknown_cursor_is_refused_alike_by_every_list(place: Deployment, has_records: bool) -> None:
    """A cursor is an entry of the caller's own list: of generations, deliveries or transactions."""
    other = await create_customer(place.store)
    order = make_order(other)
    await ledger.accept(place.store, order)
    endpoint = await webhooks.create_endpoint(place.store, place.customer.account, "https://a.example/")
    if not has_records:
        place.context.history = History(None)
    for cursor in ("junk", order.id):
        query = ListQuery(count=3, before=cursor)
        reads = (
            list_generations(place.context, place.customer.account, query),
            list_endpoint_deliveries(place.context, endpoint.id, query),
            list_lines(place.context, place.customer.account, query, LineFilter()),
        )
        for read in reads:
            with pytest.raises(Refused, match=r"^`before` must be the ") as refused:
                await read
            assert ("invalid_request", "before") == (refused.value.code, refused.value.field)


async def test_deliveries_continue_in_the_database(place: Deployment, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pending, hot, expired and long gone deliveries to an endpoint are one list, page by page."""
    endpoint = await webhooks.create_endpoint(place.store, place.customer.account, "https://a.example/")
    posted = []
    for number in range(8):
        name = await place.order()
        await place.finish(name, archived=False)
        posted.append(f"evt_{name}:{endpoint.id}")
        if number < 6:
            attempt = DeliveryAttempt(at_ms=number, duration_ms=5, status=200)
            await webhooks.record_attempt(
                place.store, posted[-1], 1, "delivered", attempt, keep_ms=60_000, health="well"
            )
    await store_deliveries(place.store, place.records, posted[:6])
    await place.store.call("DEL", *(keys.delivery(name) for name in posted[:4]))
    for log in (1000, 3):  # ids in the store
        monkeypatch.setattr("gateway.history.deliveries.LOG", log)
        for count in (1, 3, 20):
            seen, query = list[str](), ListQuery(count=count)
            while True:
                page = await list_endpoint_deliveries(place.context, endpoint.id, query)
                assert page.complete
                seen += [one.id for one in page.entries]
                assert all(len(one.attempts) == (one.id in posted[:6]) for one in page.entries)
                if not page.more:
                    break
                query = ListQuery(count=count, before=page.names[1])
            assert posted[::-1] == seen
    place.context.history = History(None)
    page = await list_endpoint_deliveries(place.context, endpoint.id, ListQuery(count=20))
    assert (posted[:5:-1], False) == ([one.id for one in page.entries if not one.attempts], page.complete)


class StirredHistory:
    """A history that lets the deployment go on before each of its reads."""

    def __init__(self, history: History, stir: Any) -> None:
        self._history, self._stir = history, stir

    async def read(self, query: Any) -> Any:
        """Take a step, then read."""
        await self._stir()
        return await self._history.read(query)

    require = read


class World:
    """A deployment whose generations are accepted, settled, archived and expired in a given order of steps."""

    def __init__(self, place: Deployment, steps: Sequence[tuple[str, int]]) -> None:
        self.place, self.steps = place, list(steps)
        self.ids, self.ended, self.archived = list[str](), list[str](), set[str]()
        place.context.history = StirredHistory(place.context.history, self.step)

    async def step(self) -> None:
        """Take the next step, if any is left."""
        if not self.steps:
            return
        word, number = self.steps.pop(0)
        place, store = self.place, self.place.store
        if word == "accept":
            self.ids.append(await place.order())
        elif word == "settle" and (still := [name for name in self.ids if name not in self.ended]):
            self.ended.append(still[number % len(still)])
            await place.finish(self.ended[-1], archived=False)
        elif word == "archive" and (late := [name for name in self.ended if name not in self.archived]):
            self.archived.update(late[: number + 1])
            await store_generations(store, place.records, late[: number + 1])
        elif word == "expire" and self.archived:
            await expire_generations(store, sorted(self.archived)[: number + 1])
        elif word == "trim":
            await store.run("trim", place.customer.account, number)

    async def check_walk(self, count: int) -> None:
        """Walk through the list while it changes: each that was there at the start comes once, newest first."""
        known = list(self.ids)
        seen = await self.place.walk(count)
        assert sorted(set(seen), reverse=True) == seen
        assert known[::-1] == [name for name in seen if name in known]


@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    steps=st.lists(st.tuples(st.sampled_from(STEPS), st.integers(0, 3)), min_size=10, max_size=40),
    count=st.integers(1, 4),
)
def test_pages_neither_lose_nor_repeat_a_generation(store_url: str, steps: list[tuple[str, int]], count: int) -> None:
    """Generations are settled, archived, expired and trimmed in between, also between the reads of one page."""

    async def run() -> None:
        async with Store(store_url) as store:
            place = await make_deployment(store, f"sqlite:///{FOLDER}/records.db")
            world = World(place, [*[("accept", 0)] * 4, *steps])
            for _ in range(len(steps) // 2):
                await world.step()
            while world.steps:
                await world.check_walk(count)
                await world.step()
            await world.check_walk(count)
            for name in world.ids:
                assert await find_generation(place.context, place.customer.account, name) is not None
            await place.records.close()

    asyncio.run(run())


FOLDER = make_folder("history")
