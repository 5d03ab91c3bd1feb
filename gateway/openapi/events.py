"""What we post to webhook endpoints: the `webhooks` of OpenAPI 3.1. The bodies are made in shared/domain/events.py."""

from typing import Literal

import msgspec
from msgspec import UNSET, Struct, UnsetType

from gateway.openapi.schemas import reference
from gateway.openapi.snippets import VERIFYING
from gateway.openapi.webhooks import ENDPOINT_ID, URL
from gateway.openapi.wowflow import GENERATION_ID, PROMPT
from shared.domain import events
from shared.domain.retry import ATTEMPT_MAX

TAG = "Webhooks"
DAY_MS = 86_400_000
CREATED_MS, CLOSED_MS = 1_778_250_191_000, 1_778_250_212_000
HEADERS = {
    "webhook-id": ("The event's id: the same on every attempt, so that you can drop doubles.", f"evt_{GENERATION_ID}"),
    "webhook-timestamp": (
        "When this attempt was signed, in Unix seconds. Refuse what is older than minutes.",
        "1778250212",
    ),
    "webhook-signature": (
        "One or more of `v1,<base64>`, with spaces between: HMAC-SHA256 of `id.timestamp.body` under the secret.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}
RECEIVED = {
    "2XX": "You have it. Answer within seconds and do the work afterwards.",
    "410": "You want nothing any more: the endpoint is switched off.",
    "default": f"Posted again later, {ATTEMPT_MAX} times over three days. Redirects are not followed.",
}


class Result(Struct, kw_only=True, rename="camel"):
    """What completed and failed generations have in common; of the four results, the one of the kind is there."""

    event: str
    job_id: str
    image_url: str | UnsetType | None = UNSET
    video_url: str | UnsetType | None = UNSET
    audio_url: str | UnsetType | None = UNSET
    text: str | UnsetType | None = UNSET
    prompt: str
    timestamp: str
    type: str
    id: str
    status: str
    kind: str
    model: str
    provider: str | None
    urls: tuple[str, ...]
    cost_cents: int
    refunded_cents: int
    created_at: str
    completed_at: str
    truncated: bool | UnsetType = UNSET


class GenerationCompleted(Result, rename="camel"):
    """A generation is done; its result can be fetched."""

    event: Literal["generation.completed"]
    type: Literal["generation.completed"]
    status: Literal["completed"]


class GenerationFailed(Result, rename="camel"):
    """A generation failed and was refunded."""

    event: Literal["generation.failed"]
    type: Literal["generation.failed"]
    status: Literal["failed"]
    error: str | None
    error_code: str | None


class BalanceLow(Struct, kw_only=True, rename="camel"):
    """An order took the balance below the account's threshold. Told once, until a top-up goes above it."""

    event: Literal["balance.low"]
    timestamp: str
    type: Literal["balance.low"]
    id: str
    balance_cents: int
    threshold_cents: int


class EndpointDisabled(Struct, kw_only=True, rename="camel"):
    """Another endpoint of the account was switched off: it answered 410, or every attempt failed for five days."""

    event: Literal["endpoint.disabled"]
    timestamp: str
    type: Literal["endpoint.disabled"]
    id: str
    endpoint_id: str
    url: str
    reason: str
    failing_since: str


SHAPES: dict[str, type[Struct]] = {
    events.GENERATION_COMPLETED: GenerationCompleted,
    events.GENERATION_FAILED: GenerationFailed,
    events.BALANCE_LOW: BalanceLow,
    events.ENDPOINT_DISABLED: EndpointDisabled,
}


def webhooks(base_url: str) -> dict[str, object]:
    """A Path Item for each event that is posted."""
    return {event: {"post": _post(event, shape, base_url)} for event, shape in SHAPES.items()}


def _post(event: str, shape: type[Struct], base_url: str) -> dict[str, object]:
    content = {"schema": reference(shape), "example": msgspec.json.decode(_body(event, base_url))}
    return {
        "operationId": "on" + shape.__name__,
        "tags": [TAG],
        "summary": event,
        "description": shape.__doc__,
        "security": [],
        "parameters": [
            {
                "name": name,
                "in": "header",
                "required": True,
                "description": text,
                "schema": {"type": "string"},
                "example": example,
            }
            for name, (text, example) in HEADERS.items()
        ],
        "requestBody": {"required": True, "content": {"application/json": content}},
        "responses": {status: {"description": text} for status, text in RECEIVED.items()},
        "x-codeSamples": [{"lang": label, "label": label, "source": source} for label, source in VERIFYING.items()],
    }


def _body(event: str, base_url: str) -> bytes:
    """An event's body as it is really made."""
    if event == events.BALANCE_LOW:
        low = {"balance_micros": 920_000, "threshold_micros": 1_000_000}
        return events.balance_low_body(event_id=f"evt_low_{GENERATION_ID}", now_ms=CREATED_MS, **low)
    if event == events.ENDPOINT_DISABLED:
        return events.endpoint_disabled_body(
            event_id=f"evt_off_{ENDPOINT_ID}_1",
            endpoint_id=ENDPOINT_ID,
            url=URL,
            reason="every attempt failed for five days",
            failing_since_ms=CLOSED_MS - 5 * DAY_MS,
            now_ms=CLOSED_MS,
        )
    failed = event == events.GENERATION_FAILED
    url = f"{base_url}/assets/2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0.png"
    return events.generation_body(
        events.GenerationEvent(
            id=GENERATION_ID,
            type=events.GENERATION_FAILED if failed else events.GENERATION_COMPLETED,
            kind="image",
            prompt=PROMPT,
            model="local/artist",
            provider="local",
            urls=() if failed else (url,),
            error="The provider refused the prompt." if failed else None,
            error_code="content_policy" if failed else None,
            cost_micros=0 if failed else 110_000,
            refunded_micros=110_000 if failed else 0,
            created_ms=CREATED_MS,
            closed_ms=CLOSED_MS,
        )
    )
