"""Splits a text into pieces that espeak-ng can take.

The library writes past the ends of its buffers: a word of 200 initials ("a.a.a.") overwrites its stack. Clauses, words
and rows of initials are therefore short.
"""

import re
from collections.abc import Iterator

CLAUSE_CHARS_MAX = 160
WORD_CHARS_MAX = 40  # the longest words of any language that are spoken as one
INITIALS_MAX = 12  # full stops within a word
SENTENCE_ENDS = frozenset(".!?…\u3002\uff01\uff1f\u0964\u061f")
CLAUSE_ENDS = frozenset(",;:\u3001\uff0c\uff1b\uff1a\u060c\u2013\u2014")

_WORD = re.compile(r"\S+")


def split_clauses(text: str) -> Iterator[str]:
    """Yield the text in clauses, cut where a reader would pause: after a sentence, a part of one, or a word."""
    for paragraph in text.split("\n\n"):
        yield from _split_paragraph(paragraph)


def _split_paragraph(text: str) -> Iterator[str]:
    clause: list[str] = []
    chars = 0
    for word in _short_words(text):
        if clause and chars + len(word) > CLAUSE_CHARS_MAX:
            count = _pause(clause)
            yield " ".join(clause[:count])
            clause = clause[count:]
            chars = sum(len(word) + 1 for word in clause)
        clause.append(word)
        chars += len(word) + 1
    if clause:
        yield " ".join(clause)


def _pause(clause: list[str]) -> int:
    """Return after how many words of a full clause to pause."""
    for ends in (SENTENCE_ENDS, CLAUSE_ENDS):
        for count in range(len(clause), len(clause) // 2, -1):
            if clause[count - 1][-1] in ends:
                return count
    return len(clause)


def _short_words(text: str) -> Iterator[str]:
    """Yield the words, long ones and rows of initials in parts."""
    for found in _WORD.finditer(text):
        word = found[0]
        while len(word) > WORD_CHARS_MAX or word.count(".") > INITIALS_MAX:
            end = _part(word)
            yield word[:end]
            word = word[end:]
        yield word


def _part(word: str) -> int:
    """Return the length of the first part of a long word."""
    end, stops = 0, 0
    while end < min(len(word), WORD_CHARS_MAX) and stops < INITIALS_MAX:
        stops += word[end] == "."
        end += 1
    return end
