"""A hostile tenant: it sends from an address of its own whatever is dear, odd or endless."""

import asyncio
import base64
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count

import aiohttp

from tests.harness.doubles.provider import a_png
from tests.harness.factories import Customer

ADDRESS = ("127.0.0.2", 0)
LOST = (aiohttp.ClientError, TimeoutError)
DEAD_ENDPOINTS = 10
IMAGE_BYTES = 700_000  # below the bound of a body as base64
IMAGE_PX = 4096
IDLE = 50
BOMB_BYTES = 800_000


class HostileTenant:
    """`run` sends until it is cancelled. `responses` counts what came back, by name and status."""

    def __init__(self, url: str, customer: Customer) -> None:
        self.url, self.customer = url, customer
        self.responses: Counter[str] = Counter()
        self._numbers = count()
        square = a_png(IMAGE_PX, IMAGE_PX)
        padded = a_png() + bytes(IMAGE_BYTES)
        self._images = [f"data:image/png;base64,{base64.b64encode(data).decode()}" for data in (square, padded)]
        self._attacks: dict[Callable[[aiohttp.ClientSession], Awaitable[None]], float] = {
            self.order_forbidden: 10.0,
            self.order_heavy: 4.0,
            self.order_with_long_key: 4.0,
            self.order_as_guest: 5.0,
            self.list_everything: 6.0,
            self.read_document: 20.0,
            self.try_key: 30.0,
            self.send_zeros: 2.0,
        }

    async def run(self) -> None:
        """Send every attack at its pace, and hold idle connections."""
        connector = aiohttp.TCPConnector(limit=0, local_addr=ADDRESS)
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, asyncio.TaskGroup() as tasks:
            for _ in range(IDLE):
                tasks.create_task(self.hold_idle())
            for attack, per_s in self._attacks.items():
                tasks.create_task(self._repeat(session, attack, per_s))

    async def _repeat(
        self, session: aiohttp.ClientSession, attack: Callable[[aiohttp.ClientSession], Awaitable[None]], per_s: float
    ) -> None:
        started_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in count():
                await asyncio.sleep(max(started_s + number / per_s - time.monotonic(), 0))
                tasks.create_task(attack(session))  # type: ignore[arg-type]

    async def _send(self, session: aiohttp.ClientSession, name: str, method: str, path: str, **options: object) -> None:
        status = "lost"
        with suppress(*LOST):
            async with session.request(method, self.url + path, **options) as response:  # type: ignore[arg-type]
                await response.read()
                status = str(response.status)
        self.responses[f"{name} {status}"] += 1

    @property
    def _key(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.customer.key}"}

    async def order_forbidden(self, session: aiohttp.ClientSession) -> None:
        """Order a model that its provider forbids; the end goes to ten endpoints that never answer."""
        body = {"model": "chaos/odd-forbidden", "prompt": f"hostile {next(self._numbers)}"}
        await self._send(session, "forbidden", "POST", "/api/v1/generations", json=body, headers=self._key)

    async def order_heavy(self, session: aiohttp.ClientSession) -> None:
        """Order with an image that is large in pixels or in bytes. The double reads its header alone."""
        body = {"imageUrl": self._images[next(self._numbers) % 2], "async": True}
        await self._send(session, "heavy", "POST", "/api/tools/interrogate", json=body, headers=self._key)

    async def order_with_long_key(self, session: aiohttp.ClientSession) -> None:
        """Send an image with an Idempotency-Key that is too long."""
        body = {"imageUrl": self._images[1], "async": True}
        headers = {**self._key, "Idempotency-Key": "x" * 256}
        await self._send(session, "long key", "POST", "/api/tools/interrogate", json=body, headers=headers)

    async def order_as_guest(self, session: aiohttp.ClientSession) -> None:
        """Order a paid provider without a key."""
        body = {"prompt": f"hostile {next(self._numbers)}", "provider": "paid", "async": True}
        await self._send(session, "guest", "POST", "/api/generate", json=body)

    async def list_everything(self, session: aiohttp.ClientSession) -> None:
        """Read a long list."""
        await self._send(session, "list", "GET", "/api/v1/generations?limit=100", headers=self._key)

    async def read_document(self, session: aiohttp.ClientSession) -> None:
        """Read the largest document."""
        await self._send(session, "document", "GET", "/openapi.json")

    async def try_key(self, session: aiohttp.ClientSession) -> None:
        """Try a key that does not exist."""
        headers = {"Authorization": f"Bearer wok_{next(self._numbers)}"}
        await self._send(session, "bad key", "GET", "/api/v1/balance", headers=headers)

    async def send_zeros(self, session: aiohttp.ClientSession) -> None:
        """Send a large body to a page that needs none."""
        await self._send(session, "zeros", "POST", "/healthz", data=bytes(BOMB_BYTES))

    async def hold_idle(self) -> None:
        """Open connections, send half a request line, and wait until the gateway closes."""
        port = int(self.url.rpartition(":")[2])
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=ADDRESS)
                writer.write(b"GET /healthz HT")
                await reader.read()
                writer.close()
            self.responses["idle closed"] += 1
            await asyncio.sleep(1)
