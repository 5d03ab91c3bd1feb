"""The tune: a motif of two bars, repeated, moved, varied and resolved."""

import numpy as np
from msgspec import Struct

from offline.band.arrangement import Arrangement
from offline.band.form import Section
from offline.band.harmony import Chord, MusicalKey
from offline.dice import Dice

RHYTHMS = {  # by meter, from sparse to busy; lengths in eighths and sixteenths of a bar, negative for a rest
    4: (
        ("4", "3 1", "2 2", "-1 3", "1.5 2.5"),
        ("2 1 1", "1 1 2", "1.5 .5 2", "1.5 1.5 1", "-.5 .5 1 2", "1 .5 .5 2"),
        ("1 .5 .5 1 1", ".5 .5 1 .5 .5 1", "1.5 .5 1 1", ".75 .75 .5 1 1", "-.5 .5 .5 .5 1 1", ".5 1 .5 1 1"),
        (".5 .5 .5 .5 .5 .5 1", ".75 .25 .5 .5 1 .5 .5", ".5 .25 .25 .5 .5 .75 .25 1", "-.25 .25 .5 .5 .5 .5 .5 1"),
    ),
    3: (
        ("3", "2 1", "-1 2"),
        ("2 .5 .5", "1 1 1", "1.5 .5 1", "1 2"),
        ("1 .5 .5 1", ".5 .5 1 1", ".5 .5 .5 .5 1", "-.5 .5 1 1"),
        (".5 .5 .5 .5 .5 .5", ".75 .25 .5 .5 1", ".5 .25 .25 .5 .5 1"),
    ),
}
LEAP_MAX = 5  # steps
CENTRE, REACH = 5, 8  # the steps a tune stays within: centre - reach/2 .. centre + reach


class NoteEvent(Struct, frozen=True):
    """A pitch (MIDI number) with its start and length in beats, and its level."""

    beat: float
    beats: float
    pitch: int
    level: float


class Cell(Struct, frozen=True):
    """One bar of a motif: onsets and lengths in beats, and each note's distance from the first in steps."""

    onsets: tuple[float, ...]
    lengths: tuple[float, ...]
    contour: tuple[int, ...]


class Motif(Struct, frozen=True):
    """A motif: a statement, an answer, and a contrasting bar."""

    statement: Cell
    answer: Cell
    other: Cell
    centre: int


def compose_motif(arrangement: Arrangement, name: str, dice: Dice) -> Motif:
    """Return the motif of the sections called `name`."""
    rng = dice(f"tune {name}")
    lift = 2 if name == "B" else 0
    busy = (
        arrangement.style.busy
        + 0.18 * arrangement.energy
        + (0.1 if name == "B" else 0)
        + 0.25 * arrangement.loose * rng.normal()
    )
    statement = _cell(arrangement.meter, busy, rng)
    answer = _cell(arrangement.meter, busy - 0.15, rng)
    # Most memorable motifs answer in the rhythm of their statement.
    if rng.random() < 0.5:
        answer = Cell(statement.onsets, statement.lengths, _contour(len(statement.onsets), rng))
    return Motif(
        statement, answer, _cell(arrangement.meter, busy + 0.12, rng), CENTRE + lift + int(rng.integers(-1, 2))
    )


def _cell(meter: int, busy: float, rng: np.random.Generator) -> Cell:
    rows = RHYTHMS[meter]
    row = rows[int(np.clip(busy * 4 + rng.uniform(-0.35, 0.35), 0, 3.99))]
    spans = [float(word) for word in row[int(rng.integers(len(row)))].split()]
    starts = np.cumsum([0, *map(abs, spans)])
    sounding = [(float(start), span) for start, span in zip(starts, spans, strict=False) if span > 0]
    return Cell(
        tuple(start for start, _ in sounding), tuple(span for _, span in sounding), _contour(len(sounding), rng)
    )


def _contour(count: int, rng: np.random.Generator) -> tuple[int, ...]:
    """Return mostly steps in one direction. The line turns back after a leap."""
    at, direction, line = 0, int(rng.choice((-1, 1))), [0]
    for _ in range(count - 1):
        move = int(rng.choice((0, 1, 1, 1, 2, 2, 4), p=(0.12, 0.2, 0.2, 0.2, 0.1, 0.08, 0.1)))
        at += direction * move
        if move >= 2 or rng.random() < 0.3:
            direction = -direction
        line.append(at)
    return tuple(line)


