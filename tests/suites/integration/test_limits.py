"""A gateway holds as many connections as the system lets it, however low the limit that it was started with."""

import asyncio
import sys

from tests.harness.processes import Process, free_port, make_folder

FEW, MANY = 64, 200


async def test_a_low_soft_limit_does_not_turn_clients_away(store_url: str) -> None:
    """Started with room for 64 open files and the right to more, it keeps 200 connections open and answers on each."""
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
