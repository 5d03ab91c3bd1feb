"""The local provider: generates every kind on this machine, without a network or an API key."""

import asyncio
import os
from collections.abc import Awaitable, Callable
from typing import ClassVar

from offline.dice import text_hash
from offline.extras import MissingExtra
from workers.adapters import contract
from workers.adapters.contract import Blob, Call, Done, Pending, Rejected, Retry, Setup
from workers.providers.local import craft
from workers.providers.local.process_pool import ProcessPool, ProcessPoolBusy

PROCESSES_MAX = 4
PROCESS_LIMIT_S = 110.0  # includes the wait for a free process
SLEEP_S_MAX = 60.0


class Adapter(contract.Adapter):
    """Runs the models in child processes.

    The language model has a process of its own: it is loaded once, and other work does not wait for it.
    """

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = PROCESS_LIMIT_S + SLEEP_S_MAX + 10.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._media_pool = ProcessPool(min(os.cpu_count() or 1, PROCESSES_MAX), limit_s=PROCESS_LIMIT_S)
        self._language_pool = ProcessPool(1, limit_s=PROCESS_LIMIT_S)

    async def submit(self, call: Call) -> Pending | Done:
        """Generate the result at once.

        Two models exist to try failures with: `refuse` rejects every prompt, and `slow` first sleeps for `seconds`.
        Raises Rejected for invalid input or a missing package, and Retry when every process is busy.
        """
        if call.model == "refuse":
            raise Rejected("content_policy", "The model `refuse` rejects every prompt. Choose another model.")
        generate = self._generators().get(call.kind)
        if generate is None:
            raise Rejected("provider_unavailable", f"The local provider does not serve {call.kind}.")
        try:
            if call.model == "slow":
                await asyncio.sleep(min(max(craft.read_number(call, "seconds", 5.0), 0.0), SLEEP_S_MAX))
            return await generate(call, seed_of(call))
        except ValueError as error:
            raise Rejected("invalid_input", str(error)) from None
        except ProcessPoolBusy as busy:
            raise Retry(str(busy), after_s=busy.after_s) from None
        except MissingExtra as missing:
            message = f"The local provider cannot serve {call.kind}: a package is missing. Run: {missing}"
            raise Rejected("provider_unavailable", message) from None

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Generate again: no task of this provider is ever pending, and the same call gives the same result."""
        return await self.submit(call)

    async def close(self) -> None:
        """Wait for the running work, then end the processes."""
        await asyncio.gather(self._media_pool.close(), self._language_pool.close())

    def _generators(self) -> dict[str, Callable[[Call, int], Awaitable[Done]]]:
        return {
            "image": self._run_in(self._media_pool, craft.make_images),
            "video": self._run_in(self._media_pool, craft.make_video),
            "music": self._run_in(self._media_pool, craft.make_music),
            "voice": self._run_in(self._media_pool, craft.make_speech),
            "text": self._run_in(self._language_pool, craft.make_text),
            "enhance": self._run_in(self._language_pool, craft.make_prompts),
            "upscale": self._run_on_image(craft.make_upscaled),
            "interrogate": self._run_on_image(craft.make_description),
        }

    def _run_in(self, pool: ProcessPool, make: Callable[[Call, int], Done]) -> Callable[[Call, int], Awaitable[Done]]:
        return lambda call, seed: pool.run(make, call, seed)

    def _run_on_image(self, make: Callable[[Call, bytes], Done]) -> Callable[[Call, int], Awaitable[Done]]:
        async def run(call: Call, _: int) -> Done:
            image: Blob = await self.setup.fetch(str(call.input.get("image_url") or ""))
            return await self._media_pool.run(make, call, image.data)

        return run


def seed_of(call: Call) -> int:
    """Return the caller's seed, or 31 bits derived from the generation's id."""
    seed = call.input.get("seed")
    return seed if isinstance(seed, int) else text_hash(call.generation_id) % 2**31
