"""The operations of webhook endpoints and of what was posted to them."""

from datetime import UTC, datetime

from msgspec import structs

from gateway.api.webhooks import AttemptEntry, CreateEndpoint, DeliveryEntry, EndpointEntry, Replayed, ReplayEvents
from gateway.openapi.operation import Answer, Listed, Operation, Parameter
from gateway.openapi.refusals import BODIED, KEYED
from gateway.openapi.wowflow import COMPLETED_AT, GENERATION_ID, LIMIT
from shared.domain.events import GENERATION_COMPLETED, GENERATION_FAILED

TAG = "Webhook endpoints"
PATH = "/api/v1/webhooks"
URL = "https://example.com/hooks/wokflow"
SINCE = datetime(2026, 5, 1, 9, tzinfo=UTC)
ENDPOINT_ID = "ep_9f3c2a7d51e84b06"
ENDPOINT = EndpointEntry(
    id=ENDPOINT_ID, url=URL, events=(GENERATION_COMPLETED, GENERATION_FAILED), created_at="2026-05-01T09:00:00.000Z"
)
CREATED = structs.replace(ENDPOINT, secret="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")  # noqa: S106 - an example
ROTATED = structs.replace(CREATED, old_secret_until="2026-05-09T09:00:00.000Z")  # noqa: S106 - a time
DELIVERY = DeliveryEntry(
    id=f"evt_{GENERATION_ID}:{ENDPOINT_ID}",
    event=f"evt_{GENERATION_ID}",
    type=GENERATION_COMPLETED,
    generation_id=GENERATION_ID,
    state="delivered",
    created_at=COMPLETED_AT,
    attempts=(
        AttemptEntry(at=COMPLETED_AT, duration_ms=10_000, status=None, error="timeout: no answer", answer=None),
        AttemptEntry(at="2026-05-08T14:23:47.000Z", duration_ms=42, status=200, error=None, answer="ok"),
    ),
)
ID = Parameter(
    name="id",
    place="path",
    required=True,
    text="The endpoint's id.",
    schema={"type": "string", "minLength": 1},
    example=ENDPOINT_ID,
)
DELIVERY_ID = Parameter(
    name="delivery",
    place="path",
    required=True,
    text="The delivery's id.",
    schema={"type": "string", "minLength": 1},
    example=DELIVERY.id,
)
ENDPOINTS: Listed[EndpointEntry] = Listed(data=(ENDPOINT,))
DELIVERIES: Listed[DeliveryEntry] = Listed(data=(DELIVERY,))

OPERATIONS = (
    Operation(
        method="post",
        path=PATH,
        id="createWebhook",
        tag=TAG,
        summary="Add an endpoint",
        text="From now on events are posted there too. The secret that signs them is in this answer and nowhere else.",
        body=CreateEndpoint,
        bodies={
            "ends": CreateEndpoint(url=URL, events=(GENERATION_COMPLETED, GENERATION_FAILED)),
            "all events": CreateEndpoint(url=URL),
        },
        answers=(
            Answer(
                status=201,
                text="The endpoint.",
                shapes=(EndpointEntry,),
                examples={"endpoint": CREATED},
                links=("deleteWebhook", "listDeliveries", "enableWebhook", "rotateWebhookSecret"),
            ),
        ),
        refusals=("too_many_endpoints", *BODIED, *KEYED),
    ),
    Operation(
        method="get",
        path=PATH,
        id="listWebhooks",
        tag=TAG,
        summary="List the endpoints",
        text="The account's endpoints, oldest first, without their secrets.",
        answers=(Answer(text="The endpoints.", shapes=(Listed[EndpointEntry],), examples={"endpoints": ENDPOINTS}),),
        refusals=KEYED,
    ),
    Operation(
        method="delete",
        path=PATH + "/{id}",
        id="deleteWebhook",
        tag=TAG,
        summary="Remove an endpoint",
        text="Nothing more is posted there, what is under way included.",
        parameters=(ID,),
        answers=(Answer(status=204, text="It is removed.", media_type=""),),
        refusals=("not_found", *KEYED),
    ),
    Operation(
        method="get",
        path=PATH + "/{id}/deliveries",
        id="listDeliveries",
        tag=TAG,
        summary="List what was posted",
        text="What was posted to an endpoint, newest first, with every attempt and its answer.",
        parameters=(ID, LIMIT),
        answers=(Answer(text="The deliveries.", shapes=(Listed[DeliveryEntry],), examples={"deliveries": DELIVERIES}),),
        refusals=("invalid_request", "not_found", *KEYED),
    ),
    Operation(
        method="post",
        path=PATH + "/{id}/enable",
        id="enableWebhook",
        tag=TAG,
        summary="Switch an endpoint on again",
        text="An endpoint that answered 410 or failed for five days is switched off. From this call on events are "
        "posted there again; what it missed meanwhile can be replayed.",
        parameters=(ID,),
        answers=(Answer(text="The endpoint.", shapes=(EndpointEntry,), examples={"endpoint": ENDPOINT}),),
        refusals=("not_found", *KEYED),
    ),
    Operation(
        method="post",
        path=PATH + "/{id}/rotate",
        id="rotateWebhookSecret",
        tag=TAG,
        summary="Replace an endpoint's secret",
        text="The new secret is in this answer and nowhere else. For 24 hours each post is signed with both, so that "
        "nothing is refused while your receiver learns the new one.",
        parameters=(ID,),
        answers=(Answer(text="The endpoint.", shapes=(EndpointEntry,), examples={"endpoint": ROTATED}),),
        refusals=("not_found", *KEYED),
    ),
    Operation(
        method="post",
        path=PATH + "/{id}/deliveries/{delivery}/redeliver",
        id="redeliverWebhook",
        tag=TAG,
        summary="Post a delivery again",
        text="Under the same `webhook-id`, with all attempts of a new one. One that waits for its next attempt is "
        "posted at once.",
        parameters=(ID, DELIVERY_ID),
        answers=(
            Answer(status=202, text="It is on its way.", shapes=(Replayed,), examples={"one": Replayed(queued=1)}),
        ),
        refusals=("not_found", "conflict", *KEYED),
    ),
    Operation(
        method="post",
        path=PATH + "/{id}/replay",
        id="replayWebhooks",
        tag=TAG,
        summary="Post what an endpoint did not get",
        text="`failed` is what was given up, `missing` the ends of generations that were never posted there: while it "
        "was switched off, or before it was added. If the answer has a `next`, there is more: call again with it.",
        parameters=(ID,),
        body=ReplayEvents,
        bodies={
            "failed": ReplayEvents(since=SINCE, which="failed"),
            "missing": ReplayEvents(since=SINCE, which="missing"),
        },
        answers=(
            Answer(
                status=202,
                text="They are on their way.",
                shapes=(Replayed,),
                examples={"all": Replayed(queued=17), "more": Replayed(queued=1000, next=4200)},
            ),
        ),
        refusals=("not_found", "conflict", *BODIED, *KEYED),
    ),
)
