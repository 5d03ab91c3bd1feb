"""Store the uploads of an accepted generation. Until then no worker gets it, for a minute at most.

A gateway that dies in between leaves a generation without its image: a worker finds that, and it is refunded.
"""

import asyncio
from collections.abc import Sequence

import structlog

from gateway.admission.images import Upload
from gateway.context import GatewayContext
from shared.domain.errors import Refused, StoreDown
from shared.domain.generation import FAILED, Outcome
from shared.domain.times import DAY_MS
from shared.ops import metrics, settled
from shared.ops.storage import StorageError
from shared.store import keys, ledger
from shared.store.ledger import Accepted, Order, Settled

STORE_S = 40.0  # less than the script's HOLD_MS
NOT_STORED = Outcome(error_code="upload_failed", error="The image could not be stored.")
TRY_AGAIN = Refused(
    "unavailable", "The image cannot be stored at the moment. You were refunded. Try again.", retry_after_s=5
)

log = structlog.get_logger()


async def store_uploads(context: GatewayContext, order: Order, accepted: Accepted, uploads: Sequence[Upload]) -> None:
    """Store the uploads and let workers have the generation. Raises Refused after a refund if they cannot be stored."""
    try:
        async with asyncio.timeout(STORE_S):
            for upload in uploads:
                await context.storage.put(upload.path, upload.data, upload.media_type)
                metrics.UPLOADED_BYTES.inc(len(upload.data))
    except (StorageError, TimeoutError) as error:
        log.warning("input_image.not_stored", generation=accepted.id, reason=str(error) or "it takes too long")
        await take_back(context, order, accepted)
        raise TRY_AGAIN from None
    try:
        is_open = await ledger.release(context.store, accepted.id)
    except StoreDown as down:  # it is accepted, and a worker gets it when the hold ends
        log.warning("store.unavailable", generation=accepted.id, reason=str(down))
        return
    if not is_open:  # it was canceled meanwhile, and the sweeper may have been here already
        await context.storage.delete([upload.path for upload in uploads])


async def take_back(context: GatewayContext, order: Order, accepted: Accepted) -> None:
    """Refund a generation whose uploads were not stored, and free its Idempotency-Key for another try."""
    keep_ms = context.settings.record_retention_days * DAY_MS
    settlement = await ledger.settle(
        context.store, accepted.id, FAILED, cost_micros=0, outcome=NOT_STORED, unsubmitted_only=True, keep_ms=keep_ms
    )
    if isinstance(settlement, Settled):
        await settled.report_by_id(context.store, accepted.id)
        if order.replay_key:
            await context.store.call("DEL", keys.replay(accepted.account, order.replay_key))
