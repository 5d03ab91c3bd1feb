"""The operations of the event streams."""

from gateway.api.events import handlers
from gateway.event_stream import MEDIA_TYPE
from gateway.examples import GENERATION_ID
from gateway.openapi.samples import CURL_REQUEST_ID, JAVASCRIPT_CHECK, PYTHON_CHECK
from gateway.operation import KEYED, Operation, OperationResponse, Parameter, path_parameter

LAST = Parameter(
    name="Last-Event-ID",
    place="header",
    text="The id of the last event that you got, from any gateway. The stream goes on behind it. If events between are "
    "lost, because they are more than 10,000 or an hour old, it begins with an event `gap`: list the generations then.",
    schema={"type": "string"},
)
FORM = (
    "Server-sent events: each has the name of its type, an id, and JSON data: `type`, "
    "`generation_id`, `at`, `stage`, `progress`, `queue_position`, `text` and `offset`, and at its end "
    "the `generation`. A comment comes every 15 s. A reader "
    "that takes nothing for 10 s is dropped, and can go on with `Last-Event-ID`."
)
STREAM = OperationResponse(text="The events.", media_type=MEDIA_TYPE)


def write_samples(path: str) -> dict[str, str]:
    """Return code by label that reads the beginning of a stream."""
    return {
        "curl": f"curl -N --max-time 30 --fail-with-body {{base_url}}{path} \\\n"
        '  -H "Authorization: Bearer $WOWFLOW_KEY" \\\n' + CURL_REQUEST_ID,
        "Python": f"""\
import os

import requests

r = requests.get(
    "{{base_url}}{path}",
    headers={{"Authorization": f"Bearer {{os.environ['WOWFLOW_KEY']}}"}},
    stream=True,
    timeout=30,
)
{PYTHON_CHECK}
for line in r.iter_lines():
    print(line.decode())
    break  # or go on reading
r.close()""",
        "JavaScript": f"""\
const r = await fetch("{{base_url}}{path}", {{
  headers: {{
    Authorization: `Bearer ${{process.env.WOWFLOW_KEY}}`,
  }},
}});
{JAVASCRIPT_CHECK}
for await (const part of r.body) {{
  console.log(new TextDecoder().decode(part));
  break; // or go on reading
}}""",
    }


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
        samples=write_samples("/api/v1/events"),
        refusals=("rate_limited", *KEYED),
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
        samples=write_samples(f"/api/v1/generations/{GENERATION_ID}/events"),
        refusals=("not_found", "rate_limited", *KEYED),
    ),
)
