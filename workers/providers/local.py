"""The local provider: pictures and films by our own artist, without network or key; a seed repeats its bytes."""

import asyncio
import io
import os
import signal
import threading
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing import get_context, parent_process
from typing import ClassVar

from workers.artist.film import frame_count, shoot
from workers.artist.noise import number
from workers.artist.picture import paint
from workers.providers import contract
from workers.providers.contract import Blob, Call, Done, Down, Pending, Rejected, Retry, Setup

PROCESSES_MAX = 4
PAINT_LIMIT_S = 110.0  # waiting for a free process included
SLOW_S_MAX = 60.0
FPS = 24


class Adapter(contract.Adapter):
    """Paints in processes of its own, so that the worker's event loop keeps renewing its leases."""

    repeatable: ClassVar[bool] = True
    submit_limit_s: ClassVar[float] = PAINT_LIMIT_S + SLOW_S_MAX + 10.0

    def __init__(self, setup: Setup) -> None:
        super().__init__(setup)
        self._pool: ProcessPoolExecutor | None = None

    async def submit(self, call: Call) -> Pending | Done:
        """Paint at once. Model `refuse` always refuses, model `slow` first sleeps `seconds`: to try failures with.

        Raises Rejected for a size or length it cannot do, Down for a kind it does not serve, Retry when it is too busy.
        """
        if call.model == "refuse":
            raise Rejected("content_policy", "the model `refuse` refuses every prompt")
        if call.kind not in ("image", "video"):
            raise Down(f"the local provider does not serve {call.kind}")
        if call.model == "slow":
            await asyncio.sleep(min(max(_number(call, "seconds", 5.0), 0.0), SLOW_S_MAX))
        try:
            return await (self._picture(call) if call.kind == "image" else self._film(call))
        except ValueError as error:
            raise Rejected("invalid_input", str(error)) from None

    async def check(self, call: Call, ref: str) -> Pending | Done:
        """Nothing is ever pending here; painting again gives the same."""
        return await self.submit(call)

    async def close(self) -> None:
        """Let the processes finish what they are painting, and end them."""
        pool, self._pool = self._pool, None
        if pool:
            await asyncio.to_thread(pool.shutdown, wait=True, cancel_futures=True)

    async def _picture(self, call: Call) -> Done:
        width, height, seed = _whole(call, "width"), _whole(call, "height"), _seed(call)
        style = " ".join(str(call.input[name]) for name in ("style", "mode") if call.input.get(name))
        data = await self._run(_png, call.prompt, seed, width, height, style)
        return Done(outputs=(Blob(data, "image/png"),), facts={"width": width, "height": height, "seed": seed})

    async def _film(self, call: Call) -> Done:
        width, height, seed = _whole(call, "width"), _whole(call, "height"), _seed(call)
        seconds = _number(call, "seconds", 5.0)
        data = await self._run(shoot, call.prompt, seed, width, height, seconds, FPS)
        facts: dict[str, object] = {
            "width": width - width % 2,
            "height": height - height % 2,
            "seed": seed,
            "duration_ms": round(frame_count(seconds, FPS) * 1000 / FPS),
        }
        return Done(outputs=(Blob(data, "video/mp4"),), facts=facts)

    async def _run(self, work: Callable[..., bytes], *arguments: object) -> bytes:
        """Do the work in a process. One that died (out of memory, killed) is replaced once before we give up."""
        for _ in range(2):
            pool = self._pool = self._pool or _new_pool()
            try:
                async with asyncio.timeout(PAINT_LIMIT_S):
                    return await asyncio.get_running_loop().run_in_executor(pool, work, *arguments)
            except BrokenProcessPool:
                # Every call waiting on this pool comes here; only the first may throw it away.
                if self._pool is pool:
                    self._pool = None
                pool.shutdown(wait=False)
            except TimeoutError:
                raise Retry("every painter is busy", after_s=5.0) from None
        raise Retry("the painting process died twice", after_s=10.0)


def _new_pool() -> ProcessPoolExecutor:
    # Spawned, not forked: a fork would copy the event loop's sockets and whatever locks other threads hold.
    processes = min(os.cpu_count() or 1, PROCESSES_MAX)
    return ProcessPoolExecutor(processes, mp_context=get_context("spawn"), initializer=_settle_in)


def _settle_in() -> None:
    """In a painting process: Ctrl-C is the parent's business, its end is ours too, and its event loop goes first."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.nice(5)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = parent_process()
    if parent:
        parent.join()
        os._exit(1)


def _png(prompt: str, seed: int, width: int, height: int, style: str) -> bytes:
    buffer = io.BytesIO()
    paint(prompt, seed, width, height, style).save(buffer, "PNG", compress_level=4)
    return buffer.getvalue()


def _seed(call: Call) -> int:
    """The caller's seed, or one of 31 bits that belongs to this generation."""
    given = call.input.get("seed")
    return given if isinstance(given, int) else number(call.generation_id) % 2**31


def _whole(call: Call, name: str) -> int:
    value = call.input.get(name)
    if not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number")
    return value


def _number(call: Call, name: str, default: float) -> float:
    value = call.input.get(name, default)
    if not isinstance(value, int | float):
        raise Rejected("invalid_input", f"{name} must be a number")
    return float(value)
