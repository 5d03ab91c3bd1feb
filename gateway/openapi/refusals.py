"""What each refusal says to a reader, and the shape it comes in."""

from msgspec import UNSET, Struct, UnsetType

from gateway.body import BODY_BYTES_MAX
from gateway.dialects.shape import dialect_of
from shared.store.accounts import KEYS_ACTIVE_MAX
from shared.store.webhooks import ENDPOINTS_MAX

MESSAGES = {
    "invalid_json": "The body is not valid JSON.",
    "invalid_request": "A field, a header or a part of the query has an unusable value; the message names it.",
    "invalid_input": "A field of `input`, or the prompt, is unknown or outside its limits; the message names it.",
    "missing_model": "Say which model, by its id from GET /api/v1/models.",
    "missing_prompt": "Say in prompt what to generate.",
    "unknown_provider": "There is no provider of this name; the message lists those that there are.",
    "unknown_model": "There is no model with this id. See GET /api/v1/models.",
    "unknown_plan": "There is no plan of this name; the message lists those that there are.",
    "invalid_name": "A name has 1 to 200 printable characters.",
    "invalid_reference": "A reference has 1 to 200 printable characters.",
    "missing_api_key": "Send your API key in the header Authorization: Bearer wf_live_...",
    "invalid_api_key": "This API key is unknown or was revoked.",
    "insufficient_balance": "This costs $0.11, the balance is $0.04. Top up to continue.",
    "not_found": "There is nothing here, or it does not belong to your account.",
    "unknown_account": "There is no account of this id.",
    "unknown_key": "The account has no active key of this id.",
    "method_not_allowed": "The path exists, but not with this method; the header Allow lists those that do.",
    "conflict": "This generation has ended already: it is completed.",
    "too_many_endpoints": f"An account has at most {ENDPOINTS_MAX} endpoints: delete one first.",
    "too_many_keys": f"An account has at most {KEYS_ACTIVE_MAX} active keys: revoke one first.",
    "too_much": "An account holds no more than that.",
    "payload_too_large": f"The body is larger than {BODY_BYTES_MAX // 1_000_000} MB.",
    "unsupported_media_type": "Send JSON with Content-Type: application/json.",
    "idempotency_key_reuse": "This Idempotency-Key was used for another request. Use a new key.",
    "rate_limited": "Too many generations of this account are waiting already. Submit more as they finish.",
    "quota_exceeded": "All generations of today are used. The day ends at midnight UTC.",
    "internal_error": "Something went wrong on our side.",
    "upstream_error": "The provider refused this. You were refunded.",
    "unavailable": "The service cannot reach its store. Try again in a moment.",
}
KEYED = ("missing_api_key", "invalid_api_key", "internal_error", "unavailable")  # of every call that takes a key
BODIED = ("invalid_json", "invalid_request", "payload_too_large", "unsupported_media_type")  # of every call with a body


class ErrorDetail(Struct):
    """What went wrong."""

    code: str
    message: str


class Error(Struct):
    """Every refusal has this shape. `code` is stable and for programs, `message` is for people."""

    error: ErrorDetail


class WokGenError(Struct, rename="camel"):
    """Every refusal of the camelCase calls has this shape. `code` is stable and for programs, `error` is for people."""

    error: str
    code: str
    job_id: str | UnsetType = UNSET


def error_shape(path: str) -> type[Struct]:
    """The type of what `render` makes for a path."""
    return WokGenError if dialect_of(path) == "wokgen" else Error
