"""The admin API. Each call does the same as the command of its name, through the same functions."""

import asyncio
from collections.abc import Mapping

from aiohttp import web

from gateway.api.admin.bodies import (
    AdjustAccount,
    CapSpending,
    CreateAccount,
    RefundGeneration,
    ReplayDead,
    ResolveDoubt,
    TopUp,
    WarnBelow,
)
from gateway.api.admin.caller import OperatorHandler
from gateway.body import limit_of, read_json
from gateway.context import CONTEXT
from gateway.history.usage import read_days
from gateway.responses import json_response, list_response
from operate import (
    accounts,
    audit,
    catalogue,
    dead_letters,
    generations,
    ledger,
    overview,
    queues,
    records,
    timeline,
    uncertain,
    usage,
    workers,
)
from operate.operator import Operator
from operate.queues import Mode
from shared.domain.errors import Refused
from shared.domain.key_limits import SpendCaps
from shared.ops import settled
from shared.store.findings import Report

CHECK_LOCK = web.AppKey("check_lock", asyncio.Lock)
CHECK_S = 25.0
FIRST_MAX = 1_000_000_000


async def read_overview(request: web.Request, operator: Operator) -> web.Response:
    """Answer the overview of the deployment."""
    return json_response(await overview.read_overview(operator))


async def list_margins(request: web.Request, operator: Operator) -> web.Response:
    """Answer revenue, cost and margin by provider and model."""
    days = read_days(request.query)
    return list_response(await usage.list_margins(request.app[CONTEXT].history, *days))


async def create_account(request: web.Request, operator: Operator) -> web.Response:
    """Create an account with a key of each kind."""
    body, _ = await read_json(request, CreateAccount)
    trial = accounts.trial_of(request.app[CONTEXT].settings) if body.trial else None
    created = await accounts.create_account(
        operator, name=body.name, plan=body.plan, micros=body.top_up_micros, trial=trial
    )
    return json_response(created, 201)


async def list_accounts(request: web.Request, operator: Operator) -> web.Response:
    """Answer a page of accounts."""
    return list_response(await accounts.list_accounts(operator, _first_of(request.query), limit_of(request.query)))


async def show_account(request: web.Request, operator: Operator) -> web.Response:
    """Answer an account."""
    return json_response(await accounts.show_account(operator, request.match_info["account"]))


async def top_up_account(request: web.Request, operator: Operator) -> web.Response:
    """Add money to an account."""
    body, _ = await read_json(request, TopUp)
    account = request.match_info["account"]
    return json_response(await accounts.top_up(operator, account, body.amount_micros, body.reference))


async def adjust_account(request: web.Request, operator: Operator) -> web.Response:
    """Correct a mistaken top-up."""
    body, _ = await read_json(request, AdjustAccount)
    if not body.amount_micros:
        raise Refused("invalid_request", "must not be zero.", field="amount_micros")
    account = request.match_info["account"]
    return json_response(await accounts.adjust(operator, account, body.amount_micros, body.reason, body.reference))


async def set_low_balance(request: web.Request, operator: Operator) -> web.Response:
    """Set an account's low-balance alert."""
    body, _ = await read_json(request, WarnBelow)
    return json_response(await accounts.set_low_balance(operator, request.match_info["account"], body.low_micros))


async def set_caps(request: web.Request, operator: Operator) -> web.Response:
    """Set what an account may take from its balance."""
    body, _ = await read_json(request, CapSpending)
    caps = SpendCaps(day=body.day_micros, month=body.month_micros, total=body.total_micros)
    account = request.match_info["account"]
    return json_response(await accounts.set_spend_caps(operator, account, caps, fresh=body.reset_spent))


async def show_ledger(request: web.Request, operator: Operator) -> web.Response:
    """Answer an account's newest ledger entries."""
    return list_response(await ledger.list_entries(operator, request.match_info["account"], limit_of(request.query)))


async def list_account_events(request: web.Request, operator: Operator) -> web.Response:
    """Answer an account's security events."""
    account, count = request.match_info["account"], limit_of(request.query)
    return list_response(await accounts.list_events(operator, account, count))


