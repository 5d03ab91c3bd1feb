"""Webhook endpoints and their deliveries."""

import secrets
from collections.abc import Sequence
from functools import partial
from typing import Literal

import msgspec
from msgspec import Struct

from shared.domain.errors import Refused
from shared.domain.events import OPERATOR
from shared.domain.generation import Generation, read
from shared.domain.signing import new_secret
from shared.ops import sealing
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.stored_lists import UNREADABLE, read_each, read_one, split_lines

ENDPOINTS_MAX = 10
SECRET_BYTES = 32
SLOW_POSTS_MAX = 50  # posts to slow endpoints at once
OVERLAP_MS = 86_400_000  # how long the old secret also signs after a rotation

DeliveryState = Literal["pending", "delivered", "dead"]
PostLimit = Literal["breaker", "endpoint", "account", "slow"]
EndpointHealth = Literal["well", "ill", "gone", ""]  # after an attempt; empty: nothing was posted


class Endpoint(Struct, frozen=True, kw_only=True):
    """A webhook endpoint of an account. `types` is `*`, or event types separated by spaces."""

    id: str
    account: str
    url: str
    secret: str  # as stored, see shared/ops/sealing.py
    types: str
    created_ms: int
    disabled_ms: int | None = None
    disabled_why: str | None = None
    failing_ms: int | None = None  # start of the current run of failed attempts
    old_secret: str | None = None
    old_until_ms: int = 0

    def secrets(self, now_ms: int) -> list[str]:
        """Return the secrets that sign at `now_ms`, newest first. Raises SealBroken."""
        old = self.old_secret if now_ms < self.old_until_ms else None
        return [sealing.unseal(stored) for stored in (self.secret, old) if stored is not None]


class DeliveryAttempt(Struct, frozen=True, kw_only=True):
    """An attempt of a delivery: one POST. Without an answer, `status` is None and `error` has the reason."""

    at_ms: int
    duration_ms: int
    status: int | None = None
    error: str | None = None
    answer: str | None = None  # the start of the response body


class RecordedAttempt(Struct, frozen=True):
    """The effect of a recorded attempt."""

    was_open: bool  # the delivery had not ended before
    disabled: bool  # the attempt disabled its endpoint
    opened: bool  # the attempt opened its endpoint's breaker


class Due(Struct, frozen=True, kw_only=True):
    """A delivery whose next attempt is due. Endpoint and generation are None if they were deleted meanwhile."""

    event: str
    type: str
    attempts: int
    created_ms: int
    again_ms: int | None = None  # when it was last redelivered
    about: dict[str, str]  # fields of the delivery's record, for events without a generation
    endpoint: Endpoint | None = None
    generation: Generation | None = None


class HeldDelivery(Struct, frozen=True):
    """A delivery that waits for a slot. Its job is back in the queue, and the wait counts as no attempt."""

    limit: PostLimit


class Delivery(Struct, frozen=True, kw_only=True):
    """A delivery and its attempts."""

    id: str
    event: str
    type: str
    generation: str | None  # None: the event is not about a generation
    to: str | None = None  # the URL of the order; None: the endpoint's own
    state: DeliveryState
    attempts: tuple[DeliveryAttempt, ...]
    created_ms: int


class Dead(Struct, frozen=True):
    """A dead delivery, with its account and endpoint."""

    account: str
    endpoint: str
    dead_ms: int
    delivery: Delivery


async def create_endpoint(
    store: StoreClient, account_id: str, url: str, types: Sequence[str] = (), by: str = OPERATOR
) -> Endpoint:
    """Create an endpoint with a new secret; no `types` means all. Raises Refused at the account's limit.

    The secret of the returned endpoint is not encrypted. `by` is the hash of the caller's key.
    """
    endpoint_id, secret = "ep_" + secrets.token_hex(8), new_secret(secrets.token_bytes(SECRET_BYTES))
    words, stored = " ".join(types) or "*", sealing.seal(secret)
    word, *rest = await store.run("create_endpoint", account_id, endpoint_id, url, stored, words, ENDPOINTS_MAX, by)
    if word == "too_many":
        raise Refused("too_many_endpoints", f"An account can have at most {ENDPOINTS_MAX} endpoints: delete one first.")
    if word == "missing":
        raise Refused("unknown_account", f"Account {account_id} does not exist.")
    return Endpoint(id=endpoint_id, account=account_id, url=url, secret=secret, types=words, created_ms=rest[0])


