"""The JSON of the API: webhooks. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class GenerationCompletedEvent:
    """A generation is completed, and its result can be fetched."""

    event: Literal["generation.completed"]
    """The type of the event, the same as `type`."""

    type: Literal["generation.completed"]
    """The type of the event."""

    status: Literal["completed"]
    """How it ended."""

    job_id: str
    """The generation's id in the camelCase API."""

    image_url: str | None = None
    """The first image. Null after a failure."""

    video_url: str | None = None
    """The first video. Null after a failure."""

    audio_url: str | None = None
    """The first audio file. Null after a failure."""

    text: str | None = None
    """The text. Null after a failure."""

    prompt: str
    """The prompt as sent."""

    timestamp: datetime
    """When it ended. RFC 3339, UTC, milliseconds."""

    id: str
    """The generation's id."""

    kind: str
    """The kind of model."""

    model: str
    """The id of the requested model."""

    provider: str | None
    """The provider that served it. Null if there was none."""

    urls: tuple[str, ...]
    """All outputs."""

    cost_cents: int
    """The amount charged, rounded up to a cent."""

    refunded_cents: int
    """The amount refunded, rounded up to a cent."""

    cost_micros: int
    """The exact amount charged, in millionths of a dollar."""

    refunded_micros: int
    """The exact amount refunded, in millionths of a dollar."""

    created_at: datetime
    """When it was accepted. RFC 3339, UTC, milliseconds."""

    completed_at: datetime
    """When it ended. RFC 3339, UTC, milliseconds."""

    simulated: bool
    """Whether our local provider stands in for the model, because no provider of it is configured here."""

    metadata: dict[str, str] | None = None
    """The `metadata` of the order, if it has any."""

    truncated: Literal[True] | None = None
    """Present and true if the body was too long and was cut. Read the whole generation by `id`."""


@dataclass(frozen=True, kw_only=True)
class GenerationFailedEvent:
    """A generation failed and was refunded."""

    event: Literal["generation.failed"]
    """The type of the event, the same as `type`."""

    type: Literal["generation.failed"]
    """The type of the event."""

    status: Literal["failed"]
    """How it ended."""

    error: str | None
    """The reason for the failure, for people."""

    error_code: str | None
    """The reason for the failure, for programs."""

    job_id: str
    """The generation's id in the camelCase API."""

    image_url: str | None = None
    """The first image. Null after a failure."""

    video_url: str | None = None
    """The first video. Null after a failure."""

    audio_url: str | None = None
    """The first audio file. Null after a failure."""

    text: str | None = None
    """The text. Null after a failure."""

    prompt: str
    """The prompt as sent."""

    timestamp: datetime
    """When it ended. RFC 3339, UTC, milliseconds."""

    id: str
    """The generation's id."""

    kind: str
    """The kind of model."""

    model: str
    """The id of the requested model."""

    provider: str | None
    """The provider that served it. Null if there was none."""

    urls: tuple[str, ...]
    """All outputs."""

    cost_cents: int
    """The amount charged, rounded up to a cent."""

    refunded_cents: int
    """The amount refunded, rounded up to a cent."""

    cost_micros: int
    """The exact amount charged, in millionths of a dollar."""

    refunded_micros: int
    """The exact amount refunded, in millionths of a dollar."""

    created_at: datetime
    """When it was accepted. RFC 3339, UTC, milliseconds."""

    completed_at: datetime
    """When it ended. RFC 3339, UTC, milliseconds."""

    simulated: bool
    """Whether our local provider stands in for the model, because no provider of it is configured here."""

    metadata: dict[str, str] | None = None
    """The `metadata` of the order, if it has any."""

    truncated: Literal[True] | None = None
    """Present and true if the body was too long and was cut. Read the whole generation by `id`."""


@dataclass(frozen=True, kw_only=True)
class BalanceLowEvent:
    """A charge took the balance below the threshold. Posted once, until a top-up raises the balance above it."""

    event: Literal["balance.low"]
    """The type of the event, the same as `type`."""

    timestamp: datetime
    """When it happened. RFC 3339, UTC, milliseconds."""

    type: Literal["balance.low"]
    """The type of the event."""

    id: str
    """The event's id, as in the header `webhook-id`."""

    balance_cents: int
    """The balance."""

    threshold_cents: int
    """The threshold that the balance fell below."""

    balance_micros: int
    """The exact balance, in millionths of a dollar."""


@dataclass(frozen=True, kw_only=True)
class EndpointDisabledEvent:
    """Another endpoint of the account was disabled: it answered 410, or every attempt failed for five days."""

    event: Literal["endpoint.disabled"]
    """The type of the event, the same as `type`."""

    timestamp: datetime
    """When it happened. RFC 3339, UTC, milliseconds."""

    type: Literal["endpoint.disabled"]
    """The type of the event."""

    id: str
    """The event's id, as in the header `webhook-id`."""

    endpoint_id: str
    """The disabled endpoint's id."""

    url: str
    """The URL that its events were posted to."""

    reason: str
    """The reason, for people."""

    failing_since: datetime
    """Since when every attempt has failed. RFC 3339, UTC, milliseconds."""


@dataclass(frozen=True, kw_only=True)
class EndpointChangedEvent:
    """An endpoint was added, removed or enabled, or its secret was replaced. A new one gets no event of itself."""

    event: Literal["endpoint.created", "endpoint.deleted", "endpoint.enabled", "endpoint.rotated"]
    """The type of the event, the same as `type`."""

    timestamp: datetime
    """When it happened. RFC 3339, UTC, milliseconds."""

    type: Literal["endpoint.created", "endpoint.deleted", "endpoint.enabled", "endpoint.rotated"]
    """The type of the event."""

    id: str
    """The event's id, as in the header `webhook-id`."""

    endpoint_id: str
    """The endpoint's id."""

    url: str
    """The URL that its events are posted to."""

    by: str
    """The id of the key that the call was made with. `operator`: the operator did it."""


@dataclass(frozen=True, kw_only=True)
class KeyChangedEvent:
    """A key of the account was made or revoked. If it was not you, revoke the key in `by`."""

    event: Literal["key.changed", "key.created", "key.revoked", "key.rotated"]
    """The type of the event, the same as `type`."""

    timestamp: datetime
    """When it happened. RFC 3339, UTC, milliseconds."""

    type: Literal["key.changed", "key.created", "key.revoked", "key.rotated"]
    """The type of the event."""

    id: str
    """The event's id, as in the header `webhook-id`."""

    key_id: str
    """The key's id."""

    hint: str
    """The key's prefix and its last four characters."""

    by: str
    """The id of the key that the call was made with. `operator`: the operator did it."""
