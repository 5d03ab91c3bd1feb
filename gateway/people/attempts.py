"""Bounds on attempts: of one address, of one e-mail address, and of everybody. All gateways count together."""

from hashlib import blake2b

from msgspec import Struct

from gateway.context import GatewayContext
from gateway.guests import address_block
from shared.domain.errors import Refused
from shared.store import keys


class Bound(Struct, frozen=True):
    """The most attempts of one kind in a period."""

    name: str
    attempts: int
    period_s: int


SIGN_IN_HERE = Bound("sign-in-here", 10, 900)  # of one e-mail address, from one address
SIGN_IN_EMAIL = Bound("sign-in-email", 50, 3600)  # of one e-mail address, from everywhere
SIGN_IN_ADDRESS = Bound("sign-in-address", 60, 900)  # from one address
SIGN_UP_ADDRESS, SIGN_UP_ALL = Bound("sign-up-address", 10, 3600), Bound("sign-up-all", 1000, 3600)
RESET_ADDRESS = Bound("reset-address", 10, 3600)
LINK_ADDRESS = Bound("link-address", 60, 900)  # tokens of links that one address tries
MAIL = Bound("mail", 5, 3600)  # e-mail of one purpose to one address
INVITE_ACCOUNT = Bound("invite-account", 50, 86_400)


async def count_attempt(context: GatewayContext, bound: Bound, who: str) -> None:
    """Count an attempt. Raises Refused past the bound."""
    left_ms = await _take(context, bound, who)
    if left_ms:
        wait_s = max(left_ms // 1000, 1)
        wait = f"{wait_s} s" if wait_s < 120 else f"{wait_s // 60} minutes"
        raise Refused("rate_limited", f"Too many attempts. Try again in {wait}.", retry_after_s=wait_s)


async def count_mail(context: GatewayContext, purpose: str, email: str) -> None:
    """Count an e-mail. Raises Refused past the bound.

    Each purpose has its own count. So a refused invitation does not show that an address got e-mail of a reset. And a
    flood of sign-ups holds back no reset.
    """
    await count_attempt(context, MAIL, f"{purpose} {email}")


async def take_mail(context: GatewayContext, purpose: str, email: str) -> bool:
    """Count an e-mail, and return whether it is within the bound."""
    return not await _take(context, MAIL, f"{purpose} {email}")


async def count_address(context: GatewayContext, bound: Bound, address: str) -> None:
    """Count an attempt from an address, of IPv6 its /64. Raises Refused past the bound."""
    await count_attempt(context, bound, address_block(address))


async def _take(context: GatewayContext, bound: Bound, who: str) -> int:
    """Count an attempt. Return the ms until the next one is allowed, 0 within the bound."""
    digest = blake2b(who.encode(), key=context.secret, person=b"attempt", digest_size=12).hexdigest()
    name = keys.attempts(bound.name, digest)
    await context.store.call("SET", name, 0, "NX", "PX", bound.period_s * 1000)
    count = await context.store.call("INCR", name)
    if count == 1:  # the counter may have expired between the two, so that INCR made one that stays
        await context.store.call("PEXPIRE", name, bound.period_s * 1000)
    return 0 if count <= bound.attempts else max(int(await context.store.call("PTTL", name)), 1)
