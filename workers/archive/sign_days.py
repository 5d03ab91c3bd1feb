"""Sign each day that is over: the root of everything that was archived on it. Any number of copies may run."""

import asyncio

import structlog

from shared.domain.errors import StoreDown, StoreError
from shared.ops import metrics, redaction
from shared.ops.clock import CLOCK
from shared.ops.sealing import SealBroken
from shared.records.close_day import Signer, close_days
from shared.records.connect import Records
from shared.records.errors import RecordsDown, RecordsRefused
from shared.store.client import StoreClient
from shared.store.receipt_keys import ensure_signing_key

EVERY_S = 60.0
GRACE_MS = 600_000  # after midnight: records that ended before it are archived first, if nothing is wrong
REASON_CHARS_MAX = 200

log = structlog.get_logger()


async def sign_days_forever(store: StoreClient, records: Records) -> None:
    """Make the key at the first start, and sign days until cancelled. A failure is logged, and tried again."""
    while True:
        try:
            await sign_days(store, records)
        except (StoreDown, StoreError, RecordsDown, RecordsRefused, SealBroken) as error:
            log.warning("receipts.signing_failed", error=redaction.foreign().error(error, REASON_CHARS_MAX))
        await asyncio.sleep(EVERY_S)


async def sign_days(store: StoreClient, records: Records) -> list[int]:
    """Sign every day that is over. Return them. Raises StoreDown, RecordsDown and SealBroken."""
    key = await ensure_signing_key(store)
    now_ms = CLOCK.confirmed_ms()
    if now_ms is None:
        return []
    signed = await close_days(records, Signer(key.key_id, key.sign), now_ms - GRACE_MS)
    for day in signed:
        metrics.RECORDS_DAYS_SIGNED.inc()
        log.info("receipts.day_signed", day=day)
    return signed
