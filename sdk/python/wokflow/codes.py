"""The class of each code of the API's errors."""

from wokflow import errors
from wokflow.errors import BY_STATUS, ApiError, ServerError

BY_CODE: dict[str, type[ApiError]] = {
    "invalid_json": errors.InvalidJsonError,
    "invalid_request": errors.InvalidRequestError,
    "invalid_input": errors.InvalidInputError,
    "invalid_name": errors.InvalidNameError,
    "missing_model": errors.MissingModelError,
    "missing_prompt": errors.MissingPromptError,
    "unknown_model": errors.UnknownModelError,
    "over_max_cost": errors.OverMaxCostError,
    "content_policy": errors.ContentPolicyError,
    "method_not_allowed": errors.MethodNotAllowedError,
    "payload_too_large": errors.PayloadTooLargeError,
    "unsupported_media_type": errors.UnsupportedMediaTypeError,
    "idempotency_key_reuse": errors.IdempotencyKeyReuseError,
    "missing_api_key": errors.MissingApiKeyError,
    "invalid_api_key": errors.InvalidApiKeyError,
    "not_signed_in": errors.NotSignedInError,
    "insufficient_balance": errors.InsufficientBalanceError,
    "key_budget_exceeded": errors.KeyBudgetExceededError,
    "spend_cap_exceeded": errors.SpendCapExceededError,
    "forbidden": errors.ForbiddenError,
    "account_suspended": errors.AccountSuspendedError,
    "not_found": errors.NotFoundError,
    "unknown_key": errors.UnknownKeyError,
    "unknown_voucher": errors.UnknownVoucherError,
    "conflict": errors.ConflictError,
    "account_closed": errors.AccountClosedError,
    "too_many_endpoints": errors.TooManyEndpointsError,
    "too_many_keys": errors.TooManyKeysError,
    "too_much": errors.TooMuchError,
    "rate_limited": errors.RateLimitedError,
    "quota_exceeded": errors.QuotaExceededError,
    "limit_exceeded": errors.LimitExceededError,
    "capacity_exceeded": errors.CapacityExceededError,
    "internal_error": errors.InternalError,
    "upstream_error": errors.UpstreamError,
    "unavailable": errors.UnavailableError,
}


def error_class(code: str, status: int) -> type[ApiError]:
    """Return the class of a code, or that of its status for a code that is newer than this client."""
    known = BY_CODE.get(code) or BY_STATUS.get(status)
    return known or (ServerError if status >= 500 else ApiError)
