"""METRICS_PORT: each role exports its metrics, and a port that is taken is a clear error."""

import socket
import sys
from contextlib import closing

import aiohttp
import pytest

from shared.ops.settings import Settings
from tests.harness.factories import doubles_env
from tests.harness.processes import Process, free_port, make_folder
from workers.exporter import STUCK_S, serve_metrics


def start_role(words: str, store_url: str, port: int) -> Process:
    """Start one of the roles."""
    data = {"DATA_DIR": str(make_folder("data")), "METRICS_PORT": str(port)}
    env = {"REDIS_URL": store_url, **data, **doubles_env(make_folder("catalogue"))}
    return Process(words.partition(" ")[0], sys.executable, "-m", "workers", *words.split(), env=env).start()


@pytest.mark.parametrize(
    ("words", "own"),
    [
        ("run noop", 'wokflow_worker_slots{queue="noop"} 100.0'),
        ("deliver", 'wokflow_worker_slots{queue="webhooks"} 100.0'),
        ("sweep", 'wokflow_queue_jobs{queue="noop",state="due"} 0.0'),
    ],
)
async def test_role_exports_its_own_metrics(store_url: str, words: str, own: str) -> None:
    """Each role serves /healthz and /metrics on its port, with its version, name and own metrics."""
    port = free_port()
    process = start_role(words, store_url, port)
    await process.wait_for_status(f"http://127.0.0.1:{port}/healthz")
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/metrics") as response:
        told = await response.text()
    assert own in told
    assert f'wokflow_build_info{{role="{words.replace(" ", "-")}",version="' in told
    assert "_created" not in told
    assert 0 == await process.stop()


@pytest.mark.parametrize("words", ["deliver", "sweep"])
async def test_role_fails_when_the_port_is_taken(store_url: str, words: str) -> None:
    """A role whose port is taken does not start, and its error names the port."""
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        process = start_role(words, store_url, other.getsockname()[1])
        assert 2 == await process.wait_for_exit()
    assert "of 127.0.0.1 is taken" in process.output
    assert "Traceback" not in process.output


async def test_health_is_503_while_a_role_makes_no_progress() -> None:
    """A process whose loop stands still is reported as stuck, and as well again when it goes on."""
    port, silent = free_port(), [STUCK_S + 1]
    serving = serve_metrics(Settings(metrics_port=port, host="127.0.0.1"), silent_s=lambda: silent[0])
    async with serving, aiohttp.ClientSession() as session:
        for silent_s, status, word in ((STUCK_S + 1, 503, "stuck"), (STUCK_S - 1, 200, "ok")):
            silent[0] = silent_s
            async with session.get(f"http://127.0.0.1:{port}/healthz") as response:
                assert (status, word) == (response.status, (await response.json())["status"])
