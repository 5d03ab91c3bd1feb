"""Links that are sent by e-mail: each has a random token, works once, and expires. Only its hash is stored."""

import secrets
from hashlib import sha256

from msgspec import Struct

from gateway.context import GatewayContext
from gateway.people.attempts import LINK_ADDRESS, count_address
from gateway.people.database import read_people
from shared.domain.errors import Refused
from shared.domain.people import OPERATOR_LINK_MS
from shared.ops.clock import CLOCK
from shared.records import people
from shared.records.people import SentLink

TOKEN_BYTES, TOKEN_CHARS_MAX = 24, 100
HOUR_MS = 3_600_000
LIVES_MS = {
    people.SIGN_UP: 24 * HOUR_MS,
    people.RESET: HOUR_MS,
    people.INVITATION: 7 * 24 * HOUR_MS,
    people.OPERATOR: OPERATOR_LINK_MS,
}
PAGES = {people.SIGN_UP: "verify", people.RESET: "reset", people.INVITATION: "join", people.OPERATOR: "join"}
EXPIRED = Refused("link_expired", "This link has expired, or was used already. Request a new one.")


class MadeLink(Struct, frozen=True):
    """A new link, and its token, which only its e-mail has."""

    link: SentLink
    token: str

    def url(self, base_url: str) -> str:
        """Return the address that the e-mail names."""
        return f"{base_url}/{PAGES[self.link.purpose]}?token={self.token}"


def make_link(purpose: str, email: str, *, account: str = "", role: str = "", by: str = "") -> MadeLink:
    """Return a new link."""
    token, now_ms = secrets.token_urlsafe(TOKEN_BYTES), CLOCK.now_ms()
    name = "inv_" + secrets.token_hex(8)
    ends_ms = now_ms + LIVES_MS[purpose]
    return MadeLink(SentLink(link_hash(token), name, purpose, email, account, role, by, now_ms, ends_ms), token)


def link_hash(token: str) -> str:
    """Return the hash of a token."""
    return sha256(token.encode()).hexdigest()


async def read_link(context: GatewayContext, token: str, address: str, *purposes: str) -> SentLink:
    """Return the link of a token without using it. Raises Refused: link_expired or rate_limited."""
    await count_address(context, LINK_ADDRESS, address)
    if not token or len(token) > TOKEN_CHARS_MAX:
        raise EXPIRED
    now_ms = CLOCK.now_ms()
    found = await read_people(context.history, lambda one: people.find_link(one, link_hash(token), now_ms))
    if found is None or found.purpose not in purposes:
        raise EXPIRED
    return found
