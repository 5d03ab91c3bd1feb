"""The ordinary customer, a process of its own: it orders at a steady pace, and times responses and webhooks.

A time is that from the request to its response. The pace does not wait for responses, so a slow one hides no other. How
late the process itself was is a figure too: a machine without a free core delays the one that measures.
"""

import asyncio
import time
from datetime import datetime
from itertools import count
from pathlib import Path

import aiohttp
import msgspec
import uvloop
from msgspec import Struct, field

from shared.ops.collector import tune_collector
from tests.harness.doubles.receiver import Receiver
from tests.programs.hostile.schedule import Slice, read_setup, report_ready, sleep_until, wait_for_start

PER_S = 20
RESPONSE_S = 30.0
EVENTS_S = 15.0  # for the last webhooks
ORDER = {"model": "chaos/image", "prompt": "an ordinary boat"}


class OrdinarySetup(Struct, frozen=True, kw_only=True):
    """The account that orders, when, and where the courses go."""

    url: str
    key: str
    slices: tuple[Slice, ...]
    start: str
    out: str


class Course(Struct, kw_only=True):
    """The responses and times of one slice."""

    hostile: bool
    statuses: dict[int, int] = field(default_factory=dict)  # 0: no response
    accept_ms: list[float] = field(default_factory=list)
    webhook_ms: list[float] = field(default_factory=list)
    late_ms: list[float] = field(default_factory=list)  # of this process
    missing: int = 0  # webhooks


class OrdinaryCustomer:
    """`run` orders until the last slice ends, and returns a course for each slice."""

    def __init__(self, setup: OrdinarySetup, receiver: Receiver, session: aiohttp.ClientSession) -> None:
        self._setup, self._receiver, self._session = setup, receiver, session
        self._names: dict[str, Course | None] = {}  # by generation

    async def add_endpoint(self) -> None:
        """Register the receiver for webhooks."""
        async with self._session.post(f"{self._setup.url}/api/v1/webhooks", json={"url": self._receiver.url}) as made:
            assert 201 == made.status, await made.text()

    async def run(self, started_s: float) -> list[Course]:
        """Order at a steady pace, and wait for the webhooks."""
        slices = self._setup.slices
        courses = [Course(hostile=each.hostile) for each in slices]
        async with asyncio.TaskGroup() as tasks:
            for number in count():
                due_s = number / PER_S
                if due_s >= slices[-1].end_s:
                    break
                at = next((at for at, each in enumerate(slices) if each.begin_s <= due_s < each.end_s), None)
                course = None if at is None else courses[at]
                late_s = await sleep_until(started_s + due_s)
                if course is not None:
                    course.late_ms.append(late_s * 1000)
                tasks.create_task(self._order(course))
        await self._wait_for_webhooks()
        self._time_webhooks()
        return courses

    async def _order(self, course: Course | None) -> None:
        """Order one image, and note the response and its time."""
        status, began_s = 0, time.monotonic()
        try:
            async with self._session.post(f"{self._setup.url}/api/v1/generations", json=ORDER) as response:
                status, answer = response.status, await response.json()
        except (aiohttp.ClientError, TimeoutError):
            status = 0
        took_ms = (time.monotonic() - began_s) * 1000
        if course is not None:
            course.statuses[status] = course.statuses.get(status, 0) + 1
            course.accept_ms.append(took_ms)
        if status == 201:
            self._names[answer["id"]] = course

    async def _wait_for_webhooks(self) -> None:
        ended_s = time.monotonic()
        while len(self._receiver.received) < len(self._names) and time.monotonic() - ended_s < EVENTS_S:
            await asyncio.sleep(0.1)

    def _time_webhooks(self) -> None:
        """Note for each order how long after its settlement the webhook came."""
        took_ms: dict[str, float] = {}
        for received in self._receiver.received:
            event = msgspec.json.decode(received.body)
            settled_s = datetime.fromisoformat(event["timestamp"]).timestamp()
            took_ms.setdefault(event["id"], (received.at_s - settled_s) * 1000)
        for name, course in self._names.items():
            if course is not None and name in took_ms:
                course.webhook_ms.append(took_ms[name])
            elif course is not None:
                course.missing += 1


async def order_steadily(setup: OrdinarySetup) -> list[Course]:
    """Order from the start to the end of the last slice."""
    headers = {"Authorization": f"Bearer {setup.key}"}
    timeout, connector = aiohttp.ClientTimeout(total=RESPONSE_S), aiohttp.TCPConnector(limit=0)
    async with (
        Receiver() as receiver,
        aiohttp.ClientSession(headers=headers, timeout=timeout, connector=connector) as session,
    ):
        customer = OrdinaryCustomer(setup, receiver, session)
        await customer.add_endpoint()
        tune_collector()
        report_ready()
        return await customer.run(await wait_for_start(setup.start))


if __name__ == "__main__":
    found = read_setup(OrdinarySetup)
    Path(found.out).write_bytes(msgspec.json.encode(uvloop.run(order_steadily(found))))
