"""The caller's account and its keys, in WOWFLOW's shape, under /api/v1/account and /api/v1/keys."""

from aiohttp import web

from gateway import auth
from gateway.account_operator import account_operator
from gateway.api.account.bodies import AccountEntry, ChangeAccount, CreateKey, ErasureEntry, KeyEntry, SecurityEntry
from gateway.body import limit_of, read_json
from gateway.context import CONTEXT
from gateway.responses import json_response, list_response
from operate.erasure import request_erasure
from shared.domain.errors import Refused
from shared.domain.events import KEY_CREATED, KEY_REVOKED
from shared.domain.money import MICROS_PER_CENT, cents
from shared.domain.times import rfc3339
from shared.ops import clock, security_log
from shared.store import accounts, security


async def read_account(request: web.Request) -> web.Response:
    """Answer the account."""
    return await _answer_account(request, await auth.authenticate(request))


async def change_account(request: web.Request) -> web.Response:
    """Set the low-balance alert."""
    account = await auth.authenticate(request)
    body, _ = await read_json(request, ChangeAccount)
    await accounts.set_low_balance_alert(request.app[CONTEXT].store, account, body.low_balance_cents * MICROS_PER_CENT)
    return await _answer_account(request, account)


async def erase_account(request: web.Request) -> web.Response:
    """Revoke the account's keys, remove its endpoints, and let the gateways erase the rest."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    if request.query.get("confirm") != account:
        reason = "must be the id of your account, because an erasure cannot be undone."
        raise Refused("invalid_request", reason, field="confirm")
    done = await request_erasure(account_operator(context, account), account)
    entry = ErasureEntry(id=account, requested_at=rfc3339(clock.now_ms()), keys=done.keys, endpoints=done.endpoints)
    return json_response(entry, 202)


async def list_keys(request: web.Request) -> web.Response:
    """Answer the account's active keys."""
    keys = await accounts.list_keys(request.app[CONTEXT].store, await auth.authenticate(request))
    return list_response([_entry(key.id, key.kind, key.hint, key.created_ms) for key in keys])


async def create_key(request: web.Request) -> web.Response:
    """Create a key and answer it, once."""
    store, account = request.app[CONTEXT].store, await auth.authenticate(request)
    body, _ = await read_json(request, CreateKey)
    key_id, secret = await accounts.create_key(store, account, body.kind, auth.key_hash(request))
    security_log.report(KEY_CREATED, account, key_id)
    created = next(key for key in await accounts.list_keys(store, account) if key.id == key_id)
    entry = _entry(created.id, created.kind, created.hint, created.created_ms)
    entry.key = secret
    return json_response(entry, 201)


async def revoke_key(request: web.Request) -> web.Response:
    """Revoke a key."""
    account = await auth.authenticate(request)
    key_id, by = request.match_info["id"], auth.key_hash(request)
    if not await accounts.revoke_key(request.app[CONTEXT].store, account, key_id, by):
        raise Refused("not_found", "Your account has no active key with this id.")
    security_log.report(KEY_REVOKED, account, key_id)
    return web.Response(status=204)


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
            created_at=rfc3339(account.created_ms),
            low_balance_cents=cents(account.low),
        )
    )


def _entry(key_id: str, kind: str, hint: str, created_ms: int) -> KeyEntry:
    return KeyEntry(id=key_id, kind=kind, hint=hint, created_at=rfc3339(created_ms))
