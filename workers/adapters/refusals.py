"""Errors that several adapters raise, so that callers read the same words for the same failure."""

import re
from collections.abc import Mapping
from typing import Any

from workers.adapters.contract import Call, Down, ModelGone, Rejected, Setup
from workers.adapters.responses import ProviderResponse

MODEL_FAILED = "The model failed."
GONE_CODES = frozenset(
    ("model_not_found", "model_decommissioned", "model_not_supported", "model_not_available", "model_deprecated")
)
GONE_STATUSES = (400, 403, 404, 410, 422)  # of a response whose body may say that the model is gone
# From the beginning of a text, since a prompt that it quotes may say the same.
GONE_TEXT = re.compile(
    r"(?:the )?(?:requested |specified )?(?:model|version)(?: name you specified| \S{1,200})? (?:is |was |has been )?"
    r"(?:does not exist|not found|not supported(?: by|[.,]|$)|decommissioned|deprecated|retired|removed|no longer)"
    r"|\S{1,200} is not a valid model ID",
    re.IGNORECASE,
)


def invalid_input(response: ProviderResponse) -> Rejected | ModelGone:
    """Return the refusal of an input, in the provider's words if there are any.

    A caller never chooses the field with the model's name: if only that is refused, the model is gone.
    """
    refused = _refused_fields(response.fields)
    if refused and refused <= {"model", "model_id"}:
        return ModelGone(f"HTTP {response.status}: {response.reason}")
    return Rejected("invalid_input", response.reason or "The provider does not accept this input.")


def content_policy(response: ProviderResponse) -> Rejected:
    """Return the refusal by a content policy, in the provider's words if there are any."""
    return Rejected("content_policy", response.reason or "The provider refused this content.")


def model_gone(response: ProviderResponse) -> ModelGone | None:
    """Return the error for a model that the provider does not offer, None if the body does not say so.

    It knows the codes and texts of all providers.
    """
    if response.status not in GONE_STATUSES:
        return None
    fields = response.fields
    parts = [part for part in (fields, fields.get("error"), fields.get("detail")) if isinstance(part, dict)]
    codes = {str(part.get(name)).lower() for part in parts for name in ("code", "type", "status")}
    if codes & GONE_CODES or says_model_gone(response.reason):
        return ModelGone(f"HTTP {response.status}: {response.reason}")
    return None


def says_model_gone(reason: str) -> bool:
    """Return whether a provider's error text says that it does not offer the model."""
    return GONE_TEXT.match(reason) is not None


def unsafe_result() -> Rejected:
    """Return the error for a result that the provider withholds."""
    return Rejected("content_policy", "The provider withheld the result as unsafe.")


def no_result() -> Rejected:
    """Return the error for work that finished without an output."""
    return Rejected("provider_failed", "The model finished without a result.")


def canceled(*, cost_micros: int | None = None) -> Rejected:
    """Return the error for work that the provider stopped on request."""
    return Rejected("canceled", "The generation was cancelled.", cost_micros=cost_micros)


def require_credit(left: object) -> None:
    """Raise Down if an account has no credit left: that proves that it serves none of its models."""
    if isinstance(left, int | float) and left <= 0:
        raise Down(f"no credit left: {left}", cause="account")


def unsupported_kind(setup: Setup, call: Call) -> Down:
    """Return the error for a kind that the provider does not serve: another route may."""
    return Down(f"{setup.name} does not serve {call.kind}", cause="call")


def _refused_fields(fields: Mapping[str, Any]) -> set[str]:
    """Return the names of the fields that a body objects to, in Pydantic's, Zod's or Stability's form."""
    refused = [_last(item.get("loc")) for item in _items(fields.get("detail"))]
    refused += [_last(item.get("path")) for item in _items(fields.get("issues"))]
    errors, error = fields.get("errors"), fields.get("error")
    refused += [text.partition(":")[0] for text in errors if isinstance(text, str)] if isinstance(errors, list) else []
    details = error.get("details") if isinstance(error, dict) else None
    by_field = details.get("fieldErrors") if isinstance(details, dict) else None
    return {*refused, *(by_field if isinstance(by_field, dict) else ())}


def _items(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _last(path: object) -> str:
    return str(path[-1]) if isinstance(path, list) and path else ""
