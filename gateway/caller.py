"""Who calls the WokGen API: the account of a key, or a guest by address; and the headers that tell the day's quota."""

import math
import time

from aiohttp import web
from msgspec import Struct

from gateway import auth
from gateway.context import DESK, Desk
from gateway.guests import client_address, guest_account
from shared.domain.errors import Refused
from shared.store import accounts, ledger
from shared.store.ledger import Quota, UnknownPlan

UNLIMITED = "unlimited"


class Caller(Struct, frozen=True, kw_only=True):
    """`account` is an account's or a guest's; `key_hash` is empty for a guest."""

    account: str
    key_hash: str = ""

    @property
    def guest(self) -> str:
        """The guest's account, or empty for the holder of a key."""
        return "" if self.key_hash else self.account


async def caller_of(request: web.Request) -> Caller:
    """The caller. No Authorization header is a guest; a wrong, revoked or malformed key is refused, never a guest."""
    desk = request.app[DESK]
    if "Authorization" in request.headers:
        account = await auth.account_id(request)
        return Caller(account=account, key_hash=auth.key_hash(request))
    forwarded = ",".join(request.headers.getall("X-Forwarded-For", []))
    address = client_address(request.remote or "", forwarded, desk.trusted)
    return Caller(account=guest_account(address))


async def quota_of(desk: Desk, account: str) -> Quota:
    """The account's day; plans that are not in the store are published first. Raises Refused if it has none there."""
    try:
        return await ledger.read_quota(desk.store, account)
    except UnknownPlan:
        await accounts.publish_plans(desk.store, desk.catalogue.plans.values())
    try:
        return await ledger.read_quota(desk.store, account)
    except UnknownPlan as unknown:
        raise Refused("rate_limited", f"The plan {unknown} is not offered any more.", retry_after_s=3600) from None


def headers(quota: Quota) -> dict[str, str]:
    """X-RateLimit-*; the reset in epoch seconds."""
    limited = quota.limit is not None
    return {
        "X-RateLimit-Limit": str(quota.limit) if limited else UNLIMITED,
        "X-RateLimit-Remaining": str(max(quota.limit - quota.used, 0)) if quota.limit is not None else UNLIMITED,
        "X-RateLimit-Reset": str(quota.reset_ms // 1000),
    }


def seconds_left(quota: Quota) -> int:
    """Seconds until the day ends."""
    return max(math.ceil(quota.reset_ms / 1000 - time.time()), 1)
