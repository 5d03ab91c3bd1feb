"""A hostile tenant: it sends from an address of its own whatever is dear, odd or endless."""

import asyncio
import base64
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count

import aiohttp

from shared.store import webhooks
from shared.store.connect import Store
from tests.harness.doubles.provider import a_png
from tests.harness.factories import Customer, create_customer

ADDRESS = ("127.0.0.2", 0)
LOST = (aiohttp.ClientError, TimeoutError)
DEAD_ENDPOINTS = 10
IMAGE_BYTES = 700_000  # below the bound of a body as base64
IMAGE_PX = 4096
IDLE = 50
BOMB_BYTES = 800_000


class HostileTenant:
    """`run` sends until it is cancelled. `responses` counts what came back, `hung` the posts to its endpoints."""

    def __init__(self, url: str, customer: Customer) -> None:
        self.url, self.customer = url, customer
        self.endpoints: set[str] = set()
        self.responses: Counter[str] = Counter()  # by name and status
        self.hung = 0
        self._posts: set[asyncio.StreamWriter] = set()
        self._numbers = count()
        square = a_png(IMAGE_PX, IMAGE_PX, mode="L")
        padded = a_png() + bytes(IMAGE_BYTES)
        self._images = [f"data:image/png;base64,{base64.b64encode(data).decode()}" for data in (square, padded)]

    @asynccontextmanager
    async def run_attack(self, attacks: "Mapping[Attack, float]", idle: int) -> AsyncIterator[None]:
        """Run an attack during the block."""
        running = asyncio.create_task(self.run(attacks, idle))
        try:
            yield
            assert not running.done(), "the attack ended early"
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def run(self, attacks: "Mapping[Attack, float]", idle: int) -> None:
        """Send every attack at its pace, per second, and hold `idle` connections."""
        connector = aiohttp.TCPConnector(limit=0, local_addr=ADDRESS)
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(connector=connector, timeout=timeout) as session, asyncio.TaskGroup() as tasks:
            for _ in range(idle):
                tasks.create_task(self.hold_idle())
            for attack, per_s in attacks.items():
                tasks.create_task(self._repeat(session, attack, per_s))

    async def _repeat(self, session: aiohttp.ClientSession, attack: "Attack", per_s: float) -> None:
        started_s = time.monotonic()
        async with asyncio.TaskGroup() as tasks:
            for number in count():
                await asyncio.sleep(max(started_s + number / per_s - time.monotonic(), 0))
                tasks.create_task(attack(self, session))

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
                try:
                    writer.write(b"GET /healthz HT")
                    await reader.read()
                finally:
                    writer.close()
            self.responses["idle closed"] += 1
            await asyncio.sleep(1)

    async def read_forever(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read a post and never answer."""
        self.hung += 1
        self._posts.add(writer)
        with suppress(OSError):
            while await reader.read(65_536):
                pass
        self._posts.discard(writer)
        writer.close()

    def hang_up(self) -> None:
        """Close every post that still waits for its answer."""
        for writer in self._posts:
            writer.transport.abort()


Attack = Callable[[HostileTenant, aiohttp.ClientSession], Coroutine[None, None, None]]
ATTACKS: dict[Attack, float] = {  # with their pace, per second
    HostileTenant.order_forbidden: 10.0,
    HostileTenant.order_heavy: 4.0,
    HostileTenant.order_with_long_key: 4.0,
    HostileTenant.order_as_guest: 5.0,
    HostileTenant.list_everything: 6.0,
    HostileTenant.read_document: 20.0,
    HostileTenant.try_key: 30.0,
    HostileTenant.send_zeros: 2.0,
}


@asynccontextmanager
async def open_tenant(url: str, store: Store) -> AsyncIterator[HostileTenant]:
    """Create a hostile tenant with money, and with ten endpoints that never answer."""
    customer = await create_customer(store, cents=10_000_000, concurrency=10, backlog_max=100)
    tenant = HostileTenant(url, customer)
    async with await asyncio.start_server(tenant.read_forever, "127.0.0.1", 0) as hanging:
        port = hanging.sockets[0].getsockname()[1]
        for number in range(DEAD_ENDPOINTS):
            dead = f"http://127.0.0.1:{port}/{number}"
            tenant.endpoints.add((await webhooks.create_endpoint(store, customer.account, dead)).id)
        try:
            yield tenant
        finally:
            tenant.hang_up()
