"""Keys, chords and progressions. A step counts scale degrees: 0 is the tonic near middle C, 7 the one above it."""

import numpy as np
from msgspec import Struct

SCALES = {
    "major": (0, 2, 4, 5, 7, 9, 11), "minor": (0, 2, 3, 5, 7, 8, 10), "dorian": (0, 2, 3, 5, 7, 9, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11), "mixolydian": (0, 2, 4, 5, 7, 9, 10), "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "harmonic": (0, 2, 3, 5, 7, 8, 11), "spanish": (0, 1, 4, 5, 7, 8, 10),
}  # fmt: skip

PROGRESSIONS = {  # degrees, a chord each; the second half of a row suits a middle section
    "major": ("1564 1645 1456 1543", "6415 4156 2516 4536"),
    "minor": ("1637 1475 1673 1765", "6371 4163 4715 6745"),
    "dorian": ("1414 1741 1347", "4141 3741 7414"),
    "lydian": ("1215 1252 1621", "6215 5261 3621"),
    "mixolydian": ("1741 1471 1754", "4171 7415 4751"),
    "phrygian": ("1217 1621 1271", "6272 2171 3217"),
    "harmonic": ("1415 1645 1451", "4615 6415 4165"),
    "spanish": ("1214 1271 1421", "4212 7421 4721"),
}
TURNAROUNDS = ("2516 1625 3625", "4362 6251 2543")  # with sevenths


class MusicalKey(Struct, frozen=True):
    """A tonic, as its MIDI number, and a mode."""

    tonic: int
    mode: str

    def pitch(self, step: int, chord: "Chord | None" = None) -> int:
        """Return the MIDI number of a step. Over a chord with a leading tone the seventh degree is raised."""
        octave, degree = divmod(step, 7)
        raised = chord is not None and chord.leading and degree == 6
        return self.tonic + 12 * octave + SCALES[self.mode][degree] + raised


class Chord(Struct, frozen=True):
    """Degrees of the scale: 0 is the first."""

    root: int
    degrees: tuple[int, ...]
    leading: bool = False  # its third is the raised seventh degree

    def nearest(self, step: float) -> int:
        """Return the chord's step closest to the given one."""
        base = int(step) // 7 * 7
        steps = [base + octave + degree for octave in (-14, -7, 0, 7, 14) for degree in self.degrees]
        return min(steps, key=lambda s: (abs(s - step), s))

    def voicing(self, lowest: int) -> list[int]:
        """Return the steps of the chord in close position, rising from the first one not below `lowest`."""
        return sorted(lowest + (degree - lowest) % 7 for degree in self.degrees)


def chord(degree: int, mode: str, *, seventh: bool = False) -> Chord:
    """Return the chord on a degree (1 to 7): a triad, or one with its seventh."""
    root = degree - 1
    degrees = tuple((root + skip) % 7 for skip in ((0, 2, 4, 6) if seventh else (0, 2, 4)))
    return Chord(root, degrees, leading=mode == "minor" and root == 4)


def progression(mode: str, rng: np.random.Generator, *, middle: bool, sevenths: bool) -> list[Chord]:
    """Return four chords of the mode."""
    rows = TURNAROUNDS if sevenths and mode == "major" else PROGRESSIONS[mode]
    degrees = str(rng.choice(rows[middle].split()))
    return [chord(int(degree), mode, seventh=sevenths) for degree in degrees]


def penultimate_chord(mode: str, rng: np.random.Generator, *, sevenths: bool) -> Chord:
    """Return the chord that leads home."""
    degrees = {"major": (5, 5, 4), "minor": (5, 5, 7), "harmonic": (5,), "lydian": (2, 5), "dorian": (4, 7)}
    choices = degrees.get(mode, (7,) if mode == "mixolydian" else (2, 7))
    return chord(int(rng.choice(choices)), mode, seventh=sevenths)
