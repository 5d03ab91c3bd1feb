"""The accompaniment: bass lines, chord patterns, pads and arpeggios."""

from collections.abc import Iterator

import numpy as np

from offline.band.arrangement import Arrangement
from offline.band.form import Section
from offline.band.harmony import Chord, MusicalKey
from offline.band.melody import NoteEvent

# Onset, length, note (0 root, 1 third, 2 fifth, 3 the octave, -1 towards the next chord) and accent.
_BASS = {
    "roots": ((0, 2, 0, 1.0), (2, 2, 2, 0.85)),
    "pedal": ((0, 9, 0, 1.0),),
    "eighths": tuple((beat / 2, 0.45, 0, 1.0 if beat % 2 == 0 else 0.8) for beat in range(8)),
    "octaves": tuple((beat / 2, 0.42, 3 * (beat % 2), 1.0 if beat % 2 == 0 else 0.75) for beat in range(8)),
    "gallop": tuple(
        (beat + at, span, 0, force)
        for beat in range(4)
        for at, span, force in ((0, 0.4, 1.0), (0.5, 0.22, 0.75), (0.75, 0.22, 0.8))
    ),
    "walking": ((0, 0.95, 0, 1.0), (1, 0.95, 1, 0.85), (2, 0.95, 2, 0.95), (3, 0.95, -1, 0.85)),
    "fifths": ((0, 0.9, 0, 1.0), (2, 0.9, 2, 0.85)),
    "syncopated": ((0, 0.7, 0, 1.0), (0.75, 0.7, 0, 0.8), (1.5, 0.5, 0, 0.85), (2.5, 0.7, 2, 0.9), (3.25, 0.7, 3, 0.8)),
    "offbeat": tuple((beat + 0.5, 0.4, 0, 1.0) for beat in range(4)),
    "rolling": tuple(
        (beat + at, 0.2, 0, force) for beat in range(4) for at, force in ((0.25, 0.8), (0.5, 1.0), (0.75, 0.85))
    ),
    "lazy": ((0, 1.4, 0, 1.0), (1.75, 0.7, 2, 0.7), (2.5, 1.3, 0, 0.9)),
}  # fmt: skip

# Onset, length, accent of a whole chord.
_CHORDS = {
    "halves": ((0, 2, 0.9), (2, 2, 0.8)),
    "lazy": ((0, 1.4, 0.9), (1.5, 2.3, 0.7)),
    "charleston": ((0, 1.2, 0.85), (1.5, 0.5, 0.75)),
    "strum": ((0, 1, 1.0), (1, 0.5, 0.7), (1.5, 1, 0.85), (2.5, 0.5, 0.6), (3, 0.5, 0.85), (3.5, 0.5, 0.65)),
    "chug": tuple((beat / 2, 0.4 if beat % 4 else 0.5, 1.0 if beat in (0, 3, 6) else 0.6) for beat in range(8)),
    "stabs": ((0, 0.3, 0.95), (0.75, 0.3, 0.8), (1.5, 0.3, 0.9), (2.5, 0.3, 0.85), (3.25, 0.3, 0.75)),
    "offbeat": tuple((beat + 0.5, 0.35, 0.9) for beat in range(4)),
    "ostinato": tuple((beat / 2, 0.4, 1.0 if beat in (0, 3, 6) else 0.62) for beat in range(8)),
    "oompah": ((1, 0.8, 0.8), (2, 0.8, 0.7)),
}  # fmt: skip

# The chord's note on each eighth; 0 is the lowest.
_BROKEN = {"alberti": (0, 2, 1, 2, 0, 2, 1, 2), "broken": (0, 1, 2, 3, 4, 3, 2, 1)}
STRUM_BEATS = 0.035  # from one string to the next


def bass(arrangement: Arrangement, section: Section, rng: np.random.Generator) -> list[NoteEvent]:
    """Return a bass line in the arrangement's pattern, calmer in quiet sections."""
    pattern = _BASS["pedal" if section.level < 0.4 and arrangement.bassline != "walking" else arrangement.bassline]
    key, notes = MusicalKey(arrangement.tonic, arrangement.mode), []
    for bar, chord in enumerate(section.chords):
        following = section.chords[(bar + 1) % section.bars]
        root = _bass_step(chord)
        for onset, length, which, accent in pattern:
            if onset >= arrangement.meter:
                continue
            if arrangement.loose > 0.2 and onset and rng.random() < 0.3 * arrangement.loose:
                continue
            span = min(length, arrangement.meter - onset)
            pitch = key.pitch(root, chord) + 12 if which == 3 else key.pitch(root + 2 * which, chord)
            if which == -1:
                target = key.pitch(_bass_step(following), following)
                pitch = target + int(rng.choice((-1, 1, 2)))
            start = (section.start + bar) * arrangement.meter + onset
            notes.append(NoteEvent(start, span, pitch, 0.85 * accent))
    return notes


