"""Removes the frame that a language model puts around the requested text."""

import re
from itertools import islice
from string import ascii_letters, whitespace

_PREAMBLE = re.compile(
    r"(?i)^(?:(?:sure|certainly|of course|absolutely|great)(?:[!.]+\s*|,\s*(?=here|i )))?"
    r"(?:i(?:'d| would| can|'ll| will)\b[^\n.!:]{0,80}[.!:]\s*)?"
    r"(?:(?:here(?:'s| is| are)|below is)\b[^\n:]{0,120}:\s*)?"
)
_FENCE = re.compile(r"(?m)^[ \t]*```.*$\n?")
_MARKS = re.compile(r"(?m)^#{1,6}[ \t]+|\*\*|__|^[ \t]*[-*_]{3,}[ \t]*$")
_GREETING = re.compile(r"(?i)\b(dear|hello|hi)\s{0,3}\[[^\]\n]{0,60}\]")
_BLANKS = re.compile(r"\[[^\]\n]{0,60}\]|<{1,3}[A-Za-z][^>\n]{0,120}>{1,3}|\{[^}\n]{0,40}\}")
_SENTENCE = re.compile(r"[^.!?\n]*(?:[.!?]+[\"'”\u2019)]*|\n|$)")
_WORD = re.compile(r"\S+")
_EMOJI = re.compile("[\U0001f000-\U0001faff\u2600-\u27bf\u2b00-\u2bff\ufe0f\u200d]+")
_DANGLING = """
a an the of and or but to as at in on with for from by into it its his her their your our my this that which who is are
was were so than across
"""
_DANGLING_WORDS = frozenset(_DANGLING.split())
_PAIRS = (('"', '"'), ("“", "”"), ("'", "'"), ("«", "»"), ("`", "`"))


def clean_answer(text: str) -> str:
    """Return the text without preamble, markdown, surrounding quotation marks, blanks to fill in and rows of emoji."""
    text = _FENCE.sub("", text).strip()
    text = _MARKS.sub("", _PREAMBLE.sub("", text, count=1))
    text = _GREETING.sub("Hello", text)
    if _BLANKS.search(text):
        text = "".join(part for part in _SENTENCE.findall(text) if not _BLANKS.search(part))
    text = re.sub(r"(?<!\w)@\w+\s?", "", text)  # the model invents handles, which may belong to somebody
    text = _EMOJI.sub(lambda row: row[0][:1], text)
    text = "\n".join(line.strip(" \t") for line in re.sub(r"[ \t]{2,}", " ", text).split("\n"))
    return _without_quotes(re.sub(r"\n{3,}", "\n\n", text).strip())


def _without_quotes(text: str) -> str:
    for left, right in _PAIRS:
        inner = text[1:-1]
        if len(text) > 2 and text[0] == left and text[-1] == right and left not in inner and right not in inner:
            return inner.strip()
        if text.startswith(left) and right not in text[1:]:
            return text[1:].strip()
    return text


def trim_unfinished(text: str) -> str:
    """Return a cut text without its unfinished sentence, or at least without its unfinished word."""
    ends = _sentence_ends(text)
    return text[: ends[-1]] if ends else drop_dangling(text.rpartition(" ")[0]) or text


def drop_dangling(text: str) -> str:
    """Return the text without small words at its end, which promise another word."""
    while True:
        head = text.rstrip(ascii_letters)
        before = head.rstrip(whitespace + ",;:")
        if before == head or text[len(head) :].lower() not in _DANGLING_WORDS:
            return text
        text = before


def limit_words(text: str, words_max: int) -> str:
    """Return at most `words_max` words, up to the end of a sentence or clause in the second half if there is one."""
    words = list(islice(_WORD.finditer(text), words_max + 1))
    if len(words) <= words_max:
        return text
    cut = text[: words[words_max - 1].end()]
    for ends in (_sentence_ends(cut), [clause.start() for clause in re.finditer(r"[,;:]?\n|[,;:]\s", cut)]):
        if ends and ends[-1] * 2 > len(cut):
            return cut[: ends[-1]]
    return drop_dangling(cut) or cut


def _sentence_ends(text: str) -> list[int]:
    """Return the ends of sentences. A number with a full stop does not count: it usually starts a list item."""
    return [match.end() for match in re.finditer(r"(?<!\d)[.!?…][\"'”\u2019)]*(?=\s|$)", text)]