async def delete_endpoint(store: StoreClient, account_id: str, endpoint_id: str, by: str = OPERATOR) -> bool:
    """Delete an endpoint. False if the account does not have it."""
    return bool((await store.run("delete_endpoint", account_id, endpoint_id, by))[0] == "deleted")


async def enable_endpoint(store: StoreClient, account_id: str, endpoint_id: str, by: str = OPERATOR) -> bool:
    """Enable an endpoint for events from now on. False if the account does not have it."""
    return bool((await store.run("enable_endpoint", account_id, endpoint_id, by))[0] == "enabled")


async def rotate_secret(
    store: StoreClient, account_id: str, endpoint_id: str, by: str = OPERATOR
) -> tuple[str, int] | None:
    """Rotate an endpoint's secret. Returns (the new secret, when the old one stops signing, ms), None if not found."""
    secret = new_secret(secrets.token_bytes(SECRET_BYTES))
    word, *rest = await store.run("rotate_secret", account_id, endpoint_id, sealing.seal(secret), OVERLAP_MS, by)
    return (secret, rest[0]) if word == "rotated" else None


async def find_endpoint(store: StoreClient, account_id: str, endpoint_id: str) -> Endpoint | None:
    """Return an endpoint of the account, or None."""
    found = _endpoint(endpoint_id, await store.call("HGETALL", keys.endpoint(endpoint_id)))
    return found if found is not None and found.account == account_id else None


async def list_endpoints(store: StoreClient, account_id: str) -> list[Endpoint]:
    """Return the account's endpoints, oldest first."""
    names = [raw.decode() for raw in await store.call("SMEMBERS", keys.endpoints(account_id))]
    rows = [(name, await store.call("HGETALL", keys.endpoint(name))) for name in names]
    found = read_each(
        [row for row in rows if row[1]],
        lambda row: _endpoint(*row),
        lambda row: _unreadable_endpoint(row[0], account_id),
        where=keys.endpoints(account_id),
    )
    return sorted((one for one in found if one is not None), key=lambda endpoint: endpoint.created_ms)


async def list_deliveries(store: StoreClient, endpoint_id: str, count: int) -> list[Delivery]:
    """Return up to `count` deliveries to an endpoint within the retention, newest first."""
    return decode_deliveries(await read_delivery_rows(store, await list_delivery_ids(store, endpoint_id, count)))


async def list_delivery_ids(store: StoreClient, endpoint_id: str, count: int) -> list[str]:
    """Return the ids of the newest deliveries to an endpoint, newest first. The records of some may have expired."""
    return [raw.decode() for raw in await store.call("LRANGE", keys.endpoint_log(endpoint_id), 0, count - 1)]


async def list_generation_deliveries(store: StoreClient, account_id: str, generation_id: str) -> list[Delivery]:
    """Return the deliveries of a generation's end to the endpoints of its account."""
    endpoints = sorted(raw.decode() for raw in await store.call("SMEMBERS", keys.endpoints(account_id)))
    names = [f"evt_{generation_id}:{endpoint_id}" for endpoint_id in endpoints]
    return decode_deliveries(await read_delivery_rows(store, names))


async def list_dead(store: StoreClient, count: int) -> list[Dead]:
    """Return up to `count` dead deliveries of all accounts within the retention, newest first."""
    found = await store.call("ZREVRANGE", keys.DEAD, 0, count - 1, "WITHSCORES")
    since = {found[i].decode(): int(float(found[i + 1])) for i in range(0, len(found), 2)}
    rows = await read_delivery_rows(store, list(since))
    owners = [_owner(fields) for _, fields in rows]
    deliveries = decode_deliveries(rows)
    return [Dead(*owner, since[one.id], one) for owner, one in zip(owners, deliveries, strict=True)]


async def read_delivery_rows(store: StoreClient, names: Sequence[str]) -> list[tuple[str, list[bytes]]]:
    """Return the fields of those of some deliveries that the store has, by id."""
    found = await store.read([("HGETALL", keys.delivery(name)) for name in names])
    return [(name, fields) for name, fields in zip(names, found, strict=True) if fields]


def decode_deliveries(rows: Sequence[tuple[str, list[bytes]]]) -> list[Delivery]:
    """Return deliveries from their ids and fields."""
    return read_each(rows, _delivery, _unreadable_delivery, where="deliveries")


