"""A webhook endpoint on loopback, as a customer would write it."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Self

from aiohttp import web
from msgspec import Struct
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from operate.cli.api import ApiClient
from operate.cli.command import Failure

EVENTS_MAX = 100


class Event(Struct, frozen=True):
    """A received event. `verified` is true if its signature is valid."""

    type: str
    generation: str
    verified: bool


class Receiver:
    """An endpoint that listens on a free port within its `async with`. Set `secret` before the first event."""

    def __init__(self) -> None:
        self.secret = ""
        self.events: list[Event] = []
        self._arrived = asyncio.Condition()
        app = web.Application()
        app.router.add_post("/hook", self._receive)
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1)

    async def __aenter__(self) -> Self:
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", 0).start()
        return self

    async def __aexit__(self, *exc: object) -> None:
        await self._runner.cleanup()

    @property
    def url(self) -> str:
        """Return the URL that the endpoint listens on."""
        return f"http://127.0.0.1:{self._runner.addresses[0][1]}/hook"

    async def wait(self, ids: set[str], limit_s: float) -> list[Event]:
        """Return the received events once every generation of `ids` has one, at the latest after `limit_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(limit_s), self._arrived:
                await self._arrived.wait_for(lambda: ids <= {event.generation for event in self.events})
        return list(self.events)

    async def _receive(self, request: web.Request) -> web.Response:
        body = await request.read()
        try:
            Webhook(self.secret).verify(body, dict(request.headers), json_parse=False)
            verified = True
        except WebhookVerificationError:
            verified = False
        try:
            payload = json.loads(body)
            event = Event(str(payload["type"]), str(payload["id"]), verified)
        except (ValueError, TypeError, KeyError):
            return web.Response(status=400)
        if len(self.events) < EVENTS_MAX:
            self.events.append(event)
        async with self._arrived:
            self._arrived.notify_all()
        return web.Response(status=204 if verified else 401)


@asynccontextmanager
async def register(api: ApiClient, receiver: Receiver) -> AsyncIterator[str | None]:
    """Register `receiver` as a webhook endpoint for the block. Yields the gateway's refusal, or None."""
    try:
        endpoint = await api.request("POST", "/api/v1/webhooks", {"url": receiver.url})
    except Failure as refused:
        yield refused.message
        return
    receiver.secret = endpoint["secret"]
    try:
        yield None
    finally:
        await api.request("DELETE", f"/api/v1/webhooks/{endpoint['id']}")
