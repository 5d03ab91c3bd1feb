"""Receipts of generations, from the database, and the days that it has signed."""

import structlog
from msgspec import structs

from gateway.cancel import NOT_FOUND
from gateway.context import GatewayContext
from shared.domain.errors import Refused
from shared.domain.ids import canonical_uuid, generation_id
from shared.domain.receipt import Receipt, SignedDay, receipt_text
from shared.ops.clock import CLOCK
from shared.ops.sealing import SealBroken
from shared.records import read_receipt
from shared.store import generations
from shared.store.receipt_keys import ensure_signing_key

RETRY_S = 2

log = structlog.get_logger()


async def issue_receipt(context: GatewayContext, account: str, given: str) -> Receipt:
    """Return the signed receipt of an account's generation, by its UUID or job id. Raises Refused."""
    name = canonical_uuid(given) or generation_id(given)
    if name is None:
        raise Refused("not_found", NOT_FOUND)
    receipt = await context.history.require(
        lambda connection: read_receipt.read_receipt(connection, account, name, CLOCK.now_ms())
    )
    if receipt is None:
        raise await _refuse(context, account, name)
    try:
        key = await ensure_signing_key(context.store)
    except SealBroken as error:
        log.error("receipts.key_sealed", error=str(error))
        raise Refused("unavailable", "Receipts cannot be signed at the moment. Try again later.") from None
    receipt = structs.replace(receipt, key_id=key.key_id)
    return structs.replace(receipt, signature=key.sign(receipt_text(receipt)))


async def _refuse(context: GatewayContext, account: str, name: str) -> Refused:
    """Return why a generation has no receipt."""
    found = await generations.view(context.store, account, name)
    if found is None:
        return Refused("not_found", NOT_FOUND)
    if found.open:
        return Refused("conflict", "This generation has not ended yet. A receipt is made when it has.")
    return Refused("conflict", "The receipt is not ready yet. Try again.", retry_after_s=RETRY_S)


async def find_signed_day(context: GatewayContext, day: int | None) -> SignedDay | None:
    """Return a signed day, by default the newest. Raises Refused."""
    return await context.history.require(lambda connection: read_receipt.read_signed_day(connection, day))
