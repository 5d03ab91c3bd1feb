"""The WOWFLOW API: decode the request, accept it, encode the result."""

import re
from collections.abc import Iterable, Mapping, Sequence

import msgspec
from aiohttp import hdrs, web

from gateway import auth, routing
from gateway.accept import accept, upstream_refusal
from gateway.admission.images import RequestImages
from gateway.admission.webhook_url import check_webhook_url
from gateway.body import limit_of, read_written
from gateway.cancel import NOT_FOUND, cancel
from gateway.context import CONTEXT, GatewayContext
from gateway.dialects.wowflow.bodies import (
    CreateGeneration,
    GenerationEntry,
    ModelEntry,
)
from gateway.dialects.wowflow.quotes import pricing_of, quote_entry, usage_reported
from gateway.history.generations import find_generation
from gateway.listing import show_generations
from gateway.offers import Candidate, GenerationRequest, find_able
from gateway.responses import json_response, list_response, mark_replay, refusal_response
from gateway.stored_files import request_images
from shared.domain.catalogue import Model
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Generation
from shared.domain.ids import canonical_uuid
from shared.domain.inputs import InvalidInput
from shared.domain.metadata import check_metadata
from shared.domain.money import MICROS_PER_CENT, cents_up
from shared.domain.native_order import NativeFields, check_native
from shared.domain.times import DAY_MS, rfc3339
from shared.ops.settings import Settings
from shared.store import accounts

WAIT_MAX_S = Settings().prefer_wait_s  # by default
WAIT = re.compile(r"(?:^|[,;\s])wait\s*=\s*\"?(\d{1,6})\"?(?=$|[,;\s])")
UNKNOWN_MODEL = Refused("not_found", "This deployment offers no model with this id. GET /api/v1/models lists them.")
NO_IMAGES = RequestImages("")  # of a request that names none


async def list_models(request: web.Request) -> web.Response:
    """Answer every model on offer, with its API price."""
    await auth.authenticate(request)
    return web.Response(body=request.app[CONTEXT].live.current.models, content_type="application/json")


async def show_model(request: web.Request) -> web.Response:
    """Answer one model with the schema of its input. Everybody may read it: a form needs it before anybody signs in."""
    body = request.app[CONTEXT].live.current.model_bodies.get(request.match_info["id"])
    if body is None:
        raise UNKNOWN_MODEL
    return web.Response(body=body, content_type="application/json")


def models_body(offered: Iterable[Model]) -> bytes:
    """Return the body that lists these models. It is made once for a catalogue, because 200 models take 6 ms."""
    return msgspec.json.encode({"data": [model_entry(model) for model in offered]})


async def create_generation(request: web.Request) -> web.Response:
    """Answer 201 as soon as the generation is charged and durably queued, or after `Prefer: wait=N`."""
    context, key_hash = request.app[CONTEXT], auth.key_hash(request)
    preferred = ", ".join(request.headers.getall("Prefer", ()))
    wait_s = preferred_wait_s(preferred, context.settings.prefer_wait_s) if preferred else 0
    accepted = await accept(context, await read_order(context, request, key_hash, wait_s))
    await auth.remember_key(context, key_hash, accepted.generation.account)
    refusal = upstream_refusal(accepted.generation) if wait_s else None
    if refusal is not None:
        response = refusal_response("wowflow", refusal)
    else:
        response = json_response(generation_entry(context, accepted.generation), 201)
    response.headers[hdrs.LOCATION] = f"/api/v1/generations?id={accepted.generation.id}"
    if wait_s:
        response.headers["Preference-Applied"] = f"wait={wait_s}"
    return mark_replay(response, replayed=True) if accepted.replayed else response


async def quote_generation(request: web.Request) -> web.Response:
    """Answer the price of a create body. Nothing is charged or stored."""
    account = await accounts.find(request.app[CONTEXT].store, await auth.authenticate(request))
    if account is None:
        raise auth.account_gone()
    able = find_able(await read_order(request.app[CONTEXT], request, auth.key_hash(request)))
    return json_response(quote_entry(able, account.topup - account.spent))


async def read_order(
    context: GatewayContext, request: web.Request, key_hash: str, wait_s: int = 0
) -> GenerationRequest:
    """Read and check a create body, which the holder of a key sent. Raises Refused."""
    sent = await read_written(request, CreateGeneration, with_media=True, exact="native")
    body = sent.value
    if not body.model:
        raise Refused("missing_model", "is required: the id of a model from GET /api/v1/models.", field="model")
    if not body.prompt or not body.prompt.strip():
        raise Refused("missing_prompt", "is required: describe what to generate.", field="prompt")
    candidates = routing.of_model(context, body.model)
    images = request_images(context, key_hash) if body.input or body.native else NO_IMAGES
    return GenerationRequest(
        dialect="wowflow",
        candidates=candidates,
        key_hash=key_hash,
        address=auth.caller_address(request),
        native=await read_native(body.native, sent.texts, candidates, images) if body.native else {},
        prompt=body.prompt,
        input=await images.take_all(body.input),
        uploads=tuple(images.uploads),
        body=sent.identity,
        idempotency_key=request.headers.get("Idempotency-Key", ""),
        wait_s=wait_s,
        metadata=check_metadata(body.metadata),
        webhook_url=check_webhook_url(body.webhook_url, context.settings.webhook_networks)
        if body.webhook_url is not None
        else "",
        cost_max_micros=None if body.max_cost_cents is None else body.max_cost_cents * MICROS_PER_CENT,
    )