def melody(arrangement: Arrangement, section: Section, motif: Motif, dice: Dice) -> list[NoteEvent]:
    """Return the tune over a section's chords: statement, answer, statement moved, close.

    From its second round on the tune varies.

    """
    rng = dice(f"melody {section.name} {section.round}")
    key = MusicalKey(arrangement.tonic, arrangement.mode)
    notes: list[NoteEvent] = []
    at = motif.centre
    for bar, chord in enumerate(section.chords):
        closing = bar % 4 == 3 or bar == section.bars - 1
        cell = (motif.statement, motif.answer, motif.statement, motif.answer)[bar % 4]
        if bar % 8 == 6:
            cell = motif.other
        if section.round and bar % 4 in (1, 2):
            cell = _varied(cell, rng)
        if closing:
            cell = _closed(cell, arrangement.meter)
        steps = _placed(cell, chord, at, motif.centre, closing=closing)
        at = steps[-1]
        start = (section.start + bar) * arrangement.meter
        for onset, span, step in zip(cell.onsets, cell.lengths, steps, strict=True):
            strong = 0.1 * (onset % 2 == 0) - 0.06 * (onset % 1 != 0)
            level = 0.8 + strong + 0.008 * (step - motif.centre) + rng.normal(0, 0.03)
            notes.append(NoteEvent(start + onset, span, key.pitch(step, chord), float(level)))
    return _ornamented(notes, key, arrangement.loose, rng)


def _placed(cell: Cell, chord: Chord, at: int, centre: int, *, closing: bool) -> list[int]:
    """Return the cell's steps over a chord: they start near the tune's last step, strong notes on the chord."""
    pull = at + (centre - at) * 0.35
    first = chord.nearest(pull)
    steps: list[int] = []
    for onset, span, rise in zip(cell.onsets, cell.lengths, cell.contour, strict=True):
        step = first + rise
        if step > centre + REACH - 2 or step < centre - REACH // 2:
            step = first - rise
        if onset % 2 == 0 or span >= 1:
            step = chord.nearest(step + 0.2 * np.sign(rise))
        if steps and abs(step - steps[-1]) > LEAP_MAX:
            step = chord.nearest(steps[-1] + np.sign(step - steps[-1]) * 3)
        steps.append(step)
    if closing:
        steps[-1] = Chord(chord.root, (chord.root, chord.degrees[1])).nearest(steps[-1])
    return steps


def _closed(cell: Cell, meter: int) -> Cell:
    """Return the cell cut short, so that the phrase rests on a long note."""
    kept = max(sum(onset < meter / 2 for onset in cell.onsets), 1)
    onsets = cell.onsets[:kept]
    rest = meter - onsets[-1]
    return Cell(onsets, (*cell.lengths[: kept - 1], min(rest, max(rest - 1.0, 1.0))), cell.contour[:kept])


def _varied(cell: Cell, rng: np.random.Generator) -> Cell:
    """Return the cell inverted, or with its last notes moved, or with its longest note split."""
    variation = int(rng.integers(3))
    if variation == 0:
        return Cell(cell.onsets, cell.lengths, tuple(-rise for rise in cell.contour))
    longest = int(np.argmax(cell.lengths))
    half = cell.lengths[longest] / 2
    if variation == 1 or half < 0.5:
        tail = int(rng.choice((-2, -1, 1, 2)))
        half_way = len(cell.contour) // 2
        return Cell(
            cell.onsets, cell.lengths, cell.contour[:half_way] + tuple(rise + tail for rise in cell.contour[half_way:])
        )
    split = longest + 1
    return Cell(
        (*cell.onsets[:split], cell.onsets[longest] + half, *cell.onsets[split:]),
        (*cell.lengths[:longest], half, half, *cell.lengths[split:]),
        (*cell.contour[:split], cell.contour[longest] + int(rng.choice((-1, 1))), *cell.contour[split:]),
    )


def _ornamented(notes: list[NoteEvent], key: MusicalKey, loose: float, rng: np.random.Generator) -> list[NoteEvent]:
    """Return the notes with grace notes before some long ones. A looser arrangement gets more of them."""
    decorated: list[NoteEvent] = []
    for note in notes:
        grace = 0.125
        if note.beats >= 1 and rng.random() < 0.45 * loose:
            decorated.append(NoteEvent(note.beat, grace, note.pitch + int(rng.choice((-1, 2))), note.level * 0.75))
            decorated.append(NoteEvent(note.beat + grace, note.beats - grace, note.pitch, note.level))
        else:
            decorated.append(note)
    return decorated


def countermelody(tune_notes: list[NoteEvent], section: Section, key: MusicalKey, meter: int) -> list[NoteEvent]:
    """Return a voice below the tune, on notes of the chord, for the tune's longer notes."""
    lower_notes = []
    for note in tune_notes:
        bar = int(note.beat // meter) - section.start
        if note.beats < 0.5 or not 0 <= bar < section.bars:
            continue
        chord = section.chords[bar]
        pitches = [key.pitch(step, chord) for step in chord.voicing(-9) + chord.voicing(-2) + chord.voicing(5)]
        lower = [pitch for pitch in pitches if 3 <= note.pitch - pitch <= 9]
        if lower:
            lower_notes.append(NoteEvent(note.beat, note.beats, max(lower), note.level * 0.8))
    return lower_notes
