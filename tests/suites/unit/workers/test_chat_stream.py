"""A chat completion that comes in chunks."""

import json
from collections.abc import Sequence

import pytest

from shared.domain.foreign_text import ForeignText
from workers.adapters.chat_stream import CompletionStream
from workers.adapters.contract import Unknown


def take_all(stream: CompletionStream, pieces: Sequence[str]) -> list[str]:
    """Return what is visible after each piece."""
    shown = []
    for piece in pieces:
        stream.take(json.dumps({"choices": [{"delta": {"content": piece}}]}).encode())
        shown.append(stream.visible)
    return shown


def test_reasoning_and_space_around_a_text_are_never_shown() -> None:
    """Each state of the text begins with the one before, and the last one is what a whole response has."""
    shown = take_all(CompletionStream(), [" <th", "ink>", "no", "</think>", "\n\nA ", "fox", ".\n"])
    assert ["", "", "", "", "A", "A fox", "A fox."] == shown
    assert ["", "<b>"] == take_all(CompletionStream(), ["<", "b>"])


def test_cut_stream_is_unknown_and_a_whole_one_a_response() -> None:
    """Without a reason for its end a text is not complete."""
    stream = CompletionStream()
    take_all(stream, ["A fox."])
    with pytest.raises(Unknown):
        stream.build_response()
    stream.take(b'{"choices": [{"delta": {}, "finish_reason": "stop"}], "usage": {"prompt_tokens": 1}}')
    body = stream.build_response().fields
    assert ("A fox.", {"prompt_tokens": 1}) == (body["choices"][0]["message"]["content"], body["usage"])


@pytest.mark.parametrize(
    ("text", "unsure"), [("a fox", 0), ("a key-0", 5), ("key-01234567x", 0), ("a\r", 1), ("", 0), ("key-0123456", 11)]
)
def test_end_that_may_begin_a_secret_is_unsure(text: str, unsure: int) -> None:
    """The longest beginning of a secret at the end of a text is not shown yet."""
    assert unsure == ForeignText(["key-01234567x"]).count_unsure(text)
