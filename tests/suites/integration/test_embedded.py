"""The embedded store as a real process with a real server."""

import asyncio
import os
import signal
import stat
import sys
import time
from collections.abc import AsyncIterator
from ctypes.util import find_library
from pathlib import Path

import pytest
from redis.asyncio import Redis

from shared.ops.settings import Settings
from shared.store import embedded
from shared.store.embedded import command_line
from tests.harness.bounds import BUSY_S
from tests.harness.processes import Process, make_folder, socket_answers


@pytest.fixture
def settings() -> Settings:
    return Settings(data_dir=str(make_folder("data")), drain_s=1)


@pytest.fixture
async def redis(settings: Settings) -> AsyncIterator[Redis]:
    async with Redis.from_url(settings.store_url) as client:
        yield client


def start_store(settings: Settings, **env: str) -> Process:
    """Start the embedded store on a data folder."""
    env = {"DATA_DIR": settings.data_dir, "DRAIN_S": str(settings.drain_s), **env}
    return Process("embedded", sys.executable, "-m", "shared.store.embedded", env=env).start()


async def start_ready_store(store: Process, settings: Settings) -> Process:
    """Start the embedded store and wait until it answers."""
    await store.wait_until(lambda: socket_answers(settings.store_socket), "answer")
    return store


async def read_server_pid(redis: Redis) -> int:
    return int((await redis.info("server"))["process_id"])


def alive(pid: int) -> bool:
    """Return whether a process is running and not a zombie."""
    try:
        return "Z" != Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False


async def test_server_is_private_and_durable(settings: Settings, redis: Redis) -> None:
    """The server listens on a socket of ours only, syncs every write and never evicts."""
    await start_ready_store(start_store(settings), settings)
    config = await redis.config_get("*")
    assert "0" == config["port"]
    assert ("yes", "always", "") == (config["appendonly"], config["appendfsync"], config["save"])
    assert ("noeviction", "2048") == (config["maxmemory-policy"], config["hash-max-listpack-value"])
    assert 0o700 == stat.S_IMODE(os.stat(settings.store_socket).st_mode)
    assert 0o700 == stat.S_IMODE(os.stat(f"{settings.data_dir}/store").st_mode)


async def test_server_allocates_with_jemalloc_or_says_what_to_install(settings: Settings, redis: Redis) -> None:
    """The server's memory comes from jemalloc where that is installed; otherwise its start says how to get it."""
    store = await start_ready_store(start_store(settings), settings)
    mapped = Path(f"/proc/{await read_server_pid(redis)}/maps").read_text()
    if find_library("jemalloc"):
        assert "libjemalloc" in mapped
        assert "serves" in store.output
        assert "with jemalloc" in store.output
    else:
        assert "libjemalloc" not in mapped
        assert "apt-get install libjemalloc2" in store.output


def test_environment_without_jemalloc_is_unchanged(monkeypatch: pytest.MonkeyPatch) -> None:
    """A host without jemalloc starts the server as before, and a preloaded library of the operator's own stays."""
    monkeypatch.setenv("LD_PRELOAD", "libown.so")
    monkeypatch.setattr(embedded, "find_library", lambda _: None)
    assert dict(os.environ) == embedded.server_environment()
    monkeypatch.setattr(embedded, "find_library", lambda _: "libjemalloc.so.2")
    assert "libjemalloc.so.2 libown.so" == embedded.server_environment()["LD_PRELOAD"]


@pytest.mark.parametrize(
    ("durability", "sync"), [("fsync", "always"), ("replicated", "always"), ("memory", "everysec")]
)
def test_durability_chooses_the_sync(durability: str, sync: str) -> None:
    """Only DURABILITY=memory lets the append-only file lag behind."""
    command = command_line(Settings(data_dir=str(make_folder("data")), durability=durability))
    assert sync == command[command.index("--appendfsync") + 1]


async def test_second_store_is_refused(settings: Settings, redis: Redis) -> None:
    """A second store on the same DATA_DIR says so and leaves, and the first is unharmed."""
    await start_ready_store(start_store(settings), settings)
    second = start_store(settings)
    assert 1 == await second.wait_for_exit()
    message = f"DATA_DIR {settings.data_dir} is in use by a running store: stop it, or set another DATA_DIR."
    assert f"{message}\n" == second.output
    assert await redis.ping()


async def test_folder_stays_locked_without_socket(settings: Settings) -> None:
    """A server whose socket file was removed still keeps other stores out of its folder."""
    await start_ready_store(start_store(settings), settings)
    os.unlink(settings.store_socket)
    second = start_store(settings)
    assert 1 == await second.wait_for_exit()
    assert "in use by a running store" in second.output


