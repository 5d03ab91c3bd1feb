"""All parts of a piece, note by note."""

import math

from msgspec import Struct, field

from offline.band import backing
from offline.band.arrangement import Arrangement
from offline.band.drum_patterns import DrumHit, drum_hits, final_hits
from offline.band.form import Section, Timeline, sections
from offline.band.harmony import MusicalKey, chord
from offline.band.melody import NoteEvent, compose_motif, countermelody, melody
from offline.band.voices import VOICES
from offline.dice import Dice

HELD_S_MAX, STRUCK_S_MAX = 3.2, 1.2  # length of one stroke of the last chord


class Score(Struct):
    """Notes by part (lead, second, comp, bass, pad, arp) and the drums."""

    notes: dict[str, list[NoteEvent]] = field(default_factory=dict)
    hits: list[DrumHit] = field(default_factory=list)

    def add(self, part: str, notes: list[NoteEvent], level: float = 1.0) -> None:
        """Append notes to a part, at a share of their level."""
        self.notes.setdefault(part, []).extend(NoteEvent(n.beat, n.beats, n.pitch, n.level * level) for n in notes)


def compose(arrangement: Arrangement, timeline: Timeline, seconds: float, dice: Dice) -> Score:
    """Return the whole piece.

    Parts without a voice are written too and stay silent, so that the choice of voices does not change the tune.

    """
    score = Score()
    motifs = {name: compose_motif(arrangement, name, dice) for name in ("A", "B")}
    for section in sections(arrangement, timeline.bars, dice):
        rng = dice(f"section {section.start}")
        tuned = section.name in motifs
        # Without a tune the other parts play at full level.
        level = 0.72 + 0.28 * section.level if tuned else 1.0
        if tuned:
            lead = melody(arrangement, section, motifs[section.name], dice)
            score.add("lead", lead, level)
            if section.level > 0.7:
                score.add(
                    "second",
                    countermelody(lead, section, MusicalKey(arrangement.tonic, arrangement.mode), arrangement.meter),
                    level,
                )
        score.add("bass", backing.bass(arrangement, section, rng), level)
        score.add("comp", backing.comp(arrangement, section), level)
        if _padded(arrangement, section):
            score.add("pad", backing.pad(arrangement, section), level)
        if section.name != "A" or section.round:
            score.add("arp", backing.arp(arrangement, section), level)
        score.hits += drum_hits(arrangement, section, rng)
    _end(score, arrangement, timeline, seconds)
    return score


def _padded(arrangement: Arrangement, section: Section) -> bool:
    return arrangement.energy < 0 or section.name != "A" or section.round > 0 or "comp" not in arrangement.voices


def _end(score: Score, arrangement: Arrangement, timeline: Timeline, seconds: float) -> None:
    """Add the tonic chord, spread upwards, ringing until the end. Strike it again before it would fade."""
    beat = timeline.bars * timeline.meter
    ring = (seconds - timeline.end_s) * timeline.tempo / 60
    key, tonic = MusicalKey(arrangement.tonic, arrangement.mode), chord(1, arrangement.mode)
    comp = VOICES.get(arrangement.voices.get("comp", ""))
    strokes = max(math.ceil((seconds - timeline.end_s) / (STRUCK_S_MAX if comp and comp.partials else HELD_S_MAX)), 1)
    for stroke in range(strokes):
        start, level = round(ring * stroke / strokes * 2) / 2, 0.7**stroke
        score.add("comp", _last_chord(arrangement, key, beat + start, ring - start), level)
        score.add("bass", [NoteEvent(beat + start, ring - start, key.pitch(-14), 0.95)], level)
    score.add("pad", [NoteEvent(beat, ring, key.pitch(step), 0.8) for step in tonic.voicing(-5)])
    lead = score.notes.get("lead", [])
    near = lead[-1].pitch if lead else key.pitch(7)
    home = min((key.pitch(step) for step in (0, 7)), key=lambda pitch: abs(pitch - near))
    score.add("lead", [NoteEvent(beat, ring * 0.9, home, 0.85)])
    if timeline.skipped:
        score.notes = {part: [n for n in notes if n.beat >= timeline.skipped] for part, notes in score.notes.items()}
        score.hits = [hit for hit in score.hits if hit.beat >= timeline.skipped]
    score.hits += final_hits(arrangement, beat)


def _last_chord(arrangement: Arrangement, key: MusicalKey, beat: float, beats_left: float) -> list[NoteEvent]:
    if arrangement.voices.get("comp") == "power":
        return [NoteEvent(beat, beats_left, key.pitch(-7), 0.85)]
    steps = chord(1, arrangement.mode).voicing(-4)
    spread = 0.1 if arrangement.style.slows else 0.0
    return [
        NoteEvent(beat + spread * at, beats_left, key.pitch(step), 0.75)
        for at, step in enumerate([*steps, steps[0] + 7])
    ]
