"""The webhook events, as the document describes them. Their bodies are built in shared/domain/events.py."""

from typing import Annotated, Literal

from msgspec import UNSET, Struct, UnsetType

from gateway.examples import ACCOUNT_ID, ASSET_URL, ENDPOINT_ID, GENERATION_ID, HOOK_URL, KEY_HINT, KEY_ID, PROMPT
from shared.domain import events
from shared.domain.catalogue import KINDS
from shared.domain.described import SIMULATED, Link, count, doc, link, timestamp
from shared.domain.metadata import SHOWN, Metadata
from shared.domain.retry import ATTEMPT_MAX
from shared.domain.times import DAY_MS

CREATED_MS, CLOSED_MS = 1_778_250_191_000, 1_778_250_212_000
HEADERS = {
    "webhook-id": ("The event's id. It is the same on every attempt: ignore ids you know.", f"evt_{GENERATION_ID}"),
    "webhook-timestamp": (
        "When this attempt was signed, in Unix seconds. Reject events that are older than some minutes.",
        "1778250212",
    ),
    "webhook-signature": (
        "One or more of `v1,<base64>`, separated by spaces: HMAC-SHA256 of `id.timestamp.body` under the secret.",
        "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4=",
    ),
}
RECEIVED = {
    "2XX": "You have received the event. Respond within seconds and process it afterwards.",
    "410": "You want no more events: the endpoint is disabled.",
    "default": f"The event is posted again, up to {ATTEMPT_MAX} times over three days. Redirects are not followed.",
}
EventText = doc("The type of the event, the same as `type`.")
TypeText = doc("The type of the event.")
EventId = Annotated[str, doc("The event's id, as in the header `webhook-id`.")]
ByWhom = Annotated[str, doc("The id of the key that the call was made with. `operator`: the operator did it.")]
EndpointEvent = Literal["endpoint.created", "endpoint.deleted", "endpoint.enabled", "endpoint.rotated"]
HappenedAt = Annotated[str, timestamp("When it happened.")]


class GenerationEventBody(Struct, kw_only=True, rename="camel"):
    """The fields of completed and failed generations. Of the four results, only that of the kind is present."""

    event: Annotated[str, EventText]
    job_id: Annotated[str, doc("The generation's id in the camelCase API.", pattern="^job_[0-9a-f]{32}$")]
    image_url: Annotated[str | UnsetType | None, link("The first image. Null after a failure.")] = UNSET
    video_url: Annotated[str | UnsetType | None, link("The first video. Null after a failure.")] = UNSET
    audio_url: Annotated[str | UnsetType | None, link("The first audio file. Null after a failure.")] = UNSET
    text: Annotated[str | UnsetType | None, doc("The text. Null after a failure.")] = UNSET
    prompt: Annotated[str, doc("The prompt as sent.")]
    timestamp: Annotated[str, timestamp("When it ended.")]
    type: Annotated[str, TypeText]
    id: Annotated[str, doc("The generation's id.", format="uuid")]
    status: Annotated[str, doc("How it ended.")]
    kind: Annotated[str, doc("The kind of model.", examples=list(KINDS))]
    model: Annotated[str, doc("The id of the requested model.")]
    provider: Annotated[str | None, doc("The provider that served it. Null if there was none.")]
    urls: Annotated[tuple[Link, ...], doc("All outputs.")]
    cost_cents: Annotated[int, count("The amount charged, rounded up to a cent.")]
    refunded_cents: Annotated[int, count("The amount refunded, rounded up to a cent.")]
    cost_micros: Annotated[int, count("The exact amount charged, in millionths of a dollar.")]
    refunded_micros: Annotated[int, count("The exact amount refunded, in millionths of a dollar.")]
    created_at: Annotated[str, timestamp("When it was accepted.")]
    completed_at: Annotated[str, timestamp("When it ended.")]
    simulated: Annotated[bool, SIMULATED]
    metadata: Annotated[Metadata | UnsetType, SHOWN] = UNSET
    truncated: Annotated[
        bool | UnsetType,
        doc("Present and true if the body was too long and was cut. Read the whole generation by `id`.", const=True),
    ] = UNSET


class GenerationCompleted(GenerationEventBody, rename="camel"):
    """A generation is completed, and its result can be fetched."""

    event: Annotated[Literal["generation.completed"], EventText]
    type: Annotated[Literal["generation.completed"], TypeText]
    status: Annotated[Literal["completed"], doc("How it ended.")]


class GenerationFailed(GenerationEventBody, rename="camel"):
    """A generation failed and was refunded."""

    event: Annotated[Literal["generation.failed"], EventText]
    type: Annotated[Literal["generation.failed"], TypeText]
    status: Annotated[Literal["failed"], doc("How it ended.")]
    error: Annotated[str | None, doc("The reason for the failure, for people.")]
    error_code: Annotated[str | None, doc("The reason for the failure, for programs.")]


