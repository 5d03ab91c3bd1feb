"""What clients do: order, ask again under the same key when the answer is lost, look, wait, cancel, list."""

import asyncio
import re
import time
from collections import Counter
from random import Random
from typing import Any

import aiohttp
import msgspec
from msgspec import Struct, field, structs

from shared.domain.ids import job_id
from tests.programs.chaos.orders import made_by, request_of
from tests.programs.chaos.plan import WOKGEN_WAIT_S, Plan, Wish

TRIES_MAX = 14
ANSWER_S = 6.0
BACKOFF_S = (0.1, 0.3, 0.6, 1.0, 1.5, 2.0)
LOOKS_MAX = 5
AWAY = (500, 503)
LOST = (aiohttp.ClientError, TimeoutError)
TERMINAL = ("completed", "failed")
PAGES = ("v1/webhooks", "v1/balance", "v1/generations?limit=20", "v1/transactions?limit=20", "v1/models", "jobs")
NUMBERED = re.compile(r"job_[0-9a-f]+|ep_[0-9a-f]+|(?<=/assets/).*")


class Answer(Struct, frozen=True):
    """A response, or what came instead of one: status 0, and whether the request can have been received."""

    status: int
    body: Any = None
    sent: bool = True
    replayed: bool = False


class Story(Struct, kw_only=True):
    """A wish and what became of it, as its client saw it."""

    wish: Wish
    ids: list[str] = field(default_factory=list)  # of every 201
    refused: int = 0  # the status that said no
    tries: int = 0
    looks: int = 0
    statuses: list[str] = field(default_factory=list)
    canceled: int = 0  # the status that answered the cancel
    faults: list[str] = field(default_factory=list)

    @property
    def outcome(self) -> str:
        """accepted, refused, or unknown: it never got an answer that says."""
        return "accepted" if self.ids else "refused" if self.refused else "unknown"


