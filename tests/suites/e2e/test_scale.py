"""Gateways and workers come and go while clients order: nobody notices."""

import asyncio
import itertools
import signal
from collections.abc import Callable, Iterator

import aiohttp

from tests.harness.processes import Process, free_port
from tests.suites.e2e.caller import Answer, Caller, Place, deploy

CLIENTS = 6
LOOK_S = 0.05
ASKED_MAX = 20


class Door:
    """A proxy, in short: the gateways in turn, the next one where nobody takes the connection; nothing goes twice."""

    def __init__(self, caller: Caller, urls: list[str]) -> None:
        self.caller, self.urls = caller, urls
        self.answered = 0
        self._turns: Iterator[int] = itertools.count()

    async def ask(self, method: str, path: str, body: object = None) -> Answer:
        """The answer; whatever else happens to a connection that was taken is an error."""
        first = next(self._turns)
        for turn in range(first, first + ASKED_MAX):
            url = self.urls[turn % len(self.urls)] + path
            try:
                answer = await self.caller.request(method, url, json=body)
            except aiohttp.ClientConnectorError:
                await asyncio.sleep(LOOK_S)
                continue
            self.answered += 1
            return answer
        raise AssertionError(f"nobody takes a connection at {self.urls}")

    async def order(self, enough: asyncio.Event, made: list[str]) -> None:
        """Order and poll, one after the other, until it is enough."""
        while not enough.is_set():
            order = {"model": "test/paid", "prompt": "polls=2 wait=0.05"}
            answer = await self.ask("POST", "/api/v1/generations", order)
            assert 201 == answer.status, answer
            made.append(str(answer.body["id"]))
            status = "processing"
            while status == "processing":
                await asyncio.sleep(LOOK_S)
                seen = await self.ask("GET", f"/api/v1/generations?id={made[-1]}")
                assert 200 == seen.status, seen
                status = seen.body["status"]
            assert "completed" == status


async def test_gateways_and_workers_grow_and_shrink_unnoticed() -> None:
    """1 to 3 to 1 gateways and 1 to 4 to 1 workers under load: no request fails, and no submit is repeated."""
    async with deploy(workers=("paid",), deliver=0, sweep=0) as place:
        door = Door(await place.create_caller(cents=100_000), list(place.stack.urls))
        enough, made = asyncio.Event(), list[str]()
        load = [asyncio.create_task(door.order(enough, made)) for _ in range(CLIENTS)]
        await until(beyond(made, CLIENTS), load)
        gateways, workers = await more(place, door)
        await until(beyond(made, 2 * CLIENTS), load)
        leaving = [place.stack.processes["gateway"], gateways[0], place.stack.processes["run-paid"], *workers[:-1]]
        assert [0] * len(leaving) == await asyncio.gather(*(process.stop() for process in leaving))
        assert [True, True] == [gateways[-1].running, workers[-1].running]
        await until(beyond(made, 2 * CLIENTS), load)
        enough.set()
        await asyncio.gather(*load)
        assert dict.fromkeys(made, 1) == dict(place.provider.submits) == dict(place.provider.accepted)
        assert 100_000 - 11 * len(made) == await door.caller.check_balance()
        assert "Traceback" not in "".join(process.output for process in leaving)


async def more(place: Place, door: Door) -> tuple[list[Process], list[Process]]:
    """Two more gateways, which the door knows once they are ready, and three more workers."""
    ports = [free_port(), free_port()]
    gateways = [place.stack.add("gateway", "-m", "gateway", env={"PORT": str(port)}) for port in ports]
    workers = [place.stack.add("run-paid", "-m", "workers", "run", "paid") for _ in range(3)]
    for gateway, port in zip(gateways, ports, strict=True):
        await gateway.wait_for_status(f"http://127.0.0.1:{port}/readyz")
        door.urls.append(f"http://127.0.0.1:{port}")
    for worker in workers:
        await worker.wait_for_log("worker.started")
    return gateways, workers


def beyond(made: list[str], more: int) -> Callable[[], bool]:
    """Whether so many more were made since this was called."""
    goal = len(made) + more
    return lambda: len(made) > goal


async def until(condition: Callable[[], bool], load: list[asyncio.Task[None]]) -> None:
    """Wait until it is so; a client that failed fails the test at once."""
    async with asyncio.timeout(60):
        while not condition():
            failed = [task for task in load if task.done()]
            for task in failed:
                task.result()
            await asyncio.sleep(LOOK_S)


async def test_a_leaving_gateway_says_so_on_open_connections() -> None:
    """After SIGTERM an open connection gets its answer with Connection: close, and a new one is refused."""
    async with deploy(workers=(), deliver=0, sweep=0) as place:
        host, port = "127.0.0.1", place.stack.ports[0]
        reader, writer = await asyncio.open_connection(host, port)
        assert b"connection: close" not in (await told(reader, writer, b"/healthz")).lower()
        gateway = place.stack.processes["gateway"]
        gateway.send(signal.SIGTERM)
        await refused(host, port)
        head = await told(reader, writer, b"/readyz")
        assert head.startswith(b"HTTP/1.1 503")
        assert b"connection: close" in head.lower()
        assert b"" == await reader.read(), "the connection is closed after its last answer"
        assert 0 == await gateway.wait_for_exit()
        writer.close()


async def told(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, path: bytes) -> bytes:
    """The head of the answer to a GET over this connection; its body is read too."""
    writer.write(b"GET " + path + b" HTTP/1.1\r\nHost: gateway\r\n\r\n")
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(line for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
    await reader.readexactly(int(length.partition(b":")[2]))
    return head


async def refused(host: str, port: int) -> None:
    """Wait until nobody listens there."""
    async with asyncio.timeout(5):
        while True:
            try:
                _, writer = await asyncio.open_connection(host, port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.01)
