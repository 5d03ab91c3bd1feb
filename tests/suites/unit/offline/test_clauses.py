"""The clauses of a text before it is spoken."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from offline.voice.clauses import CLAUSE_CHARS_MAX, INITIALS_MAX, WORD_CHARS_MAX, split_clauses

HARD = st.sampled_from(["a.", "I.", "U.S.A.", "1,", "é", "\u0301", "漢", " ", "\n\n", "-", "'", "word ", "end. "])


@settings(max_examples=30)
@example(["a."], 200)
@given(st.lists(HARD | st.text(max_size=9), max_size=12), st.integers(1, 300))
def test_clauses_are_short_and_complete(atoms: list[str], times: int) -> None:
    """Every clause, word and row of initials is short, and no sign of the text is lost."""
    text = "".join(atoms) * times
    clauses = list(split_clauses(text))
    assert "".join(text.split()) == "".join("".join(clauses).split())
    for clause in clauses:
        assert 0 < len(clause) <= CLAUSE_CHARS_MAX
        assert all(len(word) <= WORD_CHARS_MAX and word.count(".") <= INITIALS_MAX for word in clause.split())


@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("One sentence.", "One sentence."),
        ("First part.\n\nSecond part.", "First part."),
        (f"{'a word ' * 15}ends here. {'more of it ' * 20}", f"{'a word ' * 15}ends here."),
        (f"{'a word ' * 15}pauses, {'and goes on ' * 20}", f"{'a word ' * 15}pauses,"),
    ],
)
def test_text_is_cut_where_a_reader_pauses(text: str, first: str) -> None:
    """A clause ends with its sentence, or with a part of it."""
    assert first == next(split_clauses(text))
