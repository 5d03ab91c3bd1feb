"""The guide at the head of the document and the descriptions of its sections, in Markdown."""

from gateway.admission.large_bodies import LARGE_BYTES_MAX
from gateway.body import BODY_BYTES_MAX
from gateway.dialects.wowflow.handlers import WAIT_MAX_S
from gateway.edge.rates import ACCOUNT_KEYS, BURST_S
from shared.domain.retry import ATTEMPT_MAX
from shared.domain.signing import SECRET_PREFIX
from shared.store.accounts import KEYS_ACTIVE_MAX

OVERVIEW = f"""\
Wokflow gives you one API key, one prepaid balance and one webhook for every provider of AI generation. You send \
JSON and get JSON; no SDK is required. Send a model and a prompt, get an id at once, and read the result when it is \
ready.

There are two APIs. Under `/api/v1` you choose the model, and your balance pays for each generation. The WokGen \
calls choose a model for you, wait for the result, and count against the daily quota of your plan. Both APIs see the \
same generations.

## Authentication

Send your API key with every call, in the header `Authorization: Bearer wf_live_...`. The headers `X-API-Key`, \
`Api-Key`, `X-Goog-Api-Key` and `xi-api-key` work too. A key is shown once, when you \
create it. An account can have {KEYS_ACTIVE_MAX} active keys. The samples on this page read the key from an \
environment variable. Keys that start with `wf_live_` or `wok_` work everywhere.

A key to give away has limits: `scopes`, an expiry, models, kinds, addresses, and caps on what it spends. The scope \
`generate` is for calls that create, cancel or read a generation by its id, `read` for other reads, `webhooks` for \
endpoints, and `manage` for keys and the account. A call that a key does not allow is \
refused with 403 `forbidden`, and an order past a cap with 402 `key_budget_exceeded`.

The WokGen calls also work without a key. Such a guest has the daily quota of the plan `guest`, counted by IP \
address. A call with a wrong or revoked key is refused; it does not count as a guest.

## Quotas

A WokGen call counts once against the daily quota, which resets at midnight UTC. A failed generation does not count. \
Every response has the quota in `X-RateLimit-Limit`, the rest of it in `X-RateLimit-Remaining`, and the time of the \
reset in `X-RateLimit-Reset`, in Unix seconds. On an unlimited plan the first two are `unlimited`. Past the quota, \
calls are refused with `QUOTA_EXCEEDED`, unless your plan continues with the balance.

## Rate limits

Each API key has a rate of requests, one for POSTs and one for the others, and all keys of an account together have \
{ACCOUNT_KEYS} times as much. Requests without a key count for their IP address. After a pause, {BURST_S} seconds' \
worth may come at once. `RateLimit-Limit` has that number, `RateLimit-Remaining` the rest of it, and \
`RateLimit-Reset` the seconds until all of it is there again. Past a limit, calls are refused with `rate_limited`, \
and `Retry-After` has the seconds to wait.

## Getting the result

A generation is `processing` until it is `completed` or `failed`. There are three ways to get its result:

- **Poll**: call `GET /api/v1/generations?id=...` every few seconds.
- **Wait**: with `Prefer: wait=30` the response to the POST is held until the generation ends, for at most \
{WAIT_MAX_S} seconds unless this deployment is set otherwise, because many proxies end a request after 60.
- **Webhook**: add a webhook endpoint, and we post an event to it when the generation ends.

A generation is charged when it is accepted, and refunded if it fails.

## Errors

An error has a `code` for programs and a message for people: the message says which field or header is wrong and how \
to correct it. Please include the `X-Request-Id` of the response when you report a problem. After 429 and 503, wait \
for the seconds in `Retry-After` and try again.

## Retrying safely

Send an `Idempotency-Key` with every POST. If you lose the response, send the same request with the same key again: \
the response is the first generation, with `Idempotent-Replayed: true`, and nothing is charged. Another call or body \
under the same key is refused. Keys expire after 24 hours.

## Conventions

- Request bodies are UTF-8 JSON of at most {BODY_BYTES_MAX // 1_000_000} MB, with `Content-Type: application/json`, \
not compressed. With an API key, a body that creates may have {LARGE_BYTES_MAX // 1_000_000} MB: room for a file in a \
`data:` URL.
- An input file is an https URL, a `data:` URL, a result URL of this gateway, or `asset:` with the id of an upload. \
Images are PNG, JPEG, WebP, GIF, AVIF, HEIC, TIFF or BMP. They are turned upright, and only the first frame of an \
animation is used: `notices` of the generation or job says so.
- `POST /api/v1/generations` refuses fields that it does not know, because they would have no effect. The WokGen calls \
ignore them.
- Times are RFC 3339 in UTC with milliseconds, ids are UUIDs, and amounts are whole US cents.
- The WokGen calls use camelCase. The id of a job is `job_` and the generation's id without dashes.
- Every response has an `X-Request-Id`. You can send your own: 1 to 64 printable ASCII characters.
- The `traceparent` header (W3C Trace Context) of a request is stored with its generation, and sent to the provider \
and to your webhook endpoints.
- New models and new fields may appear at any time. Breaking changes get a new path, such as `/api/v2`.
"""

