"""The caller's account, in WOWFLOW's shape, under /api/v1/account."""

from aiohttp import web
from msgspec import UNSET

from gateway import auth
from gateway.account_operator import account_operator
from gateway.api.account.bodies import AccountEntry, ChangeAccount, ErasureEntry, SecurityEntry
from gateway.api.account.key_bodies import account_caps
from gateway.body import limit_of, read_json
from gateway.context import CONTEXT
from gateway.people.sessions import require_role
from gateway.responses import json_response, list_response
from operate.erasure import request_erasure
from shared.domain.errors import Refused
from shared.domain.key_limits import MORE_THAN_MAKER, NO_LIMITS, SpendCaps
from shared.domain.money import MICROS_PER_CENT, cents
from shared.domain.times import rfc3339
from shared.ops import clock
from shared.store import accounts, security


async def read_account(request: web.Request) -> web.Response:
    """Answer the account."""
    return await _answer_account(request, await auth.authenticate(request))


async def change_account(request: web.Request) -> web.Response:
    """Set the low-balance alert and the spend caps. A key with limits cannot set caps."""
    account, store = await auth.authenticate(request), request.app[CONTEXT].store
    body, _ = await read_json(request, ChangeAccount)
    if (body.spend_caps is not UNSET or body.reset_spent) and auth.limits_of(request) != NO_LIMITS:
        raise MORE_THAN_MAKER
    if body.low_balance_cents is not UNSET:
        await accounts.set_low_balance_alert(store, account, body.low_balance_cents * MICROS_PER_CENT)
    if body.spend_caps is not UNSET:
        caps = SpendCaps() if body.spend_caps is None else body.spend_caps.caps
        await accounts.set_spend_caps(store, account, caps, fresh=body.reset_spent)
    elif body.reset_spent:
        found = await accounts.find(store, account)
        await accounts.set_spend_caps(store, account, found.caps if found else SpendCaps(), fresh=True)
    return await _answer_account(request, account)


async def erase_account(request: web.Request) -> web.Response:
    """Revoke the account's keys, remove its endpoints, and let the gateways erase the rest."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    if auth.limits_of(request) != NO_LIMITS:
        raise MORE_THAN_MAKER
    if auth.is_session(request, auth.presented(request) or ""):
        await require_role(request, "owner")
    if request.query.get("confirm") != account:
        reason = "must be the id of your account, because an erasure cannot be undone."
        raise Refused("invalid_request", reason, field="confirm")
    done = await request_erasure(account_operator(context, account), account)
    entry = ErasureEntry(id=account, requested_at=rfc3339(clock.now_ms()), keys=done.keys, endpoints=done.endpoints)
    return json_response(entry, 202)


async def list_events(request: web.Request) -> web.Response:
    """Answer the account's security events."""
    account = await auth.authenticate(request)
    found = await security.list_events(request.app[CONTEXT].store, account, limit_of(request.query))
    return list_response(
        [
            SecurityEntry(at=rfc3339(one.at_ms), type=one.type, subject=one.subject, detail=one.detail, by=one.by)
            for one in found
        ]
    )


async def _answer_account(request: web.Request, account_id: str) -> web.Response:
    account = await accounts.find(request.app[CONTEXT].store, account_id)
    if account is None:
        raise auth.account_gone()
    return json_response(
        AccountEntry(
            id=account.id,
            name=account.name,
            plan=account.plan,
            state=account.state,
            created_at=rfc3339(account.created_ms),
            low_balance_cents=cents(account.low),
            spend_caps=account_caps(account),
        )
    )
