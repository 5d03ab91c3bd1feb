"""A store server for histories. Its data need not survive a power cut."""

import time
from collections.abc import Iterator

import pytest

from shared.ops.settings import Settings
from tests.harness.processes import START_S, Process, make_folder, socket_answers, store_command
from tests.suites.property.sync_store import SyncStore


@pytest.fixture(scope="session")
def history_server() -> Iterator[str]:
    """Start a real server that syncs its file once a second, and yield its URL."""
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
def sync_store(history_server: str) -> Iterator[SyncStore]:
    """Connect to the history server and disconnect after the test."""
    found = SyncStore(history_server)
    yield found
    found.close()
