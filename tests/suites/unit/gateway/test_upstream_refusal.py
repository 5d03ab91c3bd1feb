"""The refusal of a caller that waited for a generation which failed."""

import pytest

from gateway.accept import upstream_refusal
from shared.domain.generation import COMPLETED, FAILED, EndState, Generation, Outcome
from tests.harness.factories import SPEC


def ended(state: EndState, error: str | None) -> Generation:
    """Return a generation that ended with these words of its provider."""
    return Generation(
        id="g",
        account="a",
        provider="noop",
        state=state,
        reserved=0,
        created_ms=0,
        deadline_ms=0,
        spec=SPEC,
        outcome=Outcome(error=error),
    )


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        ("The prompt was refused", "The prompt was refused. You were refunded."),
        ("This took too long. You were refunded.", "This took too long. You were refunded."),
        ("Too long... You were refunded", "Too long. You were refunded."),
        (None, "The provider rejected the request. You were refunded."),
    ],
)
def test_refund_is_said_once(error: str | None, reason: str) -> None:
    """The caller reads the provider's reason, and once that it costs nothing."""
    refused = upstream_refusal(ended(FAILED, error))
    assert refused is not None
    assert reason == str(refused)


def test_completed_generation_is_not_a_refusal() -> None:
    """A generation that completed is answered as it is."""
    assert None is upstream_refusal(ended(COMPLETED, None))
