"""The caller of the WokGen API, an account or a guest, and the headers with its daily quota."""

import math

from aiohttp import web
from msgspec import Struct

from gateway import auth
from gateway.accept import plan_retired
from gateway.context import CONTEXT, GatewayContext
from gateway.guests import GuestNetwork, guest_account, guest_networks
from shared.domain.key_limits import NO_LIMITS, KeyLimits
from shared.ops import clock
from shared.store import accounts, ledger
from shared.store.ledger import Quota, UnknownPlan

UNLIMITED = "unlimited"


class Caller(Struct, frozen=True, kw_only=True):
    """The account that calls, or a guest's account. A guest has no `key_hash`."""

    account: str
    address: str
    key_hash: str = ""
    networks: tuple[GuestNetwork, ...] = ()  # of a guest, shared with other guests; the smallest first
    limits: KeyLimits = NO_LIMITS  # of the key

    @property
    def guest(self) -> str:
        """Return the guest's account, or an empty text for the holder of a key."""
        return "" if self.key_hash else self.account


async def identify_caller(request: web.Request) -> Caller:
    """Return the caller, a guest if no header has a key. Raises Refused for an inactive key."""
    context = request.app[CONTEXT]
    if auth.presented(request) is not None:
        account, address = await auth.authenticate(request), auth.caller_address(request)
        limits = auth.limits_of(request)
        return Caller(account=account, key_hash=auth.key_hash(request), address=address, limits=limits)
    auth.refuse_key_in_url(request)
    address = auth.caller_address(request)
    networks = guest_networks(address, context.secret)
    return Caller(account=guest_account(address, context.secret), networks=networks, address=address)


async def read_quota(context: GatewayContext, account: str) -> Quota:
    """Return the account's daily quota. Publishes missing plans first. Raises Refused if its plan no longer exists."""
    try:
        return await ledger.read_quota(context.store, account)
    except UnknownPlan:
        await accounts.publish_plans(context.store, context.catalogue.plans.values())
    try:
        return await ledger.read_quota(context.store, account)
    except UnknownPlan as unknown:
        raise plan_retired(unknown) from None


def quota_headers(quota: Quota) -> dict[str, str]:
    """Return the X-RateLimit headers; the reset is in Unix seconds."""
    limited = quota.limit is not None
    return {
        "X-RateLimit-Limit": str(quota.limit) if limited else UNLIMITED,
        "X-RateLimit-Remaining": str(max(quota.limit - quota.used, 0)) if quota.limit is not None else UNLIMITED,
        "X-RateLimit-Reset": str(quota.reset_ms // 1000),
    }


def seconds_left(quota: Quota) -> int:
    """Return the seconds until the quota resets."""
    return max(math.ceil(quota.reset_ms / 1000 - clock.now_s()), 1)
