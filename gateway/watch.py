"""Wait without polling: for the end of a generation, or for news in the feed of an account. Scripts publish both."""

import asyncio
import contextlib
from functools import partial
from secrets import token_hex

from gateway.exchange import EXCHANGE
from shared.domain.generation import Generation
from shared.ops.background import keep_running
from shared.store import generations, keys
from shared.store.connect import Store
from shared.store.listen import listen


class Watch:
    """The generations that requests of this process wait for, or with the channel of the feeds, the accounts.

    `name` is unique to the process. `leaving` is true once the process stops.
    """

    def __init__(self, store: Store, channel: str = "") -> None:
        self.name = "gw-" + token_hex(4)
        self._channel = channel or keys.wake(self.name)
        self._store = store
        self._waiting: dict[str, set[asyncio.Future[None]]] = {}
        self.leaving = False
        self._listener: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Watch":
        hear = partial(
            listen,
            self._store.url,
            self._channel,
            on_message=lambda raw: self._wake(raw.decode()),
            on_gap=self._wake_all,
        )
        self._listener = asyncio.create_task(keep_running("listen", hear))
        return self

    async def __aexit__(self, *exc: object) -> None:
        if self._listener is not None:
            self._listener.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._listener

    @property
    def count(self) -> int:
        """Return the number of generations that requests wait for."""
        return len(self._waiting)

    def release(self) -> None:
        """End every wait, because the process stops. Each request answers the generation as it is."""
        self.leaving = True
        self._wake_all()

    def expect(self, generation_id: str) -> "asyncio.Future[None]":
        """Return a future that is done when the generation may have ended. Call this before the store learns of it."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.setdefault(generation_id, set()).add(future)
        future.add_done_callback(lambda done: self._forget(generation_id, done))
        return future

    async def hold(self, ended: "asyncio.Future[None]", wait_s: float) -> None:
        """Wait until `ended` is done, for at most `wait_s` seconds, or until the client has left."""
        left = EXCHANGE.get().left
        either = [ended] if left is None else [ended, left]
        await asyncio.wait(either, timeout=max(wait_s, 0), return_when=asyncio.FIRST_COMPLETED)

    async def wait_until_ended(self, account: str, generation_id: str, wait_s: float) -> Generation | None:
        """Return the generation when it ends, or after `wait_s` seconds. None if the account has no such generation."""
        left, loop = EXCHANGE.get().left, asyncio.get_running_loop()
        deadline_s = loop.time() + wait_s
        while not self.leaving and loop.time() < deadline_s and not (left is not None and left.done()):
            future = self.expect(generation_id)
            try:
                if not await generations.watch(self._store, generation_id, self.name):
                    break
                await self.hold(future, deadline_s - loop.time())
            finally:
                future.cancel()
        return await generations.view(self._store, account, generation_id)

    def _wake(self, generation_id: str) -> None:
        for future in self._waiting.pop(generation_id, ()):
            if not future.done():
                future.set_result(None)

    def _wake_all(self) -> None:
        """Wake every waiter, because messages may have been missed: each reads its generation again."""
        for generation_id in list(self._waiting):
            self._wake(generation_id)

    def _forget(self, generation_id: str, future: "asyncio.Future[None]") -> None:
        others = self._waiting.get(generation_id)
        if others is not None:
            others.discard(future)
            if not others:
                del self._waiting[generation_id]
