"""A webhook endpoint on loopback, as a customer would write it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

from aiohttp import web
from msgspec import Struct
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from operate.cli.api import Api
from operate.cli.command import Failure

EVENTS_MAX = 100


class Event(Struct, frozen=True):
    """What arrived. `verified`: its signature is good."""

    type: str
    generation: str
    verified: bool


class Receiver:
    """Listens on a free port while it is entered. Set `secret` before the first event."""

    def __init__(self) -> None:
        self.secret = ""
        self.events: list[Event] = []
        self._news = asyncio.Condition()
        app = web.Application()
        app.router.add_post("/hook", self._take)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def wait(self, ids: set[str], limit_s: float) -> list[Event]:
        """The events that arrived, as soon as all of the generations `ids` were told about, at the latest in time."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s), self._news:
                await self._news.wait_for(lambda: ids <= {event.generation for event in self.events})
        return list(self.events)

    async def _take(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            Webhook(self.secret).verify(body, dict(request.headers), json_parse=False)
            verified = True
        except WebhookVerificationError:
            verified = False
        try:
            told = json.loads(body)
            event = Event(str(told["type"]), str(told["id"]), verified)
        except (ValueError, TypeError, KeyError):
            return web.Response(status=400)
        if len(self.events) < EVENTS_MAX:
            self.events.append(event)
        async with self._news:
            self._news.notify_all()
        return web.Response(status=204 if verified else 401)


@asynccontextmanager
async def registered(api: Api, receiver: Receiver) -> AsyncIterator[str | None]:
    """Have the account's events sent to `receiver` meanwhile; yields why the gateway refused that, or None."""
    try:
        made = await api.ask("POST", "/api/v1/webhooks", {"url": receiver.url})
    except Failure as refused:
        yield refused.message
        return
    receiver.secret = made["secret"]
    try:
        yield None
    finally:
        await api.ask("DELETE", f"/api/v1/webhooks/{made['id']}")
