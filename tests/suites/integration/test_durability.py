"""The guarantee behind a 201: confirmed by disk or replica, through Sentinels, or refused at the start."""

import asyncio
import shutil
import signal
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from redis import Redis
from redis.exceptions import RedisError

from shared.domain.errors import StoreDown
from shared.domain.store_url import TlsFiles, parse_store_url
from shared.ops.settings import Settings
from shared.store import ledger
from shared.store.connect import Store, open_store
from shared.store.durability import DurabilityError
from tests.harness.factories import check_is_open, create_customer, make_order
from tests.harness.processes import Process, free_port, make_folder, store_command


def start_server(name: str, port: int, *options: str, sentinel: bool = False) -> Process:
    """Start a server on a loopback TCP port with its own folder."""
    folder = make_folder(name)
    binary = store_command(Settings(data_dir=str(folder)))[0]
    common = [
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        str(folder),
        "--save",
        "",
        "--repl-diskless-sync-delay",
        "0",
    ]
    if sentinel:
        config = folder / "sentinel.conf"
        config.write_text("\n".join(["protected-mode no", *options]) + "\n")
        return Process(name, binary, str(config), "--sentinel", *common[:6]).start()
    return Process(name, binary, *common, *options).start()


async def wait_until(condition: Callable[[], bool], limit_s: float = 20) -> None:
    """Wait for a condition that may fail with RedisError, at most `limit_s`."""
    end = time.monotonic() + limit_s
    while True:
        try:
            if condition():
                return
        except RedisError:
            pass
        assert time.monotonic() < end, "the condition did not come true"
        await asyncio.sleep(0.05)


def client(port: int) -> Redis:
    """Return a redis-py client."""
    return Redis(port=port, decode_responses=True, socket_timeout=1)


@asynccontextmanager
async def run_servers(*processes: Process) -> AsyncIterator[None]:
    """Run servers during the block, and kill them at its end."""
    try:
        yield
    finally:
        for process in processes:
            process.kill()


@pytest.mark.parametrize(
    ("url", "place", "primary", "database"),
    [
        ("redis://localhost", "localhost:6379", None, 0),
        ("rediss://ada:p%40ss@db.example:7000/3", "db.example:7000", None, 3),
        ("unix:///run/store.sock", "/run/store.sock", None, 0),
        ("redis+sentinel://a,b:1,[::1]:2/mymaster/4", "a:26379, b:1, [::1]:2", "mymaster", 4),
    ],
)
def test_store_url_is_parsed(url: str, place: str, primary: str | None, database: int) -> None:
    """Each form of REDIS_URL is parsed."""
    at = parse_store_url(url)
    assert (place, primary, database) == (at.location, at.primary, at.database)
    if "ada" in url:
        assert ("ada", "p@ss", TlsFiles()) == (at.username, at.password, at.tls)


@pytest.mark.parametrize("url", ["http://a", "redis://a/x", "redis+sentinel://a,b,c", "localhost:6379"])
def test_invalid_store_url_is_refused_with_forms(url: str) -> None:
    """An invalid REDIS_URL is refused with the valid forms."""
    with pytest.raises(ValueError, match="REDIS_URL"):
        parse_store_url(url)


async def test_fsync_is_refused_without_append_only_file() -> None:
    """DURABILITY=fsync does not start on a server without an append-only file; memory does."""
    port = free_port()
    async with run_servers(start_server("bare", port)):
        url = f"redis://127.0.0.1:{port}"
        with pytest.raises(DurabilityError, match="appendonly yes"):
            async with open_store(url, name="t", durability="fsync"):
                pass
        async with open_store(url, name="t", durability="memory") as store:
            assert store.safe is None


async def test_fsync_confirms_writes_with_appendfsync_everysec() -> None:
    """With appendfsync everysec, fsync waits for the disk if the server can confirm, and is refused otherwise."""
    port = free_port()
    async with run_servers(start_server("everysec", port, "--appendonly", "yes", "--appendfsync", "everysec")):
        url = f"redis://127.0.0.1:{port}"
        await wait_until(lambda: bool(client(port).ping()))
        if "valkey" not in client(port).info("server").get("server_name", "redis"):
            with pytest.raises(DurabilityError, match="appendfsync always"):
                async with open_store(url, name="t", durability="fsync"):
                    pass
            return
        async with open_store(url, name="t", durability="fsync") as store:
            assert store.safe is not None
            customer = await create_customer(store, cents=100)
            orders = [ledger.accept(store, make_order(customer)) for _ in range(5)]
            assert 5 == len(await asyncio.gather(*orders))


