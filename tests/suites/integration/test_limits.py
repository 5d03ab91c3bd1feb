"""The gateway raises its limit of open files at the start."""

import asyncio
import sys

from tests.harness.processes import Process, free_port, make_folder

FEW, MANY = 64, 200


async def test_gateway_raises_a_low_limit_of_open_files(store_url: str) -> None:
    """A gateway that starts with 64 open files and the right to more keeps 200 connections open."""
    port = free_port()
    env = {"REDIS_URL": store_url, "DATA_DIR": str(make_folder("limits")), "PORT": str(port)}
    command = f"ulimit -Sn {FEW}; exec {sys.executable} -m gateway"
    gateway = Process("gateway", "bash", "-c", command, env=env).start()
    await gateway.wait_for_status(f"http://127.0.0.1:{port}/healthz")
    held = await asyncio.gather(*(asyncio.open_connection("127.0.0.1", port) for _ in range(MANY)))
    for _, writer in held:
        writer.write(b"GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n")
    async with asyncio.timeout(10):
        lines = await asyncio.gather(*(reader.readline() for reader, _ in held))
    assert {b"HTTP/1.1 200 OK\r\n"} == set(lines)
    for _, writer in held:
        writer.close()
    gateway.kill()
