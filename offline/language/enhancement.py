"""Better prompts for images: the caller's words, details from the language model, and the vocabulary of a mode."""

import re

from offline.language.cleanup import drop_dangling
from offline.language.model import complete
from offline.language.prompt_styles import LIGHTS, PromptStyle, style_of
from offline.language.topic import stems, subject

COUNT_MAX = 5
DETAIL_WORDS = 22
PHRASES_MAX = 3
PHRASE_WORDS_MAX = 9
SUBJECT_BYTES_MAX = 240  # a longer subject needs no details of the model
_ROLE = "You list what is seen in a picture."
_SHOTS = (
    ("Picture: fox", "fox, bushy tail, standing in fresh snow, pale blue shadows, calm mood"),
    ("Picture: harbour town", "harbour town, fishing boats at dusk, lamps in small windows, orange sky"),
)
_UNSEEN = re.compile(
    r"(?i)\b(?:i|me|my|you|your|we|us|our|it|he|she|there|because|smell\w*|scent\w*|sound\w*|music|noise\w*|loud|song\w*|"
    r"tast\w*|feel\w*|picture|image|photo\w*|prompt|caption|list|nude|naked|blood\w*|sex\w*)\b|[^\w\s'\u2019-]|\d"
)
_LIT = re.compile(r"(?i)\b(?:night|moon\w*|dusk|dawn|sun\w*|morning|evening|noon|day\w*|neon|candle\w*|\w*light\w*)\b")


def enhance(prompt: str, *, mode: str | None, count: int | None, seed: int) -> list[str]:
    """Return `count` (default 3, at most 5) different prompts that begin with the subject of the given one.

    The same arguments give the same prompts. Raises ValueError for an empty prompt or a count out of bounds,
    MissingExtra, and RuntimeError when the model fails.

    """
    about = subject(prompt)
    if not about:
        raise ValueError("`prompt` must not be empty.")
    variation_count = 3 if count is None else count
    if not 1 <= variation_count <= COUNT_MAX:
        raise ValueError(f"`count` must be a whole number from 1 to {COUNT_MAX}.")
    style = style_of(mode)
    variations = []
    for number in range(variation_count):
        details = suggest_details(about, seed * COUNT_MAX + number) if style.scenic else []
        variations.append(", ".join([about, *details, *style_phrases(style, about, details, seed, number)]))
    return variations


def suggest_details(about: str, seed: int) -> list[str]:
    """Return the model's details. A long subject or one in a script that the model cannot read gets none."""
    if len(about.encode(errors="ignore")) > SUBJECT_BYTES_MAX or not re.search(r"[a-zA-Z]{2}", about):
        return []
    answer = complete(
        _ROLE,
        f"Picture: {about}",
        words_max=len(about.split()) + DETAIL_WORDS,
        seed=seed,
        temperature=0.6,
        opening=f"{about},",
        shots=_SHOTS,
        stop=["\n", "."],
    )
    return visible_phrases(about, answer.removeprefix(f"{about},"))


def visible_phrases(about: str, answer: str) -> list[str]:
    """Return the few short, new phrases of an answer that a painter can use, or none if most are of other kinds."""
    known, usable, unusable = stems(about), [], 0
    for phrase in filter(None, (part.strip(" '\u2019-") for part in answer.split(","))):
        fresh = stems(phrase) - known
        if _UNSEEN.search(phrase) or len(phrase.split()) > PHRASE_WORDS_MAX:
            unusable += 1
        elif fresh and drop_dangling(phrase) == phrase:
            known |= fresh
            usable.append(phrase)
    return [] if unusable > len(usable) else usable[:PHRASES_MAX]


def style_phrases(style: PromptStyle, about: str, details: list[str], seed: int, number: int) -> list[str]:
    """Return a phrase from each row of the style. The seed picks the start, and each variation moves one step on.

    The light row is left out if the subject or its details name a light.

    """
    lit = style.lights == LIGHTS and _LIT.search(" ".join([about, *details]))
    rows = [row.split("; ") for row in (style.makes, "" if lit else style.lights, style.frames, style.ends) if row]
    chosen = [row[(number + seed // 3**step) % len(row)] for step, row in enumerate(rows)]
    return [phrase for phrase in (style.look, *chosen) if phrase not in about.lower()]
