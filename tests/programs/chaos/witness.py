"""The two who see everything and are never hit: the provider that would send the bill, and the customers' receivers."""

import asyncio
from collections import defaultdict
from random import Random

from aiohttp import web

from tests.harness.doubles.calling import Calling
from tests.harness.doubles.receiver import Received, Receiver, Reply

REFUSALS = (400, 429, 503)  # the provider said no: sending it again is safe
SUBMIT_S, LOOK_S = 0.35, 0.25  # at most: before the provider acts, and again before it says so
GRUMPY = 0.06  # of the events are not taken at the first post
MOODS = (Reply(status=500), Reply(hang_up=True), Reply(delay_s=1.5), Reply(status=503, headers={"Retry-After": "1"}))


class Paid(Calling):
    """The provider's double at a provider's pace; `said` has its status for each submit, 0 where it did not refuse."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.said: defaultdict[str, list[int]] = defaultdict(list)
        self._dice = Random(f"{seed} pace")

    def _refusal(self, generation: str, prompt: str) -> int:
        status = super()._refusal(generation, prompt)
        self.said[generation].append(status)
        return status

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        await request.read()  # its sender may be killed while we sleep
        await asyncio.sleep(self._dice.uniform(0, SUBMIT_S))
        answer = await super()._submit(request)
        await asyncio.sleep(self._dice.uniform(0, SUBMIT_S))
        return answer

    async def _task(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self._dice.uniform(0, LOOK_S))
        return await super()._task(request)

    def bought_again(self) -> list[str]:
        """Generations that were submitted again although the provider had not said no."""
        return [name for name, said in self.said.items() if any(status not in REFUSALS for status in said[:-1])]


class Inbox(Receiver):
    """A customer's receiver, which is in a bad mood now and then, but takes every event at the second post."""

    def __init__(self, seed: int, owner: int) -> None:
        super().__init__()
        self.events: defaultdict[str, list[Received]] = defaultdict(list)
        self._dice = Random(f"{seed} moods {owner}")

    async def _record(self, request: web.Request) -> None:
        await super()._record(request)
        event = request.headers.get("webhook-id", "")
        latest = next(received for received in reversed(self.received) if received.headers.get("webhook-id") == event)
        if event not in self.events and self._dice.random() < GRUMPY:
            self.script(self._dice.choice(MOODS))
        self.events[event].append(latest)
