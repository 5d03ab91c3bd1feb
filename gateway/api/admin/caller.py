"""The operator who calls the admin API, by an admin key."""

from aiohttp import web

from gateway.context import CONTEXT
from operate.operator import Operator
from shared.domain import ids
from shared.domain.errors import Refused
from shared.store import admin_keys


async def identify_operator(request: web.Request) -> Operator:
    """Return the operator of the request's admin key. Raises Refused: missing_api_key or invalid_api_key."""
    context = request.app[CONTEXT]
    header = request.headers.get("Authorization", "")
    scheme, _, key = header.partition(" ")
    if not header or (scheme.lower() == "bearer" and not key.strip()):
        raise Refused("missing_api_key", "Send an admin key in the header `Authorization: Bearer wok_admin_...`.")
    known = scheme.lower() == "bearer" and ids.is_admin_key(key.strip())
    hashed = ids.key_hash(key.strip())
    owner = await admin_keys.find_owner(context.store, hashed) if known else None
    if owner is None:
        raise Refused("invalid_api_key", "This is not an active admin key. Create one with `wokflow admin key create`.")
    if not context.rates.knows(hashed):
        context.rates.remember(hashed, f"admin {owner}", "")
    return Operator(
        store=context.store,
        who=f"api:{owner}",
        providers=tuple(context.catalogue.providers),
        plans=context.catalogue.plans,
        base_url=context.settings.base_url,
    )
