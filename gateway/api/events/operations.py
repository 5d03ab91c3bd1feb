"""The operations of the event streams."""

from gateway.api.events import handlers
from gateway.api.events.bodies import StreamedEvent
from gateway.event_stream import MEDIA_TYPE
from gateway.examples import GENERATION_ID
from gateway.operation import KEYED, Operation, OperationResponse, Parameter, path_parameter

LAST = Parameter(
    name="Last-Event-ID",
    place="header",
    text="The id of the last event that you got, from any gateway. The stream goes on behind it. If events between are "
    "lost, because they are more than 10,000 or an hour old, it begins with an event `gap`: list the generations then.",
    schema={"type": "string", "pattern": r"^\d{1,15}-\d{1,15}$"},
)
FORM = (
    "Server-sent events: each has the name of its type, an id, and JSON data. A comment comes every 15 s. A reader "
    "that takes nothing for 10 s is dropped, and can go on with `Last-Event-ID`."
)
STREAM = OperationResponse(text="The events.", shapes=(StreamedEvent,), media_type=MEDIA_TYPE)

OPERATIONS = (
    Operation(
        method="get",
        tag="Generations",
        path="/api/v1/events",
        handler=handlers.stream_account,
        id="streamEvents",
        scopes=("read",),
        summary="Stream the events of the account",
        text=f"Every change of every generation of the account from now on. {FORM}",
        parameters=(LAST,),
        responses=(STREAM,),
        refusals=("invalid_request", "rate_limited", *KEYED),
    ),
    Operation(
        method="get",
        tag="Generations",
        path="/api/v1/generations/{id}/events",
        handler=handlers.stream_generation,
        id="streamGenerationEvents",
        scopes=("generate", "read"),
        summary="Stream the events of a generation",
        text="Every change of one generation until its end, which has the generation with it. While it waits, its "
        f"position in the queue. {FORM}",
        parameters=(path_parameter("id", "The generation's id.", GENERATION_ID), LAST),
        responses=(STREAM, OperationResponse(status=204, text="You have its last event.", media_type="")),
        refusals=("invalid_request", "not_found", "rate_limited", *KEYED),
    ),
)