class BalanceLow(Struct, kw_only=True, rename="camel"):
    """A charge took the balance below the threshold. Posted once, until a top-up raises the balance above it."""

    event: Annotated[Literal["balance.low"], EventText]
    timestamp: HappenedAt
    type: Annotated[Literal["balance.low"], TypeText]
    id: EventId
    balance_cents: Annotated[int, count("The balance.")]
    threshold_cents: Annotated[int, count("The threshold that the balance fell below.")]
    balance_micros: Annotated[int, count("The exact balance, in millionths of a dollar.")]


class EndpointDisabled(Struct, kw_only=True, rename="camel"):
    """Another endpoint of the account was disabled: it answered 410, or every attempt failed for five days."""

    event: Annotated[Literal["endpoint.disabled"], EventText]
    timestamp: HappenedAt
    type: Annotated[Literal["endpoint.disabled"], TypeText]
    id: EventId
    endpoint_id: Annotated[str, doc("The disabled endpoint's id.")]
    url: Annotated[str, link("The URL that its events were posted to.")]
    reason: Annotated[str, doc("The reason, for people.")]
    failing_since: Annotated[str, timestamp("Since when every attempt has failed.")]


class KeyChanged(Struct, kw_only=True, rename="camel"):
    """A key of the account was made or revoked. If it was not you, revoke the key in `by`."""

    event: Annotated[Literal["key.created", "key.changed", "key.rotated", "key.revoked"], EventText]
    timestamp: HappenedAt
    type: Annotated[Literal["key.created", "key.changed", "key.rotated", "key.revoked"], TypeText]
    id: EventId
    key_id: Annotated[str, doc("The key's id.")]
    hint: Annotated[str, doc("The key's prefix and its last four characters.")]
    by: ByWhom


class EndpointChanged(Struct, kw_only=True, rename="camel"):
    """An endpoint was added, removed or enabled, or its secret was replaced. A new one gets no event of itself."""

    event: Annotated[EndpointEvent, EventText]
    timestamp: HappenedAt
    type: Annotated[EndpointEvent, TypeText]
    id: EventId
    endpoint_id: Annotated[str, doc("The endpoint's id.")]
    url: Annotated[str, link("The URL that its events are posted to.")]
    by: ByWhom


SHAPES: dict[str, type[Struct]] = {
    events.GENERATION_COMPLETED: GenerationCompleted,
    events.GENERATION_FAILED: GenerationFailed,
    events.BALANCE_LOW: BalanceLow,
    events.ENDPOINT_DISABLED: EndpointDisabled,
    **dict.fromkeys(events.KEY_EVENTS, KeyChanged),
    **dict.fromkeys(events.ENDPOINT_EVENTS, EndpointChanged),
}


def example_body(event: str) -> bytes:
    """Return the body of an example event, built as a real one is."""
    if event == events.BALANCE_LOW:
        low = {"balance_micros": 920_000, "threshold_micros": 1_000_000}
        return events.balance_low_body(event_id=f"evt_low_{GENERATION_ID}", now_ms=CREATED_MS, **low)
    if event == events.ENDPOINT_DISABLED:
        return events.endpoint_disabled_body(
            event_id=f"evt_off_{ENDPOINT_ID}_1",
            endpoint_id=ENDPOINT_ID,
            url=HOOK_URL,
            reason="every attempt failed for five days",
            failing_since_ms=CLOSED_MS - 5 * DAY_MS,
            now_ms=CLOSED_MS,
        )
    if event in events.SECURITY_EVENTS:
        of_key = event in events.KEY_EVENTS
        subject, detail = (KEY_ID, KEY_HINT) if of_key else (ENDPOINT_ID, HOOK_URL)
        facts = {"event_type": event, "event_id": f"evt_sec_{ACCOUNT_ID}_7", "subject": subject, "detail": detail}
        return events.security_body(by=KEY_ID, now_ms=CREATED_MS, **facts)
    failed = event == events.GENERATION_FAILED
    return events.generation_body(
        events.GenerationEvent(
            id=GENERATION_ID,
            type=events.GENERATION_FAILED if failed else events.GENERATION_COMPLETED,
            kind="image",
            prompt=PROMPT,
            model="local/artist",
            provider="local",
            urls=() if failed else (f"{ASSET_URL}.png",),
            error="The provider rejected the prompt." if failed else None,
            error_code="content_policy" if failed else None,
            cost_micros=0 if failed else 110_000,
            refunded_micros=110_000 if failed else 0,
            created_ms=CREATED_MS,
            closed_ms=CLOSED_MS,
        )
    )