def _bass_step(chord: Chord) -> int:
    """Return the chord's root, one and a half to two and a half octaves below middle C."""
    return chord.root - 14 if chord.root <= 4 else chord.root - 21


def comp(arrangement: Arrangement, section: Section) -> list[NoteEvent]:
    """Return chords in the arrangement's pattern. "flutter" plays a chord as one voice running through its notes."""
    key = MusicalKey(arrangement.tonic, arrangement.mode)
    notes: list[NoteEvent] = []
    for bar, chord in enumerate(section.chords):
        start = (section.start + bar) * arrangement.meter
        pitches = [key.pitch(step, chord) for step in chord.voicing(0 if arrangement.comping == "flutter" else -4)]
        if arrangement.comping == "flutter":
            notes += _fluttered(start, arrangement.meter, pitches)
        elif arrangement.comping in _BROKEN:
            notes += _broken(start, arrangement, pitches)
        elif arrangement.voices.get("comp") == "power":  # one note of this voice is a whole chord
            notes += _struck(start, arrangement, [key.pitch(chord.root - 7, chord)])
        else:
            notes += _struck(start, arrangement, pitches)
    return notes


def _fluttered(start: float, meter: int, pitches: list[int]) -> Iterator[NoteEvent]:
    for sixteenth in range(meter * 4):
        yield NoteEvent(
            start + sixteenth / 4, 0.24, pitches[sixteenth % len(pitches)], 0.8 if sixteenth % 4 == 0 else 0.6
        )


def _broken(start: float, arrangement: Arrangement, pitches: list[int]) -> Iterator[NoteEvent]:
    ladder = [*pitches, *(pitch + 12 for pitch in pitches)]
    order = _BROKEN[arrangement.comping][: arrangement.meter * 2]
    for eighth, which in enumerate(order):
        yield NoteEvent(start + eighth / 2, 0.9, ladder[which], 0.8 if eighth % 2 == 0 else 0.62)


def _struck(start: float, arrangement: Arrangement, pitches: list[int]) -> Iterator[NoteEvent]:
    spread = STRUM_BEATS if arrangement.comping == "strum" else 0.0
    for onset, length, accent in _CHORDS[arrangement.comping]:
        span = min(length, arrangement.meter - onset)
        for string, pitch in enumerate(pitches if onset < arrangement.meter else ()):
            yield NoteEvent(start + onset + spread * string, span - spread * string, pitch, 0.8 * accent)


def pad(arrangement: Arrangement, section: Section) -> list[NoteEvent]:
    """Return held chords. A chord that repeats is not struck again."""
    key, notes, bar = MusicalKey(arrangement.tonic, arrangement.mode), [], 0
    while bar < section.bars:
        chord, first = section.chords[bar], bar
        while bar < section.bars and section.chords[bar] == chord and bar - first < 4:
            bar += 1
        start, span = (section.start + first) * arrangement.meter, (bar - first) * arrangement.meter
        notes += [NoteEvent(start, span, key.pitch(step, chord), 0.8) for step in chord.voicing(-5)]
    return notes


def arp(arrangement: Arrangement, section: Section) -> list[NoteEvent]:
    """Return chord notes up and down in sixteenths, or in eighths where the music is calm."""
    key, notes = MusicalKey(arrangement.tonic, arrangement.mode), []
    pace = 0.25 if arrangement.energy > -0.2 and arrangement.name != "ambient" else 0.5
    for bar, chord in enumerate(section.chords):
        steps = chord.voicing(0)[:3]
        ladder = [*steps, *(step + 7 for step in steps), *(step + 7 for step in steps[1::-1])]
        for index in range(round(arrangement.meter / pace)):
            beat = (section.start + bar) * arrangement.meter + index * pace
            notes.append(
                NoteEvent(
                    beat, pace * 0.9, key.pitch(ladder[index % len(ladder)], chord), 0.75 if index % 4 == 0 else 0.55
                )
            )
    return notes
