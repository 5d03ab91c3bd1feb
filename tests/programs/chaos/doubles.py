"""The two doubles that no fault hits: the provider, and the customers' receivers."""

import asyncio
from collections import defaultdict
from random import Random

from aiohttp import web

from tests.harness.doubles.receiver import Received, Receiver, Reply
from tests.programs.chaos.odd import OddProvider

REFUSALS = (400, 403, 429, 503)  # the provider refused, so submitting again is safe
SUBMIT_S, POLL_S = 0.35, 0.25  # at most: before the provider acts, and again before it responds
REJECTED_SHARE = 0.06  # of the events, on their first delivery
REJECTIONS = (
    Reply(status=500),
    Reply(hang_up=True),
    Reply(delay_s=1.5),
    Reply(status=503, headers={"Retry-After": "1"}),
)


class PaidProvider(OddProvider):
    """A slow provider. `statuses` has the status of each submit, 0 for one that was not refused."""

    def __init__(self, seed: int) -> None:
        super().__init__()
        self.statuses: defaultdict[str, list[int]] = defaultdict(list)
        self._dice = Random(f"{seed} pace")

    def _refusal(self, generation: str, prompt: str) -> int:
        status = super()._refusal(generation, prompt)
        self.note_submit(generation, status)
        return status

    def note_submit(self, generation: str, status: int) -> None:
        """Note the status of a submit."""
        self.statuses[generation].append(status)

    async def _submit(self, request: web.Request) -> web.StreamResponse:
        await request.read()  # its sender may be killed during the sleep
        await asyncio.sleep(self._dice.uniform(0, SUBMIT_S))
        answer = await super()._submit(request)
        await asyncio.sleep(self._dice.uniform(0, SUBMIT_S))
        return answer

    async def _show_task(self, request: web.Request) -> web.Response:
        await asyncio.sleep(self._dice.uniform(0, POLL_S))
        return await super()._show_task(request)

    def resubmitted(self) -> list[str]:
        """List the generations that were submitted again although the provider had not refused them."""
        return [
            name for name, refused in self.statuses.items() if any(status not in REFUSALS for status in refused[:-1])
        ]


class Inbox(Receiver):
    """A customer's receiver. It rejects some events once, and accepts every event on its second delivery."""

    def __init__(self, seed: int, owner: int) -> None:
        super().__init__()
        self.events: defaultdict[str, list[Received]] = defaultdict(list)
        self._dice = Random(f"{seed} moods {owner}")

    async def _record(self, request: web.Request) -> None:
        await super()._record(request)
        event = request.headers.get("webhook-id", "")
        latest = next(received for received in reversed(self.received) if received.headers.get("webhook-id") == event)
        if event not in self.events and self._dice.random() < REJECTED_SHARE:
            self.queue_replies(self._dice.choice(REJECTIONS))
        self.events[event].append(latest)
