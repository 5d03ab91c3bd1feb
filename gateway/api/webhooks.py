"""Where an account's webhooks go, and what became of them. In WOWFLOW's shape, under /api/v1/webhooks."""

import time
from datetime import datetime
from typing import Annotated, Literal

import msgspec
from aiohttp import web
from msgspec import UNSET, Meta, Struct, UnsetType

from gateway import auth
from gateway.body import json_body, limit
from gateway.context import DESK
from shared.domain import endpoint_url
from shared.domain.errors import Refused
from shared.domain.events import EVENT_TYPES
from shared.domain.times import rfc3339
from shared.store import replay, webhooks
from shared.store.webhooks import Delivery, DeliveryAttempt, Endpoint


class CreateEndpoint(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/webhooks. No `events` means all."""

    url: str
    events: tuple[str, ...] = ()


class EndpointEntry(Struct, kw_only=True):
    """An endpoint; its secret is shown once, when it is created or replaced."""

    id: str
    url: str
    events: tuple[str, ...]
    created_at: str
    secret: str | UnsetType = UNSET
    old_secret_until: str | UnsetType = UNSET
    failing_since: str | UnsetType = UNSET
    disabled_at: str | UnsetType = UNSET
    disabled_why: str | UnsetType = UNSET


class AttemptEntry(Struct, kw_only=True):
    """One post: no status means no answer, and `error` says why."""

    at: str
    duration_ms: int
    status: int | None
    error: str | None
    answer: str | None


class DeliveryEntry(Struct, kw_only=True):
    """What became of an event at an endpoint. `state` is pending, delivered or dead."""

    id: str
    event: str
    type: str
    generation_id: str | None
    state: str
    created_at: str
    attempts: tuple[AttemptEntry, ...]


class ReplayEvents(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/webhooks/{id}/replay."""

    since: Annotated[datetime, Meta(tz=True)]
    which: Literal["failed", "missing"]
    next: Annotated[int, Meta(ge=0, le=1_000_000_000)] = 0


class Replayed(Struct, kw_only=True):
    """How many deliveries begin anew, and where to go on."""

    queued: int
    next: int | UnsetType = UNSET


async def create_endpoint(request: web.Request) -> web.Response:
    """POST /api/v1/webhooks."""
    desk = request.app[DESK]
    account = await auth.account_id(request)
    asked, _ = await json_body(request, CreateEndpoint)
    unknown = [name for name in asked.events if name not in EVENT_TYPES]
    if unknown:
        reason = f"has the unknown event {unknown[0][:50]!r}. Known: {', '.join(EVENT_TYPES)}."
        raise Refused("invalid_request", reason, field="events")
    try:
        url = endpoint_url.validate(asked.url, allow_private=desk.settings.webhook_allow_private)
    except ValueError as error:
        raise Refused("invalid_request", f"{error}.") from None
    endpoint = await webhooks.create_endpoint(desk.store, account, url, asked.events)
    shown = _endpoint(endpoint)
    shown.secret = endpoint.secret
    return _json(shown, 201)


async def list_endpoints(request: web.Request) -> web.Response:
    """GET /api/v1/webhooks."""
    account = await auth.account_id(request)
    found = await webhooks.list_endpoints(request.app[DESK].store, account)
    return _json({"data": [_endpoint(endpoint) for endpoint in found]})


async def delete_endpoint(request: web.Request) -> web.Response:
    """DELETE /api/v1/webhooks/{id}."""
    account = await auth.account_id(request)
    if not await webhooks.delete_endpoint(request.app[DESK].store, account, request.match_info["id"]):
        raise Refused("not_found", "Your account has no endpoint with this id.")
    return web.Response(status=204)


async def enable_endpoint(request: web.Request) -> web.Response:
    """POST /api/v1/webhooks/{id}/enable."""
    account, store = await auth.account_id(request), request.app[DESK].store
    await webhooks.enable_endpoint(store, account, request.match_info["id"])
    return _json(_endpoint(await _existing(request, account)))


async def rotate_secret(request: web.Request) -> web.Response:
    """POST /api/v1/webhooks/{id}/rotate."""
    account, store = await auth.account_id(request), request.app[DESK].store
    rotated = await webhooks.rotate_secret(store, account, request.match_info["id"])
    shown = _endpoint(await _existing(request, account))
    shown.secret = rotated[0] if rotated else UNSET
    return _json(shown)


async def redeliver(request: web.Request) -> web.Response:
    """POST /api/v1/webhooks/{id}/deliveries/{delivery}/redeliver."""
    account, named = await auth.account_id(request), request.match_info
    await replay.redeliver(request.app[DESK].store, account, named["id"], named["delivery"])
    return _json(Replayed(queued=1), 202)


async def replay_events(request: web.Request) -> web.Response:
    """POST /api/v1/webhooks/{id}/replay."""
    account, store = await auth.account_id(request), request.app[DESK].store
    asked, _ = await json_body(request, ReplayEvents)
    since_ms = int(asked.since.timestamp() * 1000)
    endpoint = request.match_info["id"]
    done = await replay.replay(store, account, endpoint, asked.which, since_ms=since_ms, first=asked.next)
    return _json(Replayed(queued=done.queued, next=UNSET if done.next is None else done.next), 202)


async def list_deliveries(request: web.Request) -> web.Response:
    """GET /api/v1/webhooks/{id}/deliveries: what was posted there, newest first."""
    count, store = limit(request.query), request.app[DESK].store
    account = await auth.account_id(request)
    await _existing(request, account)
    found = await webhooks.list_deliveries(store, request.match_info["id"], count)
    return _json({"data": [_delivery(delivery) for delivery in found]})


async def _existing(request: web.Request, account: str) -> Endpoint:
    found = await webhooks.find_endpoint(request.app[DESK].store, account, request.match_info["id"])
    if found is None:
        raise Refused("not_found", "Your account has no endpoint with this id.")
    return found


def _endpoint(endpoint: Endpoint) -> EndpointEntry:
    shown = EndpointEntry(
        id=endpoint.id,
        url=endpoint.url,
        events=EVENT_TYPES if endpoint.types == "*" else tuple(endpoint.types.split()),
        created_at=rfc3339(endpoint.created_ms),
    )
    if endpoint.old_until_ms > time.time() * 1000:
        shown.old_secret_until = rfc3339(endpoint.old_until_ms)
    if endpoint.failing_ms is not None:
        shown.failing_since = rfc3339(endpoint.failing_ms)
    if endpoint.disabled_ms is not None:
        shown.disabled_at, shown.disabled_why = rfc3339(endpoint.disabled_ms), endpoint.disabled_why or ""
    return shown


def _delivery(delivery: Delivery) -> DeliveryEntry:
    return DeliveryEntry(
        id=delivery.id,
        event=delivery.event,
        type=delivery.type,
        generation_id=delivery.generation,
        state=delivery.state,
        created_at=rfc3339(delivery.created_ms),
        attempts=tuple(_attempt(attempt) for attempt in delivery.attempts),
    )


def _attempt(attempt: DeliveryAttempt) -> AttemptEntry:
    return AttemptEntry(
        at=rfc3339(attempt.at_ms),
        duration_ms=attempt.duration_ms,
        status=attempt.status,
        error=attempt.error,
        answer=attempt.answer,
    )


def _json(value: object, status: int = 200) -> web.Response:
    return web.Response(body=msgspec.json.encode(value), status=status, content_type="application/json")
