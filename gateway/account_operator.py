"""Actions of operators that an account requests for itself. The audit names the account."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from functools import partial

import structlog

from gateway.context import GatewayContext
from operate.erasure import erase_requested
from operate.operator import Operator
from shared.domain.errors import Refused, StoreDown, StoreError
from shared.ops import redaction
from shared.ops.background import keep_running
from shared.ops.storage import StorageError
from shared.records.errors import RecordsDown
from shared.store import erase

LOOK_EVERY_S = 2.0
REASON_CHARS_MAX = 200

log = structlog.get_logger()


def account_operator(context: GatewayContext, name: str) -> Operator:
    """Return an operator who acts for an account, or for all that have requested their erasure."""
    return Operator(
        store=context.store,
        who=f"account {name}",
        providers=(),
        plans=context.catalogue.plans,
        base_url=context.settings.base_url,
        records_url=context.settings.records_url,
    )


@contextlib.asynccontextmanager
async def start_erasing(context: GatewayContext) -> AsyncIterator[None]:
    """Erase accounts that have requested it while the block runs, in one of all gateways at a time."""
    task = asyncio.create_task(keep_running("erase_accounts", partial(_erase_forever, context)))
    try:
        yield
    finally:
        task.cancel()
        await asyncio.wait([task])


async def _erase_forever(context: GatewayContext) -> None:
    operator = account_operator(context, "itself")
    while True:
        try:
            if await erase.claim_requests(context.store, LOOK_EVERY_S):
                await erase_requested(operator, context.storage)
        except (StoreDown, StoreError, RecordsDown, StorageError, Refused) as error:
            log.warning("account.erasure_failed", error=redaction.foreign().error(error, REASON_CHARS_MAX))
        await asyncio.sleep(LOOK_EVERY_S)
