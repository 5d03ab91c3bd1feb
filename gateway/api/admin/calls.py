"""The admin API: each call does what the command of the same name does, through the same functions."""

import asyncio
from collections.abc import Mapping

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.account import CreateKey
from gateway.api.admin.bodies import CreateAccount, RefundGeneration, ReplayDead, ResolveDoubt, TopUp, WarnBelow
from gateway.api.admin.caller import operator_of
from gateway.body import json_body, limit
from operate import (
    account_keys,
    accounts,
    audit,
    dead_letters,
    generations,
    ledger,
    overview,
    queues,
    records,
    timeline,
    uncertain,
    workers,
)
from operate.queues import Mode
from shared.domain.errors import Refused
from shared.ops import settled
from shared.store.findings import Report

CHECKING = web.AppKey("checking", asyncio.Lock)
CHECK_S = 25.0
FIRST_MAX = 1_000_000_000


async def top(request: web.Request) -> web.Response:
    """GET /api/admin/overview."""
    return _json(await overview.read_overview(await operator_of(request)))


async def create_account(request: web.Request) -> web.Response:
    """POST /api/admin/accounts."""
    operator = await operator_of(request)
    asked, _ = await json_body(request, CreateAccount)
    made = await accounts.create_account(operator, name=asked.name, plan=asked.plan, micros=asked.top_up_micros)
    return _json(made, 201)


async def list_accounts(request: web.Request) -> web.Response:
    """GET /api/admin/accounts."""
    operator = await operator_of(request)
    return _list(await accounts.list_accounts(operator, _first(request.query), limit(request.query)))


async def show_account(request: web.Request) -> web.Response:
    """GET /api/admin/accounts/{account}."""
    return _json(await accounts.show_account(await operator_of(request), request.match_info["account"]))


async def top_up_account(request: web.Request) -> web.Response:
    """POST /api/admin/accounts/{account}/top-up."""
    operator = await operator_of(request)
    asked, _ = await json_body(request, TopUp)
    account = request.match_info["account"]
    return _json(await accounts.top_up(operator, account, asked.amount_micros, asked.reference))


async def warn_account(request: web.Request) -> web.Response:
    """POST /api/admin/accounts/{account}/warn-below."""
    operator = await operator_of(request)
    asked, _ = await json_body(request, WarnBelow)
    return _json(await accounts.set_low_balance(operator, request.match_info["account"], asked.low_micros))


async def show_ledger(request: web.Request) -> web.Response:
    """GET /api/admin/accounts/{account}/ledger."""
    operator = await operator_of(request)
    return _list(await ledger.list_entries(operator, request.match_info["account"], limit(request.query)))


async def create_key(request: web.Request) -> web.Response:
    """POST /api/admin/accounts/{account}/keys."""
    operator = await operator_of(request)
    asked, _ = await json_body(request, CreateKey)
    return _json(await account_keys.create_key(operator, request.match_info["account"], asked.kind), 201)


async def list_keys(request: web.Request) -> web.Response:
    """GET /api/admin/accounts/{account}/keys."""
    return _list(await account_keys.list_keys(await operator_of(request), request.match_info["account"]))


async def revoke_key(request: web.Request) -> web.Response:
    """DELETE /api/admin/accounts/{account}/keys/{key}."""
    named = request.match_info
    return _json(await account_keys.revoke_key(await operator_of(request), named["account"], named["key"]))


async def check_ledger(request: web.Request) -> web.Response:
    """POST /api/admin/ledger/check: one at a time, and no longer than a request may take."""
    operator = await operator_of(request)
    lock = request.app[CHECKING]
    if lock.locked():
        raise Refused("conflict", "This gateway is checking the books already: wait for that.")
    async with lock:
        return _json(await ledger.check_ledger(operator, Report(), limit_s=CHECK_S))


async def list_queues(request: web.Request) -> web.Response:
    """GET /api/admin/queues."""
    return _list(await queues.list_queues(await operator_of(request)))


def set_queue_mode(mode: Mode | None) -> Handler:
    """Handler of POST /api/admin/queues/{provider}/pause, drain, or, for None, resume."""

    async def handle(request: web.Request) -> web.Response:
        return _json(await queues.set_mode(await operator_of(request), request.match_info["provider"], mode))

    return handle


async def list_workers(request: web.Request) -> web.Response:
    """GET /api/admin/workers."""
    return _list(await workers.list_workers(await operator_of(request)))


async def show_generation(request: web.Request) -> web.Response:
    """GET /api/admin/generations/{id}."""
    return _json(await records.read_record(await operator_of(request), request.match_info["id"]))


async def explain_generation(request: web.Request) -> web.Response:
    """GET /api/admin/generations/{id}/explain."""
    return _json(await timeline.read_timeline(await operator_of(request), request.match_info["id"]))


async def retry_generation(request: web.Request) -> web.Response:
    """POST /api/admin/generations/{id}/retry."""
    return _json(await generations.retry_generation(await operator_of(request), request.match_info["id"]))


async def refund_generation(request: web.Request) -> web.Response:
    """POST /api/admin/generations/{id}/refund."""
    operator = await operator_of(request)
    asked, _ = await json_body(request, RefundGeneration)
    done = await generations.refund_generation(operator, request.match_info["id"], asked.amount_micros, asked.reason)
    if done.kind == "refund":
        await settled.report_by_id(operator.store, done.id)
    return _json(done)


async def list_uncertain(request: web.Request) -> web.Response:
    """GET /api/admin/uncertain."""
    operator = await operator_of(request)
    return _list(
        await uncertain.list_uncertain(operator, limit(request.query), refunded=_flag(request.query, "refunded"))
    )


async def resolve_uncertain(request: web.Request) -> web.Response:
    """POST /api/admin/uncertain/{id}/resolve."""
    operator = await operator_of(request)
    asked, _ = await json_body(request, ResolveDoubt)
    done = await uncertain.resolve_uncertain(
        operator, request.match_info["id"], urls=asked.completed, failed=asked.failed
    )
    await settled.report_by_id(operator.store, done.id)
    return _json(done)


async def list_dead_letters(request: web.Request) -> web.Response:
    """GET /api/admin/dead-letters."""
    operator = await operator_of(request)
    return _list(await dead_letters.list_dead_letters(operator, limit(request.query)))


async def replay_dead_letters(request: web.Request) -> web.Response:
    """POST /api/admin/dead-letters/replay."""
    operator = await operator_of(request)
    asked, _ = await json_body(request, ReplayDead)
    return _json(await dead_letters.redeliver_dead_letters(operator, asked.deliveries), 202)


async def list_audit(request: web.Request) -> web.Response:
    """GET /api/admin/audit."""
    operator = await operator_of(request)
    return _list(await audit.list_audit(operator, limit(request.query)))


def _first(query: Mapping[str, str]) -> int:
    text = query.get("first", "0")
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > FIRST_MAX:
        raise Refused("invalid_request", f"must be a whole number from 0 to {FIRST_MAX}.", field="first")
    return int(text[:12])


def _flag(query: Mapping[str, str], name: str) -> bool:
    if query.get(name, "false") not in ("true", "false"):
        raise Refused("invalid_request", "must be true or false.", field=name)
    return query.get(name) == "true"


def _list(found: object) -> web.Response:
    return _json({"data": found})


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
