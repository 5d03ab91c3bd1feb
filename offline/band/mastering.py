"""Mastering: fade-out, loudness, limiter and background sounds."""

from collections.abc import Iterator

import numpy as np

from offline.band.arrangement import Arrangement
from offline.band.form import Timeline
from offline.band.synthesizer import RATE, Samples
from offline.dice import Dice

PEAK = 0.86
FADE_S_MAX = 2.2
_PART = 1 << 19
_HOP = 64  # samples that share a limiter's gain
_LOOP_S = 9.0  # of the sounds under the music


def apply_mastering(sound: Samples, arrangement: Arrangement, timeline: Timeline, dice: Dice) -> Samples:
    """Finish a sound in place: evenly loud, never above PEAK, silent at both ends."""
    _fade_out(sound, timeline)
    loudness_db = float(np.clip(-16.0 + 2.2 * arrangement.energy, -18.5, -13.5))
    target = 10 ** (loudness_db / 20)
    for _ in range(3):
        sound *= np.float32(target / max(_rms(sound), 1e-5))
        _limit(sound)
    if arrangement.bed:
        _add_bed(sound, arrangement.bed, dice)
        _limit(sound)
    edge = np.linspace(0, 1, 128, dtype=np.float32)
    sound[:, :128] *= edge
    sound[:, -128:] *= edge[::-1]
    return sound


def _rms(sound: Samples) -> float:
    return float(np.sqrt(sum(np.square(part).sum(dtype=np.float64) for part, _ in _parts(sound)) / sound.size))


def _parts(sound: Samples) -> Iterator[tuple[Samples, int]]:
    """Yield views of the sound and their starts, so that no step copies all of it."""
    return ((sound[:, start : start + _PART], start) for start in range(0, sound.shape[1], _PART))


def _fade_out(sound: Samples, timeline: Timeline) -> None:
    """Fade the last chord out by the end, however long its voices would ring."""
    ring = sound.shape[1] - round(timeline.end_s * RATE)
    start = sound.shape[1] - min(ring * 2 // 3, round(FADE_S_MAX * RATE))
    if start < sound.shape[1]:
        sound[:, start:] *= np.linspace(1, 0, sound.shape[1] - start, dtype=np.float32) ** 1.5


def _limit(sound: Samples) -> None:
    """Lower the gain smoothly around each peak above PEAK."""
    count = sound.shape[1]
    hops = -(-count // _HOP)
    peaks = np.concatenate(
        [np.maximum.reduceat(np.abs(part).max(axis=0), np.arange(0, part.shape[1], _HOP)) for part, _ in _parts(sound)]
    )
    wanted = np.minimum(PEAK / np.maximum(peaks, 1e-9), 1)
    if wanted.min() >= 1:
        return
    reach = 24
    padded = np.pad(wanted, reach, mode="edge")
    lowest = np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1).min(axis=1)
    bow = np.hanning(2 * reach + 1)[1:-1]
    smooth = np.convolve(np.pad(lowest, reach - 1, mode="edge"), bow / bow.sum(), mode="valid")
    at = np.arange(hops) * _HOP + _HOP / 2
    for part, start in _parts(sound):
        gain = np.interp(np.arange(start, start + part.shape[1]), at, smooth).astype(np.float32)
        np.multiply(part, gain, out=part)
        np.clip(part, -PEAK, PEAK, out=part)


def _add_bed(sound: Samples, bed: str, dice: Dice) -> None:
    """Add rain, waves or the crackle of a record, in a loop too long to be noticed."""
    rng = dice(f"bed {bed}")
    count = int(_LOOP_S * RATE)
    loop = _crackle(rng, count) if bed == "vinyl" else _water(rng, count, waves=bed == "waves")
    length = sound.shape[1]
    shape = np.ones(length, np.float32)
    ramp = min(RATE, length // 3)
    shape[:ramp] = np.linspace(0, 1, ramp)
    shape[-ramp:] = np.linspace(1, 0, ramp)
    for start in range(0, length, count):
        part = sound[:, start : start + count]
        part += loop[:, : part.shape[1]] * shape[start : start + count]


def _water(rng: np.random.Generator, count: int, *, waves: bool) -> Samples:
    spectrum = np.fft.rfft(rng.standard_normal((2, count)), axis=1)
    hz = np.fft.rfftfreq(count, 1 / RATE)
    low, high = (120, 1400) if waves else (900, 7000)
    spectrum /= np.sqrt((1 + (low / np.maximum(hz, 1)) ** 4) * (1 + (hz / high) ** 3))
    noise = np.fft.irfft(spectrum, count, axis=1)
    noise /= noise.std()
    swell = 0.25 + 0.75 * np.sin(np.pi * np.arange(count) / count * 2) ** 4 if waves else 1.0
    return np.asarray(noise * swell * (0.03 if waves else 0.016), dtype=np.float32)


def _crackle(rng: np.random.Generator, count: int) -> Samples:
    """Return grains of dust, a few each second, over a faint hiss."""
    noise = rng.standard_normal((2, count)) * 0.0012
    at = rng.integers(0, count - 40, 9 * int(_LOOP_S))
    size = rng.exponential(0.018, len(at))
    grain = np.exp(-np.arange(30) / 5.0) * np.cos(np.arange(30) * 0.9)
    for start, level in zip(at, size, strict=True):
        noise[:, start : start + 30] += grain * min(level, 0.06) * rng.uniform(0.4, 1, (2, 1))
    return np.asarray(noise, dtype=np.float32)
