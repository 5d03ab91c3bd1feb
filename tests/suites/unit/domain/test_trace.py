"""The caller's trace continues in ours, and an invalid traceparent is ignored."""

import pytest

from shared.domain import trace

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_caller_trace_continues() -> None:
    """The trace's id and flags stay, and the generation is the new parent."""
    given = trace.parse_traceparent(f"00-{TRACE}-{SPAN}-01")
    assert f"{TRACE}-01" == given
    assert f"00-{TRACE}-bcceb302099a8057-01" == trace.traceparent(given, ID)
    assert TRACE == trace.trace_id(given, ID)


def test_generation_id_is_trace_id_without_traceparent() -> None:
    """Without a traceparent, the trace id is made of the generation's id, and the trace is not sampled."""
    made = trace.traceparent("", ID)
    assert "00-01890a5dac96774bbcceb302099a8057-bcceb302099a8057-00" == made
    assert "01890a5dac96774bbcceb302099a8057-00" == trace.parse_traceparent(made)


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (f" 00-{TRACE}-{SPAN}-00 ", True),
        (f"01-{TRACE}-{SPAN}-01-more", True),
        (f"00-{TRACE}-{SPAN}-01-more", False),
        (f"ff-{TRACE}-{SPAN}-01", False),
        (f"00-{TRACE.upper()}-{SPAN}-01", False),
        (f"00-{'0' * 32}-{SPAN}-01", False),
        (f"00-{TRACE}-{'0' * 16}-01", False),
        (f"00-{TRACE}-{SPAN}", False),
        (f"00-{TRACE}-{SPAN}-0g", False),
        (f"01-{TRACE}-{SPAN}-01more", False),
        ("", False),
        ("x" * 8000, False),
    ],
)
def test_invalid_traceparent_is_ignored(header: str, known: bool) -> None:
    """A header that breaks the W3C grammar is treated as absent."""
    assert known == bool(trace.parse_traceparent(header))
