"""Records of generations in the store: their size, and the inputs that are dropped at the end."""

from pathlib import Path

import pytest

from shared.domain.generation import Outcome, Spec, decode_spec, encode, encode_spec
from shared.store.record_sizes import PROMPT_BYTES_MAX, RECORD_BYTES_MAX, REST_BYTES_MAX, encode_fitting

LUA = Path(__file__).resolve().parents[4] / "shared" / "store" / "lua"
PLAIN = Spec("wokgen", "image", "m", "m", "a boat", {"seed": 2**63 - 1, "mode": "pixel"})
FULL = Spec("wokgen", "image", "m", "m", "a boat", {"seed": 1, "image_urls": ["https://e.example/a"], "style": "flat"})


@pytest.mark.parametrize("spec", [PLAIN, FULL])
def test_specification_survives_the_store(spec: Spec) -> None:
    """A specification is read as it was written, and one of an earlier version too."""
    assert spec == decode_spec(encode_spec(spec))
    assert spec == decode_spec(encode(spec))


def test_inputs_that_no_answer_shows_can_be_cut_off() -> None:
    """The part that stays after the end is a specification without images, and is written as in earlier versions."""
    raw = encode_spec(FULL)
    kept = raw[5 : 5 + int.from_bytes(raw[1:5], "big")]
    assert {"seed": 1} == decode_spec(kept).input
    assert encode(PLAIN) == encode_spec(PLAIN)


@pytest.mark.parametrize("text", ["a" * 100_000, "\N{FIRE}" * 30_000, "short"])
@pytest.mark.parametrize("prompt_bytes", [0, PROMPT_BYTES_MAX])
def test_outcome_fits_into_a_record(text: str, prompt_bytes: int) -> None:
    """A text that does not fit next to its prompt is cut and marked, and a shorter one is unchanged."""
    raw = encode_fitting(Outcome("p", text=text), prompt_bytes)
    assert len(raw) + prompt_bytes + REST_BYTES_MAX <= RECORD_BYTES_MAX
    assert (raw == encode(Outcome("p", text=text))) == (text == "short")


def test_no_script_walks_a_list() -> None:
    """No Lua verb searches a list for an element: that takes as long as the list is."""
    walking = ("LPOS", "LREM", "LINSERT", "KEYS", "SORT")
    found = [(path.name, word) for path in LUA.rglob("*.lua") for word in walking if f"'{word}'" in path.read_text()]
    assert [] == found
