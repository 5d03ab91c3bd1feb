"""The operations of the account's own API: its webhook endpoints."""

from gateway.account import AttemptEntry, CreateEndpoint, DeliveryEntry, EndpointEntry
from gateway.openapi.operation import Answer, Listed, Operation, Parameter
from gateway.openapi.refusals import BODIED, KEYED
from gateway.openapi.wowflow import COMPLETED_AT, GENERATION_ID, LIMIT
from shared.domain.events import GENERATION_COMPLETED, GENERATION_FAILED

TAG = "Webhook endpoints"
PATH = "/api/v1/webhooks"
URL = "https://example.com/hooks/wokflow"
ENDPOINT_ID = "ep_9f3c2a7d51e84b06"
ENDPOINT = EndpointEntry(
    id=ENDPOINT_ID, url=URL, events=(GENERATION_COMPLETED, GENERATION_FAILED), created_at="2026-05-01T09:00:00.000Z"
)
CREATED = EndpointEntry(
    id=ENDPOINT_ID,
    url=URL,
    events=(GENERATION_COMPLETED, GENERATION_FAILED),
    created_at="2026-05-01T09:00:00.000Z",
    secret="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD",  # noqa: S106 - an example
)
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
                links=("deleteWebhook", "listDeliveries"),
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
)
