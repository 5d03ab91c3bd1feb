"""Gateways and workers start and stop while clients order, and no request fails."""

import asyncio
import itertools
import signal
from collections.abc import Callable, Iterator

import aiohttp

from tests.harness.processes import Process, free_port
from tests.suites.e2e.caller import Answer, Caller, Place, deploy

CLIENTS = 6
POLL_S = 0.05
ATTEMPTS_MAX = 20


class Proxy:
    """A minimal proxy: round-robin over the gateways, past any that refuses the connection. It repeats no request."""

    def __init__(self, caller: Caller, urls: list[str]) -> None:
        self.caller, self.urls = caller, urls
        self.answered = 0
        self._turns: Iterator[int] = itertools.count()

    async def request(self, method: str, path: str, body: object = None) -> Answer:
        """Return the response. Any other error on an open connection is raised."""
        first = next(self._turns)
        for turn in range(first, first + ATTEMPTS_MAX):
            url = self.urls[turn % len(self.urls)] + path
            try:
                answer = await self.caller.request(method, url, json=body)
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(POLL_S)
                continue
            self.answered += 1
            return answer
        raise AssertionError(f"no gateway accepts a connection at {self.urls}")

    async def send_orders(self, stop: asyncio.Event, created: list[str]) -> None:
        """Order and poll, one generation at a time, until stopped."""
        while not stop.is_set():
            body = {"model": "test/paid", "prompt": "polls=2 wait=0.05"}
            answer = await self.request("POST", "/api/v1/generations", body)
            assert 201 == answer.status, answer
            generation, status = str(answer.body["id"]), "processing"
            created.append(generation)
            while status == "processing":
                await asyncio.sleep(POLL_S)
                polled = await self.request("GET", f"/api/v1/generations?id={generation}")
                assert 200 == polled.status, polled
                status = polled.body["status"]
            assert "completed" == status


async def test_scaling_fails_no_request_and_repeats_no_submit() -> None:
    """1 to 3 to 1 gateways and 1 to 4 to 1 workers under load fail no request and repeat no submit."""
    async with deploy(workers=("paid",), deliver=0, sweep=0) as place:
        proxy = Proxy(await place.create_caller(cents=100_000), list(place.stack.urls))
        stop, created = asyncio.Event(), list[str]()
        load = [asyncio.create_task(proxy.send_orders(stop, created)) for _ in range(CLIENTS)]
        await wait_until(created_more(created, CLIENTS), load)
        gateways, workers = await grow(place, proxy)
        await wait_until(created_more(created, 2 * CLIENTS), load)
        leaving = [place.stack.processes["gateway"], gateways[0], place.stack.processes["run-paid"], *workers[:-1]]
        assert [0] * len(leaving) == await asyncio.gather(*(process.stop() for process in leaving))
        assert [True, True] == [gateways[-1].running, workers[-1].running]
        await wait_until(created_more(created, 2 * CLIENTS), load)
        stop.set()
        async with asyncio.timeout(20):
            await asyncio.gather(*load)
        assert dict.fromkeys(created, 1) == dict(place.provider.submits) == dict(place.provider.accepted)
        assert 100_000 - 11 * len(created) == await proxy.caller.check_balance()
        assert "Traceback" not in "".join(process.output for process in leaving)


async def grow(place: Place, proxy: Proxy) -> tuple[list[Process], list[Process]]:
    """Start two gateways, which the proxy uses once they are ready, and three workers."""
    ports = [free_port(), free_port()]
    gateways = [place.stack.add("gateway", "-m", "gateway", env={"PORT": str(port)}) for port in ports]
    workers = [place.stack.add("run-paid", "-m", "workers", "run", "paid") for _ in range(3)]
    for gateway, port in zip(gateways, ports, strict=True):
        await gateway.wait_for_status(f"http://127.0.0.1:{port}/readyz")
        proxy.urls.append(f"http://127.0.0.1:{port}")
    for worker in workers:
        await worker.wait_for_log("worker.started")
    return gateways, workers


def created_more(created: list[str], count: int) -> Callable[[], bool]:
    """Return a condition: `count` more generations were created since this call."""
    goal = len(created) + count
    return lambda: len(created) > goal


async def wait_until(condition: Callable[[], bool], load: list[asyncio.Task[None]]) -> None:
    """Wait until a condition is true. Raises the error of a failed client at once."""
    async with asyncio.timeout(60):
        while not condition():
            failed = [task for task in load if task.done()]
            for task in failed:
                task.result()
            await asyncio.sleep(POLL_S)


async def test_stopping_gateway_closes_open_connections_after_a_response() -> None:
    """After SIGTERM an open connection gets a response with Connection: close, and a new one is refused."""
    async with deploy(workers=(), deliver=0, sweep=0) as place:
        host, port = "127.0.0.1", place.stack.ports[0]
        reader, writer = await asyncio.open_connection(host, port)
        assert b"connection: close" not in (await read_head(reader, writer, b"/healthz")).lower()
        gateway = place.stack.processes["gateway"]
        gateway.send(signal.SIGTERM)
        await wait_until_refused(host, port)
        head = await read_head(reader, writer, b"/readyz")
        assert head.startswith(b"HTTP/1.1 503")
        assert b"connection: close" in head.lower()
        assert b"" == await reader.read(), "the gateway must close the connection after its last response"
        assert 0 == await gateway.wait_for_exit()
        writer.close()


async def read_head(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: bytes) -> bytes:
    """Send a GET over this connection, and return the head of its response."""
    writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: gateway\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
    return head


async def wait_until_refused(host: str, port: int) -> None:
    """Wait until nobody listens on the port."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
                writer.close()
            except ConnectionRefusedError:
                return
            except ConnectionResetError:
                pass  # the listener closed with this connection in its queue
            await asyncio.sleep(0.01)
