"""Background tasks: each has one owner, which starts it again after a crash, and says so."""

import asyncio
from collections.abc import Awaitable, Callable

import structlog

from shared.ops import metrics

RESTART_S = 1.0

log = structlog.get_logger()


async def keep_running(name: str, work: Callable[[], Awaitable[object]]) -> None:
    """Run `work`, which should never end, until cancelled. Start it again after it crashed or ended."""
    restarts = metrics.of(metrics.TASK_RESTARTS, name)  # exported from the start
    while True:
        try:
            await work()
            log.error("task.ended", task=name)
        except Exception:
            log.exception("task.crashed", task=name)
        restarts.inc()
        await asyncio.sleep(RESTART_S)