async def test_store_waits_for_a_predecessor_that_is_still_ending(settings: Settings, redis: Redis) -> None:
    """A killed server that still accepts connections, because a sync holds up its end, delays the next store only."""
    first = await start_ready_store(start_store(settings), settings)
    await redis.set("kept", "yes")
    pid = await read_server_pid(redis)
    os.kill(pid, signal.SIGSTOP)
    second = start_store(settings)
    await asyncio.sleep(2)
    assert second.running
    os.kill(pid, signal.SIGKILL)
    await first.wait_for_exit()
    await start_ready_store(second, settings)
    assert b"yes" == await redis.get("kept")


async def test_acknowledged_writes_survive_sigkill(settings: Settings, redis: Redis) -> None:
    """Writes that were answered before a SIGKILL of store and server exist after the next start."""
    store = await start_ready_store(start_store(settings), settings)
    await redis.mset({str(number): number for number in range(1000)})
    await redis.set("last", "word")
    os.kill(await read_server_pid(redis), signal.SIGKILL)
    store.kill()
    assert stat.S_ISSOCK(os.stat(settings.store_socket).st_mode), "a stale socket is part of the case"
    await start_ready_store(store.start(), settings)
    assert (1001, b"word") == (await redis.dbsize(), await redis.get("last"))


async def test_data_survives_stop_and_start(settings: Settings, redis: Redis) -> None:
    """A stopped store exits with 0 and starts again with its data."""
    store = await start_ready_store(start_store(settings), settings)
    await redis.set("kept", "yes")
    await redis.aclose()
    assert 0 == await store.stop()
    await start_ready_store(store.start(), settings)
    assert b"yes" == await redis.get("kept")


async def test_store_waits_for_clients_to_stop(settings: Settings, redis: Redis) -> None:
    """A stopping store serves its clients until the last one has disconnected."""
    store = await start_ready_store(start_store(settings), settings)
    await redis.set("before", 1)
    store.send(signal.SIGTERM)
    await asyncio.sleep(0.5)
    assert await redis.set("after", 2)
    await redis.aclose()
    assert 0 == await store.wait_for_exit()


async def test_store_stops_waiting_after_its_limit(settings: Settings, redis: Redis) -> None:
    """A client that stays connected delays the store by DRAIN_S and five seconds at most."""
    store = await start_ready_store(start_store(settings, DRAIN_S="0"), settings)
    await redis.ping()
    before = time.monotonic()
    assert 0 == await store.stop(limit_s=5 + BUSY_S)
    assert 4.5 < time.monotonic() - before


async def test_store_ends_with_its_server(settings: Settings, redis: Redis) -> None:
    """When the server dies, the store ends with the server's exit code."""
    store = await start_ready_store(start_store(settings), settings)
    os.kill(await read_server_pid(redis), signal.SIGKILL)
    assert 128 + signal.SIGKILL == await store.wait_for_exit()


async def test_server_ends_with_the_store(settings: Settings, redis: Redis) -> None:
    """A SIGKILL of the store also ends the server, and the next start succeeds."""
    store = await start_ready_store(start_store(settings), settings)
    pid = await read_server_pid(redis)
    store.kill()
    for _ in range(100):
        if not alive(pid):
            break
        await asyncio.sleep(0.02)
    assert not alive(pid)
    await start_ready_store(store.start(), settings)


async def test_ctrl_c_reaches_only_the_store(settings: Settings, redis: Redis) -> None:
    """The server is in its own session, so Ctrl-C reaches only the store."""
    store = await start_ready_store(start_store(settings), settings)
    assert store.pid != os.getsid(await read_server_pid(redis))
    await redis.aclose()
    os.killpg(store.pid, signal.SIGINT)
    assert 0 == await store.wait_for_exit()


async def test_embedded_store_stands_by_with_redis_url(settings: Settings) -> None:
    """With REDIS_URL set the embedded store starts no server and waits for a stop signal."""
    store = start_store(settings, REDIS_URL="redis://127.0.0.1:1")
    await store.wait_for_log("REDIS_URL is set")
    assert [] == os.listdir(settings.data_dir)
    assert 0 == await store.stop()


async def test_long_data_dir_is_refused_with_reason() -> None:
    """A DATA_DIR too long for a unix socket is refused with a sentence."""
    store = start_store(Settings(data_dir="/tmp/" + 120 * "x"))
    assert 2 == await store.wait_for_exit()
    assert "DATA_DIR is too long for a unix socket" in store.output
    assert "Traceback" not in store.output
