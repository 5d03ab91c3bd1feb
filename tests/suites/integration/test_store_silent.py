"""A connection to the store that goes silent, without FIN or RST: a vanished host, a dropped NAT entry."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from arq.worker import func
from redis.exceptions import TimeoutError as RedisTimeout

from gateway.watch import Watch
from shared.domain.errors import StoreDown, StoreError
from shared.ops.clock import CLOCK
from shared.ops.settings import Settings
from shared.store import accounts, keys, ledger
from shared.store.connect import Store, retry_at_start, watch
from shared.store.guard import open_guarded_store
from shared.store.listen import listen
from shared.store.queue import arq_pool, decode_job, encode_job
from shared.store.wire import Wire
from tests.harness.bounds import BUSY_S, within
from tests.harness.factories import CENTS, Customer, check_is_open, create_customer, make_order, new_generation_id
from tests.harness.proxy import Proxy
from workers.engine import Engine

BACK_S = 15.0  # the promise: work goes on this long after new connections are possible


@pytest.fixture
async def proxy(store_url: str) -> AsyncIterator[Proxy]:
    """Provide a proxy in front of the store, which listens on a unix socket."""
    path = store_url.removeprefix("unix://")
    async with Proxy(lambda: asyncio.open_unix_connection(path)) as proxy:
        yield proxy


async def test_engine_goes_on_when_its_connections_fell_silent(store_url: str, proxy: Proxy) -> None:
    """A worker finds out that its connections are dead, opens new ones and runs what is queued."""
    ran = asyncio.Event()

    async def work(_: dict[str, Any], job_id: str) -> None:
        ran.set()

    url = f"redis://127.0.0.1:{proxy.port}"
    async with Store(url) as store, Store(store_url) as direct:
        engine = Engine(
            [func(work, name="run")],
            store=store,
            queue_name=keys.queue("noop"),
            redis_pool=arq_pool(url, "noop"),
            handle_signals=False,
            job_serializer=encode_job,
            job_deserializer=decode_job,
            keep_result=0,
        )
        running = asyncio.create_task(engine.async_run())
        await asyncio.sleep(0.5)
        proxy.fall_silent(fresh=True)
        pool = arq_pool(store_url, "noop")
        await pool.enqueue_job("run", new_generation_id(), _queue_name=keys.queue("noop"))
        async with within(BACK_S):
            await ran.wait()
        running.cancel()
        await asyncio.gather(running, return_exceptions=True)
        await asyncio.wait_for(engine.close(), BACK_S + BUSY_S)
        await pool.aclose(close_connection_pool=True)
        assert b"PONG" == await direct.call("PING")


async def test_call_ends_when_the_connection_fell_silent(proxy: Proxy) -> None:
    """A caller waits for a silent store no longer than for one that is away."""
    async with Store(f"redis://127.0.0.1:{proxy.port}", timeout_s=0.5) as store:
        assert b"PONG" == await store.call("PING")
        proxy.fall_silent()
        with pytest.raises(StoreDown):
            await asyncio.wait_for(store.call("PING"), BACK_S + BUSY_S)


async def test_order_that_the_network_held_back_is_never_placed(store_url: str, proxy: Proxy) -> None:
    """After a call has ended without a reply, its order is not placed any more, and may be sent again."""
    async with Store(store_url) as direct, Store(f"redis://127.0.0.1:{proxy.port}", timeout_s=0.5) as store:
        customer = await create_customer(direct)
        assert CLOCK.measured
        first, second = make_order(customer, replay_key="k"), make_order(customer, replay_key="k")
        await store.call("PING")
        proxy.fall_silent()
        with pytest.raises(StoreDown):
            await ledger.accept(store, first)
        proxy.resume()
        assert not (await ledger.accept(store, second)).replayed
        await asyncio.sleep(0.1)
        assert await check_is_open(direct, second.id)
        assert not await check_is_open(direct, first.id)
        assert 90 * CENTS == await read_balance(direct, customer)


async def test_order_is_placed_although_the_clock_of_the_store_has_jumped(
    store_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A reply that comes in time shows that the order is not late, whatever the clocks say."""
    async with Store(store_url) as store:
        customer = await create_customer(store)
        monkeypatch.setattr(CLOCK, "now_ms", lambda: 1)
        order = make_order(customer)
        assert order.id == (await ledger.accept(store, order)).id


async def read_balance(store: Store, customer: Customer) -> int:
    """Return the balance of a customer, micro-USD."""
    account = await accounts.find(store, customer.account)
    assert account is not None
    return account.balance


async def test_reads_share_a_write_and_survive_a_lost_connection(proxy: Proxy) -> None:
    """Replies keep their order next to a rejected command, and a lost connection costs a delay only."""
    async with Store(f"redis://127.0.0.1:{proxy.port}") as store:
        await store.call("SET", keys.SCHEMA, "1")
        wrong = ("LRANGE", keys.SCHEMA, 0, 1)
        with pytest.raises(StoreError, match="WRONGTYPE"):
            await store.read([("GET", keys.SCHEMA), wrong, wrong])
        commands = [("GET", keys.SCHEMA), ("EXISTS", keys.SCHEMA)] * 50
        assert [b"1", 1] * 50 == await store.read(commands)
        proxy.cut()
        assert [b"1", 1] * 50 == await asyncio.wait_for(store.read(commands), BUSY_S)


