"""Replicate's predictions: decode the request, accept it, encode the generation."""

import re

from aiohttp import web

from gateway import auth, routing
from gateway.body import read_json
from gateway.cancel import cancel
from gateway.context import CONTEXT, GatewayContext
from gateway.dialects.placing import add_headers, find_own, place
from gateway.dialects.replicate.bodies import (
    CreateModelPrediction,
    CreatePrediction,
    PredictionEntry,
    PredictionUrls,
    Status,
)
from gateway.dialects.replicate.models import find_named, find_version, has_list
from gateway.dialects.wowflow.handlers import preferred_wait_s
from gateway.history.query import INCOMPLETE, page_links, read_query
from gateway.listing import encode_page
from gateway.offers import GenerationRequest
from gateway.responses import json_response, mark_replay
from gateway.stored_files import request_images
from shared.domain.catalogue import Model
from shared.domain.errors import Refused
from shared.domain.generation import CANCELED, COMPLETED, ENDED_WITHOUT, FAILED, Generation
from shared.domain.times import rfc3339

DIALECT = "replicate"
PATH = "/replicate/v1/predictions"
WAIT = re.compile(r"(?:^|[,;\s])wait(?=$|[,;\s])")  # without a number: as long as possible
STARTING = ("backlog", "queued")
NO_HOOK = (
    "must be left out: a webhook is an endpoint of the account. Create one with POST /api/v1/webhooks, for all of its "
    "generations."
)


async def create_prediction(request: web.Request) -> web.Response:
    """Order a prediction of the version in the body."""
    auth.key_hash(request)  # a wrong key is refused before the body is read
    body, identity = await read_json(request, CreatePrediction, with_media=True)
    if not body.version:
        raise Refused("missing_model", "is required: the id of a model from GET /v1/models.", field="version")
    return await order_prediction(request, body, identity, find_version(request.app[CONTEXT], body.version))


async def create_model_prediction(request: web.Request) -> web.Response:
    """Order a prediction of the model in the path."""
    auth.key_hash(request)
    model = find_named(request)
    body, identity = await read_json(request, CreateModelPrediction, with_media=True)
    return await order_prediction(request, body, identity + b" " + model.id.encode(), model)


async def order_prediction(
    request: web.Request, body: CreateModelPrediction, identity: bytes, model: Model
) -> web.Response:
    """Accept a prediction, wait as long as the caller prefers, and answer it. Raises Refused, with nothing charged."""
    context, key_hash = request.app[CONTEXT], auth.key_hash(request)
    prompt, given = read_input(body)
    images, wait_s = request_images(context, key_hash), read_wait_s(request)
    order = GenerationRequest(
        dialect=DIALECT,
        candidates=routing.of_model(context, model.id),
        address=auth.caller_address(request),
        key_hash=key_hash,
        prompt=prompt,
        input=await images.take_all(given),
        uploads=tuple(images.uploads),
        body=identity,
        idempotency_key=request.headers.get("Idempotency-Key", ""),
        wait_s=wait_s,
    )
    accepted = await place(request, order, {})
    generation = accepted.generation
    entry = prediction_entry(context, generation)
    if generation.open:
        entry.status = "starting"  # clients take any other one for the end of a wait
    response = json_response(entry, 201)
    add_headers(response, generation, generation.notices)
    if wait_s:
        response.headers["Preference-Applied"] = f"wait={wait_s}"
    return mark_replay(response, replayed=accepted.replayed)


def read_input(body: CreateModelPrediction) -> tuple[str, dict[str, object]]:
    """Return the prompt and the other input fields of a body. Raises Refused."""
    for name in ("webhook", "webhook_completed"):
        if getattr(body, name):
            raise Refused("invalid_input", NO_HOOK, field=name)
    if not isinstance(body.input, dict):
        raise Refused("invalid_input", "must be an object with a `prompt`.", field="input")
    given = dict(body.input)
    prompt = given.pop("prompt", None)
    if prompt is not None and not isinstance(prompt, str):
        raise Refused("invalid_input", "must be a string.", field="prompt")
    if not prompt or not prompt.strip():
        raise Refused("missing_prompt", "is required in `input`: describe what to generate.", field="prompt")
    return prompt, given