async def read_generations(request: web.Request) -> web.Response:
    """Answer one generation by its id, or a page of the account's."""
    context = request.app[CONTEXT]
    limit_of(request.query)  # refused also next to an id
    account = await auth.authenticate(request)
    if "id" not in request.query:
        auth.require_scope(request, "read")
        return list_response(*await show_generations(request, account, generation_entry))
    generation_id = canonical_uuid(request.query["id"])
    generation = await find_generation(context, account, generation_id) if generation_id else None
    if generation is None:
        raise Refused("not_found", NOT_FOUND)
    return json_response(generation_entry(context, generation))


async def cancel_generation(request: web.Request) -> web.Response:
    """Cancel a generation, with a full refund unless a provider has it already."""
    account = await auth.authenticate(request)
    generation_id = canonical_uuid(request.query.get("id", ""))
    if generation_id is None:
        raise Refused("not_found", NOT_FOUND)
    context = request.app[CONTEXT]
    return json_response(generation_entry(context, await cancel(context, account, generation_id)))


def preferred_wait_s(prefer: str, most_s: int) -> int:
    """Return the seconds of `Prefer: wait=N` (RFC 7240), at most `most_s`. An invalid preference counts as 0."""
    found = WAIT.search(prefer.lower())
    return min(int(found[1]), most_s) if found else 0


def generation_entry(context: GatewayContext, generation: Generation) -> GenerationEntry:
    """Return a generation in this dialect's shape."""
    outcome, spec = generation.outcome, generation.spec
    price_micros, returned_micros = generation.price_micros, generation.returned_micros
    price_cents = cents_up(price_micros)
    entry = GenerationEntry(
        id=generation.id,
        status=generation.status,
        model=spec.model,
        cost_cents=price_cents,
        cost_usd=price_cents / 100,
        cost_micros=price_micros,
        created_at=rfc3339(generation.created_ms),
        type=spec.kind,
        provider=generation.provider,
        simulated=spec.simulated,
        stage=generation.state,
        refunded_cents=cents_up(returned_micros),
        refunded_micros=returned_micros,
        metadata=spec.metadata or msgspec.UNSET,
    )
    if generation.position is not None:
        entry.queue_position = generation.position
    if generation.notices:
        entry.notices = generation.notices
    if generation.closed_ms is not None:
        entry.completed_at = rfc3339(generation.closed_ms)
    if generation.state == COMPLETED and outcome is not None:
        if outcome.outputs:
            base_url = context.base_url
            urls = tuple([output.url(base_url) for output in outcome.outputs])
            retention_ms = context.settings.asset_retention_days * DAY_MS
            entry.result_url, entry.result_urls = urls[0], urls
            entry.expires_at = rfc3339((generation.closed_ms or generation.created_ms) + retention_ms)
        if outcome.expires_ms is not None:
            entry.expires_at = entry.result_expires_at = rfc3339(outcome.expires_ms)
        if outcome.text is not None:
            entry.result_text = outcome.text
        entry.usage_reported = usage_reported(spec.sale, outcome.facts)
    if generation.late is not None:
        entry.late_urls = tuple(output.url(context.base_url) for output in generation.late.outputs)
    if generation.state == FAILED and outcome is not None:
        entry.error = outcome.error or "failed"
        entry.error_code = outcome.error_code or "failed"
    return entry


def model_entry(model: Model) -> ModelEntry:
    """Return a model in this dialect's shape."""
    return ModelEntry(
        id=model.id,
        name=model.name,
        type=model.kind,
        price_cents=cents_up(model.price_micros),
        price_usd=cents_up(model.price_micros) / 100,
        price_micros=model.price_micros,
        pricing=pricing_of(model),
        resolution=model.resolution,
        duration_sec=model.duration_s,
        native_fields=native_fields(model),
        simulated=model.simulated,
    )


def native_fields(model: Model) -> tuple[str, ...]:
    """Return the native fields that a caller may send, of all routes of a model."""
    schemas = [route.native for route in model.routes if route.native is not None]
    return tuple({name: None for schema in schemas for name in schema.open_fields})


async def read_native(
    native: dict[str, object], texts: Mapping[str, msgspec.Raw], candidates: Sequence[Candidate], images: RequestImages
) -> NativeFields:
    """Return native fields with their media taken, and the texts of the others as they were sent.

    Raises Refused naming the place by its JSON pointer.
    """
    schemas = [one.route.native for one in candidates if one.route.native is not None]
    media = {name: role for schema in schemas for name, role in schema.media.items()}
    try:
        taken = await images.take_native(native, media)
        return check_native(taken, {name: bytes(text) for name, text in texts.items() if name not in media})
    except InvalidInput as invalid:
        raise Refused("invalid_input", f"{invalid.message}.", field=invalid.field) from None
