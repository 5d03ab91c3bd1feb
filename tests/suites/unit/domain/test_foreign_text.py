"""Text from outside, as it may become ours."""

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.foreign_text import CONTROLS, REDACTED, ForeignText

KEY = "sk-live-0123456789abcdef/+="
GATE = ForeignText([KEY, "short"])
ANY_TEXT = st.text(alphabet=st.characters(codec=None, categories=None), max_size=400)


@given(ANY_TEXT, st.integers(1, 100))
def test_line_is_printable_and_bounded(text: str, chars_max: int) -> None:
    """Any input gives one line of encodable text of bounded length."""
    line = GATE.line(text, chars_max)
    assert chars_max >= len(line)
    assert not CONTROLS.search(line)
    assert "\n" not in line
    assert line == msgspec.msgpack.decode(msgspec.msgpack.encode(line))


@given(ANY_TEXT, st.integers(1, 100))
def test_text_is_encodable_and_bounded(text: str, chars_max: int) -> None:
    """A result keeps its line breaks, and nothing that an encoder or a terminal chokes on."""
    cleaned = GATE.text(text, chars_max)
    assert chars_max >= len(cleaned)
    assert not CONTROLS.search(cleaned)
    assert cleaned.encode().decode() == cleaned


@pytest.mark.parametrize("text", ["naïve café", "日本語", "👩‍👩‍👧 family", "a\tb\nc", "עברית"])
def test_text_leaves_ordinary_text_alone(text: str) -> None:
    """Text in any script stays as it is."""
    assert text == GATE.text(text, 100)


@pytest.mark.parametrize("echo", [KEY, f"Authorization: Bearer {KEY}", "?key=sk-live-0123456789abcdef%2F%2B%3D&x=1"])
def test_secret_is_redacted(echo: str) -> None:
    """A key that a provider echoes does not get through, plain or percent-encoded."""
    line = GATE.line(f"invalid request {echo}", 500)
    assert "0123456789abcdef" not in line
    assert REDACTED in line


def test_secret_is_redacted_when_the_cut_falls_inside_it() -> None:
    """A cut never leaves half a secret."""
    assert "sk-live" not in GATE.line("x" * 90 + KEY, 100)


def test_short_value_is_not_taken_for_a_secret() -> None:
    """A value that occurs in ordinary text is not redacted."""
    assert "in short, no" == GATE.line("in short, no", 100)


def test_truncated_text_is_marked() -> None:
    """A reader sees that something is missing."""
    assert "abcd…" == GATE.line("abcdefgh", 5)


def test_error_shows_its_type_and_no_dump() -> None:
    """The words of an exception that carries objects stay out: they may hold our headers."""

    class Dump(Exception):
        pass

    assert "Dump" == GATE.error(Dump({"Authorization": KEY}), 100)
    assert "ConnectionResetError: [Errno 104] reset by peer" == GATE.error(
        ConnectionResetError(104, "reset by peer"), 100
    )
