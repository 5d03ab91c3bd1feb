"""Background tasks start again after a crash, and one job's end that cannot be sent does not take others along."""

import asyncio
import contextlib
from typing import Any

import pytest

from shared.domain.errors import StoreDown, StoreError
from shared.ops import background
from shared.ops.background import keep_running
from shared.store.connect import Store
from workers.finish_queue import FINISH_MAX, Finish, FinishQueue


class Odd(Store):
    """A store that fails for certain jobs in the way that they name."""

    def __init__(self) -> None:
        super().__init__("redis://127.0.0.1:1")
        self.sent: list[int] = []

    async def run(self, verb: str, *args: Any, **options: Any) -> list[Any]:
        """Answer a finish, or fail as a job says."""
        await asyncio.sleep(0)
        names = args[2::7]
        self.sent.append(len(names))
        if "odd" in names:
            "\ud83d".encode()
        if "bad" in names:
            raise StoreError("ERR no such script")
        if "away" in names:
            raise StoreDown("away")
        return ["finished", *([1] * len(names) if "short" not in names else [])]


def finish(name: str) -> Finish:
    """Return the end of a job."""
    return Finish(name, "1", b"", "", "", 0, "")


@pytest.mark.parametrize(
    ("name", "others_held"), [("odd", True), ("bad", True), ("away", False), ("short", False), ("fine", True)]
)
async def test_every_job_gets_an_answer(name: str, others_held: bool) -> None:
    """A job that cannot be packed, an error of the store, or a short reply leaves no job waiting."""
    queue = FinishQueue(Odd(), "queue", "token")
    async with asyncio.timeout(5):
        held = await asyncio.gather(*(queue.commit(finish(one)) for one in (name, "a", "b")))
        assert [others_held] * 2 == held[1:]
        assert await queue.commit(finish("later"))


async def test_ends_are_sent_in_batches() -> None:
    """Jobs that end together are sent together, at most FINISH_MAX at once."""
    store = Odd()
    queue = FinishQueue(store, "queue", "token")
    await asyncio.gather(*(queue.commit(finish(str(number))) for number in range(FINISH_MAX + 10)))
    assert [FINISH_MAX, 10] == store.sent


async def test_cancelled_flush_leaves_nobody_waiting() -> None:
    """When the task that sends is cancelled, the jobs of its batch are answered, and later ones are sent."""
    queue = FinishQueue(Odd(), "queue", "token")
    waiting = [asyncio.create_task(queue.commit(finish(str(number)))) for number in range(FINISH_MAX + 1)]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert queue._flusher is not None
    queue._flusher.cancel()
    async with asyncio.timeout(5):
        held = await asyncio.gather(*waiting)
    assert ([False] * FINISH_MAX, True) == (held[:-1], held[-1])


async def test_task_is_started_again_after_a_crash(monkeypatch: pytest.MonkeyPatch) -> None:
    """A task that raises or returns is started again and counted, and one that is cancelled ends."""
    monkeypatch.setattr(background, "RESTART_S", 0.001)
    ran: list[int] = []

    async def work() -> None:
        ran.append(len(ran))
        if len(ran) == 1:
            raise KeyError("odd")
        if len(ran) == 3:
            await asyncio.Event().wait()

    counter = background.metrics.of(background.metrics.TASK_RESTARTS, "test")
    before = counter._value.get()
    task = asyncio.create_task(keep_running("test", work))
    async with asyncio.timeout(5):
        while len(ran) < 3:
            await asyncio.sleep(0.001)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    assert ([0, 1, 2], 2) == (ran, counter._value.get() - before)
