"""From a prompt to decisions: style, tempo, key, mood and instruments."""

import re
from collections.abc import Iterable, Mapping
from itertools import pairwise
from statistics import fmean

import numpy as np
from msgspec import Struct

from offline.band import vocabulary
from offline.band.harmony import SCALES
from offline.band.styles import STYLES, MusicStyle
from offline.dice import Dice

WORDS_MAX = 400  # read of a prompt; all of it seeds the dice
TEMPO_MIN, TEMPO_MAX = 40.0, 240.0
GUIDANCE_HEEDED = 2.0  # from here on every word counts
PARTS = ("lead", "comp", "bass", "pad", "arp")
_BEATS_A_MINUTE = re.compile(r"\b(\d{2,3}(?:\.\d+)?) ?bpm\b|\b(?:bpm|tempo)(?: of)?[ :=]*(\d{2,3}(?:\.\d+)?)\b")
_KEY = re.compile(r"\b(in a|[b-g])( ?sharp| ?flat|#|b)? (maj(?:or)?|min(?:or)?)\b(?! key)")
_SEMITONES = {"c": 0, "d": 2, "e": 4, "f": 5, "g": 7, "a": 9, "b": 11}


class Arrangement(Struct, frozen=True, kw_only=True):
    """The decisions of a piece. The dice decide everything that no word names."""

    style: MusicStyle
    name: str  # of the style
    tempo: float  # beats a minute
    exact: bool  # the prompt names the tempo, so it must not bend
    meter: int  # beats in a bar
    tonic: int  # MIDI number, about middle C
    mode: str
    valence: float  # -1 sad or dark .. 1 happy
    energy: float  # -1 calm .. 1 wild
    voices: Mapping[str, str]  # by part; a missing part is silent
    comping: str
    bassline: str
    beat: str | None  # no drums when None
    loose: float  # 0 follows the words and the beat closely, 1 plays around with them
    bed: str | None  # rain, waves or vinyl under the music


def arrange(prompt: str, dice: Dice, guidance: float) -> Arrangement:
    """Decide what to play. Without a known word the dice decide everything."""
    tokens, without = _tokens(prompt)
    rng = dice("reading")
    heed = min(guidance / GUIDANCE_HEEDED, 1.0)
    tokens = [token for token in tokens if rng.random() < heed]
    loose = float(np.exp(-guidance / 3))
    name = _style(tokens, rng)
    style = STYLES[name]
    valence, energy = _mood(tokens, rng, loose)
    mode = _mode(tokens, style, valence, rng)
    tempo, exact = _tempo(prompt.lower(), tokens, style, energy, rng)
    waltz = bool(vocabulary.WALTZ & set(tokens))
    beat = _pick(style.beat, rng)
    return Arrangement(
        style=style, name=name, tempo=tempo, exact=exact and heed == 1.0, meter=3 if waltz else 4,
        tonic=_tonic(prompt.lower(), rng), mode=mode, valence=valence, energy=energy,
        voices=_voices(tokens, without, style, energy, rng),
        comping="oompah" if waltz else "broken" if "solo" in tokens else _pick(style.comping, rng) or "halves",
        bassline="pedal" if waltz else _pick(style.bassline, rng) or "roots",
        beat=None if "drums" in without or beat is None or "solo" in tokens else "waltz" if waltz else beat,
        loose=loose, bed=_bed(tokens, name),
    )  # fmt: skip


def _tokens(prompt: str) -> tuple[list[str], frozenset[str]]:
    """Return the words with their compounds, and the parts that "no" or "without" excludes."""
    plain = re.findall(r"[a-z0-9]+", re.sub(r"(?<=\w)[-'](?=\w)", "", prompt.lower()))[:WORDS_MAX]
    kept, without = [], set()
    for before, token in zip(["", *plain], plain, strict=False):
        if before in ("no", "without", "not"):
            without.add(vocabulary.PARTS.get(token, ""))
        else:
            kept.append(token)
    pairs = [one + other for one, other in pairwise(kept)]
    return kept + pairs, frozenset(without)


