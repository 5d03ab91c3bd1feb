"""The JSON of the API: endpoints. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class DeliveryAttempt:
    """An attempt to post. Without a response `status` is null and `error` has the reason."""

    at: datetime
    """When it was posted. RFC 3339, UTC, milliseconds."""

    duration_ms: int
    """How long it took, in milliseconds."""

    status: int | None
    """The HTTP status of the response. Null without a response."""

    error: str | None
    """The reason for a missing response."""

    answer: str | None
    """The first characters of the response's body."""


@dataclass(frozen=True, kw_only=True)
class WebhookDelivery:
    """The delivery of an event to an endpoint. `state` is pending, delivered or dead."""

    id: str
    """The delivery's id."""

    event: str
    """The event's id, as in the header `webhook-id`."""

    type: str
    """The type of the event."""

    generation_id: str | None
    """The generation that ended. Null for events of other types."""

    url: str | None = None
    """The `webhook_url` of the order, if the event is posted there."""

    state: Literal["pending", "delivered", "dead"]
    """`dead`: every attempt failed, and there are no more."""

    created_at: datetime
    """When the event happened. RFC 3339, UTC, milliseconds."""

    attempts: tuple[DeliveryAttempt, ...]
    """The attempts so far, oldest first."""


@dataclass(frozen=True, kw_only=True)
class WebhookEndpoint:
    """An endpoint. Its secret is shown once, when it is created or replaced."""

    id: str
    """The endpoint's id."""

    url: str
    """The URL that events are posted to. Empty for `ep_orders_...`: each order has its own `webhook_url`."""

    events: tuple[str, ...]
    """The events that are posted."""

    created_at: datetime
    """When it was created. RFC 3339, UTC, milliseconds."""

    secret: str | None = field(default=None, repr=False)
    """The secret that signs events. Shown once, when it is created."""

    old_secret_until: datetime | None = None
    """Until when events are signed with the old secret too. RFC 3339, UTC, milliseconds."""

    failing_since: datetime | None = None
    """Since when every attempt has failed, if they do. RFC 3339, UTC, milliseconds."""

    disabled_at: datetime | None = None
    """When it was disabled, if it is. RFC 3339, UTC, milliseconds."""

    disabled_why: str | None = None
    """The reason it was disabled."""
