"""An account's webhook endpoints and deliveries, in WOWFLOW's shape, under /api/v1/webhooks."""

from aiohttp import web
from msgspec import UNSET

from gateway import auth
from gateway.api.webhooks.bodies import (
    AttemptEntry,
    CreateEndpoint,
    DeliveryEntry,
    EndpointEntry,
    QueuedDeliveries,
    ReplayEvents,
)
from gateway.body import read_json
from gateway.context import CONTEXT
from gateway.history.deliveries import list_endpoint_deliveries
from gateway.history.query import page_headers, read_query
from gateway.responses import json_response, list_response
from shared.domain import endpoint_url, events
from shared.domain.errors import Refused
from shared.domain.events import EVENT_TYPES
from shared.domain.times import rfc3339
from shared.ops import clock, security_log
from shared.store import replay, webhooks
from shared.store.webhooks import Delivery, DeliveryAttempt, Endpoint

NO_ENDPOINT = "Your account has no endpoint with this id."


async def create_endpoint(request: web.Request) -> web.Response:
    """Create an endpoint and answer it with its secret, once."""
    context = request.app[CONTEXT]
    account = await auth.authenticate(request)
    body, _ = await read_json(request, CreateEndpoint)
    unknown = [name for name in body.events if name not in EVENT_TYPES]
    if unknown:
        reason = f"has the unknown event {unknown[0][:50]!r}. Known: {', '.join(EVENT_TYPES)}."
        raise Refused("invalid_request", reason, field="events")
    try:
        url = endpoint_url.validate(body.url, networks=context.settings.webhook_networks)
    except ValueError as error:
        raise Refused("invalid_request", f"{error}.") from None
    endpoint = await webhooks.create_endpoint(context.store, account, url, body.events, auth.key_hash(request))
    security_log.report(events.ENDPOINT_CREATED, account, endpoint.id)
    entry = _endpoint_entry(endpoint)
    entry.secret = endpoint.secret
    return json_response(entry, 201)


async def list_endpoints(request: web.Request) -> web.Response:
    """Answer the account's endpoints."""
    account = await auth.authenticate(request)
    endpoints = await webhooks.list_endpoints(request.app[CONTEXT].store, account)
    return list_response([_endpoint_entry(endpoint) for endpoint in endpoints])


async def delete_endpoint(request: web.Request) -> web.Response:
    """Delete an endpoint."""
    account, name = await auth.authenticate(request), request.match_info["id"]
    if not await webhooks.delete_endpoint(request.app[CONTEXT].store, account, name, auth.key_hash(request)):
        raise Refused("not_found", NO_ENDPOINT)
    security_log.report(events.ENDPOINT_DELETED, account, name)
    return web.Response(status=204)


async def enable_endpoint(request: web.Request) -> web.Response:
    """Enable a disabled endpoint."""
    account, store = await auth.authenticate(request), request.app[CONTEXT].store
    name = request.match_info["id"]
    if await webhooks.enable_endpoint(store, account, name, auth.key_hash(request)):
        security_log.report(events.ENDPOINT_ENABLED, account, name)
    return json_response(_endpoint_entry(await _find_endpoint(request, account)))


async def rotate_secret(request: web.Request) -> web.Response:
    """Replace an endpoint's secret and answer the new one, once."""
    account, store = await auth.authenticate(request), request.app[CONTEXT].store
    name = request.match_info["id"]
    rotated = await webhooks.rotate_secret(store, account, name, auth.key_hash(request))
    if rotated:
        security_log.report(events.ENDPOINT_ROTATED, account, name)
    entry = _endpoint_entry(await _find_endpoint(request, account))
    entry.secret = rotated[0] if rotated else UNSET
    return json_response(entry)


async def redeliver(request: web.Request) -> web.Response:
    """Post a delivery again."""
    account, match = await auth.authenticate(request), request.match_info
    await replay.redeliver(request.app[CONTEXT].store, account, match["id"], match["delivery"])
    return json_response(QueuedDeliveries(queued=1), 202)


async def replay_events(request: web.Request) -> web.Response:
    """Post the failed or missing events of an endpoint again."""
    account, store = await auth.authenticate(request), request.app[CONTEXT].store
    body, _ = await read_json(request, ReplayEvents)
    since_ms = int(body.since.timestamp() * 1000)
    endpoint = request.match_info["id"]
    done = await replay.replay(store, account, endpoint, body.which, since_ms=since_ms, first=body.next)
    return json_response(QueuedDeliveries(queued=done.queued, next=UNSET if done.next is None else done.next), 202)


async def list_deliveries(request: web.Request) -> web.Response:
    """Answer a page of the deliveries to an endpoint, newest first."""
    context, query = request.app[CONTEXT], read_query(request.query)
    account = await auth.authenticate(request)
    endpoint = await _find_endpoint(request, account)
    with context.lists.count(account):
        page = await list_endpoint_deliveries(context, endpoint.id, query)
        shown = await context.lists.encode(page.entries, _delivery_entry)
    return list_response(shown, page_headers(request, query, page, ("next",)))


async def _find_endpoint(request: web.Request, account: str) -> Endpoint:
    found = await webhooks.find_endpoint(request.app[CONTEXT].store, account, request.match_info["id"])
    if found is None:
        raise Refused("not_found", NO_ENDPOINT)
    return found


def _endpoint_entry(endpoint: Endpoint) -> EndpointEntry:
    entry = EndpointEntry(
        id=endpoint.id,
        url=endpoint.url,
        events=EVENT_TYPES if endpoint.types == "*" else tuple(endpoint.types.split()),
        created_at=rfc3339(endpoint.created_ms),
    )
    if endpoint.old_until_ms > clock.now_ms():
        entry.old_secret_until = rfc3339(endpoint.old_until_ms)
    if endpoint.failing_ms is not None:
        entry.failing_since = rfc3339(endpoint.failing_ms)
    if endpoint.disabled_ms is not None:
        entry.disabled_at, entry.disabled_why = rfc3339(endpoint.disabled_ms), endpoint.disabled_why or ""
    return entry


def _delivery_entry(delivery: Delivery) -> DeliveryEntry:
    return DeliveryEntry(
        id=delivery.id,
        event=delivery.event,
        type=delivery.type,
        generation_id=delivery.generation,
        url=delivery.to or UNSET,
        state=delivery.state,
        created_at=rfc3339(delivery.created_ms),
        attempts=tuple(_attempt_entry(attempt) for attempt in delivery.attempts),
    )


def _attempt_entry(attempt: DeliveryAttempt) -> AttemptEntry:
    return AttemptEntry(
        at=rfc3339(attempt.at_ms),
        duration_ms=attempt.duration_ms,
        status=attempt.status,
        error=attempt.error,
        answer=attempt.answer,
    )