def _found(tokens: Iterable[str], table: Mapping[str, str]) -> list[str]:
    """Return meanings in the order of their words, each once. A plural counts as its singular."""
    index = [(meaning, set(names.split())) for meaning, names in table.items()]
    found = {meaning: None for token in tokens for meaning, names in index if {token, token.removesuffix("s")} & names}
    return list(found)


def _pick(names: tuple[str, ...], rng: np.random.Generator) -> str | None:
    return names[int(rng.integers(len(names)))] if names else None


def _style(tokens: list[str], rng: np.random.Generator) -> str:
    chance = str(rng.choice(sorted(STYLES)))
    named = _found(tokens, vocabulary.STYLES)
    # Any music may be called epic: another named style comes first.
    named.sort(key=lambda name: name == "epic")
    return (named or _found(tokens, vocabulary.HINTS) or [chance])[0]


def _mood(tokens: list[str], rng: np.random.Generator, loose: float) -> tuple[float, float]:
    moods = _found(tokens, {name: mood[0] for name, mood in vocabulary.MOODS.items()})
    chance = rng.uniform(-0.6, 0.8), rng.uniform(-0.4, 0.6)
    if not moods:
        return chance
    share = loose * 0.5
    felt = fmean(vocabulary.MOODS[mood][1] for mood in moods), fmean(vocabulary.MOODS[mood][2] for mood in moods)
    valence, energy = (f * (1 - share) + c * share for f, c in zip(felt, chance, strict=True))
    return valence, energy


def _mode(tokens: list[str], style: MusicStyle, valence: float, rng: np.random.Generator) -> str:
    chance = _pick(style.bright if valence > rng.uniform(-0.25, 0.25) else style.dim, rng)
    named = [vocabulary.MODES[token] for token in tokens if token in vocabulary.MODES]
    named.sort(key=lambda mode: mode not in ("major", "minor"))
    mode = named[0] if named else str(chance)
    return mode if mode in SCALES else "major"


def _tempo(
    text: str, tokens: list[str], style: MusicStyle, energy: float, rng: np.random.Generator
) -> tuple[float, bool]:
    low, high = style.tempo
    chance = rng.normal(0, 0.1)
    named = _BEATS_A_MINUTE.search(text)
    if named:
        return min(max(float(named[1] or named[2]), TEMPO_MIN), TEMPO_MAX), True
    factor = float(np.prod([vocabulary.TEMPOS[token] for token in dict.fromkeys(tokens) if token in vocabulary.TEMPOS]))
    tempo = (low + (high - low) * (0.5 + 0.5 * energy + chance)) * min(max(factor, 0.6), 1.6)
    return min(max(tempo, TEMPO_MIN), TEMPO_MAX), False


def _tonic(text: str, rng: np.random.Generator) -> int:
    chance = int(rng.integers(12))
    named = _KEY.search(text)
    if named:
        sign = (named[2] or "").strip()
        chance = _SEMITONES[named[1][-1]] + (sign in ("sharp", "#")) - (sign in ("flat", "b"))
    return 58 + (chance - 58) % 12


def _voices(
    tokens: list[str], without: frozenset[str], style: MusicStyle, energy: float, rng: np.random.Generator
) -> dict[str, str]:
    chosen = {part: _pick(getattr(style, part), rng) for part in PARTS}
    if energy < -0.5 and style.pad:
        chosen["arp"] = None
    named = [vocabulary.INSTRUMENTS[token] for token in dict.fromkeys(tokens) if token in vocabulary.INSTRUMENTS]
    for voice, part in named:
        chosen[part] = voice
    if "solo" in tokens and named:
        voice = named[0][0]
        chosen = {"lead": voice, "comp": voice, "bass": "low piano" if voice == "piano" else None}
    return {part: voice for part, voice in chosen.items() if voice and part not in without}


def _bed(tokens: list[str], name: str) -> str | None:
    beds = {"rain": "rain rainy storm", "waves": "ocean sea beach waves underwater"}
    heard = _found(tokens, beds)
    return heard[0] if heard else "vinyl" if name == "lofi" else None
