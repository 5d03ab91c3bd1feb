"""Every refusal once: its code, its HTTP status and its message in the documentation. A dialect renders it."""

from typing import Final, NamedTuple

from gateway.admission.large_bodies import LARGE_BYTES_MAX
from gateway.body import BODY_BYTES_MAX
from shared.domain.errors import Refused
from shared.store.accounts import KEYS_ACTIVE_MAX
from shared.store.webhooks import ENDPOINTS_MAX

BODY_MB_MAX, LARGE_MB_MAX = BODY_BYTES_MAX // 1_000_000, LARGE_BYTES_MAX // 1_000_000
TOO_LARGE = f"The body is larger than {BODY_MB_MAX} MB, or {LARGE_MB_MAX} MB with a `data:` URL and an API key."


class Code(NamedTuple):
    """The HTTP status of a code, and an example of its message or its meaning."""

    status: int
    message: str


CODES: Final = {
    "invalid_json": Code(400, "The body is not valid JSON."),
    "invalid_request": Code(400, "`limit` must be a whole number from 1 to 200."),
    "invalid_input": Code(400, "`width` must be a whole number from 64 to 2048."),
    "missing_model": Code(400, "`model` is required: the id of a model from GET /api/v1/models."),
    "missing_prompt": Code(400, "`prompt` is required: describe what to generate."),
    "content_policy": Code(400, "The provider rejected the prompt. You were refunded."),
    "over_max_cost": Code(400, "This can cost $0.11, more than `max_cost_cents` allows. Nothing was charged."),
    "unknown_provider": Code(400, "Unknown provider 'acme'. Known: auto, local."),
    "unknown_model": Code(400, "Unknown model 'acme/model'. See GET /api/v1/models."),
    "unknown_plan": Code(400, "Unknown plan. The message lists the known ones."),
    "invalid_name": Code(400, "A name must have 1 to 200 printable characters."),
    "invalid_reference": Code(400, "A reference must have 1 to 200 printable characters."),
    "missing_api_key": Code(401, "Send your API key in the header `Authorization: Bearer wf_live_...`."),
    "invalid_api_key": Code(401, "This API key is unknown or revoked. Create a key at /account/api-keys."),
    "not_signed_in": Code(401, "Sign in first: open /sign-in, or call POST /api/v1/account/sign-in."),
    "sign_in_failed": Code(401, "The e-mail address or the password is wrong."),
    "forbidden": Code(403, "This API key lacks the scope `manage`. Use another key, or change its scopes."),
    "insufficient_balance": Code(402, "This costs $0.11, the balance is $0.04. Top up to continue."),
    "account_suspended": Code(403, "This account is suspended. Contact the operator."),
    "key_budget_exceeded": Code(402, "This API key may spend $0.20 today, and $0.04 of it is left: this costs more."),
    "spend_cap_exceeded": Code(402, "Your account may spend $20.00 today, and $0.04 of it is left: this costs more."),
    "not_found": Code(404, "Not found, or not yours."),
    "unknown_account": Code(404, "Unknown account."),
    "unknown_key": Code(404, "The account has no active key with this id."),
    "unknown_voucher": Code(404, "This voucher is unknown, expired, or redeemed. Check that you copied all of it."),
    "method_not_allowed": Code(405, "/api/v1/models accepts only GET, HEAD."),
    "account_closed": Code(409, "The account is closed."),
    "conflict": Code(409, "This generation has already ended: it is completed."),
    "too_many_endpoints": Code(409, f"An account can have {ENDPOINTS_MAX} endpoints. Delete one first."),
    "too_many_keys": Code(409, f"An account can have {KEYS_ACTIVE_MAX} active keys. Revoke one first."),
    "too_much": Code(409, "The top-up would exceed the largest balance of an account."),
    "link_expired": Code(410, "This link has expired, or was used already. Request a new one."),
    "payload_too_large": Code(413, f"{TOO_LARGE} Send large files by URL, or create an upload."),
    "unsupported_media_type": Code(415, "Send JSON with `Content-Type: application/json`."),
    "idempotency_key_reuse": Code(422, "This Idempotency-Key was used for another request. Use a new key."),
    "rate_limited": Code(429, "100 generations of this account are waiting already. Submit more as they finish."),
    "quota_exceeded": Code(429, "All 50 generations of today are used. The quota resets at midnight UTC."),
    "limit_exceeded": Code(429, "The limit of 150 attempts a day is reached; failed generations count."),
    "guest_limit_exceeded": Code(429, "All that is free for guests today is used. Send an API key."),
    "capacity_exceeded": Code(429, "This service has reached its limit for today. The day ends at midnight UTC."),
    "internal_error": Code(500, "Internal error. Try again, and report the X-Request-Id if it persists."),
    "upstream_error": Code(502, "The provider rejected the prompt. You were refunded."),
    "still_processing": Code(504, "The generation is charged and still runs. Read it later."),
    "unavailable": Code(503, "The service cannot reach its store. Try again in a moment."),
}
UNAVAILABLE = Refused("unavailable", CODES["unavailable"].message, retry_after_s=1)
ORDERS_STOPPED = Refused(
    "unavailable", "New orders are stopped until the operator has checked the store. Try again later.", retry_after_s=30
)
MALFORMED = Refused("invalid_request", "Malformed HTTP request, or its URL or a header is longer than 8 kB.")
INTERNAL = Refused("internal_error", CODES["internal_error"].message)


def status_of(refused: Refused) -> int:
    """Return the HTTP status of a refusal, 400 for a code that only the command line expects."""
    code = CODES.get(refused.code)
    return code.status if code else 400


def from_http(status: int, path: str, allowed: str) -> Refused:
    """Return our refusal for one of aiohttp's own."""
    match status:
        case 404:
            return Refused("not_found", "Page not found. See /docs.")
        case 405:
            return Refused("method_not_allowed", f"{path} accepts only {allowed}.", allow=allowed)
        case 413:
            return Refused("payload_too_large", CODES["payload_too_large"].message)
        case 415:
            return Refused("unsupported_media_type", CODES["unsupported_media_type"].message)
        case 503:
            return UNAVAILABLE
        case _:
            return Refused("invalid_request", "The request could not be understood. See /docs.")