async def check_ledger(request: web.Request, operator: Operator) -> web.Response:
    """Check the ledger: one check at a time, within a request's time."""
    lock = request.app[CHECK_LOCK]
    if lock.locked():
        raise Refused("conflict", "This gateway is checking the ledger already. Wait for that check to end.")
    url = request.app[CONTEXT].settings.records_url
    async with lock:
        return json_response(await ledger.check_ledger(operator, Report(), limit_s=CHECK_S, url=url))


async def list_queues(request: web.Request, operator: Operator) -> web.Response:
    """Answer the queues."""
    return list_response(await queues.list_queues(operator))


def set_queue_mode(mode: Mode | None) -> OperatorHandler:
    """Return the handler that pauses or drains a provider, or resumes it for None."""

    async def handle(request: web.Request, operator: Operator) -> web.Response:
        return json_response(await queues.set_mode(operator, request.match_info["provider"], mode))

    return handle


async def reload_catalogue(request: web.Request, operator: Operator) -> web.Response:
    """Let this gateway read its catalogue, then every other process its own."""
    follower = request.app[CONTEXT].follower
    problem = await follower.reload()
    if problem:
        await operator.act("catalogue reload", follower.catalogue.version, problem).run("note_action", "refused")
        raise Refused("conflict", f"{problem.rstrip('.')}. The old catalogue stays in force.")
    done = await catalogue.reload_catalogue(operator, follower.catalogue.version, follower.changed.set)
    return json_response(done)


async def list_workers(request: web.Request, operator: Operator) -> web.Response:
    """Answer the running processes."""
    return list_response(await workers.list_workers(operator))


async def show_generation(request: web.Request, operator: Operator) -> web.Response:
    """Answer a generation's record."""
    return json_response(await records.read_record(operator, request.match_info["id"]))


async def explain_generation(request: web.Request, operator: Operator) -> web.Response:
    """Answer a generation's timeline."""
    return json_response(await timeline.read_timeline(operator, request.match_info["id"]))


async def retry_generation(request: web.Request, operator: Operator) -> web.Response:
    """Run a generation now."""
    return json_response(await generations.retry_generation(operator, request.match_info["id"]))


async def refund_generation(request: web.Request, operator: Operator) -> web.Response:
    """Refund a generation."""
    body, _ = await read_json(request, RefundGeneration)
    done = await generations.refund_generation(operator, request.match_info["id"], body.amount_micros, body.reason)
    if done.kind == "refund":
        await settled.report_by_id(operator.store, done.id)
    return json_response(done)


async def list_uncertain(request: web.Request, operator: Operator) -> web.Response:
    """Answer the uncertain generations."""
    return list_response(
        await uncertain.list_uncertain(operator, limit_of(request.query), refunded=_flag_of(request.query, "refunded"))
    )


async def resolve_uncertain(request: web.Request, operator: Operator) -> web.Response:
    """End an uncertain generation."""
    body, _ = await read_json(request, ResolveDoubt)
    done = await uncertain.resolve_uncertain(
        operator, request.match_info["id"], urls=body.completed, failed=body.failed
    )
    await settled.report_by_id(operator.store, done.id)
    return json_response(done)


async def list_dead_letters(request: web.Request, operator: Operator) -> web.Response:
    """Answer the dead letters."""
    return list_response(await dead_letters.list_dead_letters(operator, limit_of(request.query)))


async def replay_dead_letters(request: web.Request, operator: Operator) -> web.Response:
    """Queue dead letters again."""
    body, _ = await read_json(request, ReplayDead)
    return json_response(await dead_letters.redeliver_dead_letters(operator, body.deliveries), 202)


async def list_audit(request: web.Request, operator: Operator) -> web.Response:
    """Answer the audit log."""
    return list_response(await audit.list_audit(operator, limit_of(request.query)))


def _first_of(query: Mapping[str, str]) -> int:
    text = query.get("first", "0")
    if not (text.isascii() and text.isdigit()) or int(text[:12]) > FIRST_MAX:
        raise Refused("invalid_request", f"must be a whole number from 0 to {FIRST_MAX}.", field="first")
    return int(text[:12])


def _flag_of(query: Mapping[str, str], name: str) -> bool:
    if query.get(name, "false") not in ("true", "false"):
        raise Refused("invalid_request", "must be true or false.", field=name)
    return query.get(name) == "true"
