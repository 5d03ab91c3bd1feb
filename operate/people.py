"""The first operator of a deployment, and the people of an erased account."""

import secrets
from hashlib import sha256

from shared.domain.people import OPERATOR_LINK_MS
from shared.ops.clock import CLOCK
from shared.records import people
from shared.records.connect import Records
from shared.records.opening import open_existing
from shared.records.people import NOBODY_YET, OPERATOR, SentLink

TOKEN_BYTES = 24


async def make_operator_link(records_url: str, base_url: str) -> str:
    """Return a link that makes its first user the operator, empty if there is one. An earlier link ends.

    Raises RecordsDown, and RecordsUnfit before an archiver has set up the database.
    """
    token, now_ms = secrets.token_urlsafe(TOKEN_BYTES), CLOCK.now_ms()
    hashed = sha256(token.encode()).hexdigest()
    link = SentLink(
        hashed, "op_" + secrets.token_hex(8), OPERATOR, NOBODY_YET, "", "", "", now_ms, now_ms + OPERATOR_LINK_MS
    )
    async with open_existing(records_url) as records, records.write() as connection:
        if await people.find_operator(connection):
            return ""
        await people.add_link(connection, link, now_ms)
    return f"{base_url}/join?token={token}"


async def erase_people(records: Records, account: str) -> int:
    """Erase who belongs to an account, and return the number of people."""
    async with records.write() as connection:
        return await people.erase_people(connection, account)
