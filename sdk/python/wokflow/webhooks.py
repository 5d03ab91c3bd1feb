"""Verification of webhooks, as Standard Webhooks 1.0 defines it."""

import base64
import hmac
import json
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from wokflow.decode import decode
from wokflow.errors import InvalidResponseError, WebhookVerificationError
from wokflow.models.webhooks import (
    BalanceLowEvent,
    EndpointChangedEvent,
    EndpointDisabledEvent,
    GenerationCompletedEvent,
    GenerationFailedEvent,
    KeyChangedEvent,
)

SECRET_PREFIX = "whsec_"  # noqa: S105 - not a secret itself
VERSION = "v1,"
TOLERANCE_S = 300.0
SIGNATURES_MAX = 16  # a sender signs with one secret, or with two during a rotation


@dataclass(frozen=True, kw_only=True)
class UnknownEvent:
    """An event that is newer than this client. `body` is its JSON."""

    event: str
    body: Mapping[str, object]


WebhookEvent = (
    GenerationCompletedEvent
    | GenerationFailedEvent
    | BalanceLowEvent
    | EndpointDisabledEvent
    | EndpointChangedEvent
    | KeyChangedEvent
    | UnknownEvent
)
EVENTS: dict[str, type[WebhookEvent]] = {
    "generation.completed": GenerationCompletedEvent,
    "generation.failed": GenerationFailedEvent,
    "balance.low": BalanceLowEvent,
    "endpoint.disabled": EndpointDisabledEvent,
    "endpoint.created": EndpointChangedEvent,
    "endpoint.deleted": EndpointChangedEvent,
    "endpoint.enabled": EndpointChangedEvent,
    "endpoint.rotated": EndpointChangedEvent,
    "key.changed": KeyChangedEvent,
    "key.created": KeyChangedEvent,
    "key.revoked": KeyChangedEvent,
    "key.rotated": KeyChangedEvent,
}


def verify_webhook(
    secret: str | Sequence[str],
    headers: Mapping[str, str],
    body: bytes | str,
    *,
    tolerance_s: float = TOLERANCE_S,
    now_s: float | None = None,
) -> WebhookEvent:
    """Verify a webhook, and return its event.

    `secret` is the endpoint's, or the old and the new one during a rotation. `body` is the request's as received: bytes
    that were parsed and written again have another signature. Raises WebhookVerificationError, and ValueError for a
    malformed secret. An event may arrive more than once, each time with the same header `webhook-id`.
    """
    keys = [decode_secret(one) for one in ([secret] if isinstance(secret, str) else secret)]
    found = {name.lower(): value for name, value in headers.items()}
    message_id = _require(found, "webhook-id", r"[^.\s]+")
    sent_s = _require(found, "webhook-timestamp", r"[0-9]{1,12}")
    signatures = _require(found, "webhook-signature", r".+")
    if not abs((time.time() if now_s is None else now_s) - int(sent_s)) <= tolerance_s:  # noqa: TID251 - a receiver's clock
        raise WebhookVerificationError("webhook-timestamp is too far from now.")
    raw = body.encode() if isinstance(body, str) else bytes(body)
    signed = f"{message_id}.{sent_s}.".encode() + raw
    if not any([_matches(key, signatures, signed) for key in keys]):
        raise WebhookVerificationError("No signature matches this secret and body.")
    return _decode_event(raw)


def decode_secret(secret: str) -> bytes:
    """Return the bytes of a secret. Raises ValueError that does not quote it."""
    try:
        key = base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    except ValueError:
        key = b""
    if not key or not secret.startswith(SECRET_PREFIX):
        raise ValueError("A webhook secret must be whsec_ and base64.")
    return key


def _require(headers: Mapping[str, str], name: str, pattern: str) -> str:
    value = headers.get(name)
    if value is None or not re.fullmatch(pattern, value):
        raise WebhookVerificationError(f"{name} is {'missing' if value is None else 'malformed'}.")
    return value


def _matches(key: bytes, signatures: str, signed: bytes) -> bool:
    """Return whether one of the signatures is right. Unknown versions are skipped: a sender may sign with several."""
    expected = base64.b64encode(hmac.digest(key, signed, "sha256"))
    known = [one.removeprefix(VERSION) for one in signatures.split(" ") if one.startswith(VERSION)]
    return any([hmac.compare_digest(expected, one.encode()) for one in known[:SIGNATURES_MAX]])


def _decode_event(raw: bytes) -> WebhookEvent:
    try:
        body = json.loads(raw)
        kind = EVENTS.get(body["event"])
        return UnknownEvent(event=str(body["event"]), body=body) if kind is None else decode(kind, body)
    except (ValueError, KeyError, TypeError, InvalidResponseError) as error:
        raise WebhookVerificationError("The body is signed but not an event.") from error
