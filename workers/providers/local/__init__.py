"""The local provider: every kind, made on this machine without network or key; a seed gives the same again."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import ClassVar

from offline.dice import text_hash
from offline.extras import MissingExtra
from workers.adapters import contract
from workers.adapters.contract import Blob, Call, Done, Pending, Rejected, Retry, Setup
from workers.providers.local import craft
from workers.providers.local.process_pool import Pool, PoolBusy

PROCESSES_MAX = 4
LIMIT_S = 110.0  # waiting for a free process included
SLOW_S_MAX = 60.0


class Adapter(contract.Adapter):
    """Works in processes of its own. The language model has one to itself: it is loaded once, and uses every core."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = LIMIT_S + SLOW_S_MAX + 10.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._hands = Pool(min(os.cpu_count() or 1, PROCESSES_MAX), limit_s=LIMIT_S)
        self._tongue = Pool(1, limit_s=LIMIT_S)

    async def submit(self, call: Call) -> Pending | Done:
        """Do it at once. Model `refuse` always refuses, model `slow` first sleeps `seconds`: to try failures with.

        Raises Rejected for what it cannot do, or when what it needs is not installed; Retry when it is too busy.
        """
        if call.model == "refuse":
            raise Rejected("content_policy", "the model `refuse` refuses every prompt")
        make = self._crafts().get(call.kind)
        if make is None:
            raise Rejected("provider_unavailable", f"the local provider does not serve {call.kind}")
        if call.model == "slow":
            await asyncio.sleep(min(max(craft.number_of(call, "seconds", 5.0), 0.0), SLOW_S_MAX))
        try:
            return await make(call, seed_of(call))
        except ValueError as error:
            raise Rejected("invalid_input", str(error)) from None
        except PoolBusy as busy:
            raise Retry(str(busy), after_s=busy.after_s) from None
        except MissingExtra as missing:
            message = f"the local provider's part for {call.kind} is not installed: {missing}"
            raise Rejected("provider_unavailable", message) from None

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Nothing is ever pending here; making it again gives the same."""
        return await self.submit(call)

    async def close(self) -> None:
        """End the processes, after what they are at."""
        await asyncio.gather(self._hands.close(), self._tongue.close())

    def _crafts(self) -> dict[str, Callable[[Call, int], Awaitable[Done]]]:
        return {
            "image": self._with(self._hands, craft.pictures),
            "video": self._with(self._hands, craft.film),
            "music": self._with(self._hands, craft.music),
            "voice": self._with(self._hands, craft.voice),
            "text": self._with(self._tongue, craft.text),
            "enhance": self._with(self._tongue, craft.enhanced),
            "upscale": self._of_picture(craft.enlarged),
            "interrogate": self._of_picture(craft.seen),
        }

    def _with(self, pool: Pool, make: Callable[[Call, int], Done]) -> Callable[[Call, int], Awaitable[Done]]:
        return lambda call, seed: pool.run(make, call, seed)

    def _of_picture(self, make: Callable[[Call, bytes], Done]) -> Callable[[Call, int], Awaitable[Done]]:
        async def run(call: Call, _: int) -> Done:
            picture: Blob = await self.setup.fetch(str(call.input.get("image_url") or ""))
            return await self._hands.run(make, call, picture.data)

        return run


def seed_of(call: Call) -> int:
    """The caller's seed, or one of 31 bits that belongs to this generation."""
    given = call.input.get("seed")
    return given if isinstance(given, int) else text_hash(call.generation_id) % 2**31
