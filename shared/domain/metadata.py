"""The caller's own facts about an order: pairs of texts that we store and return, and that lists can be filtered by."""

from collections.abc import Mapping
from typing import Annotated

import msgspec
from msgspec import Meta

from shared.domain.described import doc
from shared.domain.errors import Refused

PAIRS_MAX, NAME_CHARS_MAX, VALUE_CHARS_MAX, BYTES_MAX = 16, 64, 512, 4_000  # BYTES_MAX: of all of it, as JSON
NAME = r'^[^\u0000-\u001f"\\\u007f]{1,64}$'
PREFIX = "metadata."  # of a query parameter that filters by a name

Name = Annotated[str, Meta(pattern=NAME)]
Value = Annotated[str, Meta(max_length=VALUE_CHARS_MAX, pattern=r"^[^\u0000]*$")]
Metadata = Annotated[dict[Name, Value], Meta(max_length=PAIRS_MAX)]
SENT = doc(
    f"Facts of your own about this order, at most {BYTES_MAX} bytes as JSON. The generation and its webhook have them, "
    "and lists can be filtered by them.",
    examples=[{"user": "u_4711"}],
)
SHOWN = doc("The `metadata` of the order, if it has any.")


def check_metadata(given: Mapping[str, object] | None) -> dict[str, str] | None:
    """Return metadata as it is stored, None for no pairs. Raises Refused("invalid_input") naming the limit."""
    if not given:
        return None
    try:
        checked = msgspec.convert(dict(given), Metadata)
    except msgspec.ValidationError:
        reason = (
            f"must have at most {PAIRS_MAX} pairs of texts: names of 1 to {NAME_CHARS_MAX} characters "
            f"without quotes and backslashes, and values of up to {VALUE_CHARS_MAX} characters."
        )
        raise Refused("invalid_input", reason, field="metadata") from None
    if len(msgspec.json.encode(checked)) > BYTES_MAX:
        raise Refused("invalid_input", f"must have at most {BYTES_MAX} bytes as JSON.", field="metadata")
    return checked


def metadata_filter(query: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    """Return the pairs that a query filters by, as `metadata.<name>=<value>`. Raises Refused("invalid_request")."""
    pairs = {name.removeprefix(PREFIX): value for name, value in query.items() if name.startswith(PREFIX)}
    try:
        checked = msgspec.convert(pairs, Metadata)
    except msgspec.ValidationError:
        reason = f"must be a name of up to {NAME_CHARS_MAX} characters and a value of up to {VALUE_CHARS_MAX}."
        raise Refused("invalid_request", reason, field="metadata.<name>") from None
    return tuple(sorted(checked.items()))
