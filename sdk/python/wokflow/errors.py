"""The errors of this client.

WokflowError
├── ApiError                    the API refused the request; a class for each documented code
│   ├── InvalidRequestError         400, 405, 413, 415 and 422
│   ├── AuthenticationError         401
│   ├── PaymentRequiredError        402
│   ├── ForbiddenError              403
│   ├── NotFoundError               404
│   ├── ConflictError               409
│   ├── TooManyRequestsError        429
│   └── ServerError                 5xx
├── GenerationFailedError       the generation failed and was refunded
├── WaitTimeoutError            the generation has not ended in time; it continues
├── ConnectionFailedError       no response: the connection failed, broke or timed out
├── InvalidResponseError        a response that does not have the documented shape
├── WebhookVerificationError    the webhook cannot be trusted
└── ReceiptVerificationError    the receipt is not what the deployment signed
"""

from wokflow.models.generations import Generation

FOREIGN_CODE = "http_error"  # of a response that something in between wrote, such as a proxy


class WokflowError(Exception):
    """The base of every error of this client."""

    generation_id: str | None = None  # the generation that the error is about, if it is known


class ApiError(WokflowError):
    """The API refused the request. Nothing was charged, except where `generation_id` says otherwise."""

    def __init__(
        self,
        message: str,
        *,
        status: int,
        code: str,
        request_id: str | None = None,
        retry_after_s: float | None = None,
        generation_id: str | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.code = message, status, code
        self.request_id = request_id  # of the gateway's log
        self.retry_after_s = retry_after_s  # how long to wait before the next attempt; None if the API does not say
        self.generation_id = generation_id


class GenerationFailedError(WokflowError):
    """The generation failed, and was refunded. `code` is its `error_code`."""

    def __init__(self, generation: Generation) -> None:
        super().__init__(generation.error or "The generation failed.")
        self.generation, self.generation_id = generation, generation.id
        self.code = generation.error_code or "failed"


class WaitTimeoutError(WokflowError):
    """The generation has not ended in time. It continues: `wait` can wait for it again."""

    def __init__(self, generation_id: str, timeout_s: float) -> None:
        super().__init__(f"{generation_id} has not ended within {timeout_s:g} s.")
        self.generation_id, self.timeout_s = generation_id, timeout_s


class ConnectionFailedError(WokflowError):
    """The request got no response in time, or none at all. `__cause__` is httpx's error."""


class InvalidResponseError(WokflowError):
    """A response does not have the documented shape. Is `base_url` that of a gateway?"""


class WebhookVerificationError(WokflowError):
    """A webhook that is not signed with the secret, is too old, or is incomplete. Respond with 400."""


class ReceiptVerificationError(WokflowError):
    """A receipt that differs from what the deployment signed."""


class InvalidRequestError(ApiError):
    """The request is wrong. The message names the field."""


class AuthenticationError(ApiError):
    """The API key is missing or wrong."""


class PaymentRequiredError(ApiError):
    """The balance, or a cap on spending, does not cover the request."""


class ForbiddenError(ApiError):
    """The API key may not make this call."""


class NotFoundError(ApiError):
    """The call names something that does not exist, or that belongs to another account."""


class ConflictError(ApiError):
    """The state of the generation, upload or account does not allow the call."""


class TooManyRequestsError(ApiError):
    """A rate, a quota or another limit is reached."""


class ServerError(ApiError):
    """The gateway, or a provider behind it, failed."""


class InvalidJsonError(InvalidRequestError):
    """The body is not valid JSON."""


class InvalidInputError(InvalidRequestError):
    """An input of the model is wrong."""


class InvalidNameError(InvalidRequestError):
    """A name is empty, too long, or not printable."""


class MissingModelError(InvalidRequestError):
    """The order names no model."""


class MissingPromptError(InvalidRequestError):
    """The order has no prompt."""


class UnknownModelError(InvalidRequestError):
    """The order names a model that is not on offer."""


class OverMaxCostError(InvalidRequestError):
    """The order can cost more than its `max_cost_cents`."""


class ContentPolicyError(InvalidRequestError):
    """The provider rejected the prompt. The order was refunded."""


class MethodNotAllowedError(InvalidRequestError):
    """The path does not have this method."""


class PayloadTooLargeError(InvalidRequestError):
    """The body or the file is too large."""


class UnsupportedMediaTypeError(InvalidRequestError):
    """The body is not JSON."""


class IdempotencyKeyReuseError(InvalidRequestError):
    """The Idempotency-Key was used for another request."""


class MissingApiKeyError(AuthenticationError):
    """The request has no API key."""


class InvalidApiKeyError(AuthenticationError):
    """The API key is unknown or revoked."""


class InsufficientBalanceError(PaymentRequiredError):
    """The balance does not cover the order."""


class KeyBudgetExceededError(PaymentRequiredError):
    """The order goes past a cap of the API key."""


class SpendCapExceededError(PaymentRequiredError):
    """The order goes past a cap of the account."""


class NotSignedInError(AuthenticationError):
    """The session of a person has ended."""


class AccountSuspendedError(ForbiddenError):
    """The account is suspended."""


class UnknownKeyError(NotFoundError):
    """The account has no such key."""


class UnknownVoucherError(NotFoundError):
    """The voucher is unknown, expired or redeemed."""


class AccountClosedError(ConflictError):
    """The account is closed."""


class TooManyEndpointsError(ConflictError):
    """The account has as many endpoints as it may have."""


class TooManyKeysError(ConflictError):
    """The account has as many active keys as it may have."""


class TooMuchError(ConflictError):
    """The amount would exceed the largest balance of an account."""


class RateLimitedError(TooManyRequestsError):
    """Too many requests, or too many generations that wait."""


class QuotaExceededError(TooManyRequestsError):
    """The quota of the day is used."""


class LimitExceededError(TooManyRequestsError):
    """A limit of the account is reached."""


class CapacityExceededError(TooManyRequestsError):
    """A limit of the whole service is reached."""


class InternalError(ServerError):
    """The gateway failed. Report the request's id if it persists."""


class UpstreamError(ServerError):
    """The provider failed or refused the request. The order was refunded."""


class UnavailableError(ServerError):
    """The gateway cannot serve now."""


BY_STATUS: dict[int, type[ApiError]] = {
    400: InvalidRequestError,
    401: AuthenticationError,
    402: PaymentRequiredError,
    403: ForbiddenError,
    404: NotFoundError,
    405: InvalidRequestError,
    409: ConflictError,
    413: InvalidRequestError,
    415: InvalidRequestError,
    422: InvalidRequestError,
    429: TooManyRequestsError,
}
