"""The calls of the admin API on API keys of accounts."""

from aiohttp import web

from gateway.api.account.key_bodies import ChangeKey, CreateKey, RotateKey
from gateway.body import read_json
from gateway.responses import json_response, list_response
from operate import account_keys
from operate.operator import Operator


async def create_key(request: web.Request, operator: Operator) -> web.Response:
    """Create a key and answer it, once."""
    body, _ = await read_json(request, CreateKey)
    (name, limits), account = body.read(), request.match_info["account"]
    made = await account_keys.create_key(operator, account, body.kind, name=name, limits=limits, caps=body.caps)
    return json_response(made, 201)


async def list_keys(request: web.Request, operator: Operator) -> web.Response:
    """Answer an account's active keys."""
    return list_response(await account_keys.list_keys(operator, request.match_info["account"]))


async def change_key(request: web.Request, operator: Operator) -> web.Response:
    """Change a key."""
    body, match = (await read_json(request, ChangeKey))[0], request.match_info
    key = await account_keys.find_key(operator, match["account"], match["key"])
    name, limits = body.read(key)
    changed = await account_keys.change_key(
        operator, match["account"], key, name=name, limits=limits, caps=body.caps_of(key), fresh=body.reset_spent
    )
    return json_response(changed)


async def rotate_key(request: web.Request, operator: Operator) -> web.Response:
    """Create a key that replaces another, and answer it, once."""
    body, match = (await read_json(request, RotateKey))[0], request.match_info
    return json_response(await account_keys.rotate_key(operator, match["account"], match["key"], body.overlap_s), 201)


async def revoke_key(request: web.Request, operator: Operator) -> web.Response:
    """Revoke a key."""
    match = request.match_info
    return json_response(await account_keys.revoke_key(operator, match["account"], match["key"]))
