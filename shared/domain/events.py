"""What a webhook says. The first five fields of a generation's body are the documented ones; all others are extra.

Field order is part of the body: it is signed as sent, and people read it.
"""

from bisect import bisect_right
from itertools import accumulate

import msgspec
from msgspec import Struct, structs

from shared.domain.ids import job_id
from shared.domain.money import cents
from shared.domain.times import rfc3339

GENERATION_COMPLETED = "generation.completed"
GENERATION_FAILED = "generation.failed"
BALANCE_LOW = "balance.low"
ENDPOINT_DISABLED = "endpoint.disabled"
EVENT_TYPES = (GENERATION_COMPLETED, GENERATION_FAILED, BALANCE_LOW, ENDPOINT_DISABLED)

BODY_BYTES_MAX = 20_000  # Standard Webhooks: keep a payload under 20 KB
URLS_BYTES_MAX = 6_000  # of `urls`, when a body is too long; the first of them is told twice
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
    """A closed generation as its webhook tells it. Times are Unix ms, amounts micro-USD."""

    id: str  # UUID
    event: str  # GENERATION_COMPLETED or GENERATION_FAILED
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


def generation_body(outcome: GenerationEvent) -> bytes:
    """The JSON body that tells `outcome`, at most BODY_BYTES_MAX bytes.

    A body too long is shortened: text and prompt are cut at their end, `urls` after the last that fits, and
    `truncated: true` says so; the whole can be read by `id`. A result that there is not, as after a failure, is null.
    """
    whole = msgspec.json.encode(_generation_fields(outcome))
    if len(whole) <= BODY_BYTES_MAX:
        return whole
    return msgspec.json.encode(_generation_fields(_shortened(outcome)) | {"truncated": True})


def balance_low_body(*, event_id: str, balance_micros: int, threshold_micros: int, now_ms: int) -> bytes:
    """The JSON body that warns of a balance below the account's threshold."""
    return msgspec.json.encode(
        _head(BALANCE_LOW, event_id, now_ms)
        | {"balanceCents": cents(balance_micros), "thresholdCents": cents(threshold_micros)}
    )


def endpoint_disabled_body(
    *, event_id: str, endpoint_id: str, url: str, reason: str, failing_since_ms: int, now_ms: int
) -> bytes:
    """The JSON body that tells an account's other endpoints that one was switched off, and since when it failed."""
    return msgspec.json.encode(
        _head(ENDPOINT_DISABLED, event_id, now_ms)
        | {"endpointId": endpoint_id, "url": url, "reason": reason, "failingSince": rfc3339(failing_since_ms)}
    )


def _head(event: str, event_id: str, now_ms: int) -> dict[str, object]:
    return {"event": event, "timestamp": rfc3339(now_ms), "type": event, "id": event_id}


def _generation_fields(outcome: GenerationEvent) -> dict[str, object]:
    failed = outcome.event == GENERATION_FAILED
    result_field = RESULT_FIELDS.get(outcome.kind, "imageUrl")
    first_url = outcome.urls[0] if outcome.urls else None
    return {
        "event": outcome.event,
        "jobId": job_id(outcome.id),
        result_field: outcome.text if result_field == "text" else first_url,
        "prompt": outcome.prompt,
        "timestamp": rfc3339(outcome.closed_ms),
        "type": outcome.event,
        "id": outcome.id,
        "status": "failed" if failed else "completed",
        "kind": outcome.kind,
        "model": outcome.model,
        "provider": outcome.provider,
        "urls": outcome.urls,
        **({"error": outcome.error, "errorCode": outcome.error_code} if failed else {}),
        "costCents": cents(outcome.cost_micros),
        "refundedCents": cents(outcome.refunded_micros),
        "createdAt": rfc3339(outcome.created_ms),
        "completedAt": rfc3339(outcome.closed_ms),
    }


def _shortened(outcome: GenerationEvent) -> GenerationEvent:
    """`outcome` cut to fit. Text and prompt share what the rest leaves: half each, more where one needs less."""
    bare = structs.replace(
        outcome,
        prompt="",
        text=outcome.text and "",
        urls=_first(outcome.urls, URLS_BYTES_MAX),
        error=outcome.error and _cut(outcome.error, ERROR_BYTES_MAX),
    )
    room_bytes = BODY_BYTES_MAX - len(msgspec.json.encode(_generation_fields(bare) | {"truncated": True}))
    text = outcome.text and _cut(outcome.text, max(room_bytes - _size_bytes(outcome.prompt), room_bytes // 2))
    prompt = _cut(outcome.prompt, room_bytes - _size_bytes(text or ""))
    return structs.replace(bare, prompt=prompt, text=text)


def _size_bytes(text: str) -> int:
    """What `text` takes inside a JSON string."""
    return len(msgspec.json.encode(text)) - 2


def _cut(text: str, bytes_max: int) -> str:
    """The longest start of `text` that takes at most `bytes_max` inside a JSON string."""
    text = text[: max(bytes_max, 0)]
    return text[: bisect_right(range(len(text) + 1), bytes_max, key=lambda end: _size_bytes(text[:end])) - 1]


def _first(urls: tuple[str, ...], bytes_max: int) -> tuple[str, ...]:
    """As many of `urls` from the first on as take at most `bytes_max` together."""
    sizes = accumulate(_size_bytes(url) for url in urls)
    return urls[: sum(1 for size in sizes if size <= bytes_max)]
