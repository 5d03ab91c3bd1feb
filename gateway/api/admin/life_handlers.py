"""The calls of the admin API on the life of accounts."""

from aiohttp import web

from gateway.api.admin.bodies import ChangePlan, CloseAccount, RenameAccount, SuspendAccount
from gateway.body import read_json
from gateway.responses import json_response
from operate import account_life
from operate.operator import Operator


async def rename_account(request: web.Request, operator: Operator) -> web.Response:
    """Change an account's name."""
    body, _ = await read_json(request, RenameAccount)
    return json_response(await account_life.rename(operator, request.match_info["account"], body.name))


async def change_plan(request: web.Request, operator: Operator) -> web.Response:
    """Move an account to another plan."""
    body, _ = await read_json(request, ChangePlan)
    return json_response(await account_life.change_plan(operator, request.match_info["account"], body.plan))


async def suspend_account(request: web.Request, operator: Operator) -> web.Response:
    """Refuse an account's orders."""
    body, _ = await read_json(request, SuspendAccount)
    return json_response(await account_life.suspend(operator, request.match_info["account"], body.reason))


async def resume_account(request: web.Request, operator: Operator) -> web.Response:
    """Accept an account's orders again."""
    return json_response(await account_life.resume(operator, request.match_info["account"]))


async def close_account(request: web.Request, operator: Operator) -> web.Response:
    """Close an account."""
    body, _ = await read_json(request, CloseAccount)
    done = await account_life.close(operator, request.match_info["account"], body.balance, body.reference)
    return json_response(done)
