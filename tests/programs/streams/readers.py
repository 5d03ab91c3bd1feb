"""Readers of an account's events, whose gateway is killed while orders are made."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import aiohttp
import msgspec

from tests.harness.processes import Stack

ORDER = {"model": "test/noop", "prompt": "a red boat"}
RETRY_S = 0.05
Event = tuple[str, str, dict[str, Any]]  # id, name, data


async def read_events(session: aiohttp.ClientSession, url: str, key: str, last: str = "") -> AsyncIterator[Event]:
    """Yield the events of one response."""
    headers = {"Authorization": f"Bearer {key}", **({"Last-Event-ID": last} if last else {})}
    async with session.get(url, headers=headers) as response:
        assert response.status in (200, 204), await response.text()
        event: dict[str, str] = {}
        async for line in response.content:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name in ("id", "event", "data"):
                event[name] = value
            elif not name and event:
                yield event.get("id", ""), event["event"], msgspec.json.decode(event["data"])
                event = {}


class Reader:
    """A reader of an account's events, who goes on at another gateway when one is lost."""

    def __init__(self, session: aiohttp.ClientSession, urls: list[str], key: str) -> None:
        self._session, self._urls, self._key = session, urls, key
        self.ready = asyncio.Event()
        self.events: list[Event] = []
        self.resumed = 0

    @property
    def ended(self) -> list[str]:
        """Return the generations whose ends have come."""
        return [data["generation_id"] for _, _, data in self.events if "generation" in data]

    async def read(self, ends: int) -> None:
        """Read until so many generations have ended."""
        last = ""
        while len(self.ended) < ends:
            url = self._urls[self.resumed % len(self._urls)] + "/api/v1/events"
            try:
                async for event in read_events(self._session, url, self._key, last):
                    last = event[0]
                    self.ready.set()
                    if event[1] != "ready":
                        self.events.append(event)
                    if len(self.ended) == ends:
                        return
            except aiohttp.ClientError:
                await asyncio.sleep(RETRY_S)
            self.resumed += 1


async def read_while_killed(
    session: aiohttp.ClientSession, stack: Stack, keys: list[str], *, readers: int, orders: int
) -> tuple[list[Reader], dict[str, list[str]]]:
    """Have readers of each key at the first gateway, and kill it in the midst of orders at the second.

    Return the readers, and the orders of each key. Each reader has read until the end of all of its key's.
    """
    found = [Reader(session, stack.urls, keys[number % len(keys)]) for number in range(readers)]
    made: dict[str, list[str]] = {key: [] for key in keys}
    async with asyncio.TaskGroup() as tasks:
        for reader in found:
            tasks.create_task(reader.read(orders))
        await asyncio.gather(*(reader.ready.wait() for reader in found))
        for number in range(orders):
            for key in keys:
                headers = {"Authorization": f"Bearer {key}"}
                url = stack.urls[1] + "/api/v1/generations"
                async with session.post(url, json=ORDER, headers=headers) as response:
                    assert response.status == 201, await response.text()
                    made[key].append((await response.json())["id"])
            if number == orders // 2:
                stack.processes["gateway"].kill()
    return found, made


def find_faults(found: list[Reader], made: dict[str, list[str]]) -> list[str]:
    """Return what readers have missed or got twice."""
    faults = list[str]()
    for number, reader in enumerate(found):
        names = [event[0] for event in reader.events]
        states = [(data["generation_id"], data["type"]) for _, _, data in reader.events]
        expected = made[reader._key]
        if len(set(names)) < len(names) or len(set(states)) < len(states):
            faults.append(f"reader {number} got an event twice")
        if sorted(expected) != sorted(reader.ended):
            faults.append(f"reader {number} missed an end")
        if sum(state == "generation.queued" for _, state in states) < len(expected):
            faults.append(f"reader {number} missed a beginning")
        if not reader.resumed:
            faults.append(f"reader {number} never resumed")
    return faults
