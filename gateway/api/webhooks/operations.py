"""The operations of webhook endpoints and deliveries."""

from datetime import UTC, datetime

from msgspec import structs

from gateway.api.webhooks import handlers
from gateway.api.webhooks.bodies import (
    AttemptEntry,
    CreateEndpoint,
    DeliveryEntry,
    EndpointEntry,
    QueuedDeliveries,
    ReplayEvents,
)
from gateway.examples import (
    ACCOUNT_CREATED_AT,
    BEFORE,
    COMPLETED_AT,
    ENDPOINT_ID,
    GENERATION_ID,
    HOOK_URL,
    LIMIT,
    PAGE_HEADERS,
)
from gateway.operation import BODIED, KEYED, DataList, Operation, OperationResponse, path_parameter
from shared.domain.events import GENERATION_COMPLETED, GENERATION_FAILED

TAG = "Webhook endpoints"
PATH = "/api/v1/webhooks"
SINCE = datetime(2026, 5, 1, 9, tzinfo=UTC)
ENDED = (GENERATION_COMPLETED, GENERATION_FAILED)
ENDPOINT = EndpointEntry(id=ENDPOINT_ID, url=HOOK_URL, events=ENDED, created_at=ACCOUNT_CREATED_AT)
CREATED = structs.replace(ENDPOINT, secret="whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD")  # noqa: S106 - an example
ROTATED = structs.replace(CREATED, old_secret_until="2026-05-09T09:00:00.000Z")  # noqa: S106 - a time
TIMED_OUT = AttemptEntry(at=COMPLETED_AT, duration_ms=10_000, status=None, error="timeout: no answer", answer=None)
DELIVERED = AttemptEntry(at="2026-05-08T14:23:47.000Z", duration_ms=42, status=200, error=None, answer="ok")
DELIVERY = DeliveryEntry(
    id=f"evt_{GENERATION_ID}:{ENDPOINT_ID}",
    event=f"evt_{GENERATION_ID}",
    type=GENERATION_COMPLETED,
    generation_id=GENERATION_ID,
    state="delivered",
    created_at=COMPLETED_AT,
    attempts=(TIMED_OUT, DELIVERED),
)
ENDPOINTS: DataList[EndpointEntry] = DataList(data=(ENDPOINT,))
DELIVERIES: DataList[DeliveryEntry] = DataList(data=(DELIVERY,))
ID = path_parameter("id", "The endpoint's id.", ENDPOINT_ID)
DELIVERY_ID = path_parameter("delivery", "The delivery's id.", DELIVERY.id)


def _endpoint(example: EndpointEntry) -> tuple[OperationResponse]:
    return (OperationResponse(text="The endpoint.", shapes=(EndpointEntry,), examples={"endpoint": example}),)


OPERATIONS = (
    Operation(
        method="post",
        path=PATH,
        handler=handlers.create_endpoint,
        id="createWebhook",
        scopes=("webhooks",),
        tag=TAG,
        summary="Add an endpoint",
        text="Posts events to the endpoint from now on. The secret that signs them is shown only in this response.",
        body=CreateEndpoint,
        bodies={
            "ends": CreateEndpoint(url=HOOK_URL, events=ENDED),
            "all events": CreateEndpoint(url=HOOK_URL),
        },
        responses=(
            OperationResponse(
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
        handler=handlers.list_endpoints,
        id="listWebhooks",
        scopes=("webhooks",),
        tag=TAG,
        summary="List the endpoints",
        text="Lists the account's endpoints without their secrets, oldest first.",
        responses=(
            OperationResponse(
                text="The endpoints.", shapes=(DataList[EndpointEntry],), examples={"endpoints": ENDPOINTS}
            ),
        ),
        refusals=KEYED,
    ),
    Operation(
        method="delete",
        path=PATH + "/{id}",
        handler=handlers.delete_endpoint,
        id="deleteWebhook",
        scopes=("webhooks",),
        tag=TAG,
        summary="Delete an endpoint",
        text="Nothing is posted to the endpoint any more, not even deliveries that are queued already.",
        parameters=(ID,),
        responses=(OperationResponse(status=204, text="The endpoint is deleted.", media_type=""),),
        refusals=("not_found", *KEYED),
    ),
    Operation(
        method="get",
        path=PATH + "/{id}/deliveries",
        handler=handlers.list_deliveries,
        id="listDeliveries",
        scopes=("webhooks",),
        tag=TAG,
        summary="List the deliveries",
        text="Lists the deliveries to an endpoint, newest first, with every attempt and its response.",
        parameters=(ID, LIMIT, BEFORE),
        responses=(
            OperationResponse(
                text="The deliveries.",
                shapes=(DataList[DeliveryEntry],),
                examples={"deliveries": DELIVERIES},
                headers=PAGE_HEADERS,
            ),
        ),
        refusals=("invalid_request", "not_found", "rate_limited", *KEYED),
    ),
    Operation(
        method="post",
        path=PATH + "/{id}/enable",
        handler=handlers.enable_endpoint,
        id="enableWebhook",
        scopes=("webhooks",),
        tag=TAG,
        summary="Enable an endpoint",
        text="An endpoint that answered 410 or failed for five days is disabled. This call enables it again. Events "
        "that it missed can be replayed.",
        parameters=(ID,),
        responses=_endpoint(ENDPOINT),
        refusals=("not_found", *KEYED),
    ),
    Operation(
        method="post",
        path=PATH + "/{id}/rotate",
        handler=handlers.rotate_secret,
        id="rotateWebhookSecret",
        scopes=("webhooks",),
        tag=TAG,
        summary="Replace an endpoint's secret",
        text="The new secret is shown only in this response. For 24 hours events are signed with both secrets, so that "
        "your receiver has time to switch.",
        parameters=(ID,),
        responses=_endpoint(ROTATED),
        refusals=("not_found", *KEYED),
    ),
    Operation(
        method="post",
        path=PATH + "/{id}/deliveries/{delivery}/redeliver",
        handler=handlers.redeliver,
        id="redeliverWebhook",
        scopes=("webhooks",),
        tag=TAG,
        summary="Redeliver an event",
        text="The event is posted again with the same `webhook-id` and a new set of attempts. A delivery that waits "
        "for its next attempt is posted at once.",
        parameters=(ID, DELIVERY_ID),
        responses=(
            OperationResponse(
                status=202,
                text="The delivery is queued.",
                shapes=(QueuedDeliveries,),
                examples={"one": QueuedDeliveries(queued=1)},
            ),
        ),
        refusals=("not_found", "conflict", *KEYED),
    ),
    Operation(
        method="post",
        path=PATH + "/{id}/replay",
        handler=handlers.replay_events,
        id="replayWebhooks",
        scopes=("webhooks",),
        tag=TAG,
        summary="Replay missed events",
        text="`failed` replays events whose attempts all failed. `missing` replays the ends of generations that were "
        "never posted, because the endpoint was disabled or did not exist yet. If the response has `next`, there are "
        "more: call again with it.",
        parameters=(ID,),
        body=ReplayEvents,
        bodies={
            "failed": ReplayEvents(since=SINCE, which="failed"),
            "missing": ReplayEvents(since=SINCE, which="missing"),
        },
        responses=(
            OperationResponse(
                status=202,
                text="The deliveries are queued.",
                shapes=(QueuedDeliveries,),
                examples={"all": QueuedDeliveries(queued=17), "more": QueuedDeliveries(queued=1000, next=4200)},
            ),
        ),
        refusals=("not_found", "conflict", *BODIED, *KEYED),
    ),
)
