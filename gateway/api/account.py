"""The account that a key speaks for, and its keys. In WOWFLOW's shape, under /api/v1/account and /api/v1/keys."""

from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType

from gateway import auth
from gateway.body import json_body
from gateway.context import DESK
from shared.domain.errors import Refused
from shared.domain.money import AMOUNT_USD_MAX, MICROS_PER_CENT, cents
from shared.domain.times import rfc3339
from shared.store import accounts


class AccountEntry(Struct, kw_only=True):
    """Who pays, and of which balance it is warned."""

    id: str
    name: str
    plan: str
    created_at: str
    low_balance_cents: int


class ChangeAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of PATCH /api/v1/account."""

    low_balance_cents: Annotated[int, Meta(ge=0, le=100 * AMOUNT_USD_MAX)]


class CreateKey(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/keys."""

    kind: Literal["wowflow", "wokgen"] = "wowflow"


class KeyEntry(Struct, kw_only=True):
    """An active key; the key itself is shown once, when it is made."""

    id: str
    kind: str
    hint: str
    created_at: str
    key: str | UnsetType = UNSET


async def read_account(request: web.Request) -> web.Response:
    """GET /api/v1/account."""
    return await _shown(request, await auth.account_id(request))


async def change_account(request: web.Request) -> web.Response:
    """PATCH /api/v1/account: below which balance it is warned."""
    account = await auth.account_id(request)
    asked, _ = await json_body(request, ChangeAccount)
    await accounts.set_low_balance_alert(request.app[DESK].store, account, asked.low_balance_cents * MICROS_PER_CENT)
    return await _shown(request, account)


async def list_keys(request: web.Request) -> web.Response:
    """GET /api/v1/keys."""
    found = await accounts.list_keys(request.app[DESK].store, await auth.account_id(request))
    return _json({"data": [_entry(key.id, key.kind, key.hint, key.created_ms) for key in found]})


async def create_key(request: web.Request) -> web.Response:
    """POST /api/v1/keys."""
    store, account = request.app[DESK].store, await auth.account_id(request)
    asked, _ = await json_body(request, CreateKey)
    key_id, secret = await accounts.create_key(store, account, asked.kind)
    made = next(key for key in await accounts.list_keys(store, account) if key.id == key_id)
    shown = _entry(made.id, made.kind, made.hint, made.created_ms)
    shown.key = secret
    return _json(shown, 201)


async def revoke_key(request: web.Request) -> web.Response:
    """DELETE /api/v1/keys/{id}."""
    account = await auth.account_id(request)
    if not await accounts.revoke_key(request.app[DESK].store, account, request.match_info["id"]):
        raise Refused("not_found", "Your account has no active key with this id.")
    return web.Response(status=204)


async def _shown(request: web.Request, account_id: str) -> web.Response:
    found = await accounts.find(request.app[DESK].store, account_id)
    if found is None:
        raise Refused("invalid_api_key", "This API key's account is gone.")
    return _json(
        AccountEntry(
            id=found.id,
            name=found.name,
            plan=found.plan,
            created_at=rfc3339(found.created_ms),
            low_balance_cents=cents(found.low),
        )
    )


def _entry(key_id: str, kind: str, hint: str, created_ms: int) -> KeyEntry:
    return KeyEntry(id=key_id, kind=kind, hint=hint, created_at=rfc3339(created_ms))


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
