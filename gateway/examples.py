"""Example values and parameters that several APIs share. `{base_url}` stands for the gateway's own address."""

from gateway.accept import IDEMPOTENCY_KEY_CHARS_MAX
from gateway.body import LIMIT_DEFAULT, LIMIT_MAX
from gateway.history.query import TEXT_CHARS_MAX
from gateway.operation import Parameter
from shared.domain.catalogue import KINDS
from shared.domain.generation import TERMINAL
from shared.domain.metadata import VALUE_CHARS_MAX

GENERATION_ID = "019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47"
ENDPOINT_ID = "ep_9f3c2a7d51e84b06"
ACCOUNT_ID = "acct_5d1c0e9a7b3f2846"
KEY_ID = "key_4be1a07c92d3"
KEY_HINT = "wf_live_...7Qx2"
PROMPT = "a misty forest at dawn, soft light, cinematic"
IMAGE_URL = "https://example.com/picture.png"
HOOK_URL = "https://example.com/hooks/wokflow"
ASSET_PATH = "2026/05/08/5b0c94e6f3d24f0c8a7e61d2b3c4f5a6-0"
ASSET_URL = f"{{base_url}}/assets/{ASSET_PATH}"
ACCOUNT_CREATED_AT = "2026-05-01T09:00:00.000Z"
CREATED_AT = "2026-05-08T14:23:11.000Z"
COMPLETED_AT = "2026-05-08T14:23:32.000Z"
EXPIRES_AT = "2026-06-07T14:23:32.000Z"

LIMIT = Parameter(
    name="limit",
    place="query",
    text=f"The most entries to return. Values above {LIMIT_MAX} count as {LIMIT_MAX}.",
    schema={"type": "integer", "minimum": 1, "default": LIMIT_DEFAULT},
)
BEFORE = Parameter(
    name="before",
    place="query",
    text="Return older entries than this one: the id of the last entry of a page. The header `Link` has the whole URL. "
    "An id that the list does not know is refused with 400.",
    schema={"type": "string"},
)
AFTER = Parameter(
    name="after",
    place="query",
    text="Return the entries that are next newer than this one: the id of the first entry of a page. "
    "An id that the list does not know is refused with 400.",
    schema={"type": "string"},
)
TIME_SCHEMA: dict[str, object] = {"type": "string", "examples": ["2026-05-01", "2026-05-08T14:00:00Z"]}
FROM = Parameter(name="from", place="query", text="From this time on: a day in UTC, or RFC 3339.", schema=TIME_SCHEMA)
TO = Parameter(name="to", place="query", text="Before this time: a day in UTC, or RFC 3339.", schema=TIME_SCHEMA)
PAGE = (LIMIT, BEFORE, AFTER, FROM, TO)
PAGE_HEADERS = ("Link", "History-Incomplete")
GENERATION_FILTERS = (
    Parameter(
        name="status",
        place="query",
        text="Only generations with this status.",
        schema={"type": "string", "enum": ["processing", *TERMINAL]},
    ),
    Parameter(name="model", place="query", text="Only generations by this model.", schema={"type": "string"}),
    Parameter(
        name="type",
        place="query",
        text="Only generations of this kind.",
        schema={"type": "string", "enum": list(KINDS)},
    ),
    Parameter(
        name="key", place="query", text="Only generations that this key ordered: its id.", schema={"type": "string"}
    ),
    Parameter(
        name="metadata.NAME",
        place="query",
        text="Only generations whose `metadata` have this value under the name `NAME`, which you choose.",
        schema={"type": "string", "maxLength": VALUE_CHARS_MAX},
    ),
    Parameter(
        name="q",
        place="query",
        text="Only generations with this text in their prompt, in any case.",
        schema={"type": "string", "maxLength": TEXT_CHARS_MAX},
    ),
)
IDEMPOTENCY_KEY = Parameter(
    name="Idempotency-Key",
    place="header",
    text="A name of your own for this request. If you send it again within 24 hours with the same body, the response "
    "is the first generation and nothing is charged.",
    schema={"type": "string", "maxLength": IDEMPOTENCY_KEY_CHARS_MAX, "pattern": "^[ -~]*$"},
)
