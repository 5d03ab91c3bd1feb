"""The caller's trace goes on in ours; whatever is no traceparent is none."""

import pytest

from shared.domain import trace

ID = "01890a5d-ac96-774b-bcce-b302099a8057"
TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def test_a_trace_goes_on() -> None:
    """The trace's id and flags are kept, and the generation is the new parent."""
    given = trace.parse_traceparent(f"00-{TRACE}-{SPAN}-01")
    assert f"{TRACE}-01" == given
    assert f"00-{TRACE}-bcceb302099a8057-01" == trace.traceparent(given, ID)
    assert TRACE == trace.trace_id(given, ID)


def test_a_generation_without_a_caller_is_its_own_trace() -> None:
    """Without a traceparent the generation's id is the trace's, and nobody is asked to sample it."""
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
def test_what_is_no_traceparent_is_none(header: str, known: bool) -> None:
    """A header that breaks the W3C's grammar is as good as no header."""
    assert known == bool(trace.parse_traceparent(header))
