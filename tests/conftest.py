"""Fixtures of every suite: an empty store, and the output of a failed test's processes."""

import asyncio
import gc
import time
from collections.abc import Generator, Iterator

import pytest
from redis import Redis

from shared.ops.settings import Settings
from tests.harness.postgres import Postgres, empty_database
from tests.harness.processes import FORKS, START_S, STARTED, Process, make_folder, socket_answers, store_command

pytest_plugins = ["tests.harness.parallel"]


@pytest.fixture(scope="session")
def store_server() -> Iterator[str]:
    """Start a real server with its append-only file on, shared by the whole run; return its URL."""
    settings = Settings(data_dir=str(make_folder("store")))
    server = Process("store", *store_command(settings)).start()
    end = time.monotonic() + START_S
    while not socket_answers(settings.store_socket):
        assert server.running, f"the store did not start:\n{server.output}"
        assert time.monotonic() < end, f"the store does not answer:\n{server.output}"
        time.sleep(0.02)
    yield settings.store_url
    server.kill()


@pytest.fixture
def store_url(store_server: str) -> str:
    """Empty the shared server and return its URL. Processes of an earlier test would take that for a loss of data."""
    for process in STARTED:
        if process.env.get("REDIS_URL") == store_server:
            process.kill()
    with Redis.from_url(store_server) as redis:
        redis.flushall()
    return store_server


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """Start a real PostgreSQL, shared by the whole run."""
    server = Postgres().start()
    yield server
    server.kill()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """Return the URL of an empty database: a file of SQLite, and once more in PostgreSQL."""
    if request.param == "sqlite":
        return f"sqlite:///{make_folder('records')}/records.db"
    server: Postgres = request.getfixturevalue("postgres")
    asyncio.run(empty_database(server.url))
    return server.url


def pytest_sessionstart(session: pytest.Session) -> None:
    """Let tests start our programs from the fork server."""
    FORKS.append(True)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let the garbage collector skip the tests and modules, which all stay until the end."""
    gc.disable()
    result = yield
    gc.freeze()
    gc.enable()
    return result


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Start the longest files first, so that none of them runs alone at the end."""
    items.sort(key=lambda item: item.get_closest_marker("long") is None)


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Forget the processes of earlier tests."""
    STARTED[:] = [process for process in STARTED if process.running]


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Add the output of a failed test's processes to its report."""
    report = yield
    if report.failed:
        report.sections += [(f"output of {process.name}", process.output) for process in STARTED if process.output]
    return report
