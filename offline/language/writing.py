"""Text from a prompt: requests drafts from the language model and picks the best one."""

import re
from time import monotonic
from typing import NamedTuple

from offline.language.cleanup import clean_answer, limit_words
from offline.language.model import complete
from offline.language.text_types import LENGTHS, TextType, text_type_of
from offline.language.topic import coverage, topic, without_article

DRAFTS_MAX = 3
DRAFTS_WORDS = 160  # of all drafts together; at least two drafts are written
EXTENSIONS_MAX = 1
BEGIN_LIMIT_S = 30.0  # no further draft starts after it
GOOD = 0.8  # a score from which no further draft is written
SEED_STEP = 1_000_003  # so that neighbouring seeds share no draft
TOPIC_WORDS_MAX = 40
OPENING_WORDS_MAX = 6
_LIVELY = "bold casual cheerful energetic enthusiastic excited friendly fun funny humorous playful warm witty"
_WORD = re.compile(r"[\w'\u2019-]+")
_ASIDE = re.compile(
    r"(?i)\b(?:tweeted|tweeting|as an ai|i am an?|i['\u2019]m an?|my name is|this (?:tweet|headline|slogan)|"
    r"previous response|how can i help)\b"
)


class _Order(NamedTuple):
    prompt: str
    about: str
    text_type: TextType
    tone: str
    aim: int  # words
    words_max: int
    until_s: float  # of the monotonic clock


def write(
    prompt: str, *, type: str | None, tone: str | None, length: str | None, words_max: int | None, seed: int
) -> str:
    """Return a text of the given type, tone and length: never empty, at most `words_max` words.

    An unknown type is used by its name, and the default length is medium. The same arguments give the same text
    unless BEGIN_LIMIT_S was reached. Raises ValueError for an empty prompt or an unknown length, MissingExtra, and
    RuntimeError when the model fails.

    """
    if not prompt.strip():
        raise ValueError("`prompt` must not be empty.")
    if length is not None and length not in LENGTHS:
        raise ValueError(f"`length` must be one of {', '.join(LENGTHS)}.")
    text_type = text_type_of(type)
    usual = text_type.words[LENGTHS.index(length or "medium")]
    words_max = max(1, min(words_max or usual * 6 // 5, usual * 6 // 5))
    tone = " ".join((tone or "").lower().split())
    until_s = monotonic() + BEGIN_LIMIT_S
    order = _Order(prompt, topic(prompt), text_type, tone, min(usual, words_max), words_max, until_s)
    best, best_score = "", 0.0
    drafts = max(2, min(DRAFTS_MAX, DRAFTS_WORDS // order.aim))
    for attempt in range(drafts):
        lost = attempt == drafts - 1 and not coverage(best, order.about) and len(order.about.split()) * 2 <= words_max
        draft = _draft(order, seed + attempt * SEED_STEP, lost=lost)
        score = _score(draft, order)
        if score > best_score:
            best, best_score = draft, score
        if best_score >= GOOD or monotonic() > order.until_s:
            break
    return limit_words(best or f"{order.about or prompt.strip()}.", words_max)


def _draft(order: _Order, seed: int, *, lost: bool) -> str:
    """Return one answer of the model, extended if it is far too short. `lost` opens the answer with the topic."""
    text_type, lively = order.text_type, order.tone in _LIVELY.split()
    text = f"{order.about[:1].upper()}{order.about[1:]}:" if lost else _opening(order, lively, seed)
    for _ in range(1 + EXTENSIONS_MAX):
        answer = complete(
            f"{text_type.role} Your tone is {order.tone}." if order.tone else text_type.role,
            _question(order),
            words_max=order.words_max,
            seed=seed,
            temperature=0.75 if lively else 0.55,
            opening=text,
            shots=text_type.shots,
            stop=["\n"] if text_type.line else [],
        )
        finished = limit_words(clean_answer(answer), order.words_max)[: text_type.chars_max]
        if text_type.line or len(finished.split()) * 5 >= order.aim * 3 or monotonic() > order.until_s:
            break
        text = f"{finished}\n\n" if finished else ""
    whole = text_type.line or not finished or finished[-1] in ".!?…\"”)'"
    return finished if whole else finished.rstrip(" ,;:-\u2013") + "."


def _question(order: _Order) -> str:
    if order.text_type.name == "text":
        return order.prompt
    kind = f"{order.tone} {order.text_type.name}".strip()
    if order.text_type.shots:
        return f"{kind} about {order.about or order.prompt}".capitalize()
    kind = f"{'an' if kind[0] in 'aeiou' else 'a'} {kind}"
    if order.about and len(order.about.split()) <= TOPIC_WORDS_MAX:
        return f"Write {kind} about {order.about}."
    return f"Write {kind}.\n\n{order.prompt}"


def _opening(order: _Order, lively: bool, seed: int) -> str:
    """Return the beginning of the answer, empty for a topic too long to fit in a sentence."""
    plain, _, other = order.text_type.openings.partition("|")
    choices = ((other if lively else "") or plain).split(";")
    chosen = choices[seed % len(choices)]
    if "{}" not in chosen:
        return chosen
    thing = without_article(order.about) or order.text_type.name.split()[0]
    words = thing.split(" ")
    fits = len(words) <= OPENING_WORDS_MAX and all(map(_WORD.fullmatch, words))
    return chosen.format(thing) if fits else ""


def _score(text: str, order: _Order) -> float:
    """Return the quality of a draft, 0 to 1: it covers the topic, is long enough, does not repeat itself or stray."""
    words = text.lower().split()
    if not any(letter.isalpha() for letter in text):
        return 0.0
    runs = list(zip(words, words[1:], words[2:], strict=False))
    covered = min(1.0, coverage(text, order.about) * 1.5)
    fresh = len(set(runs)) / len(runs) if runs else 1.0
    full = min(1.0, len(words) / (0.6 * order.aim))
    letters = sum(letter.isalpha() or letter.isspace() for letter in text) / len(text)
    score = 0.4 * covered + 0.2 * fresh**2 + 0.2 * full + 0.2 * letters
    return score * 0.7 if _ASIDE.search(text) else score
