"""Webhook endpoints and the deliveries to them."""

import asyncio
import secrets
from collections.abc import Sequence

import msgspec
from msgspec import Struct

from shared.domain.errors import Refused
from shared.domain.generation import Generation, read
from shared.domain.signing import new_secret
from shared.store import keys
from shared.store.client import StoreClient

ENDPOINTS_MAX = 10
SECRET_BYTES = 32
OVERLAP_MS = 86_400_000  # how long the secret before signs too


class Endpoint(Struct, frozen=True, kw_only=True):
    """Where an account's events go. `types` is `*` or event types with spaces between."""

    id: str
    account: str
    url: str
    secret: str
    types: str
    created_ms: int
    disabled_ms: int | None = None
    disabled_why: str | None = None
    failing_ms: int | None = None  # since when every attempt failed
    old_secret: str | None = None
    old_until_ms: int = 0

    def secrets(self, now_ms: int) -> list[str]:
        """What signs at that time, the newest first."""
        old = self.old_secret if now_ms < self.old_until_ms else None
        return [self.secret] if old is None else [self.secret, old]


class DeliveryAttempt(Struct, frozen=True, kw_only=True):
    """One POST. `status` is None when there was no answer; `error` then says why."""

    at_ms: int
    duration_ms: int
    status: int | None = None
    error: str | None = None
    answer: str | None = None  # the first bytes of the body


class Due(Struct, frozen=True, kw_only=True):
    """A delivery whose next attempt is due; endpoint and generation are None when they were deleted meanwhile."""

    event: str
    type: str
    attempts: int
    created_ms: int
    again_ms: int | None = None  # when it was last begun anew
    about: dict[str, str]  # what an event says that is not of a generation
    endpoint: Endpoint | None = None
    generation: Generation | None = None


class Delivery(Struct, frozen=True, kw_only=True):
    """A delivery as its owner sees it. `state` is pending, delivered or dead."""

    id: str
    event: str
    type: str
    generation: str | None  # None: the event is of something else
    state: str
    attempts: tuple[DeliveryAttempt, ...]
    created_ms: int


class Dead(Struct, frozen=True):
    """A delivery that was given up, and where it should have gone."""

    account: str
    endpoint: str
    dead_ms: int
    delivery: Delivery


async def create_endpoint(store: StoreClient, account_id: str, url: str, types: Sequence[str] = ()) -> Endpoint:
    """A new endpoint with a secret of its own; no `types` means all. Raises Refused at the account's limit."""
    endpoint_id, secret = "ep_" + secrets.token_hex(8), _new_secret()
    words = " ".join(types) or "*"
    word, *rest = await store.run("create_endpoint", account_id, endpoint_id, url, secret, words, ENDPOINTS_MAX)
    if word == "too_many":
        raise Refused("too_many_endpoints", f"An account has at most {ENDPOINTS_MAX} endpoints: delete one first.")
    if word == "missing":
        raise Refused("unknown_account", f"Account {account_id} does not exist.")
    return Endpoint(id=endpoint_id, account=account_id, url=url, secret=secret, types=words, created_ms=rest[0])


async def delete_endpoint(store: StoreClient, account_id: str, endpoint_id: str) -> bool:
    """False if the account has no such endpoint."""
    return bool((await store.run("delete_endpoint", account_id, endpoint_id))[0] == "deleted")


async def enable_endpoint(store: StoreClient, account_id: str, endpoint_id: str) -> bool:
    """Send to an endpoint again, from now on; False if the account has no such endpoint."""
    return bool((await store.run("enable_endpoint", account_id, endpoint_id))[0] == "enabled")


async def rotate_secret(store: StoreClient, account_id: str, endpoint_id: str) -> tuple[str, int] | None:
    """(the new secret, until when the one before signs too, ms), or None if the account has no such endpoint."""
    secret = _new_secret()
    word, *rest = await store.run("rotate_secret", account_id, endpoint_id, secret, OVERLAP_MS)
    return (secret, rest[0]) if word == "rotated" else None


async def find_endpoint(store: StoreClient, account_id: str, endpoint_id: str) -> Endpoint | None:
    """One endpoint of the account, or None."""
    found = _endpoint(endpoint_id, await store.call("HGETALL", keys.endpoint(endpoint_id)))
    return found if found is not None and found.account == account_id else None


