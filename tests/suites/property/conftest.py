"""A store for histories: nothing of it has to outlive a power cut."""

import time
from collections.abc import Iterator

import pytest

from shared.ops.settings import Settings
from tests.harness.processes import START_S, Process, make_folder, socket_answers, store_command
from tests.suites.property.bench import Bench


@pytest.fixture(scope="session")
def history_server() -> Iterator[str]:
    """URL of a real server that syncs its file each second only."""
    settings = Settings(data_dir=str(make_folder("histories")), durability="memory")
    server = Process("histories", *store_command(settings)).start()
    end = time.monotonic() + START_S
    while not socket_answers(settings.store_socket):
        assert server.running, f"the store did not start:\n{server.output}"
        assert time.monotonic() < end, f"the store does not answer:\n{server.output}"
        time.sleep(0.02)
    yield settings.store_url
    server.kill()


@pytest.fixture
def bench(history_server: str) -> Iterator[Bench]:
    """The server's store as plain calls."""
    found = Bench(history_server)
    yield found
    found.close()
