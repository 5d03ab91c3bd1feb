"""The local provider: generates every kind on this machine, without a network or an API key."""

import asyncio
import os
from typing import Any, ClassVar

import msgspec
from msgspec import structs

from offline.text_hash import text_hash
from offline.vision.limits import SIDE_PX_MAX, check_side, check_upscale
from shared.media.image_header import HEAD_BYTES_MAX, DamagedImage, Size, read_header
from shared.sandbox.pool import Busy, Crashed, InputRefused, Sandbox, TookTooLong, Unavailable
from workers.adapters import contract
from workers.adapters.contract import Call, Done, Pending, Rejected, Retry, Setup
from workers.providers.local.effort import HEAVY_S, estimate_s

TASKS = "workers.providers.local.tasks"
KINDS = ("image", "video", "music", "voice", "text", "enhance", "upscale", "interrogate")
LANGUAGE, ON_IMAGES = ("text", "enhance"), ("upscale", "interrogate")
CHILDREN_MIN, CHILDREN_MAX = 2, 4
WAIT_S = 50.0  # for a free child
LIMIT_S = 60.0  # of a task; its child is killed after it
SLEEP_S_MAX = 60.0
RETRY_S = 5.0
LANGUAGE_MEMORY_BYTES_MAX = 6 << 30  # the address space of a mapped model, not what it uses
MEDIA_MEMORY_BYTES_MAX = 4 << 30
FILE_BYTES_MAX = 64 << 20
TRIES = 2  # a child may die of a full machine; a second death in a row is the input's


class Adapter(contract.Adapter):
    """Runs the models in sandboxes, because prompts and images come from strangers.

    The language model has a child of its own, because it is loaded once. So have voices, because their library is the
    one that strangers' texts have crashed.
    """

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = TRIES * LIMIT_S + WAIT_S + SLEEP_S_MAX + 10.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        children = min(max(os.cpu_count() or 1, CHILDREN_MIN), CHILDREN_MAX)
        self._media = Sandbox(
            TASKS, children=children, memory_bytes_max=MEDIA_MEMORY_BYTES_MAX, file_bytes_max=FILE_BYTES_MAX
        )
        self._language = Sandbox(
            TASKS,
            children=1,
            memory_bytes_max=LANGUAGE_MEMORY_BYTES_MAX,
            file_bytes_max=1,
            listens=True,
            idle_s=None,
        )
        self._voice = Sandbox(TASKS, children=CHILDREN_MIN, memory_bytes_max=MEDIA_MEMORY_BYTES_MAX)

    async def submit(self, call: Call) -> Pending | Done:
        """Generate the result at once.

        Two models exist to try failures with: `refuse` rejects every prompt, and `slow` first sleeps for `seconds`.
        Raises Rejected for invalid input or a missing package, and Retry when every child is busy.
        """
        if call.model == "refuse":
            raise Rejected("content_policy", "The model `refuse` rejects every prompt. Choose another model.")
        if call.kind not in KINDS:
            raise Rejected("provider_unavailable", f"The local provider does not serve {call.kind}.")
        if call.model == "slow":
            await asyncio.sleep(sleep_s(call))
        if call.kind in ON_IMAGES:
            image = await self.setup.fetch(str(call.input.get("image_url") or ""))
            size = checked_size(call, image.data)
            return await self._run(call, image.data, heavy=estimate_s(call, size) > HEAVY_S)
        if call.kind == "video" and call.input.get("image_url"):
            image = await self.setup.fetch(str(call.input["image_url"]))
            return await self._run(call, image.data, heavy=estimate_s(call) > HEAVY_S)
        return await self._run(call, str(seed_of(call)), heavy=estimate_s(call) > HEAVY_S)

    async def poll(self, call: Call, ref: str) -> Pending | Done:
        """Generate again: no task of this provider is ever pending, and the same call gives the same result."""
        return await self.submit(call)

    async def close(self) -> None:
        """End the children at once."""
        await asyncio.gather(self._media.close(), self._language.close(), self._voice.close())

    async def _run(self, call: Call, argument: str | bytes, *, heavy: bool) -> Done:
        plain = msgspec.to_builtins(structs.replace(call, input=without_seed(call.input)))
        sandbox = self._language if call.kind in LANGUAGE else self._voice if call.kind == "voice" else self._media
        for left in reversed(range(TRIES)):
            try:
                reply = await sandbox.run(call.kind, plain, argument, limit_s=LIMIT_S, wait_s=WAIT_S, heavy=heavy)
                return restore_seed(msgspec.convert(reply, Done, builtin_types=(bytes,)), call)
            except InputRefused as refusal:
                raise Rejected("invalid_input", str(refusal)) from None
            except Unavailable as missing:
                message = f"The local provider cannot serve {call.kind}: a package is missing. Run: {missing}"
                raise Rejected("provider_unavailable", message) from None
            except Busy as busy:
                raise Retry(str(busy), after_s=RETRY_S) from None
            except TookTooLong:
                message = f"This took longer than {LIMIT_S:g} s. Order something smaller. You were refunded."
                raise Rejected("timeout", message) from None
            except Crashed:
                if left == 0:
                    break
        raise Rejected("generation_failed", "The local model cannot process this input. You were refunded.")


def checked_size(call: Call, data: bytes) -> Size:
    """Return the width and height of an input image. Raises Rejected for one that is too large to be served.

    An image whose size lies far in its file counts as large, and its decoder checks it.
    """
    try:
        header = read_header(data[:HEAD_BYTES_MAX], len(data))
        if header is None or header.size is None:
            return SIDE_PX_MAX, SIDE_PX_MAX
        if call.kind == "upscale":
            check_upscale(*header.size, 4 if call.input.get("scale") == 4 else 2)
        check_side(*header.size)
    except DamagedImage as error:
        raise Rejected("invalid_input", f"The image cannot be read: it {error}.") from None
    except ValueError as refusal:
        raise Rejected("invalid_input", str(refusal)) from None
    return header.size


def sleep_s(call: Call) -> float:
    """Return for how long the model `slow` sleeps. Raises Rejected for a value that is not a number."""
    seconds: Any = call.input.get("seconds", 5.0)
    if not isinstance(seconds, int | float):
        raise Rejected("invalid_input", "`seconds` must be a number.")
    return min(max(float(seconds), 0.0), SLEEP_S_MAX)


def without_seed(given: dict[str, object]) -> dict[str, object]:
    """Return the input without its seed, which may be too large a number for MessagePack."""
    return {name: value for name, value in given.items() if name != "seed"}


def restore_seed(done: Done, call: Call) -> Done:
    """Return a result whose seed is a number again."""
    return structs.replace(done, facts=done.facts | {"seed": seed_of(call)}) if "seed" in done.facts else done


def seed_of(call: Call) -> int:
    """Return the caller's seed, or 31 bits derived from the generation's id."""
    seed = call.input.get("seed")
    return seed if isinstance(seed, int) else text_hash(call.generation_id) % 2**31
