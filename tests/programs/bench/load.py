"""A lean HTTP/1.1 client in its own process, so that it does not limit the load: python -m tests.programs.bench.load

In a closed loop, each connection sends its next request after the response to its last. A paced load sends its requests
on time, however late the responses are. Connections stay open, and a request is a ready-made string of bytes.
"""

import asyncio
import sys
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import cast

import msgspec
import uvloop
from msgspec import Struct, field

from shared.ops.limits import raise_open_files
from shared.store import keys
from shared.store.connect import Store
from tests.harness.processes import Process, make_folder
from tests.programs.bench.row import percentile

WARM_S = 0.5  # not measured
LAST_RESPONSES_S = 20.0
HELD_SHARE = 0.95  # of the rate that a paced load intends
TICK_S = 0.001
POLL_S = 0.01
OPEN_POLL_S = 0.005
START_S = 15.0
CONNECTIONS = 64


class Plan(Struct, frozen=True, kw_only=True):
    """The load to send. With `open_max`, clients pause while more generations than that are open in the store."""

    port: int
    method: str = "POST"
    path: str = "/api/v1/generations"
    status: int = 201  # of every response
    body: str = '{"model":"test/noop","prompt":"A small red boat on a calm lake in the early morning light"}'
    api_keys: tuple[str, ...] = ("none",)
    connections: int = CONNECTIONS
    load_s: float = 3.0
    rate_per_s: float = 0  # 0: closed loop
    wait_s: int = 0  # the value of Prefer: wait
    open_max: int = 0
    store_url: str = ""
    recorded: bool = False
    out: str = ""


class RecordedRequest(Struct, frozen=True, array_like=True):
    """One recorded request. Times are Unix nanoseconds."""

    id: str
    sent_ns: int
    responded_ns: int


class Result(Struct, kw_only=True):
    """The result of a plan. Every field but `refused` and `served` covers the time after the warm-up only."""

    began_ns: int = 0
    ended_ns: int = 0
    accepted: int = 0
    refused: int = 0
    served: int = 0
    cpu_s: float = 0.0
    p50_ms: float = 0.0
    p99_ms: float = 0.0
    response_bytes: int = 0
    recorded: list[RecordedRequest] = field(default_factory=list)

    @property
    def took_s(self) -> float:
        """Return the measured time."""
        return (self.ended_ns - self.began_ns) / 1e9

    @property
    def per_s(self) -> float:
        """Return the accepted requests per second."""
        return self.accepted / self.took_s


def find_saturation(rate_per_s: float, *results: Result) -> str:
    """Return the load that a paced run held if it is too low to say anything about latencies, or nothing."""
    held_per_s = min(result.per_s for result in results)
    return "" if held_per_s >= rate_per_s * HELD_SHARE else f"held {held_per_s:.0f} of {rate_per_s:.0f}/s"


class Connection(asyncio.Protocol):
    """One keep-alive connection with at most one request in flight."""

    def __init__(self, request: bytes, on_response: "Callable[[Connection, int, bytes], None]") -> None:
        self.sent_ns = 0
        self.closed = False
        self._request, self._on_response = request, on_response
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the event loop."""
        self._transport = cast(asyncio.Transport, transport)

    def send(self, sent_ns: int) -> None:
        """Send the request; `sent_ns` is when it was due."""
        self.sent_ns = sent_ns
        if self._transport is not None:
            self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop."""
        self._buffer = buffer = self._buffer + data if self._buffer else data
        head = buffer.find(b"\r\n\r\n") + 4
        if head < 4:
            return
        at = buffer.find(b"ength:") + 6  # servers write the first letters of the name in either case
        if len(buffer) >= head + int(buffer[at : buffer.find(b"\r", at)]):
            self._buffer = b""
            self._on_response(self, int(buffer[9:12]), buffer[head:])

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self.closed = True

    def close(self) -> None:
        """Close the connection."""
        if self._transport is not None:
            self._transport.close()


