"""Who calls the admin API: an operator's key, and no other."""

from aiohttp import web

from gateway.context import DESK
from operate.operator import Operator
from shared.domain import ids
from shared.domain.errors import Refused
from shared.store import admin_keys


async def operator_of(request: web.Request) -> Operator:
    """The operator whose key this is. Raises Refused: missing_api_key or invalid_api_key."""
    desk = request.app[DESK]
    header = request.headers.get("Authorization", "")
    scheme, _, key = header.partition(" ")
    if not header or (scheme.lower() == "bearer" and not key.strip()):
        message = "Send an admin key in the header Authorization: Bearer wok_admin_... An account's key does not do."
        raise Refused("missing_api_key", message)
    known = scheme.lower() == "bearer" and ids.is_admin_key(key.strip())
    owner = await admin_keys.find_owner(desk.store, ids.key_hash(key.strip())) if known else None
    if owner is None:
        raise Refused("invalid_api_key", "This is no active admin key. `wokflow admin key create` makes one.")
    return Operator(
        store=desk.store,
        who=f"api:{owner}",
        providers=tuple(desk.catalogue.providers),
        plans=desk.catalogue.plans,
        base_url=desk.settings.base_url,
    )