async def test_time_of_the_store_is_measured_again_and_again(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A clock that goes wrong later is noticed too, and a connection that nobody uses is watched."""
    monkeypatch.setattr("shared.store.store_time.MEASURE_EVERY_S", 0.02)
    asked: list[float] = []
    adjust = CLOCK.adjust

    def note(store_s: float, *, asked_s: float, answered_s: float) -> None:
        asked.append(asked_s)
        adjust(store_s, asked_s=asked_s, answered_s=answered_s)

    monkeypatch.setattr(CLOCK, "adjust", note)
    async with Store(store_url), within(BACK_S):
        while len(asked) < 4:
            await asyncio.sleep(0.01)


async def test_tool_of_arq_ends_when_the_connection_fell_silent(proxy: Proxy, monkeypatch: pytest.MonkeyPatch) -> None:
    """The connection that arq's own tools use waits no longer than it may either."""
    monkeypatch.setattr("shared.store.queue.ANSWER_S", 0.2)
    pool = arq_pool(f"redis://127.0.0.1:{proxy.port}", "noop")
    await pool.ping()
    proxy.fall_silent()
    async with within(BACK_S):
        with pytest.raises(RedisTimeout):
            await pool.ping()
    await pool.aclose(close_connection_pool=True)


async def test_listener_subscribes_again_when_its_connection_fell_silent(
    proxy: Proxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A gateway that waits for messages pings, and opens another connection when no answer comes."""
    monkeypatch.setattr("shared.store.listen.PING_EVERY_S", 0.05)
    monkeypatch.setattr("shared.store.listen.SILENT_S", 0.3)
    gaps: asyncio.Queue[None] = asyncio.Queue()
    url = f"redis://127.0.0.1:{proxy.port}"
    listening = listen(url, "c", on_message=lambda raw: None, on_gap=lambda: gaps.put_nowait(None))
    task = asyncio.create_task(listening)
    async with within(BACK_S):
        await gaps.get()
        proxy.fall_silent(fresh=True)
        await gaps.get()
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def test_waiting_requests_are_woken_when_messages_may_be_missing(store_url: str) -> None:
    """A gateway that subscribed again reads every generation that it waits for: its end may have been published."""
    async with Store(store_url) as store:
        watching = Watch(store)
        ended = watching.expect("generation")
        async with watching, within(BACK_S):
            await ended


async def test_connection_to_a_server_that_became_a_replica_is_closed() -> None:
    """A server that refuses writes is no longer the primary, so another connection is opened."""

    async def refuse(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"-READONLY You can't write against a read only replica.\r\n")
        await reader.read()
        writer.close()

    async with await asyncio.start_server(refuse, "127.0.0.1", 0) as server:
        loop, port = asyncio.get_running_loop(), server.sockets[0].getsockname()[1]
        _, wire = await loop.create_connection(Wire, "127.0.0.1", port)
        watching = asyncio.create_task(watch(wire, 0.2))
        with pytest.raises(StoreDown):
            await wire.send("SET", "a", "b")
        async with within(BACK_S):
            await watching


async def test_answers_stay_with_their_callers_when_a_command_cannot_be_packed(store_url: str) -> None:
    """A string that has no encoding fails its own caller, and shifts nobody's answer."""
    async with Store(store_url) as store:
        await store.call("PING")
        calls = [store.call("ECHO", text) for text in ("a", "\ud800", "b", "c")]
        answers = await asyncio.gather(*calls, return_exceptions=True)
    assert [b"a", b"b", b"c"] == [answer for answer in answers if isinstance(answer, bytes)]
    assert isinstance(answers[1], UnicodeEncodeError)


@pytest.mark.parametrize("data", [b"+surplus\r\n", b"no protocol\r\n"])
async def test_unexpected_answer_closes_the_connection(store_url: str, data: bytes) -> None:
    """An answer that no caller waits for leaves the order of the others in doubt: the connection ends."""
    async with Store(store_url) as store:
        assert b"PONG" == await store.call("PING")
        wire = store._wire
        assert wire is not None
        wire.data_received(data)
        assert wire._transport is not None
        assert wire._transport.is_closing()
        await asyncio.wait_for(wire.closed, BACK_S + BUSY_S)
        assert b"PONG" == await store.call("PING")


async def test_reply_of_another_shape_closes_the_connection(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A verb never takes a reply that is not its own."""
    async with Store(store_url, timeout_s=0.5) as store:
        await store.call("PING")
        wire = store._wire
        assert wire is not None
        answer = wire._answer
        monkeypatch.setattr(wire, "_answer", lambda _: answer([b"other", 1]))
        with pytest.raises(StoreDown):
            await store.run("read_quota", "account", 1, patience_s=0)
        await asyncio.wait_for(wire.closed, BACK_S + BUSY_S)


async def test_start_outlives_lost_connections(proxy: Proxy, tmp_path: Path) -> None:
    """A connection that is lost at any command of the start, again and again, does not end a process."""

    async def cut_often() -> None:
        for number in range(40):
            await asyncio.sleep(0.002 * (number % 7))
            proxy.cut()

    cutting = asyncio.create_task(cut_often())
    config = Settings(data_dir=str(tmp_path), redis_url=f"redis://127.0.0.1:{proxy.port}")
    async with open_guarded_store(config, "t") as store:
        await cutting
        assert store.fence is not None
        assert "" == store.fence.fault
        await retry_at_start(store, lambda: store.call("PING"))
    assert proxy.accepted > 2
