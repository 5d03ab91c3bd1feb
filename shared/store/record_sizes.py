"""The sizes of a generation's record: orders and outcomes are cut or refused until they fit."""

from msgspec import structs

from shared.domain.errors import Refused
from shared.domain.generation import Outcome, Spec, encode, encode_spec

RECORD_BYTES_MAX, REST_BYTES_MAX = 65_536, 5_000  # of a generation in the store: all, and without order and outcome
SPEC_BYTES_MAX, PROMPT_BYTES_MAX = 58_000, 40_000  # the prompt stays after the end, next to the outcome
MARK_BYTES = 20  # of the mark of a text that was cut


def encode_whole_spec(spec: Spec) -> bytes:
    """Return a specification for the store. Raises Refused if it is too large for a record."""
    raw = encode_spec(spec)
    if len(raw) > SPEC_BYTES_MAX or len(spec.prompt.encode()) > PROMPT_BYTES_MAX:
        reason = f"must have at most {PROMPT_BYTES_MAX} bytes of UTF-8, and {SPEC_BYTES_MAX} together with the input."
        raise Refused("invalid_input", reason, field="prompt")
    return raw


def encode_fitting(outcome: Outcome, prompt_bytes: int = PROMPT_BYTES_MAX) -> bytes:
    """Return an outcome for a record with a prompt of that size. A text that is too large is cut and marked as such."""
    raw, text = encode(outcome), outcome.text or ""
    excess = len(raw) - (RECORD_BYTES_MAX - REST_BYTES_MAX - prompt_bytes)
    if excess <= 0:
        return raw
    kept = text.encode()[: max(len(text.encode()) - excess - MARK_BYTES, 0)].decode(errors="ignore")
    facts = {**outcome.facts, "truncated": True} if kept else {"truncated": True}
    return encode(structs.replace(outcome, text=kept, facts=facts))


def costs_of(outcome: Outcome) -> tuple[int | str, int | str]:
    """Return the expected and the reported cost of an outcome, as the scripts take them."""
    expected, reported = outcome.expected_micros, outcome.cost_micros
    return ("" if expected is None else expected, "" if reported is None else reported)