class Clients:
    """All clients of a run. `keys` are the buyers' API keys, `urls` the gateways."""

    def __init__(self, plan: Plan, urls: list[str], keys: list[str]) -> None:
        self.plan, self.urls, self.keys = plan, urls, keys
        self.stories: list[Story] = []
        self.answers: Counter[str] = Counter()  # by call and status
        self.faults: list[str] = []
        self._session: aiohttp.ClientSession | None = None

    async def run(self) -> None:
        """Make every wish at its time; done when each client knows what became of it, or has given up."""
        started_s = time.monotonic()
        connector = aiohttp.TCPConnector(limit=0)
        async with aiohttp.ClientSession(connector=connector) as self._session, asyncio.TaskGroup() as tasks:
            for wish in self.plan.wishes:
                await asyncio.sleep(max(started_s + wish.at_s - time.monotonic(), 0))
                story = Story(wish=wish)
                self.stories.append(story)
                tasks.create_task(self._live(story))

    async def replay(self, stories: list[Story]) -> None:
        """Ask for accepted wishes once more, under their keys."""
        async with aiohttp.ClientSession() as self._session:
            for story in stories:
                again = Story(wish=structs.replace(story.wish, wait_s=0))
                await self._submit(again, story.wish.number)
                story.ids += again.ids
                if not again.ids:
                    story.faults.append(f"asked for again under its key, it was answered {again.refused or 'never'}")

    async def _live(self, story: Story) -> None:
        wish, dice = story.wish, Random(f"{self.plan.seed} client {story.wish.number}")
        first = dice.randrange(len(self.urls))
        copies = 2 if wish.twin else 1
        await asyncio.gather(*(self._submit(story, first + copy) for copy in range(copies)))
        if dice.random() < 0.15:
            await self._browse(wish, dice)
        if story.ids and wish.cancel_after_s is not None:
            await asyncio.sleep(wish.cancel_after_s)
            job = f"/api/jobs/{job_id(story.ids[0])}/cancel"
            how = ("POST", job) if wish.call else ("DELETE", f"/api/v1/generations?id={story.ids[0]}")
            answer = await self._ask(*how, wish.buyer, dice.randrange(2))
            story.canceled = answer.status
        if story.ids:
            await self._watch(story, dice)

    async def _submit(self, story: Story, gateway: int) -> None:
        """As a careful client does it: without an Idempotency-Key, only what surely never arrived is sent again."""
        wish = story.wish
        path, order = request_of(wish)
        headers = {"Idempotency-Key": wish.key} if wish.key else {}
        if wish.wait_s and not wish.call:
            headers["Prefer"] = f"wait={wish.wait_s}"
        wait_s = (0 if wish.detached else WOKGEN_WAIT_S) if wish.call else wish.wait_s
        for attempt in range(TRIES_MAX):
            story.tries += 1
            answer = await self._ask(
                "POST",
                path,
                wish.buyer,
                gateway + attempt,
                order=order,
                headers=headers,
                wait_s=wait_s,
            )
            made = made_by(wish, answer.status, answer.body)
            if made is not None:
                story.ids.append(made)
                return
            if answer.status and answer.status not in AWAY:
                story.refused = answer.status
                return
            if not wish.key and answer.sent:
                return
            await asyncio.sleep(BACKOFF_S[min(attempt, len(BACKOFF_S) - 1)])

    async def _watch(self, story: Story, dice: Random) -> None:
        """Look until it has ended, or often enough: what has ended stays as it is, and nothing disappears."""
        for _ in range(LOOKS_MAX):
            await asyncio.sleep(dice.uniform(0.2, 2.5))
            job = f"/api/jobs/{job_id(story.ids[0])}"
            path = job if story.wish.call else f"/api/v1/generations?id={story.ids[0]}"
            answer = await self._ask("GET", path, story.wish.buyer, dice.randrange(2))
            story.looks += 1
            if answer.status == 404:
                story.faults.append("vanished")
            if answer.status != 200:
                continue
            status = answer.body["status"]
            if story.statuses and story.statuses[-1] in TERMINAL and story.statuses[-1] != status:
                story.faults.append(f"was {story.statuses[-1]}, is {status}")
            story.statuses.append(status)
            if status in TERMINAL and dice.random() < 0.7:
                await self._fetch(story, answer.body, dice)
                return

    async def _fetch(self, story: Story, told: dict[str, Any], dice: Random) -> None:
        """What was made is there, from whichever gateway."""
        url = told.get("result_url") or told.get("imageUrl") or told.get("audioUrl")
        if url and dice.random() < 0.3:
            answer = await self._ask(
                "GET", f"/assets/{url.partition('/assets/')[2]}", story.wish.buyer, dice.randrange(2)
            )
            if answer.status in (403, 404) or (answer.status == 200 and not answer.body):
                story.faults.append(f"its output is gone: {answer.status}")

    async def _browse(self, wish: Wish, dice: Random) -> None:
        path = dice.choice(PAGES)
        answer = await self._ask("GET", f"/api/{path}", wish.buyer, dice.randrange(2))
        if path == PAGES[0]:
            await self._subscribe(wish, dice)
        if path == "v1/balance" and answer.status == 200:
            have = answer.body
            if have["balance_cents"] != have["total_topup_cents"] - have["total_spent_cents"]:
                self.faults.append(f"a balance that does not add up: {have}")
            if have["balance_cents"] < 0:
                self.faults.append(f"a balance below zero: {have}")

    async def _subscribe(self, wish: Wish, dice: Random) -> None:
        """An endpoint comes and goes; it wants nothing that happens here."""
        wanted = {"url": "http://127.0.0.1:9/", "events": ["endpoint.disabled"]}
        answer = await self._ask("POST", "/api/v1/webhooks", wish.buyer, dice.randrange(2), order=wanted)
        if answer.status == 201:
            await self._ask("DELETE", f"/api/v1/webhooks/{answer.body['id']}", wish.buyer, dice.randrange(2))

    async def _ask(
        self,
        method: str,
        path: str,
        buyer: int,
        gateway: int,
        *,
        order: object = None,
        headers: dict[str, str] | None = None,
        wait_s: float = 0,
    ) -> Answer:
        """One request to one gateway; whatever happens is an answer."""
        assert self._session is not None
        try:
            async with self._session.request(
                method,
                self.urls[gateway % len(self.urls)] + path,
                json=order,
                headers={"Authorization": f"Bearer {self.keys[buyer]}", **(headers or {})},
                timeout=aiohttp.ClientTimeout(total=ANSWER_S + wait_s),
            ) as response:
                raw = await response.read()
                replayed = "Idempotent-Replayed" in response.headers
                body = msgspec.json.decode(raw) if raw and response.content_type == "application/json" else raw
                answer = Answer(response.status, body, replayed=replayed)
        except aiohttp.ClientConnectorError:
            answer = Answer(0, sent=False)
        except LOST:
            answer = Answer(0)
        name = f"{method} {NUMBERED.sub('_', path.partition('?')[0]).removeprefix('/api/')}"
        self.answers[f"{name} {answer.status or ('lost' if answer.sent else 'not reached')}"] += 1
        if answer.status == 500:
            self.faults.append(f"{name} was answered 500: {answer.body}")
        return answer
