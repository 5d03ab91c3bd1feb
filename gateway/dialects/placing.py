"""Place an order, find it again, and describe it in headers: the same in each dialect of another service."""

from collections.abc import Mapping, Sequence

from aiohttp import web

from gateway import auth
from gateway.accept import AcceptedGeneration, accept
from gateway.cancel import NOT_FOUND
from gateway.context import CONTEXT, GatewayContext
from gateway.history.generations import find_generation
from gateway.offers import GenerationRequest
from shared.domain.errors import Refused
from shared.domain.generation import Generation
from shared.domain.ids import canonical_uuid
from shared.domain.money import dollars

NOTICES_CHARS_MAX = 2_000


async def place(request: web.Request, order: GenerationRequest, names: Mapping[str, str]) -> AcceptedGeneration:
    """Accept an order. Raises Refused, with nothing charged, that names the fields as the call does."""
    try:
        accepted = await accept(request.app[CONTEXT], order)
    except Refused as refused:
        if refused.code != "invalid_input" or refused.field not in names:
            raise
        raise Refused(refused.code, refused.reason, field=names[refused.field]) from None
    await auth.remember_key(request.app[CONTEXT], order.key_hash, accepted.generation.account)
    return accepted


async def find_own(context: GatewayContext, account: str, name: str, kind: str = "") -> Generation:
    """Return a generation of an account, of a kind if there is one. Raises Refused("not_found")."""
    generation_id = canonical_uuid(name)
    generation = await find_generation(context, account, generation_id) if generation_id else None
    if generation is None or kind not in ("", generation.spec.kind):
        raise Refused("not_found", NOT_FOUND)
    return generation


def add_headers(response: web.Response, generation: Generation, notices: Sequence[str]) -> None:
    """Add the headers about a generation: its cost, what serves it, and what was changed of the input."""
    response.headers["X-Wokflow-Generation"] = generation.id
    response.headers["X-Wokflow-Model"] = generation.spec.model
    response.headers["X-Wokflow-Provider"] = generation.provider
    response.headers["X-Wokflow-Cost-Usd"] = dollars(generation.price_micros).replace("$", "").replace(",", "")
    if generation.spec.simulated:
        response.headers["X-Wokflow-Simulated"] = "true"
    if notices:
        text = " ".join(" ".join(notices).split())[:NOTICES_CHARS_MAX]
        response.headers["X-Wokflow-Notices"] = text.encode("ascii", "replace").decode()
