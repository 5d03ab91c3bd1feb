"""The operator who calls the admin API, by an admin key whose role allows the call. Every refusal leaves a trace."""

from collections.abc import Awaitable, Callable
from functools import wraps

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from gateway.api.admin.failures import KeyFailures
from gateway.context import CONTEXT
from operate.operator import Operator
from shared.domain import ids, roles
from shared.domain.errors import Refused
from shared.ops import metrics
from shared.store import admin_keys
from shared.store.admin_keys import AdminKeyOwner

OperatorHandler = Callable[[web.Request, Operator], Awaitable[web.StreamResponse]]
FAILURES = web.AppKey("failures", KeyFailures)
ON_CHARS_MAX = 200

log = structlog.get_logger()


def authorize(command: str, handler: OperatorHandler) -> Handler:
    """Return the handler of a command's call, which refuses a request whose key may not run the command."""

    @wraps(handler)
    async def serve(request: web.Request) -> web.StreamResponse:
        owner = await identify_owner(request)
        operator = _operator(request, owner)
        if not roles.may(owner.role, command):
            await _refuse_role(request, operator, owner.role, command)
        return await handler(request, operator)

    return serve


async def identify_owner(request: web.Request) -> AdminKeyOwner:
    """Return the owner of the request's admin key. Raises Refused: missing_api_key, invalid_api_key, rate_limited."""
    context, header = request.app[CONTEXT], request.headers.get("Authorization", "")
    scheme, _, key = header.partition(" ")
    if not header or (scheme.lower() == "bearer" and not key.strip()):
        metrics.of(metrics.ADMIN_REFUSED, "missing_key").inc()
        raise Refused("missing_api_key", "Send an admin key in the header `Authorization: Bearer wok_admin_...`.")
    known = scheme.lower() == "bearer" and ids.is_admin_key(key.strip())
    hashed = ids.key_hash(key.strip())
    owner = await admin_keys.find_owner(context.store, hashed) if known else None
    if owner is None:
        await _refuse_key(request)
        raise Refused("invalid_api_key", "This is not an active admin key. Create one with `wokflow admin key create`.")
    if not context.rates.knows(hashed):
        context.rates.remember(hashed, f"admin {owner.id}", "")
    return owner


async def _refuse_key(request: web.Request) -> None:
    """Log and count a wrong key, and answer it late. The audit gets one record a minute, to keep the other records."""
    failures = request.app[FAILURES]
    metrics.of(metrics.ADMIN_REFUSED, "wrong_key").inc()
    peer, count = request.remote or "", failures.count()
    log.warning("admin.key_refused", peer=peer, path=request.path, in_last_minute=count)
    if failures.claim_report():
        unknown = Operator(store=request.app[CONTEXT].store, who="api:unknown", providers=(), plans={}, base_url="")
        detail = f"{count} in the last minute at this gateway"
        await unknown.act("wrong admin key", peer, detail).run("note_action", "refused")
    await failures.delay()


async def _refuse_role(request: web.Request, operator: Operator, role: str, command: str) -> None:
    metrics.of(metrics.ADMIN_REFUSED, "role").inc()
    log.warning("admin.role_refused", who=operator.who, role=role, command=command)
    on = " ".join(request.match_info.values())[:ON_CHARS_MAX]
    await operator.act(command, on, f"not allowed to the role {role}").run("note_action", "refused")
    needed = " or ".join(roles.roles_for(command))
    raise Refused("forbidden", f"This admin key has the role {role}: `{command}` needs the role {needed}.")


def _operator(request: web.Request, owner: AdminKeyOwner) -> Operator:
    context = request.app[CONTEXT]
    return Operator(
        store=context.store,
        who=f"api:{owner.id} {owner.name}",
        providers=tuple(context.catalogue.providers),
        plans=context.catalogue.plans,
        base_url=context.settings.base_url,
        records_url=context.settings.records_url,
    )