def read_wait_s(request: web.Request) -> int:
    """Return the seconds that a caller waits, 0 without a preference."""
    most_s = request.app[CONTEXT].settings.prefer_wait_s
    prefer = ", ".join(request.headers.getall("Prefer", ())).lower()
    return preferred_wait_s(prefer, most_s) or (most_s if WAIT.search(prefer) else 0)


async def read_prediction(request: web.Request) -> web.Response:
    """Answer a generation of the account."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    return answer(context, await find_own(context, account, request.match_info["id"]))


async def cancel_prediction(request: web.Request) -> web.Response:
    """Cancel a generation, and answer it. One that has ended already is answered as it is."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    generation = await find_own(context, account, request.match_info["id"])
    try:
        generation = await cancel(context, account, generation.id)
    except Refused as refused:
        if refused.code != "conflict":
            raise
        generation = await find_own(context, account, generation.id)
    return answer(context, generation)


async def list_predictions(request: web.Request) -> web.Response:
    """Answer a page of the account's generations, newest first."""
    account, query = await auth.authenticate(request), read_query(request.query)
    auth.require_scope(request, "read")
    page = await encode_page(request, account, query, prediction_entry)
    links = page_links(request, query, page)
    listed = {"previous": links.get("prev"), "next": links.get("next"), "results": page.entries}
    return json_response(listed, headers={} if page.complete else INCOMPLETE)


def answer(context: GatewayContext, generation: Generation) -> web.Response:
    """Answer a generation as it is."""
    response = json_response(prediction_entry(context, generation))
    add_headers(response, generation, generation.notices)
    return response


def prediction_entry(context: GatewayContext, generation: Generation) -> PredictionEntry:
    """Return a generation in this dialect's shape."""
    spec, url = generation.spec, f"{context.base_url}{PATH}/{generation.id}"
    shown = {name: value for name, value in spec.input.items() if name not in ENDED_WITHOUT}
    entry = PredictionEntry(
        id=generation.id,
        model=spec.model,
        version=spec.model,
        input={"prompt": spec.prompt} | shown,
        logs="\n".join(generation.notices),
        status=status_of(generation),
        metrics={},
        created_at=rfc3339(generation.created_ms),
        urls=PredictionUrls(get=url, cancel=f"{url}/cancel"),
    )
    if generation.started_ms is not None:
        entry.started_at = rfc3339(generation.started_ms)
    if generation.closed_ms is not None:
        entry.completed_at = rfc3339(generation.closed_ms)
        began_ms = generation.started_ms or generation.closed_ms
        entry.metrics = {"predict_time": max(generation.closed_ms - began_ms, 0) / 1000}
    if generation.state == COMPLETED:
        entry.output = output_of(context, generation)
    elif generation.state == FAILED:
        entry.error = (generation.outcome.error if generation.outcome else None) or "failed"
    return entry


def status_of(generation: Generation) -> Status:
    """Return the status of a generation in Replicate's words."""
    if generation.open:
        return "starting" if generation.state in STARTING else "processing"
    if generation.state == COMPLETED:
        return "succeeded"
    return "canceled" if generation.outcome and generation.outcome.error_code == CANCELED else "failed"


def output_of(context: GatewayContext, generation: Generation) -> object:
    """Return the output of a completed generation: a text, a URL, or a list of URLs as its model's schema says."""
    outcome = generation.outcome
    if outcome is None or outcome.text is not None:
        return outcome and outcome.text
    urls = [output.url(context.base_url) for output in outcome.outputs]
    model = context.catalogue.model(generation.spec.model)
    return urls if len(urls) != 1 or (model is not None and has_list(model)) else urls[0]
