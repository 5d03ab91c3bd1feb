"""The form of a piece: the bars and the tempo that fill the requested length, and the sections of those bars."""

import math

from msgspec import Struct

from offline.band.arrangement import Arrangement
from offline.band.harmony import Chord, chord, penultimate_chord, progression
from offline.dice import Dice

BARS_MAX = 1_200


class Timeline(Struct, frozen=True, kw_only=True):
    """The times of the beats. The piece has `bars` bars from second 0 on, then its last chord rings out."""

    tempo: float
    meter: int
    bars: int
    skipped: float = 0.0  # beats of the first bar left out for lack of time
    swing: float = 0.5
    slowing: float = 0.0  # beats by which the last bar is longer

    @property
    def end_s(self) -> float:
        """Return the second of the last chord."""
        return self.second_at(self.bars * self.meter)

    def second_at(self, beat: float) -> float:
        """Return the second of a beat, with swing and the final slowing."""
        whole, part = math.floor(beat), beat % 1
        swung = part * 2 * self.swing if part < 0.5 else self.swing + (part - 0.5) * 2 * (1 - self.swing)
        late = (beat - (self.bars - 1) * self.meter) / self.meter
        slowed = self.slowing * min(max(late, 0.0), 1.0) ** 2
        return (whole + swung + slowed - self.skipped) * 60 / self.tempo


class Section(Struct, frozen=True, kw_only=True):
    """A run of bars. Sections of one name share their tune, and `round` counts their repeats."""

    name: str  # intro, A, B, break
    start: int  # bar
    chords: tuple[Chord, ...]  # one for each bar
    level: float  # fullness, 0..1
    round: int = 0

    @property
    def bars(self) -> int:
        """Return the number of bars."""
        return len(self.chords)


def timeline_for(arrangement: Arrangement, seconds: float) -> Timeline:
    """Return whole bars that leave time for the last chord. A tempo that no word names may bend a little."""
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
    """Return the end of one bar, for lengths too short for a whole one."""
    beats = min(int((seconds - ring_s) * arrangement.tempo / 60 * 2) / 2, arrangement.meter)
    return Timeline(tempo=arrangement.tempo, meter=arrangement.meter, bars=1, skipped=arrangement.meter - beats)


def sections(arrangement: Arrangement, bars: int, dice: Dice) -> list[Section]:
    """Return the sections that fill the bars, with their chords. The last bar leads to the tonic."""
    rng = dice("form")
    sevenths = arrangement.style.sevenths
    chords = {
        name: progression(arrangement.mode, rng, middle=name in ("B", "break"), sevenths=sevenths)
        for name in ("A", "B", "break")
    }
    chords["intro"] = chords["A"]
    found: list[Section] = []
    rounds: dict[str, int] = {}
    start = 0
    for name, length in _lengths(bars, arrangement):
        row = [chords[name][bar // arrangement.style.bars_a_chord % 4] for bar in range(length)]
        if start + length == bars:
            row[-1] = penultimate_chord(arrangement.mode, rng, sevenths=sevenths)
        elif name in ("A", "B") and length >= 8 and arrangement.mode in ("major", "minor", "harmonic"):
            row[length // 2 - 1] = chord(5, arrangement.mode, seventh=sevenths)
        level = {"intro": 0.35, "A": 0.62, "B": 0.85, "break": 0.3}[name] + 0.14 * min(rounds.get(name, 0), 2)
        found.append(
            Section(name=name, start=start, chords=tuple(row), level=min(level, 1.0), round=rounds.get(name, 0))
        )
        rounds[name] = rounds.get(name, 0) + 1
        start += length
    return found


def _lengths(bars: int, arrangement: Arrangement) -> list[tuple[str, int]]:
    """Return section names and bars. Short pieces get shorter phrases; intro and break take the remainder."""
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
