"""The database of the records, as the store knows it."""

from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from shared.domain.described import doc
from shared.store import archive


class Forgotten(Struct, frozen=True, kw_only=True):
    """The result of forgetting the database."""

    waiting: Annotated[int, doc("Entries that no archiver had finished.")]
    kept: Annotated[int, doc("Ended records that the database may lack. They expire by retention now.")]


async def forget_database(operator: Operator, keep_ms: int) -> Forgotten:
    """Let the store go on without a database, or begin with another one. Ended records expire after `keep_ms`.

    No archiver may run: it would begin again. Raises StoreDown.
    """
    waiting = await archive.stop_records(operator.act("store forget-database"))
    kept, cursor = 0, b""
    while cursor != b"0":
        cursor, names = await archive.scan_ended(operator.store, cursor or b"0", archive.NEVER_MS)
        await archive.expire(operator.store, [(name, "") for name in names], keep_ms)
        kept += len(names)
    return Forgotten(waiting=waiting, kept=kept)
