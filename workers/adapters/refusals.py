"""Errors that several adapters raise, so that callers read the same words for the same failure."""

from workers.adapters.contract import Call, Down, Rejected, Setup
from workers.adapters.responses import ProviderResponse

MODEL_FAILED = "The model failed."


def invalid_input(response: ProviderResponse) -> Rejected:
    """Return the refusal of an input, in the provider's words if there are any."""
    return Rejected("invalid_input", response.reason or "The provider does not accept this input.")


def content_policy(response: ProviderResponse) -> Rejected:
    """Return the refusal by a content policy, in the provider's words if there are any."""
    return Rejected("content_policy", response.reason or "The provider refused this content.")


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
