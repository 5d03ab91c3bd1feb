"""W3C trace context: the caller's `traceparent` is read, and one is sent with each request of a generation.

A generation is one span. It continues the caller's trace; without one, the generation's id is the trace id.
"""

import re

# Later versions may add fields at the end. Version ff and ids of zeros only are forbidden.
TRACEPARENT = re.compile(r"(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})[0-9a-f]{16}-([0-9a-f]{2})(-.*)?")
UNSAMPLED = "00"


def parse_traceparent(header: str) -> str:
    """Return the trace of a traceparent header as `<trace id>-<flags>`, hex digits; empty for an invalid header."""
    found = TRACEPARENT.fullmatch(header.strip())
    if found is None or (found[1] == "00" and found[4]):
        return ""
    return f"{found[2]}-{found[3]}"


def trace_id(trace: str, generation_id: str) -> str:
    """Return the trace id of a generation: the caller's, or one made of the generation's id."""
    return trace.partition("-")[0] or generation_id.replace("-", "")


def traceparent(trace: str, generation_id: str) -> str:
    """Return the `traceparent` header of a generation's requests to its provider and its webhooks."""
    flags = trace.partition("-")[2] or UNSAMPLED
    return f"00-{trace_id(trace, generation_id)}-{generation_id.replace('-', '')[-16:]}-{flags}"