def _owner(fields: list[bytes]) -> tuple[str, str]:
    """Return the account and the endpoint of a delivery; empty if its record does not name them."""
    named = dict(zip(fields[::2], fields[1::2], strict=True))
    return tuple(named.get(name, b"").decode(errors="replace") for name in (b"account", b"endpoint"))  # type: ignore[return-value]


def _delivery(row: tuple[str, list[bytes]]) -> Delivery:
    name, fields = row[0], _texts(row[1])
    created_ms = int(fields["created_ms"])
    attempts = read_each(
        split_lines(fields.get("log", "")),
        lambda line: msgspec.json.decode(line, type=DeliveryAttempt),
        lambda _: _unreadable_attempt(created_ms),
        where=keys.delivery(name),
    )
    named = {word: fields[word] for word in ("event", "type", "state")} | {"generation": fields.get("generation")}
    facts = {"attempts": attempts, "created_ms": created_ms, "to": fields.get("to")}
    return msgspec.convert({"id": name, **facts, **named}, Delivery)


def _unreadable_delivery(row: tuple[str, list[bytes]]) -> Delivery:
    event = row[0].partition(":")[0]
    attempts = (_unreadable_attempt(0),)
    return Delivery(
        id=row[0], event=event, type=UNREADABLE, generation=None, state="dead", attempts=attempts, created_ms=0
    )


def _unreadable_attempt(at_ms: int) -> DeliveryAttempt:
    return DeliveryAttempt(at_ms=at_ms, duration_ms=0, error="the record of this attempt cannot be read")


def _unreadable_endpoint(endpoint_id: str, account_id: str) -> Endpoint:
    return Endpoint(id=endpoint_id, account=account_id, url=UNREADABLE, secret="", types="", created_ms=0)


async def start_post(store: StoreClient, delivery_id: str, *, slow_max: int) -> Due | HeldDelivery | None:
    """Take a slot for the next attempt of a delivery. Return None if the delivery has ended or does not exist.

    At most `slow_max` slots are for endpoints that are slow, new or failing. The slot is freed by `record_attempt`.
    """
    word, *rest = await store.run("start_post", delivery_id, slow_max)
    if word == "held":
        return HeldDelivery(rest[0].decode())
    if word != "pending":
        return None
    fields, endpoint, generation = _texts(rest[0]), rest[1], rest[2]
    generation_id = fields.get("generation")
    return Due(
        event=fields["event"],
        type=fields["type"],
        attempts=int(fields["attempts"]),
        created_ms=int(fields["created_ms"]),
        again_ms=int(fields["again_ms"]) if "again_ms" in fields else None,
        about=fields,
        endpoint=read_one(endpoint, partial(_endpoint, fields["endpoint"]), lambda _: None, where="endpoint"),
        generation=(
            read_one(generation, partial(read, generation_id), lambda _: None, where="generation")
            if generation_id and generation
            else None
        ),
    )


async def record_attempt(
    store: StoreClient,
    delivery_id: str,
    number: int,
    state: DeliveryState,
    attempt: DeliveryAttempt,
    *,
    keep_ms: int,
    health: EndpointHealth,
    silent: bool = False,
    slow_max: int = SLOW_POSTS_MAX,
) -> RecordedAttempt:
    """Record an attempt and the delivery's new state, and free its slot for a held delivery.

    `health` is the attempt's evidence about the endpoint. An endpoint that is gone, or ill for five days, is disabled.
    `silent` says that it gave no answer: several in a row open its breaker.
    """
    line = msgspec.json.encode(attempt)
    evidence = (health, attempt.duration_ms, "1" if silent else "", slow_max)
    word, *rest = await store.run("record_attempt", delivery_id, number, state, line, keep_ms, *evidence)
    if word != "recorded":
        return RecordedAttempt(was_open=word == "already", disabled=False, opened=False)
    return RecordedAttempt(was_open=True, disabled=rest[0] == 1, opened=rest[1] == 1)


def _texts(fields: Sequence[bytes]) -> dict[str, str]:
    return {fields[i].decode(): fields[i + 1].decode() for i in range(0, len(fields), 2)}


def _endpoint(endpoint_id: str, fields: Sequence[bytes]) -> Endpoint | None:
    values = _texts(fields)
    return msgspec.convert({"id": endpoint_id, **values}, Endpoint, strict=False) if values else None
