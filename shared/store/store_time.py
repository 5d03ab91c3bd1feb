"""The store's time: measured over each new connection and then every few seconds."""

import asyncio
import contextlib
import time

import structlog

from shared.domain.errors import StoreDown, StoreError
from shared.ops import metrics
from shared.ops.clock import CLOCK, SKEW_WARN_S
from shared.store.wire import Wire

MEASURE_EVERY_S = 10.0

log = structlog.get_logger()


async def measure_time(wire: Wire) -> None:
    """Measure the store's time, and log it if the machine's own clock goes wrong or is right again.

    Raises StoreDown, StoreError.
    """
    asked_s = time.monotonic()
    seconds, micros = await wire.send("TIME")
    CLOCK.adjust(int(seconds) + int(micros) / 1_000_000, asked_s=asked_s, answered_s=time.monotonic())
    skew_s = CLOCK.skew_s
    metrics.CLOCK_SKEW.set(skew_s)
    if CLOCK.skewed != (abs(skew_s) > SKEW_WARN_S):
        CLOCK.skewed = not CLOCK.skewed
        event = "clock.skewed" if CLOCK.skewed else "clock.corrected"
        log.warning(event, ahead_s=round(skew_s, 3))


async def keep_time(wire: Wire) -> None:
    """Measure the store's time every few seconds for as long as the connection lasts."""
    with contextlib.suppress(StoreDown, StoreError):
        while not wire.closed.done():
            await asyncio.sleep(MEASURE_EVERY_S)
            await measure_time(wire)
