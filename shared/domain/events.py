"""Bodies of webhook events. The first five fields of a generation's body are the documented ones, in this order."""

from bisect import bisect_right
from itertools import accumulate
from typing import Final, Literal

import msgspec
from msgspec import Struct, structs

from shared.domain.ids import job_id
from shared.domain.money import cents, cents_up
from shared.domain.times import rfc3339

GENERATION_COMPLETED: Final = "generation.completed"
GENERATION_FAILED: Final = "generation.failed"
BALANCE_LOW = "balance.low"
ENDPOINT_DISABLED = "endpoint.disabled"
KEY_CREATED, KEY_REVOKED = "key.created", "key.revoked"
KEY_CHANGED, KEY_ROTATED = "key.changed", "key.rotated"
ENDPOINT_CREATED, ENDPOINT_DELETED = "endpoint.created", "endpoint.deleted"
ENDPOINT_ENABLED, ENDPOINT_ROTATED = "endpoint.enabled", "endpoint.rotated"
KEY_EVENTS = (KEY_CREATED, KEY_CHANGED, KEY_ROTATED, KEY_REVOKED)
ENDPOINT_EVENTS = (ENDPOINT_CREATED, ENDPOINT_DELETED, ENDPOINT_ENABLED, ENDPOINT_ROTATED)
SECURITY_EVENTS = (*KEY_EVENTS, *ENDPOINT_EVENTS)  # an account's keys and endpoints, as they are made and changed
OPERATOR = "operator"  # the actor, if it was not a key of the account
GenerationEventType = Literal["generation.completed", "generation.failed"]
EVENT_TYPES = (GENERATION_COMPLETED, GENERATION_FAILED, BALANCE_LOW, ENDPOINT_DISABLED, *SECURITY_EVENTS)

BODY_BYTES_MAX = 20_000  # Standard Webhooks: keep a payload under 20 KB
URLS_BYTES_MAX = 6_000  # of `urls` in a body that is too long; its first URL occurs twice
ERROR_BYTES_MAX = 1_000

RESULT_FIELDS = {
    "image": "imageUrl",
    "upscale": "imageUrl",
    "video": "videoUrl",
    "voice": "audioUrl",
    "music": "audioUrl",
    "text": "text",
    "enhance": "text",
    "interrogate": "text",
}


class GenerationEvent(Struct, frozen=True, kw_only=True):
    """A settled generation, as its webhook event reports it. Times are Unix ms, amounts micro-USD."""

    id: str  # UUID
    type: GenerationEventType
    kind: str
    prompt: str
    model: str
    created_ms: int
    closed_ms: int
    provider: str | None = None
    urls: tuple[str, ...] = ()
    text: str | None = None
    error: str | None = None
    error_code: str | None = None
    cost_micros: int = 0
    refunded_micros: int = 0
    simulated: bool = False
    metadata: dict[str, str] | None = None


def generation_body(event: GenerationEvent) -> bytes:
    """Return the JSON body of a generation's event, at most BODY_BYTES_MAX bytes.

    A longer body is shortened and has `truncated: true`: text and prompt are cut at their end, `urls` after the last
    URL that fits. The complete generation can be read by its `id`. After a failure the result is null.
    """
    whole = msgspec.json.encode(_generation_fields(event))
    if len(whole) <= BODY_BYTES_MAX:
        return whole
    return msgspec.json.encode(_generation_fields(_shortened(event)) | {"truncated": True})


def balance_low_body(*, event_id: str, balance_micros: int, threshold_micros: int, now_ms: int) -> bytes:
    """Return the JSON body of the event that warns of a balance below the account's threshold."""
    return msgspec.json.encode(
        _head(BALANCE_LOW, event_id, now_ms)
        | {
            "balanceCents": cents(balance_micros),
            "thresholdCents": cents(threshold_micros),
            "balanceMicros": balance_micros,
        }
    )


def endpoint_disabled_body(
    *, event_id: str, endpoint_id: str, url: str, reason: str, failing_since_ms: int, now_ms: int
) -> bytes:
    """Return the JSON body of the event that an endpoint was disabled, with the time of its first failure."""
    return msgspec.json.encode(
        _head(ENDPOINT_DISABLED, event_id, now_ms)
        | {"endpointId": endpoint_id, "url": url, "reason": reason, "failingSince": rfc3339(failing_since_ms)}
    )


def security_body(*, event_type: str, event_id: str, subject: str, detail: str, by: str, now_ms: int) -> bytes:
    """Return the JSON body of the event that a key or endpoint was made or changed, and by which key."""
    of_key = event_type in KEY_EVENTS
    facts = {"keyId": subject, "hint": detail} if of_key else {"endpointId": subject, "url": detail}
    return msgspec.json.encode(_head(event_type, event_id, now_ms) | facts | {"by": by})


def _head(event_type: str, event_id: str, now_ms: int) -> dict[str, object]:
    return {"event": event_type, "timestamp": rfc3339(now_ms), "type": event_type, "id": event_id}


def _generation_fields(event: GenerationEvent) -> dict[str, object]:
    failed = event.type == GENERATION_FAILED
    result_field = RESULT_FIELDS.get(event.kind, "imageUrl")
    first_url = event.urls[0] if event.urls else None
    return {
        "event": event.type,
        "jobId": job_id(event.id),
        result_field: event.text if result_field == "text" else first_url,
        "prompt": event.prompt,
        "timestamp": rfc3339(event.closed_ms),
        "type": event.type,
        "id": event.id,
        "status": "failed" if failed else "completed",
        "kind": event.kind,
        "model": event.model,
        "provider": event.provider,
        "urls": event.urls,
        **({"error": event.error, "errorCode": event.error_code} if failed else {}),
        "costCents": cents_up(event.cost_micros),
        "refundedCents": cents_up(event.refunded_micros),
        "costMicros": event.cost_micros,
        "refundedMicros": event.refunded_micros,
        "createdAt": rfc3339(event.created_ms),
        "completedAt": rfc3339(event.closed_ms),
        "simulated": event.simulated,
        **({"metadata": event.metadata} if event.metadata else {}),
    }


def _shortened(event: GenerationEvent) -> GenerationEvent:
    """Shorten an event so that it fits. Text and prompt get half of the room each, or more if the other needs less."""
    bare = structs.replace(
        event,
        prompt="",
        text=event.text and "",
        urls=_first(event.urls, URLS_BYTES_MAX),
        error=event.error and _cut(event.error, ERROR_BYTES_MAX),
    )
    room_bytes = BODY_BYTES_MAX - len(msgspec.json.encode(_generation_fields(bare) | {"truncated": True}))
    text = event.text and _cut(event.text, max(room_bytes - _size_bytes(event.prompt), room_bytes // 2))
    prompt = _cut(event.prompt, room_bytes - _size_bytes(text or ""))
    return structs.replace(bare, prompt=prompt, text=text)


def _size_bytes(text: str) -> int:
    """Return the size of `text` inside a JSON string."""
    return len(msgspec.json.encode(text)) - 2


def _cut(text: str, bytes_max: int) -> str:
    """Return the longest start of `text` that needs at most `bytes_max` inside a JSON string."""
    text = text[: max(bytes_max, 0)]
    return text[: bisect_right(range(len(text) + 1), bytes_max, key=lambda end: _size_bytes(text[:end])) - 1]


def _first(urls: tuple[str, ...], bytes_max: int) -> tuple[str, ...]:
    """Return the first of `urls`, as many as need at most `bytes_max` together."""
    sizes = accumulate(_size_bytes(url) for url in urls)
    return urls[: sum(1 for size in sizes if size <= bytes_max)]