class Load:
    """One run of a plan."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.result = Result()
        self._idle: deque[Connection] = deque()
        self._due: deque[int] = deque()  # ns of paced requests for which no connection was free
        self._latencies_ns: list[int] = []
        self._busy = 0
        self._paused = self._stopped = False

    async def run(self) -> Result:
        """Connect, warm up, measure, and wait for the last responses."""
        connections = [await self._connect(number) for number in range(self.plan.connections)]
        self._idle.extend(connections)
        tasks = [asyncio.create_task(self._send_paced() if self.plan.rate_per_s else self._send_idle())]
        if self.plan.open_max:
            tasks.append(asyncio.create_task(self._pause_while_full()))
        await asyncio.sleep(WARM_S)
        result, cpu_s = self.result, time.process_time()
        result.began_ns = time.time_ns()
        await asyncio.sleep(self.plan.load_s)
        result.ended_ns, result.cpu_s = time.time_ns(), time.process_time() - cpu_s
        self._stopped = True
        for task in tasks:
            task.cancel()
        await self._wait_for_last_responses()
        result.refused += self._busy + sum(connection.closed for connection in connections)
        if self._latencies_ns:
            result.p50_ms, result.p99_ms = (percentile(self._latencies_ns, p) / 1e6 for p in (50, 99))
        for connection in connections:
            connection.close()
        return result

    async def _wait_for_last_responses(self) -> None:
        for _ in range(int(LAST_RESPONSES_S / POLL_S)):
            if not self._busy:
                return
            await asyncio.sleep(POLL_S)

    async def _connect(self, number: int) -> Connection:
        plan = self.plan
        prefer = f"Prefer: wait={plan.wait_s}\r\n" if plan.wait_s else ""
        request = (
            f"{plan.method} {plan.path} HTTP/1.1\r\nHost: 127.0.0.1:{plan.port}\r\n"
            f"Authorization: Bearer {plan.api_keys[number % len(plan.api_keys)]}\r\n{prefer}"
            f"Content-Type: application/json\r\nContent-Length: {len(plan.body)}\r\n\r\n{plan.body}"
        )
        loop = asyncio.get_running_loop()
        _, connection = await loop.create_connection(
            lambda: Connection(request.encode(), self._record_response), "127.0.0.1", plan.port
        )
        return connection

    def _send(self, connection: Connection, due_ns: int) -> None:
        self._busy += 1
        connection.send(due_ns)

    def _record_response(self, connection: Connection, status: int, body: bytes) -> None:
        now_ns = time.time_ns()
        self._busy -= 1
        result = self.result
        result.served += 1
        if status != self.plan.status:
            result.refused += 1
        elif result.began_ns and not result.ended_ns:
            result.accepted += 1
            result.response_bytes = len(body)
            self._latencies_ns.append(now_ns - connection.sent_ns)
            if self.plan.recorded:
                at = body.find(b'"id":"') + 6
                result.recorded.append(RecordedRequest(body[at : at + 36].decode(), connection.sent_ns, now_ns))
        if self._due and not self._stopped:
            self._send(connection, self._due.popleft())
        elif self._paused or self._stopped or self.plan.rate_per_s:
            self._idle.append(connection)
        else:
            self._send(connection, now_ns)

    async def _send_idle(self) -> None:
        while self._idle:
            self._send(self._idle.popleft(), time.time_ns())

    async def _send_paced(self) -> None:
        next_s, step_s = time.perf_counter(), 1 / self.plan.rate_per_s
        while True:
            while next_s <= time.perf_counter():
                next_s += step_s
                if self._idle:
                    self._send(self._idle.popleft(), time.time_ns())
                else:
                    self._due.append(time.time_ns())
            await asyncio.sleep(TICK_S)

    async def _pause_while_full(self) -> None:
        async with Store(self.plan.store_url, name="bench-load") as store:
            while True:
                self._paused = await store.call("ZCARD", keys.OPEN) > self.plan.open_max
                if not self._paused:
                    await self._send_idle()
                await asyncio.sleep(OPEN_POLL_S)


async def run_plan(plan: Plan) -> Result:
    """Run a plan in a process of its own. Raises RuntimeError unless every response has its status."""
    out = make_folder("load") / "result.json"
    plan = msgspec.structs.replace(plan, out=str(out))
    process = Process(
        "load", sys.executable, "-m", "tests.programs.bench.load", msgspec.json.encode(plan).decode()
    ).start()
    code = await process.wait_for_exit(START_S + plan.load_s + LAST_RESPONSES_S)
    if code:
        raise RuntimeError(f"the load generator exited with {code}:\n{process.output}")
    result = msgspec.json.decode(out.read_bytes(), type=Result)
    if result.refused or not result.accepted:
        raise RuntimeError(f"{result.accepted} requests were accepted and {result.refused} were refused")
    return result


if __name__ == "__main__":
    raise_open_files()
    PLAN = msgspec.json.decode(sys.argv[1], type=Plan)
    Path(PLAN.out).write_bytes(msgspec.json.encode(uvloop.run(Load(PLAN).run())))
