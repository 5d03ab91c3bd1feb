"""Every refusal once: its code and HTTP status. A dialect renders it."""

from typing import Final

from shared.domain.errors import Refused

STATUS: Final = {
    "invalid_json": 400,
    "invalid_request": 400,
    "invalid_input": 400,
    "missing_model": 400,
    "missing_prompt": 400,
    "unknown_provider": 400,
    "unknown_model": 400,
    "unknown_plan": 400,
    "invalid_name": 400,
    "invalid_reference": 400,
    "missing_api_key": 401,
    "invalid_api_key": 401,
    "insufficient_balance": 402,
    "not_found": 404,
    "unknown_account": 404,
    "unknown_key": 404,
    "method_not_allowed": 405,
    "conflict": 409,
    "too_many_endpoints": 409,
    "too_many_keys": 409,
    "too_much": 409,
    "payload_too_large": 413,
    "unsupported_media_type": 415,
    "idempotency_key_reuse": 422,
    "rate_limited": 429,
    "quota_exceeded": 429,
    "internal_error": 500,
    "upstream_error": 502,
    "unavailable": 503,
}
UNAVAILABLE = Refused("unavailable", "The service cannot reach its store. Try again in a moment.", retry_after_s=1)
UNREADABLE = Refused("invalid_request", "This is not HTTP as we read it, or its URL or a header is longer than 8 kB.")
INTERNAL = Refused("internal_error", "Something went wrong on our side.")


def status(refused: Refused) -> int:
    """The HTTP status of a refusal; 400 for a code that only the command line expects."""
    return STATUS.get(refused.code, 400)


def from_http(code: int, path: str, allowed: str) -> Refused:
    """aiohttp's own refusals in our words."""
    match code:
        case 404:
            return Refused("not_found", "Page not found. See /docs.")
        case 405:
            return Refused("method_not_allowed", f"{path} accepts only {allowed}.", allow=allowed)
        case 413:
            return Refused("payload_too_large", "The body is larger than 1 MB.")
        case 415:
            return Refused("unsupported_media_type", "Send JSON with Content-Type: application/json.")
        case 503:
            return UNAVAILABLE
        case _:
            return Refused("invalid_request", "The request could not be understood.")
