"""Several gateway processes on one port: they share it, are started again, and stop together."""

import asyncio
import os
import signal
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from tests.harness.processes import Stack

REQUESTS, ROUTE = 24, "/healthz"
STATUS = "wokflow_http_request_duration_seconds_count"


async def count_requests(url: str) -> dict[str, float]:
    """Return the number of health checks that each process has answered, by its number."""
    async with aiohttp.ClientSession() as session, session.get(f"{url}/metrics") as response:
        families = text_string_to_metric_families(await response.text())
    samples = [one for family in families for one in family.samples]
    found = {one.labels["process"]: 0.0 for one in samples}
    for one in samples:
        if one.name == STATUS and one.labels["route"] == ROUTE:
            found[one.labels["process"]] += one.value
    return found


async def check_health(url: str) -> int:
    """Return the status of a health check over a new connection, which the kernel gives to any process."""
    connector = aiohttp.TCPConnector(force_close=True)
    async with aiohttp.ClientSession(connector=connector) as session, session.get(url + ROUTE) as response:
        return response.status


def children_of(pid: int) -> set[int]:
    """Return the ids of a process's children."""
    return {int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()}


async def test_processes_share_a_port_and_its_metrics() -> None:
    """Both answer, every scrape has both, a killed one is started again, and SIGTERM ends all of them."""
    async with Stack(gateways=0, workers=(), deliver=0, sweep=0) as stack, asyncio.timeout(60):
        parent = stack.add("gateway", "-m", "gateway", "--processes", "2", env={"ADMIN_PORT": "0"})
        await parent.wait_for_status(f"{stack.url}/readyz")
        while {"1", "2"} != set(await count_requests(stack.url)):
            await asyncio.sleep(0.05)
        assert [200] * REQUESTS == [await check_health(stack.url) for _ in range(REQUESTS)]
        seen = await count_requests(stack.url)
        assert REQUESTS == sum(seen.values())
        assert min(seen.values()) > 0, "the kernel gave every connection to one process"

        first = children_of(parent.pid)
        assert 2 == len(first)
        os.kill(min(first), signal.SIGKILL)
        await parent.wait_for_log("gateway.process_ended")
        assert 200 == await check_health(stack.url)
        while len(children_of(parent.pid)) < 2 or len(await count_requests(stack.url)) < 2:
            await asyncio.sleep(0.05)
        children = children_of(parent.pid)
        assert 1 == len(first & children)
        assert 0 == await parent.stop()
        assert not [child for child in children if Path(f"/proc/{child}").exists()]


async def test_processes_that_cannot_run_end_together() -> None:
    """A setting that no process can use is said once by each, and the parent ends with 2 instead of trying again."""
    async with Stack(gateways=0, workers=(), deliver=0, sweep=0) as stack, asyncio.timeout(60):
        parent = stack.add("gateway", "-m", "gateway", "--processes", "2", env={"CATALOGUE": "/nowhere.toml"})
        assert 2 == await parent.wait_for_exit()
        assert "/nowhere.toml" in parent.output
        assert "Traceback" not in parent.output
        parent = stack.add("gateway", "-m", "gateway", "--processes", "0")
        assert 2 == await parent.wait_for_exit()
        assert "--processes" in parent.output
