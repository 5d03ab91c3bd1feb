"""Receipts: issue them, verify them, and compare them with the database."""

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Annotated

from msgspec import Struct, structs

from operate.operator import Operator
from shared.domain.described import doc
from shared.domain.errors import Refused
from shared.domain.ids import canonical_uuid, generation_id
from shared.domain.receipt import Receipt, ReceiptInvalid, receipt_text
from shared.ops.clock import CLOCK
from shared.records.compare_receipt import find_change
from shared.records.connect import Records
from shared.records.errors import RecordsDown, RecordsUnfit
from shared.records.opening import open_existing
from shared.records.read_receipt import read_receipt
from shared.store.receipt_keys import ensure_signing_key, list_public_keys, rotate_signing_key

NO_RECORDS = "This deployment has no database (DATABASE_URL=off), so it has no receipts."


class Rotated(Struct, kw_only=True):
    """A new key that signs receipts from now on."""

    id: Annotated[str, doc("The id of the new key.")]


@contextlib.asynccontextmanager
async def open_books(url: str) -> AsyncIterator[Records]:
    """Open the database of the records. Raises Refused without one, or if it cannot be read, also within the block."""
    if not url:
        raise Refused("no_records", NO_RECORDS)
    try:
        async with open_existing(url) as records:
            yield records
    except (RecordsDown, RecordsUnfit) as error:
        raise Refused("records_down", f"The database cannot be read: {error}") from None


async def issue_receipt(operator: Operator, records: Records, given: str) -> Receipt:
    """Return the signed receipt of a generation by its UUID or job_... id. Raises Refused."""
    name = canonical_uuid(given) or generation_id(given) or ""
    async with records.read() as connection:
        receipt = await read_receipt(connection, "", name, CLOCK.now_ms())
    if receipt is None:
        raise Refused("not_found", "The database has no ended generation with this id.")
    key = await ensure_signing_key(operator.store)
    receipt = structs.replace(receipt, key_id=key.key_id)
    return structs.replace(receipt, signature=key.sign(receipt_text(receipt)))


async def read_keys(operator: Operator) -> Mapping[str, bytes]:
    """Return the deployment's public keys by their ids."""
    return {key.id: bytes.fromhex(key.public_key) for key in await list_public_keys(operator.store)}


async def rotate_key(operator: Operator) -> Rotated:
    """Sign with a new key from now on. All earlier public keys stay."""
    return Rotated(id=await rotate_signing_key(operator.act("receipt rotate-key")))


async def compare(records: Records, receipt: Receipt) -> None:
    """Compare a receipt with the database as it is now. Raises ReceiptInvalid if that was changed after the receipt."""
    async with records.read() as connection:
        changed = await find_change(connection, receipt)
    if changed:
        raise ReceiptInvalid(f"The receipt is refused: the database's records of {changed} were changed after it.")
