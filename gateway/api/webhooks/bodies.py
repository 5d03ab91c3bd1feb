"""The bodies of the webhook API."""

from datetime import datetime
from typing import Annotated, ClassVar, Literal

from msgspec import UNSET, Meta, Struct, UnsetType

from shared.domain.described import count, doc, link, timestamp
from shared.domain.endpoint_url import URL_CHARS_MAX
from shared.domain.events import EVENT_TYPES

EventName = Annotated[str, Meta(extra_json_schema={"enum": list(EVENT_TYPES)})]
KnownEvent = Annotated[str, Meta(extra_json_schema={"examples": list(EVENT_TYPES)})]


class CreateEndpoint(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/webhooks. No `events` means all."""

    url: Annotated[
        str,
        doc(
            "The URL to post events to: public, https, without user name and fragment, on port 80, 443 or from 1024.",
            format="uri",
            maxLength=URL_CHARS_MAX,
            pattern="^https://",
        ),
    ]
    events: Annotated[tuple[EventName, ...], doc("The events to post. All, if empty or left out.")] = ()


class EndpointEntry(Struct, kw_only=True):
    """An endpoint. Its secret is shown once, when it is created or replaced."""

    id: Annotated[str, doc("The endpoint's id.")]
    url: Annotated[
        str, doc("The URL that events are posted to. Empty for `ep_orders_...`: each order has its own `webhook_url`.")
    ]
    events: Annotated[tuple[KnownEvent, ...], doc("The events that are posted.")]
    created_at: Annotated[str, timestamp("When it was created.")]
    secret: Annotated[
        str | UnsetType, doc("The secret that signs events. Shown once, when it is created.", pattern="^whsec_")
    ] = UNSET
    old_secret_until: Annotated[str | UnsetType, timestamp("Until when events are signed with the old secret too.")] = (
        UNSET
    )
    failing_since: Annotated[str | UnsetType, timestamp("Since when every attempt has failed, if they do.")] = UNSET
    disabled_at: Annotated[str | UnsetType, timestamp("When it was disabled, if it is.")] = UNSET
    disabled_why: Annotated[str | UnsetType, doc("The reason it was disabled.")] = UNSET


class AttemptEntry(Struct, kw_only=True):
    """An attempt to post. Without a response `status` is null and `error` has the reason."""

    at: Annotated[str, timestamp("When it was posted.")]
    duration_ms: Annotated[int, count("How long it took, in milliseconds.")]
    status: Annotated[
        int | None, doc("The HTTP status of the response. Null without a response.", minimum=100, maximum=999)
    ]
    error: Annotated[str | None, doc("The reason for a missing response.")]
    answer: Annotated[str | None, doc("The first characters of the response's body.")]


class DeliveryEntry(Struct, kw_only=True):
    """The delivery of an event to an endpoint. `state` is pending, delivered or dead."""

    id: Annotated[str, doc("The delivery's id.")]
    event: Annotated[str, doc("The event's id, as in the header `webhook-id`.")]
    type: Annotated[str, doc("The type of the event.", examples=["generation.completed"])]
    generation_id: Annotated[
        str | None, doc("The generation that ended. Null for events of other types.", format="uuid")
    ]
    url: Annotated[str | UnsetType, link("The `webhook_url` of the order, if the event is posted there.")] = UNSET
    state: Annotated[
        str, doc("`dead`: every attempt failed, and there are no more.", enum=["pending", "delivered", "dead"])
    ]
    created_at: Annotated[str, timestamp("When the event happened.")]
    attempts: Annotated[tuple[AttemptEntry, ...], doc("The attempts so far, oldest first.")]


class ReplayEvents(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/webhooks/{id}/replay."""

    since: Annotated[datetime, Meta(tz=True), doc("Events from this time on.")]
    which: Annotated[
        Literal["failed", "missing"],
        doc("`failed`: events whose attempts all failed. `missing`: events that were never posted to this endpoint."),
    ]
    next: Annotated[
        int, Meta(ge=0, le=1_000_000_000), doc("The position to continue at: `next` of the previous response.")
    ] = 0


class QueuedDeliveries(Struct, kw_only=True):
    """How many deliveries were queued again, and where to continue."""

    schema_name: ClassVar[str] = "Replayed"

    queued: Annotated[int, count("How many deliveries were queued.")]
    next: Annotated[int | UnsetType, count("The position to continue at, if there are more events.")] = UNSET
