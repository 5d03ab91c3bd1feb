"""The form of a piece: how many bars at which tempo fill the asked time, and what happens in each of them."""

import math

from msgspec import Struct

from offline.band.arrangement import Arrangement
from offline.band.harmony import Chord, chord, penultimate_chord, progression
from offline.dice import Dice

BARS_MAX = 1_200


class Timeline(Struct, frozen=True, kw_only=True):
    """When a beat sounds. The piece has `bars` bars from second 0 on; then its last chord rings out."""

    tempo: float
    meter: int
    bars: int
    skipped: float = 0.0  # beats of the first bar left out, when there is no time for all of it
    swing: float = 0.5
    slowing: float = 0.0  # beats by which the last bar is longer

    @property
    def end_s(self) -> float:
        """When the last chord falls."""
        return self.second_at(self.bars * self.meter)

    def second_at(self, beat: float) -> float:
        """The second of a beat, swung and slowed."""
        whole, part = math.floor(beat), beat % 1
        swung = part * 2 * self.swing if part < 0.5 else self.swing + (part - 0.5) * 2 * (1 - self.swing)
        late = (beat - (self.bars - 1) * self.meter) / self.meter
        slowed = self.slowing * min(max(late, 0.0), 1.0) ** 2
        return (whole + swung + slowed - self.skipped) * 60 / self.tempo


class Section(Struct, frozen=True, kw_only=True):
    """A run of bars. Sections of one name share their tune; `round` says which time it is played."""

    name: str  # intro, A, B, break
    start: int  # bar
    chords: tuple[Chord, ...]  # one for each bar
    level: float  # how full it is played, 0..1
    round: int = 0

    @property
    def bars(self) -> int:
        """How many bars it has."""
        return len(self.chords)


def timeline_for(arrangement: Arrangement, seconds: float) -> Timeline:
    """Whole bars that leave time for the last chord to ring; the tempo is bent a little for it unless it was named."""
    bar_s = arrangement.meter * 60 / arrangement.tempo
    ring_s = min(1.0 + 0.5 * arrangement.style.room_s, 0.3 * seconds)
    slowing = 0.12 * arrangement.meter if arrangement.style.slows and not arrangement.exact else 0.0
    best: tuple[float, Timeline] | None = None
    middle = int((seconds - ring_s) / bar_s)
    for bars in range(max(middle - 3, 1), min(middle + 3, BARS_MAX) + 1):
        ring = min(max(seconds - bars * bar_s, ring_s), ring_s + 0.6 * bar_s)
        beats = bars * arrangement.meter + (slowing if bars > 2 else 0)
        tempo = arrangement.tempo if arrangement.exact else beats * 60 / (seconds - ring)
        bend = abs(math.log(tempo / arrangement.tempo))
        timeline = Timeline(
            tempo=tempo, meter=arrangement.meter, bars=bars, swing=arrangement.style.swing, slowing=slowing * (bars > 2)
        )
        left_s = seconds - timeline.end_s
        if bend > 0.25 or left_s < 0.99 * ring_s:
            continue
        cost = bend * 12 + (0.08, 0.4, 0.0, 0.4)[bars % 4] + max(left_s - ring_s - bar_s, 0) * 10
        if best is None or cost < best[0]:
            best = (cost, timeline)
    return best[1] if best else _fragment(arrangement, seconds, ring_s)


def _fragment(arrangement: Arrangement, seconds: float, ring_s: float) -> Timeline:
    """The end of one bar: all there is time for."""
    beats = min(int((seconds - ring_s) * arrangement.tempo / 60 * 2) / 2, arrangement.meter)
    return Timeline(tempo=arrangement.tempo, meter=arrangement.meter, bars=1, skipped=arrangement.meter - beats)


def sections(arrangement: Arrangement, bars: int, dice: Dice) -> list[Section]:
    """The sections that fill the bars, with their chords; the last bar leads to the tonic."""
    rng = dice("form")
    sevenths = arrangement.style.sevenths
    chords = {
        name: progression(arrangement.mode, rng, middle=name in ("B", "break"), sevenths=sevenths)
        for name in ("A", "B", "break")
    }
    chords["intro"] = chords["A"]
    made: list[Section] = []
    rounds: dict[str, int] = {}
    start = 0
    for name, length in _lengths(bars, arrangement):
        row = [chords[name][bar // arrangement.style.bars_a_chord % 4] for bar in range(length)]
        if start + length == bars:
            row[-1] = penultimate_chord(arrangement.mode, rng, sevenths=sevenths)
        elif name in ("A", "B") and length >= 8 and arrangement.mode in ("major", "minor", "harmonic"):
            row[length // 2 - 1] = chord(5, arrangement.mode, seventh=sevenths)
        level = {"intro": 0.35, "A": 0.62, "B": 0.85, "break": 0.3}[name] + 0.14 * min(rounds.get(name, 0), 2)
        made.append(
            Section(name=name, start=start, chords=tuple(row), level=min(level, 1.0), round=rounds.get(name, 0))
        )
        rounds[name] = rounds.get(name, 0) + 1
        start += length
    return made


def _lengths(bars: int, arrangement: Arrangement) -> list[tuple[str, int]]:
    """Names and bars. Short pieces have shorter phrases; what does not divide goes to the intro and the break."""
    if bars < 4:
        return [("A", bars)]
    phrase = 4 if bars < 34 else 8
    turns, rest = divmod(bars, phrase)
    intro = rest or (phrase if turns > 4 else 0)
    turns = (bars - intro) // phrase
    pause = max(intro - 4, 0) if phrase == 8 else 0
    row = [(name, phrase) for name in _turns(turns)]
    if pause:
        row.insert(len(row) - 1, ("break", pause))
    return [("intro", intro - pause), *row] if intro else row


def _turns(count: int) -> list[str]:
    if count <= 4:
        return list(("A", "AB", "ABA", "AABA")[count - 1])
    cycle = ("A", "B", "A", "break", "B", "A", "A", "B")
    return [cycle[turn % 8] for turn in range(count - 1)] + ["A"]