TAGS = {
    "Generations": "Create generations and read their results.",
    "WokGen": "Calls that wait for their result. The response is the completed job, or 202 and the running job if it "
    "takes longer. If the job fails meanwhile, the response is 502 with the reason, the job's `code` and its `jobId`.",
    "WokGen SDK 1.0": "The calls of version 1.0 of the WokGen SDK, for clients that are deployed already.",
    "OpenAI": "Calls in the shape of OpenAI's API, for its clients: set their base URL to `{base_url}/v1`, or "
    "`{base_url}/openai/v1`, and their API key to yours. Balance, generations, webhooks and receipts are those of the "
    "other calls. `X-Wokflow-Model` names the model that served, `X-Wokflow-Cost-Usd` its cost. An empty balance is "
    "429 with the code `insufficient_quota`, as at OpenAI.",
    "Replicate": "Calls in the shape of Replicate's API, for its clients: set their base URL to "
    "`{base_url}/replicate`, and their token to your API key. `input` has the fields of the model here: "
    "`GET /replicate/v1/models/...` has their schema. Lists show the generations of all calls.",
    "MCP": "A server of the Model Context Protocol for agents, at `{base_url}/mcp`, with your API key as bearer "
    "token. Its tools list models, quote, generate, wait, and read generations and the balance.",
    "Money": "The balance and the transactions behind it.",
    "Receipts": "Proofs of what a generation cost and who served it. They verify offline, with the public keys alone.",
    "Account": "The account of your key, its low-balance alert and its other keys. In a browser, open "
    "`/account/api-keys`.",
    "People": "Sign-up, sign-in, sessions, and the people of an account. In a browser, open `/sign-in`. A session also "
    "works for all other calls, as far as the person's role allows. Each request of a session that changes something "
    "needs the header `X-CSRF-Token`.",
    "Webhook endpoints": "Your webhook endpoints, and every delivery to them. In a browser, open `/account/webhooks`.",
    "Webhooks": "The events that we post to your endpoints: a generation ended, the balance is low, or an endpoint was "
    "disabled. Each event is signed as Standard Webhooks 1.0. Verify the signature with the endpoint's secret, "
    f"`{SECRET_PREFIX}...`, before you trust the event. Any response but a 2xx is retried, up to {ATTEMPT_MAX} "
    "attempts over three days. An order can also name a `webhook_url` of its own, which gets its end.",
    "Outputs": "The files of completed generations.",
    "Uploads": "Files that inputs name as `asset:upl_...`, for files too large for a `data:` URL.",
    "Admin": "For operators. Each call does the same as the command of its name. It needs an admin key from "
    "`wokflow admin key create`; the API keys of accounts do not work here. Amounts are in micro-dollars. Every action "
    "is recorded in the audit log.",
    "operations": "Probes and metrics for monitoring, this document, and the pages.",
}
