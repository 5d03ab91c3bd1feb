"""What a reader has to know before the first call, in Markdown."""

from gateway.body import BODY_BYTES_MAX
from gateway.dialects.wowflow.handlers import WAIT_MAX_S
from shared.domain.retry import ATTEMPT_MAX
from shared.domain.signing import SECRET_PREFIX
from shared.store.accounts import KEYS_ACTIVE_MAX

OVERVIEW = f"""\
One key, one prepaid balance and one webhook in front of every provider of AI generation. JSON in, JSON out, no SDK \
required: send a model and a prompt, get an id at once, and read the result when it is done.

There are two APIs in front of the same generations. The one under `/api/v1` lets you choose the model and is paid by \
the balance. The WokGen calls choose the model for you, wait for the result, and are paid by your plan's quota.

## Authentication

Send your API key with every call, in the header `Authorization: Bearer wf_live_...`. A key is shown once, when it is \
created; an account has at most {KEYS_ACTIVE_MAX} active ones. The samples on this page read it from an environment \
variable. Keys that start with `wok_` are keys like the others: either kind works everywhere.

The WokGen calls work without a key too. Such a guest has the quota of the plan `guest`, counted by its address. A key \
that is wrong or was revoked is refused; it does not make a guest.

## Quotas

A WokGen call takes one place of its day, which ends at midnight UTC; a generation that fails gives its place back. \
Every answer says how many there are in `X-RateLimit-Limit`, how many are left in `X-RateLimit-Remaining`, and when \
the day ends in `X-RateLimit-Reset`, in Unix seconds; where there is no limit, the first two say `unlimited`. Past the \
quota a call is refused with `QUOTA_EXCEEDED`, unless the plan goes on with the balance.

## Getting the result

A generation is `processing` until it is `completed` or `failed`. There are three ways to learn which:

- **Poll**: `GET /api/v1/generations?id=...` every few seconds.
- **Wait**: with `Prefer: wait=30` the answer to the POST is held until the generation ends, up to {WAIT_MAX_S} seconds.
- **Be told**: add a webhook endpoint, and the event is posted there.

A generation is charged when it is accepted, and refunded when it fails.

## Repeating safely

When an answer is lost, send the request again with the same `Idempotency-Key`: the same call with the same body \
answers the first generation again, with `Idempotent-Replayed: true`, and charges nothing. Another call or body \
under that key is refused. Keys are kept for 24 hours.

## Conventions

- Bodies are UTF-8 JSON of at most {BODY_BYTES_MAX // 1_000_000} MB, with `Content-Type: application/json`.
- Times are RFC 3339 in UTC with milliseconds, ids are UUIDs, amounts are whole US cents. A WokGen job's id is `job_` \
and the generation's id without dashes; its names are in camelCase.
- Every answer has an `X-Request-Id`; send one of 1 to 64 printable ASCII characters, and it is used.
- A `traceparent` header (W3C Trace Context) of an order is kept with the generation, and sent on to its \
provider and to your webhook endpoints.
- New models and new fields may appear at any time. What would break a client gets a new path, such as `/api/v2`.
"""

TAGS = {
    "Generations": "Order pictures and films, and read what became of them.",
    "WokGen": "Calls that wait for their result: the answer is the job as it ended, or 202 and the job as it is when "
    "it takes longer. A job that fails meanwhile is 502 with the reason, the job's own `code` and its `jobId`.",
    "WokGen SDK 1.0": "What version 1.0 of the WokGen SDK calls, for clients that are deployed already.",
    "Money": "What is left, and where the rest went.",
    "Account": "Whose key this is, of which balance it is warned, and its other keys. For people: the page "
    "`/account/api-keys`.",
    "Webhook endpoints": "Where to post what happens, and what became of each post. For people: the page "
    "`/account/webhooks`.",
    "Webhooks": "What we post to your endpoints when a generation ends, the balance is low or an endpoint is switched "
    "off. Each post is signed as Standard Webhooks 1.0: "
    f"verify it with the endpoint's secret, `{SECRET_PREFIX}...`, before you believe it. Anything but a 2xx is tried "
    f"again, {ATTEMPT_MAX} times over three days.",
    "Outputs": "The files that generations made.",
    "Admin": "For operators: each call does what the command of the same name does. It takes an admin key, which "
    "`wokflow admin key create` makes and which works nowhere else; no account's key works here. Amounts are "
    "micro-dollars. Every action is a line in the audit.",
    "operations": "What a deployment is watched by, and this document itself.",
}