async def list_endpoints(store: StoreClient, account_id: str) -> list[Endpoint]:
    """The account's endpoints, oldest first."""
    found = []
    for raw in await store.call("SMEMBERS", keys.endpoints(account_id)):
        endpoint = _endpoint(raw.decode(), await store.call("HGETALL", keys.endpoint(raw.decode())))
        if endpoint is not None:
            found.append(endpoint)
    return sorted(found, key=lambda endpoint: endpoint.created_ms)


async def list_deliveries(store: StoreClient, endpoint_id: str, count: int) -> list[Delivery]:
    """Up to `count` deliveries to an endpoint, newest first, as far as they are still kept."""
    names = [raw.decode() for raw in await store.call("LRANGE", keys.endpoint_log(endpoint_id), 0, count - 1)]
    return [_delivery(name, fields) for name, fields in await _records(store, names)]


async def list_generation_deliveries(store: StoreClient, account_id: str, generation_id: str) -> list[Delivery]:
    """The deliveries of a generation's end to the endpoints that its account has."""
    endpoints = sorted(raw.decode() for raw in await store.call("SMEMBERS", keys.endpoints(account_id)))
    names = [f"evt_{generation_id}:{endpoint_id}" for endpoint_id in endpoints]
    return [_delivery(name, fields) for name, fields in await _records(store, names)]


async def list_dead(store: StoreClient, count: int) -> list[Dead]:
    """Up to `count` deliveries of all accounts that were given up, newest first, as far as they are still kept."""
    found = await store.call("ZREVRANGE", keys.DEAD, 0, count - 1, "WITHSCORES")
    since = {found[i].decode(): int(float(found[i + 1])) for i in range(0, len(found), 2)}
    return [
        Dead(fields["account"], fields["endpoint"], since[name], _delivery(name, fields))
        for name, fields in await _records(store, list(since))
    ]


async def _records(store: StoreClient, names: Sequence[str]) -> list[tuple[str, dict[str, str]]]:
    found = await asyncio.gather(*(store.call("HGETALL", keys.delivery(name)) for name in names))
    return [(name, _texts(fields)) for name, fields in zip(names, found, strict=True) if fields]


def _delivery(name: str, fields: dict[str, str]) -> Delivery:
    log = tuple(msgspec.json.decode(line, type=DeliveryAttempt) for line in fields.get("log", "").splitlines())
    named = {word: fields[word] for word in ("event", "type", "state")}
    made, created_ms = fields.get("generation"), int(fields["created_ms"])
    return Delivery(id=name, generation=made, attempts=log, created_ms=created_ms, **named)


async def read_due(store: StoreClient, delivery_id: str) -> Due | None:
    """What the next attempt needs, or None if the delivery has ended or is unknown."""
    word, *rest = await store.run("delivery", delivery_id)
    if word != "pending":
        return None
    fields, endpoint, generation = _texts(rest[0]), rest[1], rest[2]
    made = fields.get("generation")
    return Due(
        event=fields["event"],
        type=fields["type"],
        attempts=int(fields["attempts"]),
        created_ms=int(fields["created_ms"]),
        again_ms=int(fields["again_ms"]) if "again_ms" in fields else None,
        about=fields,
        endpoint=_endpoint(fields["endpoint"], endpoint),
        generation=read(made, generation) if made and generation else None,
    )


async def record_attempt(
    store: StoreClient,
    delivery_id: str,
    number: int,
    state: str,
    attempt: DeliveryAttempt,
    *,
    keep_ms: int,
    health: str,
) -> tuple[bool, bool]:
    """Keep an attempt; `state` is pending, delivered or dead.

    (whether the delivery had not ended before, whether its endpoint was switched off by this).

    `health` is what it says of the endpoint: well, ill or gone, or nothing if nothing was posted. One that is gone, or
    ill for five days, is switched off.
    """
    line = msgspec.json.encode(attempt)
    word, *rest = await store.run("attempt", delivery_id, number, state, line, keep_ms, health)
    return word in ("recorded", "already"), word == "recorded" and rest[0] == 1


def _new_secret() -> str:
    return new_secret(secrets.token_bytes(SECRET_BYTES))


def _texts(fields: Sequence[bytes]) -> dict[str, str]:
    return {fields[i].decode(): fields[i + 1].decode() for i in range(0, len(fields), 2)}


def _endpoint(endpoint_id: str, fields: Sequence[bytes]) -> Endpoint | None:
    values = _texts(fields)
    return msgspec.convert({"id": endpoint_id, **values}, Endpoint, strict=False) if values else None