async def test_replicated_gives_no_201_without_replica() -> None:
    """A 201 needs a confirming replica, and the same order submitted again is charged once."""
    port = free_port()
    async with run_servers(start_server("alone", port)):
        url = f"redis://127.0.0.1:{port}"
        async with Store(url) as plain:
            await plain.call("PING", patience_s=10)
            customer = await create_customer(plain, cents=100)
        async with open_store(url, name="t", durability="replicated", timeout_s=1.2) as store:
            order = make_order(customer)
            with pytest.raises(StoreDown):
                await ledger.accept(store, order)
            assert await check_is_open(store, order.id)


def _sentinels(primary: int, ports: list[int]) -> list[Process]:
    rules = [
        f"sentinel monitor mymaster 127.0.0.1 {primary} 2",
        "sentinel down-after-milliseconds mymaster 700",
        "sentinel failover-timeout mymaster 3000",
    ]
    return [start_server(f"sentinel{number}", port, *rules, sentinel=True) for number, port in enumerate(ports)]


async def test_failover_loses_no_acknowledged_order() -> None:
    """A primary with two replicas and three Sentinels is killed under load: every acknowledged order survives."""
    ports, watchers = [free_port() for _ in range(3)], [free_port() for _ in range(3)]
    nodes = [start_server("primary", ports[0])]
    nodes += [start_server(f"replica{port}", port, "--replicaof", f"127.0.0.1 {ports[0]}") for port in ports[1:]]
    sentinels = _sentinels(ports[0], watchers)
    async with run_servers(*nodes, *sentinels):
        await wait_until(lambda: client(ports[0]).info("replication")["connected_slaves"] == 2)
        await wait_until(lambda: all(_knows(port) for port in watchers))
        url = "redis+sentinel://" + ",".join(f"127.0.0.1:{port}" for port in watchers) + "/mymaster"
        async with open_store(url, name="t", durability="replicated") as store:
            customer = await create_customer(store, cents=1_000_000, concurrency=100_000)
            acknowledged: list[str] = []
            stop = asyncio.Event()

            async def load() -> None:
                while not stop.is_set():
                    try:
                        acknowledged.append((await ledger.accept(store, make_order(customer))).id)
                    except StoreDown:
                        await asyncio.sleep(0.02)

            loads = [asyncio.create_task(load()) for _ in range(10)]
            await asyncio.sleep(1)
            before = len(acknowledged)
            nodes[0].send(signal.SIGKILL)
            await wait_until(lambda: len(acknowledged) > before + 200)
            stop.set()
            await asyncio.gather(*loads)
            assert before > 50
            alive = await asyncio.gather(*[check_is_open(store, name) for name in acknowledged])
            assert all(alive)


def _knows(port: int) -> bool:
    [found] = client(port).sentinel_masters().values()
    return int(found["num-slaves"]) == 2 and int(found["num-other-sentinels"]) == 2


async def test_answered_orders_survive_sigkill_of_store() -> None:
    """After SIGKILL and restart of a store that syncs each write, every answered order exists."""
    port, folder = free_port(), make_folder("killed")
    options = ["--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--appendonly", "yes"]
    binary = store_command(Settings(data_dir=str(folder)))[0]
    server = Process("killed", binary, *options, "--appendfsync", "always").start()
    async with run_servers(server):
        url = f"redis://127.0.0.1:{port}"
        async with open_store(url, name="t", durability="fsync") as store:
            assert store.safe is None
            customer = await create_customer(store, cents=1_000_000, concurrency=100_000)
            answered: list[str] = []

            async def load() -> None:
                while True:
                    try:
                        answered.append((await ledger.accept(store, make_order(customer))).id)
                    except StoreDown:
                        return

            loads = [asyncio.create_task(load()) for _ in range(20)]
            await asyncio.sleep(0.5)
            server.kill()
            await asyncio.gather(*loads)
            server.start()
            await store.call("PING", patience_s=10)
            assert len(answered) > 100
            alive = await asyncio.gather(*[check_is_open(store, name) for name in answered])
            assert all(alive)
    shutil.rmtree(Path(folder))
