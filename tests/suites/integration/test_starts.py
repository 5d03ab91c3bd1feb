"""A process that cannot serve says why in one line and ends with status 2, before it does anything else."""

import asyncio
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.harness.processes import Process, free_port, make_folder, socket_answers

UNUSABLE = 2
ROLES = {
    "gateway": ("-m", "gateway"),
    "worker": ("-m", "workers", "run", "local"),
    "deliver": ("-m", "workers", "deliver"),
    "sweep": ("-m", "workers", "sweep"),
    "store": ("-m", "shared.store.embedded"),
    "run": ("-m", "deploy.run"),
}
WRONG = {
    "PUBLIC_URL": "foo",
    "LEASE_S": "0",
    "LOG_LEVEL": "loud",
    "WORKER_SLOTS": "-5",
    "DURABILITY": "foo",
}


@pytest.fixture
def taken() -> Iterator[int]:
    """Yield a port that a server listens on."""
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        server.listen()
        yield server.getsockname()[1]


async def read_refusals(roles: dict[str, tuple[str, ...]], **env: str) -> dict[str, str]:
    """Start these roles, and return their output; each must end with status 2 and without a traceback."""
    started = {name: Process(name, sys.executable, *words, env=env).start() for name, words in roles.items()}
    for name, process in started.items():
        assert UNUSABLE == await process.wait_for_exit(), f"{name}: {process.output}"
        assert "Traceback" not in process.output
    return {name: process.output for name, process in started.items()}


def some(*names: str) -> dict[str, tuple[str, ...]]:
    """Return these roles."""
    return {name: ROLES[name] for name in names}


async def test_every_process_refuses_invalid_settings() -> None:
    """One line for each wrong variable, whatever the process."""
    for output in (await read_refusals(ROLES, DATA_DIR=str(make_folder("data")), **WRONG)).values():
        assert sorted(WRONG) == sorted(line.partition("=")[0] for line in output.splitlines())


async def test_taken_ports_are_named(taken: int) -> None:
    """The gateway names PORT, and the others METRICS_PORT."""
    data = str(make_folder("data"))
    gateway = await read_refusals(some("gateway"), DATA_DIR=data, PORT=str(taken))
    expected = f"Port {taken} of 127.0.0.1 is taken: stop the program that uses it, or set {{}} to a free port.\n"
    assert [expected.format("PORT")] == list(gateway.values())
    others = await read_refusals(some("deliver", "sweep", "worker"), DATA_DIR=data, METRICS_PORT=str(taken))
    assert {expected.format("METRICS_PORT")} == set(others.values())


async def test_folder_that_cannot_be_written_is_named() -> None:
    """Every process that stores something names DATA_DIR."""
    file = make_folder("data") / "file"
    file.touch()
    said = await read_refusals(some("gateway", "deliver", "store"), DATA_DIR=str(file), PORT=str(free_port()))
    for output in said.values():
        assert output.startswith(f"DATA_DIR {file} is not writable (File exists): make it a writable folder")


async def test_missing_catalogue_is_named() -> None:
    """A wrong path of the catalogue is a wrong setting."""
    said = await read_refusals(
        some("gateway", "worker"), DATA_DIR=str(make_folder("data")), CATALOGUE="/none/catalogue.toml"
    )
    for output in said.values():
        assert "CATALOGUE /none/catalogue.toml cannot be read (No such file or directory)" in output


async def test_unreachable_store_is_named_soon_and_awaited() -> None:
    """A log line names the store and the reason within seconds, and the process goes on once the store serves."""
    data, port = make_folder("data"), free_port()
    env = {"DATA_DIR": str(data), "PORT": str(port), "LOG_FORMAT": "json"}
    away = Process(
        "away", sys.executable, "-m", "gateway", env={**env, "REDIS_URL": f"redis://127.0.0.1:{port}"}
    ).start()
    waiting = Process("waiting", sys.executable, "-m", "gateway", env=env).start()
    await asyncio.gather(away.wait_for_log("store.waiting"), waiting.wait_for_log("store.waiting"))
    assert f'"at":"127.0.0.1:{port}","reason":"Connection refused"' in away.output
    assert f'"at":"{data}/store.sock","reason":"No such file or directory"' in waiting.output
    Process("store", sys.executable, "-m", "shared.store.embedded", env=env).start()
    await waiting.wait_for_status(f"http://127.0.0.1:{port}/readyz")
    away.kill()
    waiting.kill()


@pytest.mark.parametrize("name", ["a#b", "a?b%41 c"])
async def test_deployment_works_in_a_folder_with_an_odd_name(name: str) -> None:
    """Store and gateway meet, and outputs are stored, whatever characters DATA_DIR has."""
    data = make_folder("data") / name
    env = {"DATA_DIR": str(data), "PORT": str(free_port())}
    store = Process("store", sys.executable, "-m", "shared.store.embedded", env=env).start()
    await store.wait_until(lambda: socket_answers(str(data / "store.sock")), "answer")
    gateway = Process("gateway", sys.executable, "-m", "gateway", env=env).start()
    await gateway.wait_for_status(f"http://127.0.0.1:{env['PORT']}/readyz")
    assert {"assets", "store", "store.sock"} <= {path.name for path in Path(data).iterdir()}
    gateway.kill()
    store.kill()
