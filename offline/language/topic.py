"""What a prompt is about: "Write a short tweet about our new shop" is about "our new shop"."""

import re

_ORDER = re.compile(
    r"(?is)^\W*(?:please\s+|can you\s+|could you\s+|i (?:want|need) (?:you to\s+)?)*"
    r"(?:write|create|generate|compose|draft|make|produce|give|tell|describe|come up with)\b"
    r"(?:\s+(?:me|us))?\s*"
)
_PICTURE = re.compile(
    r"(?i)^\W*(?:please\s+)?(?:draw|paint|create|generate|make|render|design|show|imagine|give)(?:\s+(?:me|us))?\s+"
    r"(?=(?:an?|the|some|my|our|one|two|three|\d+|images?|pictures?)\b)"
    r"(?:(?:an?|the)?\s*(?:images?|pictures?|photos?|drawings?|paintings?|illustrations?)\s+of\s+)?"
)
_LINKS = ("about", "for", "on", "of", "describing", "announcing")
_LINK_WITHIN = 8  # words of an order
_ARTICLE = re.compile(r"(?i)^(?:an?|the|our|my|some|its)\s+")
_SMALL = """
a an and are as at be by for from has have in into is it its of on or our that the their this to was we were who will
with you your
"""
_SMALL_WORDS = frozenset(_SMALL.split())


def topic(prompt: str) -> str:
    """What is left of an order to write without its verb and its kind of text; the prompt itself if it is none."""
    order = _ORDER.match(prompt)
    if not order:
        return _one_line(prompt)
    words = prompt[order.end() :].split()
    for place, word in enumerate(words[:_LINK_WITHIN], start=1):
        if word.lower().rstrip(".…") in _LINKS or word.endswith(":"):
            return _one_line(" ".join(words[place:]))
    return _one_line(" ".join(words))


def subject(prompt: str) -> str:
    """What a prompt for a picture shows: "Draw me a picture of a fox" shows "a fox"."""
    return _one_line(_PICTURE.sub("", prompt, count=1))


def _one_line(text: str) -> str:
    return " ".join(text.split()).strip(" ,.!?…:\"'“”")


def without_article(about: str) -> str:
    """A topic without its article: "a copper kettle" is "copper kettle"."""
    return _ARTICLE.sub("", about)


def stems(text: str) -> set[str]:
    """The beginnings of the words that carry meaning, by which two texts on one thing are known."""
    words = re.findall(r"[^\W_]{3,}", text.lower())
    return {word[:5].removesuffix("s") for word in words if word not in _SMALL_WORDS}


def coverage(text: str, about: str) -> float:
    """The share, 0 to 1, of the topic's words that the text takes up."""
    wanted = stems(about)
    return len(wanted & stems(text)) / len(wanted) if wanted else 1.0
