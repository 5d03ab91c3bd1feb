"""All parts of a piece, note for note."""

import math

from msgspec import Struct, field

from offline.artist.noise import Dice
from offline.band import backing
from offline.band.beats import Hit, beats, last_hits
from offline.band.form import Clock, Section, sections
from offline.band.harmony import Key, chord
from offline.band.melody import Note, melody, second_voice, tune
from offline.band.reading import Plan
from offline.band.voices import VOICES

HELD_S_MAX, STRUCK_S_MAX = 3.2, 1.2  # how long one stroke of the last chord lasts


class Score(Struct):
    """Notes by part (lead, second, comp, bass, pad, arp) and the drums."""

    notes: dict[str, list[Note]] = field(default_factory=dict)
    hits: list[Hit] = field(default_factory=list)

    def add(self, part: str, notes: list[Note], level: float = 1.0) -> None:
        """Append notes to a part, at a share of their level."""
        self.notes.setdefault(part, []).extend(Note(n.beat, n.beats, n.pitch, n.level * level) for n in notes)


def compose(plan: Plan, clock: Clock, seconds: float, dice: Dice) -> Score:
    """The whole piece. Parts without a voice are written and stay unheard, so that voices do not change the tune."""
    score = Score()
    motifs = {name: tune(plan, name, dice) for name in ("A", "B")}
    for section in sections(plan, clock.bars, dice):
        throw = dice(f"section {section.start}")
        tuned = section.name in motifs
        # Without the tune, what is left comes forward.
        level = 0.72 + 0.28 * section.level if tuned else 1.0
        if tuned:
            lead = melody(plan, section, motifs[section.name], dice)
            score.add("lead", lead, level)
            if section.level > 0.7:
                score.add("second", second_voice(lead, section, Key(plan.tonic, plan.mode), plan.meter), level)
        score.add("bass", backing.bass(plan, section, throw), level)
        score.add("comp", backing.comp(plan, section), level)
        if _padded(plan, section):
            score.add("pad", backing.pad(plan, section), level)
        if section.name != "A" or section.round:
            score.add("arp", backing.arp(plan, section), level)
        score.hits += beats(plan, section, throw)
    _end(score, plan, clock, seconds)
    return score


def _padded(plan: Plan, section: Section) -> bool:
    return plan.energy < 0 or section.name != "A" or section.round > 0 or "comp" not in plan.voices


def _end(score: Score, plan: Plan, clock: Clock, seconds: float) -> None:
    """The tonic chord, spread upwards, ringing until the end; struck again where it would fade before."""
    beat = clock.bars * clock.meter
    ring = (seconds - clock.end_s) * clock.tempo / 60
    key, tonic = Key(plan.tonic, plan.mode), chord(1, plan.mode)
    comp = VOICES.get(plan.voices.get("comp", ""))
    strokes = max(math.ceil((seconds - clock.end_s) / (STRUCK_S_MAX if comp and comp.partials else HELD_S_MAX)), 1)
    for stroke in range(strokes):
        start, level = round(ring * stroke / strokes * 2) / 2, 0.7**stroke
        score.add("comp", _last_chord(plan, key, beat + start, ring - start), level)
        score.add("bass", [Note(beat + start, ring - start, key.pitch(-14), 0.95)], level)
    score.add("pad", [Note(beat, ring, key.pitch(step), 0.8) for step in tonic.voicing(-5)])
    lead = score.notes.get("lead", [])
    near = lead[-1].pitch if lead else key.pitch(7)
    home = min((key.pitch(step) for step in (0, 7)), key=lambda pitch: abs(pitch - near))
    score.add("lead", [Note(beat, ring * 0.9, home, 0.85)])
    if clock.skipped:
        score.notes = {part: [n for n in notes if n.beat >= clock.skipped] for part, notes in score.notes.items()}
        score.hits = [hit for hit in score.hits if hit.beat >= clock.skipped]
    score.hits += last_hits(plan, beat)


def _last_chord(plan: Plan, key: Key, beat: float, beats_left: float) -> list[Note]:
    if plan.voices.get("comp") == "power":
        return [Note(beat, beats_left, key.pitch(-7), 0.85)]
    steps = chord(1, plan.mode).voicing(-4)
    spread = 0.1 if plan.style.slows else 0.0
    return [
        Note(beat + spread * at, beats_left, key.pitch(step), 0.75) for at, step in enumerate([*steps, steps[0] + 7])
    ]
