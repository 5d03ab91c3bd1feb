"""Python client of Wokflow, the gateway for AI generation."""

from wokflow import errors
from wokflow._async.client import AsyncWokflow
from wokflow._sync.client import Wokflow
from wokflow.errors import (
    ApiError,
    AuthenticationError,
    ConflictError,
    ConnectionFailedError,
    ForbiddenError,
    GenerationFailedError,
    InsufficientBalanceError,
    InvalidRequestError,
    InvalidResponseError,
    NotFoundError,
    PaymentRequiredError,
    RateLimitedError,
    ReceiptVerificationError,
    ServerError,
    TooManyRequestsError,
    WaitTimeoutError,
    WebhookVerificationError,
    WokflowError,
)
from wokflow.models.account import Account, Balance, SpendCaps, Transaction, Usage
from wokflow.models.catalogue import Model
from wokflow.models.endpoints import WebhookDelivery, WebhookEndpoint
from wokflow.models.events import StreamedEvent
from wokflow.models.generations import Generation, Quote
from wokflow.models.keys import ApiKey
from wokflow.models.receipts import Receipt, ReceiptKeys
from wokflow.models.uploads import Upload
from wokflow.models.webhooks import (
    BalanceLowEvent,
    EndpointChangedEvent,
    EndpointDisabledEvent,
    GenerationCompletedEvent,
    GenerationFailedEvent,
    KeyChangedEvent,
)
from wokflow.progress import Progress
from wokflow.receipts import verify_receipt
from wokflow.version import VERSION
from wokflow.webhooks import UnknownEvent, WebhookEvent, verify_webhook

__version__ = VERSION

__all__ = [
    "Account",
    "ApiError",
    "ApiKey",
    "AsyncWokflow",
    "AuthenticationError",
    "Balance",
    "BalanceLowEvent",
    "ConflictError",
    "ConnectionFailedError",
    "EndpointChangedEvent",
    "EndpointDisabledEvent",
    "ForbiddenError",
    "Generation",
    "GenerationCompletedEvent",
    "GenerationFailedError",
    "GenerationFailedEvent",
    "InsufficientBalanceError",
    "InvalidRequestError",
    "InvalidResponseError",
    "KeyChangedEvent",
    "Model",
    "NotFoundError",
    "PaymentRequiredError",
    "Progress",
    "Quote",
    "RateLimitedError",
    "Receipt",
    "ReceiptKeys",
    "ReceiptVerificationError",
    "ServerError",
    "SpendCaps",
    "StreamedEvent",
    "TooManyRequestsError",
    "Transaction",
    "UnknownEvent",
    "Upload",
    "Usage",
    "WaitTimeoutError",
    "WebhookDelivery",
    "WebhookEndpoint",
    "WebhookEvent",
    "WebhookVerificationError",
    "Wokflow",
    "WokflowError",
    "errors",
    "verify_receipt",
    "verify_webhook",
]
