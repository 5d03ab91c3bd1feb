"""From a prompt to decisions: place, hour, weather, mood and subjects."""

import re
from collections.abc import Mapping

import numpy as np
from msgspec import Struct

from offline.artist import vocabulary
from offline.text_hash import text_hash

WORDS_MAX = 400  # read of a prompt; all of it seeds the dice
PLACES_WITH_SUBJECTS = ("mountain", "sea", "lake", "desert", "field", "river")
PLACES_AT_RANDOM = (*PLACES_WITH_SUBJECTS, "forest", "space", "abstract")


class Reading(Struct, frozen=True, kw_only=True):
    """The artist's reading of a prompt. The prompt's hash decides everything that no word names."""

    place: str
    hour: str
    style: str  # painted, abstract, geometric, pixel
    weathers: frozenset[str]
    moods: frozenset[str]
    hues: tuple[int, ...]  # OKLCH degrees, in the order of the words
    subjects: tuple[str, ...]
    bodies: Mapping[str, int]  # moon, planet, sun: how many
    scenic: bool  # some word names a visible thing
    hero: bool  # a subject without a place: it fills the picture


def _index(table: Mapping[str, str]) -> dict[str, list[str]]:
    meanings: dict[str, list[str]] = {}
    for meaning, names in table.items():
        for name in names.split():
            meanings.setdefault(name, []).append(meaning)
    return meanings


_PLACES, _SUBJECTS, _BODIES, _HOURS = (
    _index(t) for t in (vocabulary.PLACES, vocabulary.SUBJECTS, vocabulary.BODIES, vocabulary.HOURS)
)
_WEATHERS, _MOODS, _STYLES = (_index(t) for t in (vocabulary.WEATHERS, vocabulary.MOODS, vocabulary.STYLES))


def _found(tokens: list[str], index: Mapping[str, list[str]]) -> list[str]:
    """Return meanings in the order of their words, each once. A plural counts as its singular."""
    found: dict[str, None] = {}
    for token in tokens:
        for meaning in index.get(token, index.get(token.removesuffix("s"), [])):
            found.setdefault(meaning)
    return list(found)


def _bodies(tokens: list[str]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for before, token in zip(["", *tokens], tokens, strict=False):
        for body in _BODIES.get(token, ()):
            plural = 2 if token.endswith("s") else 1
            counts[body] = max(counts.get(body, 0), vocabulary.COUNTS.get(before, plural))
    return counts


def _hour(tokens: list[str], bodies: Mapping[str, int], place: str, rng: np.random.Generator) -> str:
    named = _found(tokens, _HOURS)
    if named:
        return named[0]
    if "moon" in bodies and "planet" not in bodies:
        return "night"
    usual = {"city": ("night", "sunset", "dawn"), "space": ("night",)}
    return str(rng.choice(usual.get(place, ("dawn", "day", "sunset"))))


def read_prompt(prompt: str, style: str | None = None) -> Reading:
    """Decide what to paint. A prompt without a known word is decided by its hash alone."""
    tokens = re.findall(r"[a-z0-9]+", f"{prompt} {style or ''}".lower())[:WORDS_MAX]
    rng = np.random.default_rng(text_hash(prompt))
    places, subjects, bodies = _found(tokens, _PLACES), _found(tokens, _SUBJECTS), _bodies(tokens)
    styles, weathers, hues = _found(tokens, _STYLES), _found(tokens, _WEATHERS), _hues(tokens)
    if {"boat"} & set(subjects) and not places:
        places = ["sea"]
    if {"rocket"} & set(subjects) and not places:
        places = ["space"]
    hero = not places and bool({"sword", "dragon", "crystal", "flower"} & set(subjects))
    place = places[0] if places else "space" if "planet" in bodies and not subjects else ""
    style_read = next((name for name in ("pixel", "geometric", "abstract") if name in styles), "painted")
    scenic = bool(places or subjects or bodies or weathers)
    known = scenic or bool(styles or _found(tokens, _HOURS))
    if not place:
        place = str(rng.choice(_fitting(frozenset(weathers), known)))
    if place == "abstract":
        style_read, place = "abstract", "sea"
    return Reading(
        place=place,
        hour=_hour(tokens, bodies, place, rng),
        style=style_read,
        weathers=frozenset(weathers),
        moods=frozenset(_found(tokens, _MOODS)),
        hues=hues or (() if known else (int(rng.integers(360)),)),
        subjects=tuple(subjects[:2]),
        bodies=bodies,
        scenic=scenic,
        hero=hero,
    )


def _fitting(weathers: frozenset[str], known: bool) -> tuple[str, ...]:
    """Return the candidate places for a prompt that names none."""
    if "snow" in weathers:
        return ("mountain", "forest", "lake", "field")
    if {"rain", "storm"} & weathers:
        return ("sea", "city", "mountain", "field")
    return PLACES_WITH_SUBJECTS if known else PLACES_AT_RANDOM


def _hues(tokens: list[str]) -> tuple[int, ...]:
    return tuple(dict.fromkeys(vocabulary.HUES[token] for token in tokens if token in vocabulary.HUES))
