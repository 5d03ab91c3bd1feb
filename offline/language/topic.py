"""The topic of a prompt: "Write a short tweet about our new shop" is about "our new shop"."""

import re

_ORDER = re.compile(
    r"(?is)^\W*(?:please\s+|can\s+you\s+|could\s+you\s+|i\s+(?:want|need)\s+(?:you\s+to\s+)?)*"
    r"(?:write|create|generate|compose|draft|make|produce|give|tell|describe|come\s+up\s+with)\b"
    r"(?:\s+(?:me|us))?\s*"
)
_IMAGE_ORDER = re.compile(
    r"(?i)^\W*(?:please\s+)?(?:draw|paint|create|generate|make|render|design|show|imagine|give)(?:\s+(?:me|us))?\s+"
    r"(?=(?:an?|the|some|my|our|one|two|three|\d+|images?|pictures?)\b)"
    r"(?:(?:an?|the)?\s*(?:images?|pictures?|photos?|drawings?|paintings?|illustrations?)\s+of\s+)?"
)
_LINKS = ("about", "for", "on", "of", "describing", "announcing")
_LINK_WITHIN = 8  # first words of an order
_ARTICLE = re.compile(r"(?i)^(?:an?|the|our|my|some|its)\s+")
_SMALL = """
a an and are as at be by for from has have in into is it its of on or our that the their this to was we were who will
with you your
"""
_SMALL_WORDS = frozenset(_SMALL.split())


def topic(prompt: str) -> str:
    """Return an order's topic, without its verb and type of text. Any other prompt is its own topic."""
    order = _ORDER.match(prompt)
    if not order:
        return _one_line(prompt)
    words = prompt[order.end() :].split()
    for end, word in enumerate(words[:_LINK_WITHIN], start=1):
        if word.lower().rstrip(".…") in _LINKS or word.endswith(":"):
            return _one_line(" ".join(words[end:]))
    return _one_line(" ".join(words))


def subject(prompt: str) -> str:
    """Return the subject of an image prompt: "Draw me a picture of a fox" shows "a fox"."""
    return _one_line(_IMAGE_ORDER.sub("", prompt, count=1))


def _one_line(text: str) -> str:
    return " ".join(text.split()).strip(" ,.!?…:\"'“”")


def without_article(about: str) -> str:
    """Return a topic without its article: "a copper kettle" becomes "copper kettle"."""
    return _ARTICLE.sub("", about)


def stems(text: str) -> set[str]:
    """Return the stems of the words that carry meaning. Two texts on one topic share stems."""
    words = re.findall(r"[^\W_]{3,}", text.lower())
    return {word[:5].removesuffix("s") for word in words if word not in _SMALL_WORDS}


def coverage(text: str, about: str) -> float:
    """Return the share, 0 to 1, of the topic's words that occur in the text."""
    topic_stems = stems(about)
    return len(topic_stems & stems(text)) / len(topic_stems) if topic_stems else 1.0
