"""Drum patterns: one row per drum, sixteen sixteenths a bar (twelve in a waltz); x loud, o soft, . silent."""

import numpy as np
from msgspec import Struct

from offline.band.arrangement import Arrangement
from offline.band.form import Section


class DrumHit(Struct, frozen=True):
    """A stroke of a drum at a beat."""

    beat: float
    drum: str
    level: float


PATTERNS: dict[str, tuple[dict[str, str], ...]] = {  # the second is for fuller sections
    "rock": (
        {"kick": "x.......x.o.....", "snare": "....x.......x...", "hat": "x.o.x.o.x.o.x.o."},
        {"kick": "x.....x.x.x.....", "snare": "....x..o....x..o", "hat": "x.x.x.x.x.x.x.xx"},
    ),
    "drive": (
        {"kick": "x.x.....x.x.....", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
        {
            "kick": "x.x...x.x.x...x.", "snare": "....x.......x...",
            "ride": "x...x...x...x...", "hat": "..x...x...x...x.",
        },
    ),
    "four": (
        {"kick": "x...x...x...x...", "hat": "..x...x...x...x.", "clap": "....x.......x..."},
        {"kick": "x...x...x...x...", "open": "..x...x...x...x.", "hat": "xoxoxoxoxoxoxoxo", "clap": "....x.......x..."},
    ),
    "lofi": (
        {"kick": "x......o..x.....", "snare": "....x.......x...", "hat": "x.o.x.o.x.o.x.o."},
        {"kick": "x.....ox..x...o.", "snare": "....x..o....x...", "hat": "x.oox.o.x.o.xoo."},
    ),
    "swing": (
        {"ride": "x...x.o.x...x.o.", "hat": "....x.......x..."},
        {
            "ride": "x...x.o.x...x.o.", "hat": "....x.......x...",
            "kick": "x.....o...o.....", "snare": "......o....o..o.",
        },
    ),
    "march": (
        {"kick": "x.......x.......", "snare": "............o.oo"},
        {"kick": "x.....x.x.....x.", "snare": "x..ox.oox..ox.oo", "tom": "....x.......x.x."},
    ),
    "tambour": (
        {"kick": "x.......x.......", "shaker": "o.o.x.o.o.o.x.o."},
        {"kick": "x.....o.x.......", "snare": "....o..o....o...", "shaker": "x.ooxoo.x.ooxoo."},
    ),
    "gated": (
        {"kick": "x.......x.......", "snare": "....x.......x...", "hat": "x.x.x.x.x.x.x.x."},
        {"kick": "x...x...x...x...", "snare": "....x.......x...", "hat": "xoxoxoxoxoxoxoxo", "tom": "..............xx"},
    ),
    "waltz": (
        {"kick": "x...........", "hat": "....x...x..."},
        {"kick": "x...........", "snare": "....o...o...", "hat": "..o.x.o.x.o."},
    ),
}  # fmt: skip
_FILLS = ("....x.x.xxxx", "x..x..x.x.xx", "........xxxx", "x.xxx.xxx.x.")
FULL_FROM, DRUMS_FROM = 0.75, 0.4
_SOFT_KITS = ("brushes", "hand", "hall", "dusty")


def drum_hits(arrangement: Arrangement, section: Section, rng: np.random.Generator) -> list[DrumHit]:
    """Return the drums of a section, with a fill at its end and a crash at its start."""
    if arrangement.beat is None:
        return []
    hits: list[DrumHit] = []
    full = section.level + 0.15 * arrangement.energy > FULL_FROM
    for bar in range(section.bars):
        start = (section.start + bar) * arrangement.meter
        ending = bar == section.bars - 1 and section.bars >= 3 and section.level >= DRUMS_FROM
        fill = ending and rng.random() < (0.35 if arrangement.style.kit in _SOFT_KITS else 0.9)
        cut = arrangement.meter * 4 - (8 if fill and arrangement.energy > 0 else 4) if fill else arrangement.meter * 4
        hits += _bar(arrangement, section, start, cut, full=full, rng=rng)
        if fill:
            hits += _fill(arrangement, start, cut, rng)
    if section.start and full and arrangement.style.kit not in _SOFT_KITS:
        hits.append(DrumHit(section.start * arrangement.meter, "crash", 0.7))
    return hits


def _bar(
    arrangement: Arrangement, section: Section, start: int, cut: int, *, full: bool, rng: np.random.Generator
) -> list[DrumHit]:
    hits = []
    for drum, row in PATTERNS[arrangement.beat or "rock"][full].items():
        # A quiet section has a pulse without weight.
        if section.level < DRUMS_FROM and drum not in ("hat", "shaker", "ride"):
            continue
        for sixteenth, mark in enumerate(row[:cut]):
            level = {"x": 0.95, "o": 0.5, ".": 0.0}[mark]
            extra = 0.25 * arrangement.loose if drum in ("hat", "snare") and sixteenth % 2 else 0.0
            if not level and rng.random() < extra * 0.5:
                level = 0.35
            if level:
                hits.append(DrumHit(start + sixteenth / 4, drum, level * float(rng.uniform(0.88, 1.0))))
    return hits


def _fill(arrangement: Arrangement, start: int, cut: int, rng: np.random.Generator) -> list[DrumHit]:
    row = _FILLS[int(rng.integers(len(_FILLS)))][cut - arrangement.meter * 4 :]
    drums = ("snare", "tom") if arrangement.style.kit not in ("hall",) else ("tom", "kick")
    rise = np.linspace(0.6, 1.0, len(row))
    turn = len(row) // 2
    return [
        DrumHit(start + (cut + index) / 4, drums[index >= turn], float(rise[index]))
        for index, mark in enumerate(row)
        if mark == "x"
    ]


def final_hits(arrangement: Arrangement, beat: float) -> list[DrumHit]:
    """Return the drums on the last chord."""
    if arrangement.beat is None:
        return []
    soft = arrangement.style.kit in _SOFT_KITS
    return [DrumHit(beat, "kick", 1.0), DrumHit(beat, "ride" if soft else "crash", 0.6 if soft else 0.8)]
