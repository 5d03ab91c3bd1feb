"""A hostile tenant: it sends from an address of its own whatever is dear, odd or endless."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import asynccontextmanager, suppress
from itertools import count

from tests.programs.hostile.attacks import Attack, Attacks
from tests.programs.hostile.schedule import sleep_until
from tests.programs.hostile.wire import Wire

ADDRESS, PROXY = "127.0.0.2", "127.0.0.3"  # the second one may be trusted as a proxy
LOST = (OSError, EOFError, TimeoutError)
RESPONSE_S = 20.0
OPEN_MAX = 100  # requests of one kind without a response; more are not sent


class HostileTenant:
    """`run` sends until it is cancelled. `responses` counts what came back, by name and status.

    `provider` is the one of images and voices.
    """

    def __init__(self, url: str, key: str, provider: str = "auto") -> None:
        self.responses: Counter[str] = Counter()
        self._open: Counter[str] = Counter()
        self._attacks = Attacks(key, provider)
        self._port = int(url.rpartition(":")[2])
        self._own, self._proxy = Wire(self._port, ADDRESS), Wire(self._port, PROXY)

    def prepare(self, attacks: Iterable[Attack]) -> None:
        """Make the requests of attacks, which takes seconds for all."""
        for attack in attacks:
            attack(self._attacks)

    @asynccontextmanager
    async def run_attack(self, paces: Mapping[Attack, float], idle: int) -> AsyncIterator[None]:
        """Run an attack during the block."""
        running = asyncio.create_task(self.run(paces, idle))
        try:
            yield
            assert not running.done(), "the attack ended early"
        finally:
            running.cancel()
            with suppress(asyncio.CancelledError):
                await running

    async def run(self, paces: Mapping[Attack, float], idle: int) -> None:
        """Send every attack at its pace, per second, and hold `idle` connections."""
        try:
            async with asyncio.TaskGroup() as tasks:
                for _ in range(idle):
                    tasks.create_task(self._hold_idle())
                for attack, per_s in paces.items():
                    tasks.create_task(self._repeat(attack, per_s))
        finally:
            self._own.close()
            self._proxy.close()

    async def _repeat(self, attack: Attack, per_s: float) -> None:
        began_s = asyncio.get_running_loop().time()
        wire = self._proxy if attack is Attacks.guest else self._own
        async with asyncio.TaskGroup() as tasks:
            for number in count():
                await sleep_until(began_s + number / per_s)
                if self._open[attack.__name__] < OPEN_MAX:
                    tasks.create_task(self._send(wire, attack.__name__, attack(self._attacks)))

    async def _send(self, wire: Wire, name: str, request: bytes) -> None:
        status = "lost"
        self._open[name] += 1
        try:
            async with asyncio.timeout(RESPONSE_S):
                status = str(await wire.send(request))
        except LOST:
            pass
        finally:
            self._open[name] -= 1
            self.responses[f"{name} {status}"] += 1

    async def _hold_idle(self) -> None:
        """Open connections, send half a request line, and wait until the gateway closes."""
        while True:
            with suppress(OSError):
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port, local_addr=(ADDRESS, 0))
                try:
                    writer.write(b"GET /healthz HT")
                    await reader.read()
                finally:
                    writer.close()
            self.responses["idle closed"] += 1
            await asyncio.sleep(1)
