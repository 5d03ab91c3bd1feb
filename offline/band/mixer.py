"""The mixer: plays every note, pans it between left and right, and adds echo and the reverb send."""

from collections import defaultdict

import numpy as np
from msgspec import Struct

from offline.band.arrangement import Arrangement
from offline.band.drum_patterns import DrumHit
from offline.band.drum_sounds import VERSIONS, drum_kit
from offline.band.form import Timeline
from offline.band.melody import NoteEvent
from offline.band.score import Score
from offline.band.synthesizer import RATE, Samples, synthesize
from offline.band.voices import VOICES
from offline.dice import Dice

_DRUM_PANS = {"hat": 0.3, "open": 0.3, "ride": -0.35, "shaker": -0.4, "tom": -0.25, "crash": 0.35, "clap": 0.1}
_DRUM_LEVELS = {"kick": 0.62, "snare": 0.42, "clap": 0.36, "tom": 0.4, "hat": 0.2, "open": 0.2, "ride": 0.26,
                "crash": 0.28, "shaker": 0.2}  # fmt: skip


Ears = tuple[Samples, Samples]  # left and right

_NEAR, _FAR = np.float32(0.86), np.float32(0.36)  # shares of a wide voice's two copies in each ear


class Strip(Struct, frozen=True):
    """One part's channel: level of a note, pan (-1 left .. 1 right), reverb send and echo."""

    level: float
    pan: float = 0.0
    room: float = 1.0
    echo: float = 0.0
    swings: float = 0.0  # pan of every other note to the other side


_STRIPS = {
    "lead": Strip(0.17, -0.06, 1.0, 1.0),
    "second": Strip(0.075, 0.35, 1.0, 0.6),
    "comp": Strip(0.062, 0.22, 0.9),
    "bass": Strip(0.155, 0.0, 0.12),
    "pad": Strip(0.05, 0.0, 1.2),
    "arp": Strip(0.055, -0.1, 1.0, 0.8, 0.45),
}


class Mixer:
    """Collects stereo sound and the reverb send. `length` is in samples."""

    def __init__(self, arrangement: Arrangement, timeline: Timeline, length: int, dice: Dice) -> None:
        self.arrangement, self.timeline, self.length, self.dice = arrangement, timeline, length, dice
        self.dry = np.zeros((2, length), np.float32)
        self.send = np.zeros(length, np.float32)

    def play(self, score: Score) -> None:
        """Play the notes, then the drums, which duck the notes in dance music."""
        for part, notes in score.notes.items():
            voice = self.arrangement.voices.get("lead" if part == "second" else part)
            if voice:
                self._play_part(part, voice, notes)
        if self.arrangement.beat == "four":
            self._apply_ducking()
        self._play_drums(score.hits)

    def _play_part(self, part: str, voice: str, notes: list[NoteEvent]) -> None:
        strip, timbre = _STRIPS[part], VOICES[voice]
        rng = self.dice(f"hands {part}")
        gain = strip.level * (0.72 if part == "lead" and self.arrangement.style.busy < 0.3 else 1.0)
        together: dict[tuple[int, int], list[tuple[int, NoteEvent]]] = defaultdict(list)
        for index, note in enumerate(notes):
            span_s = self.timeline.second_at(note.beat + note.beats) - self.timeline.second_at(note.beat)
            together[note.pitch, max(round(span_s * 100), 3)].append((index, note))
        late_s = rng.normal(0, self.arrangement.style.loose_s, len(notes)) if self.arrangement.style.loose_s else None
        for (pitch, hundredths), group in together.items():
            span_s = hundredths / 100
            left = synthesize(timbre, pitch, span_s)
            right = left
            if timbre.wide:
                other = synthesize(timbre, pitch, span_s, 1)
                left, right = left * _NEAR + other * _FAR, left * _FAR + other * _NEAR
            for index, note in group:
                at_s = self.timeline.second_at(note.beat) + (abs(late_s[index]) if late_s is not None else 0)
                pan = strip.pan + strip.swings * (1 if index % 2 else -1)
                self._add_with_echo((left, right), at_s, note.level**1.5 * gain, pan, strip)

    def _add_with_echo(self, ears: Ears, at_s: float, level: float, pan: float, strip: Strip) -> None:
        room = 0.5 * strip.room
        self._add(ears, at_s, level, pan, room)
        echo = self.arrangement.style.echo * strip.echo
        for tap in (1, 2, 3):
            if echo**tap > 0.012:
                self._add(
                    ears, at_s + tap * 0.75 * 60 / self.timeline.tempo, level * echo**tap, -0.6 * (-1) ** tap, room
                )

    def _add(self, ears: Ears, at_s: float, level: float, pan: float, room: float) -> None:
        left, right = ears
        start = round(at_s * RATE)
        end = min(start + len(left), self.length)
        if end <= start:
            return
        angle = (min(max(pan, -1.0), 1.0) + 1) * np.pi / 4
        one, other = left[: end - start] * np.float32(level), right[: end - start] * np.float32(level)
        self.dry[0, start:end] += one * np.float32(np.cos(angle) * 1.414)
        self.dry[1, start:end] += other * np.float32(np.sin(angle) * 1.414)
        if self.arrangement.style.room:
            self.send[start:end] += (one + other) * np.float32(room)

    def _apply_ducking(self) -> None:
        """Lower the sound for a moment on each beat, as a compressor does in dance music."""
        end = min(round(self.timeline.end_s * RATE), self.length)
        beat_s = 60 / self.timeline.tempo
        for start in range(0, end, RATE):
            at_s = np.arange(start, min(start + RATE, end)) / RATE
            since = np.mod(at_s / beat_s + self.timeline.skipped, 1).astype(np.float32)
            pressed = np.maximum(1 - since / np.float32(0.7), 0) ** 2
            ahead = np.maximum(since * 40 - 39, 0) ** 2
            self.dry[:, start : start + len(at_s)] *= 1 - np.float32(0.6) * np.maximum(pressed, ahead)

    def _play_drums(self, hits: list[DrumHit]) -> None:
        sounds = drum_kit(self.arrangement.style.kit, {hit.drum for hit in hits}, self.dice)
        rng = self.dice("drummer")
        for index, hit in enumerate(hits):
            wave = sounds[hit.drum][(index + int(rng.integers(2))) % VERSIONS]
            level = hit.level**1.5 * _DRUM_LEVELS[hit.drum]
            at_s = max(self.timeline.second_at(hit.beat) + rng.normal(0, self.arrangement.style.loose_s * 0.5), 0.0)
            room = 0.08 if hit.drum == "kick" and self.arrangement.style.kit != "hall" else 0.35
            self._add((wave, wave), at_s, level, _DRUM_PANS.get(hit.drum, 0.0), room)
