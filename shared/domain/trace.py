"""W3C trace context: what a caller's `traceparent` says, and what we send on in its name.

A generation is one span. Its parent's trace goes on; without one, the generation's own id is the trace's.
"""

import re

# Later versions may add fields at the end; ff is forbidden, and so are ids of nothing but zeros.
GIVEN = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")
UNSAMPLED = "00"


def given(header: str) -> str:
    """The trace's id and flags in a traceparent, as `<32 hex digits>-<2 hex digits>`; empty for one that says none."""
    found = GIVEN.fullmatch(header.strip())
    if found is None or (found[1] == "00" and found[4]):
        return ""
    return f"{found[2]}-{found[3]}"


def trace_id(trace: str, generation_id: str) -> str:
    """The trace a generation belongs to: the caller's, or its own."""
    return trace.partition("-")[0] or generation_id.replace("-", "")


def traceparent(trace: str, generation_id: str) -> str:
    """What is sent along with a generation's requests, to its provider and to its webhooks."""
    flags = trace.partition("-")[2] or UNSAMPLED
    return f"00-{trace_id(trace, generation_id)}-{generation_id.replace('-', '')[-16:]}-{flags}"
