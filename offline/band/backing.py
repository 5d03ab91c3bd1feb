"""What is played under the tune: bass lines, chord patterns, pads and arpeggios."""

from collections.abc import Iterator

import numpy as np

from offline.band.form import Section
from offline.band.harmony import Chord, Key
from offline.band.melody import Note
from offline.band.reading import Plan

# Onset, length, which note (0 root, 1 third, 2 fifth, 3 the octave, -1 towards the next chord) and accent.
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

# Which of the chord's notes, lowest 0, on each eighth.
_BROKEN = {"alberti": (0, 2, 1, 2, 0, 2, 1, 2), "broken": (0, 1, 2, 3, 4, 3, 2, 1)}
STRUM_BEATS = 0.035  # from one string to the next


def bass(plan: Plan, section: Section, throw: np.random.Generator) -> list[Note]:
    """A bass line of the plan's pattern; calmer in quiet sections."""
    pattern = _BASS["pedal" if section.level < 0.4 and plan.bassline != "walking" else plan.bassline]
    key, notes = Key(plan.tonic, plan.mode), []
    for bar, chord in enumerate(section.chords):
        following = section.chords[(bar + 1) % section.bars]
        root = _bass_step(chord)
        for onset, length, which, accent in pattern:
            if onset >= plan.meter:
                continue
            if plan.loose > 0.2 and onset and throw.random() < 0.3 * plan.loose:
                continue
            span = min(length, plan.meter - onset)
            pitch = key.pitch(root, chord) + 12 if which == 3 else key.pitch(root + 2 * which, chord)
            if which == -1:
                target = key.pitch(_bass_step(following), following)
                pitch = target + int(throw.choice((-1, 1, 2)))
            start = (section.start + bar) * plan.meter + onset
            notes.append(Note(start, span, pitch, 0.85 * accent))
    return notes


def _bass_step(chord: Chord) -> int:
    """The root, one and a half to two and a half octaves under middle C."""
    return chord.root - 14 if chord.root <= 4 else chord.root - 21


def comp(plan: Plan, section: Section) -> list[Note]:
    """Chords in the plan's pattern. "flutter" is the old machines' chord: one voice running through its notes."""
    key = Key(plan.tonic, plan.mode)
    made: list[Note] = []
    for bar, chord in enumerate(section.chords):
        start = (section.start + bar) * plan.meter
        pitches = [key.pitch(step, chord) for step in chord.voicing(0 if plan.comping == "flutter" else -4)]
        if plan.comping == "flutter":
            made += _fluttered(start, plan.meter, pitches)
        elif plan.comping in _BROKEN:
            made += _broken(start, plan, pitches)
        elif plan.voices.get("comp") == "power":  # a voice that plays the whole chord by itself
            made += _struck(start, plan, [key.pitch(chord.root - 7, chord)])
        else:
            made += _struck(start, plan, pitches)
    return made


def _fluttered(start: float, meter: int, pitches: list[int]) -> Iterator[Note]:
    for sixteenth in range(meter * 4):
        yield Note(start + sixteenth / 4, 0.24, pitches[sixteenth % len(pitches)], 0.8 if sixteenth % 4 == 0 else 0.6)


def _broken(start: float, plan: Plan, pitches: list[int]) -> Iterator[Note]:
    ladder = [*pitches, *(pitch + 12 for pitch in pitches)]
    order = _BROKEN[plan.comping][: plan.meter * 2]
    for eighth, which in enumerate(order):
        yield Note(start + eighth / 2, 0.9, ladder[which], 0.8 if eighth % 2 == 0 else 0.62)


def _struck(start: float, plan: Plan, pitches: list[int]) -> Iterator[Note]:
    spread = STRUM_BEATS if plan.comping == "strum" else 0.0
    for onset, length, accent in _CHORDS[plan.comping]:
        span = min(length, plan.meter - onset)
        for string, pitch in enumerate(pitches if onset < plan.meter else ()):
            yield Note(start + onset + spread * string, span - spread * string, pitch, 0.8 * accent)


def pad(plan: Plan, section: Section) -> list[Note]:
    """Held chords; a chord that stays is not struck again."""
    key, made, bar = Key(plan.tonic, plan.mode), [], 0
    while bar < section.bars:
        chord, first = section.chords[bar], bar
        while bar < section.bars and section.chords[bar] == chord and bar - first < 4:
            bar += 1
        start, span = (section.start + first) * plan.meter, (bar - first) * plan.meter
        made += [Note(start, span, key.pitch(step, chord), 0.8) for step in chord.voicing(-5)]
    return made


def arp(plan: Plan, section: Section) -> list[Note]:
    """Chord notes up and down in sixteenths, or in eighths where the music is calm."""
    key, made = Key(plan.tonic, plan.mode), []
    pace = 0.25 if plan.energy > -0.2 and plan.name != "ambient" else 0.5
    for bar, chord in enumerate(section.chords):
        steps = chord.voicing(0)[:3]
        ladder = [*steps, *(step + 7 for step in steps), *(step + 7 for step in steps[1::-1])]
        for index in range(round(plan.meter / pace)):
            beat = (section.start + bar) * plan.meter + index * pace
            made.append(
                Note(beat, pace * 0.9, key.pitch(ladder[index % len(ladder)], chord), 0.75 if index % 4 == 0 else 0.55)
            )
    return made
