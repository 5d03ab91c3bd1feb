"""Erase prompts and records in the database that are past their retention. Amounts, digests and usage stay."""

import asyncio

import structlog

from shared.domain.times import DAY_MS
from shared.ops import redaction
from shared.ops.clock import CLOCK
from shared.ops.settings import Settings
from shared.records.connect import Records
from shared.records.erase import BATCH, clean, erase_past
from shared.records.errors import RecordsDown, RecordsRefused

EVERY_S = 3600.0
REASON_CHARS_MAX = 200

log = structlog.get_logger()


async def erase_past_forever(records: Records, config: Settings) -> None:
    """Erase each hour until cancelled. A failure is logged, and tried again."""
    while True:
        now_ms = CLOCK.confirmed_ms()
        try:
            if now_ms is not None:
                await erase_expired(records, config, now_ms)
        except (RecordsDown, RecordsRefused) as error:
            log.warning("records.retention_failed", error=redaction.foreign().error(error, REASON_CHARS_MAX))
        await asyncio.sleep(EVERY_S if now_ms is not None else 1.0)


async def erase_expired(records: Records, config: Settings, now_ms: int) -> int:
    """Erase everything that is past its retention. Return the number of rows. Raises RecordsDown."""
    erased = 0
    for name, columns, days in (
        ("generations", ("prompt", "metadata"), config.prompt_retention_days),
        ("generations", ("record", "prompt", "metadata"), config.record_retention_days),
        ("deliveries", ("record",), config.record_retention_days),
    ):
        count = BATCH
        while count == BATCH:
            count = await erase_past(records, name, columns, now_ms - days * DAY_MS)
            erased += count
    if erased:
        log.info("records.erased", rows=erased)
        await clean(records)
    return erased
