"""The ordinary customer: it orders at a steady pace, and its webhooks are timed."""

import asyncio
import time
from collections import Counter

import aiohttp
from msgspec import Struct, field

from shared.store import generations
from shared.store.connect import Store
from tests.harness.doubles.receiver import Receiver
from tests.harness.factories import Customer

PER_S = 20
EVENTS_S = 15.0  # for the last webhooks


class Course(Struct, kw_only=True):
    """The responses and times of one phase."""

    statuses: Counter[int] = field(default_factory=Counter)  # 0: no response
    accept_ms: list[float] = field(default_factory=list)
    webhook_ms: list[float] = field(default_factory=list)
    missing: int = 0  # webhooks


async def order_steadily(url: str, customer: Customer, store: Store, receiver: Receiver, seconds: float) -> Course:
    """Order for a while, wait for the webhooks, and return what was seen."""
    course, names = Course(), list[str]()
    started_s, first = time.monotonic(), len(receiver.received)
    timeout, connector = aiohttp.ClientTimeout(total=30), aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(timeout=timeout, connector=connector) as session, asyncio.TaskGroup() as tasks:
        for number in range(int(seconds * PER_S)):
            await asyncio.sleep(max(started_s + number / PER_S - time.monotonic(), 0))
            tasks.create_task(order(session, url, customer, course, names))
    ended_s = time.monotonic()
    while len(receiver.received) - first < len(names) and time.monotonic() - ended_s < EVENTS_S:
        await asyncio.sleep(0.1)
    arrived: dict[str, float] = {}
    for received in receiver.received:
        arrived.setdefault(received.headers["webhook-id"].removeprefix("evt_"), received.at_s * 1000)
    for name in names:
        generation = await generations.view(store, "", name)
        if name in arrived and generation is not None and generation.closed_ms is not None:
            course.webhook_ms.append(arrived[name] - generation.closed_ms)
        else:
            course.missing += 1
    return course


async def order(session: aiohttp.ClientSession, url: str, customer: Customer, course: Course, names: list[str]) -> None:
    """Order one image, and note the response and its time."""
    started_s, status = time.monotonic(), 0
    headers = {"Authorization": f"Bearer {customer.key}"}
    body = {"model": "chaos/image", "prompt": "an ordinary boat"}
    try:
        async with session.post(f"{url}/api/v1/generations", json=body, headers=headers) as response:
            status = response.status
            answer = await response.json()
    except (aiohttp.ClientError, TimeoutError):
        status = 0
    course.statuses[status] += 1
    course.accept_ms.append((time.monotonic() - started_s) * 1000)
    if status == 201:
        names.append(answer["id"])
