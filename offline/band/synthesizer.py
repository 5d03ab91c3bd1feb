"""One synthesizer for every voice: a wave of harmonics whose strengths change during the note."""

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

Samples = NDArray[np.float32]

RATE = 44_100
_POINTS = 2_048  # of one period
_FRAMES = 20  # spectra along a note, closer together at its start
_HARMONICS_MAX = 220
_TOP_HZ = 15_500.0
_K = np.arange(1, _HARMONICS_MAX + 1)


class Timbre(Struct, frozen=True, kw_only=True):
    """The sound of a voice. Times in seconds; `cutoff` in Hz plus `track` times the note's own frequency."""

    wave: str = "saw"  # saw, pulse, triangle, steps, string, bars, power
    duty: float = 0.5  # of a pulse; for a string, the point of the pluck
    bars: tuple[float, ...] = ()  # strengths of the first harmonics
    cutoff: float = 20_000.0
    track: float = 0.0
    sweep: float = 0.0  # octaves by which the cutoff starts higher
    sweep_s: float = 0.15
    peak: float = 0.0  # resonance at the cutoff
    formants: tuple[tuple[float, float, float], ...] = ()  # Hz, width, strength
    damping: float = 0.0  # decay of the first harmonic, 1/s, and the addition of each further one
    damping_more: float = 0.0
    attack: float = 0.005
    decay: float = 0.3
    sustain: float = 1.0
    release: float = 0.06
    vibrato: float = 0.0  # cents
    detune: float = 0.0  # cents between two copies
    breath: float = 0.0
    wide: bool = False  # left and right are two copies
    partials: tuple[tuple[float, float, float], ...] = ()  # a bell instead: ratio, strength, decay 1/s
    level: float = 1.0


def synthesize(timbre: Timbre, pitch: float, seconds: float, side: int = 0) -> Samples:
    """Return a note of about unit loudness, released after `seconds`. Side 1 is a second copy, for the other ear."""
    frequency = 440.0 * 2 ** ((pitch - 69) / 12)
    count = int((seconds + timbre.release) * RATE)
    at_s = np.arange(count, dtype=np.float32) / np.float32(RATE)
    wave = _bell(timbre, frequency, at_s) if timbre.partials else _voice(timbre, frequency, at_s, side)
    if timbre.breath:
        wave += timbre.breath * _breath(count, side)
    return (wave * _envelope(timbre, seconds, at_s) * np.float32(timbre.level)).astype(np.float32)


def _voice(timbre: Timbre, frequency: float, at_s: Samples, side: int) -> Samples:
    base = frequency / 2 if timbre.wave == "power" else frequency
    frames = _frames(timbre, base, float(at_s[-1]))
    cents = timbre.detune / 2 * (1 if side else -1)
    wave = _interpolate(frames, _phase(timbre, base * 2 ** (cents / 1200), at_s, side * 0.37), at_s)
    if timbre.detune:
        other = _phase(timbre, base * 2 ** (-cents / 1200 * 1.13), at_s, 0.61 + side * 0.21)
        wave = (wave + _interpolate(frames, other, at_s)) * np.float32(0.72)
    return wave


def _phase(timbre: Timbre, frequency: float, at_s: Samples, start: float) -> NDArray[np.float64]:
    """Return periods since the start. Vibrato sets in after a third of a second."""
    phase = at_s * np.float64(frequency) + start
    if timbre.vibrato and at_s[-1] > 0.35:
        rate, depth = 5.3, frequency * (2 ** (timbre.vibrato / 1200) - 1)
        grown = np.clip((at_s - 0.25) * 2.5, 0, 1)
        phase -= grown * depth / (2 * np.pi * rate) * np.cos(2 * np.pi * rate * at_s)
    return np.asarray(phase)


def _frames(timbre: Timbre, frequency: float, seconds: float) -> Samples:
    """Return tables of one period, at times that lie closer together at the note's start."""
    count = int(np.clip(_TOP_HZ / frequency, 1, _HARMONICS_MAX))
    k = _K[:count]
    at_s = seconds * (np.arange(_FRAMES)[:, None] / (_FRAMES - 1)) ** 2
    shape = _harmonics(timbre, count) * np.exp(-at_s * (timbre.damping + timbre.damping_more * (k - 1)))
    cutoff = (timbre.cutoff + timbre.track * frequency) * 2 ** (timbre.sweep * np.exp(-at_s / timbre.sweep_s))
    ratio = k * frequency / cutoff
    shape = shape * (1 + timbre.peak * np.exp(-(((ratio - 1) * 4) ** 2))) / np.sqrt(1 + ratio**4)
    if timbre.formants:
        shape = shape * sum(
            gain * np.exp(-(((k * frequency - hz) / width) ** 2)) for hz, width, gain in timbre.formants
        )
    loudest = np.sqrt((np.abs(shape) ** 2).sum(axis=1).max() / 2)
    spectrum = np.zeros((_FRAMES, _POINTS // 2 + 1), np.complex128)
    spectrum[:, 1 : count + 1] = shape / max(float(loudest), 1e-9) * (_POINTS / 2)
    tables = np.fft.irfft(spectrum, axis=1)
    return np.concatenate([tables, tables[:, :1]], axis=1).astype(np.float32)


def _harmonics(timbre: Timbre, count: int) -> NDArray[np.complex128]:
    """Return the complex strengths of the first `count` harmonics before any filter."""
    k = _K[:count]
    spread = np.exp(2j * np.pi * 0.618034 * k * k)  # phases that keep the peak of a bright wave low
    if timbre.wave in ("steps", "power"):
        at = np.arange(_POINTS) / _POINTS
        spectrum = np.fft.rfft(_steps(at) if timbre.wave == "steps" else _power(at))
        return np.asarray(spectrum[1 : count + 1])
    strengths = {
        "saw": 1 / k,
        "pulse": np.sin(np.pi * k * timbre.duty) / k,
        "triangle": (k % 2) / k**2,
        "string": np.sin(np.pi * k * timbre.duty) / k**0.9,
        "bars": np.array([*timbre.bars, *[0.0] * count])[:count],
    }[timbre.wave]
    return np.asarray(strengths if timbre.wave == "pulse" else strengths * spread, np.complex128)


def _steps(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a triangle in sixteen steps, as old sound chips played it."""
    return np.round((1 - 4 * np.abs(at - 0.5)) * 7.5) / 7.5


def _power(at: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return root, fifth and octave through an overdriven amplifier. One period is two of the root's."""
    chord = sum(gain * (2 * ((at * ratio) % 1) - 1) for ratio, gain in ((2, 1.0), (3, 0.8), (4, 0.6)))
    return np.tanh(2.5 * np.asarray(chord))


def _interpolate(frames: Samples, phase: NDArray[np.float64], at_s: Samples) -> Samples:
    """Return table values at a phase (in periods), blended from frame to frame."""
    position = np.sqrt(at_s * np.float32(1 / max(float(at_s[-1]), 1e-6))) * np.float32(_FRAMES - 1.001)
    frame = position.astype(np.int32)
    between = position - frame
    point = ((phase - np.floor(phase)) * _POINTS).astype(np.float32)
    index = np.minimum(point.astype(np.int32), _POINTS - 1)
    part = point - index
    flat, at = frames.ravel(), frame * (_POINTS + 1) + index
    one, other = flat[at], flat[at + _POINTS + 1]
    one += (flat[at + 1] - one) * part
    other += (flat[at + _POINTS + 2] - other) * part
    one += (other - one) * between
    return np.asarray(one)


def _bell(timbre: Timbre, frequency: float, at_s: Samples) -> Samples:
    """Return inharmonic partials, each with its own decay."""
    wave = np.zeros(len(at_s), np.float32)
    for ratio, strength, decay in timbre.partials:
        if ratio * frequency < _TOP_HZ:
            angle = np.float32(2 * np.pi * ratio * frequency) * at_s
            wave += np.float32(strength) * np.sin(angle) * np.exp(np.float32(-decay) * at_s)
    return wave


def _breath(count: int, side: int) -> Samples:
    noise = np.random.default_rng(7 + side).standard_normal(count + 8, dtype=np.float32)
    return np.asarray(noise[4:-4] + noise[3:-5] - noise[1:-7] - noise[:-8])[:count] * np.float32(0.5)


def _envelope(timbre: Timbre, seconds: float, at_s: Samples) -> Samples:
    """Return attack, decay to the sustained level, and release. Both ends reach zero smoothly."""
    attack = min(timbre.attack, seconds * 0.6)
    rise = np.clip(at_s / np.float32(max(attack, 0.0015)), 0, 1)
    rise = rise * rise * (3 - 2 * rise)
    fall = timbre.sustain + (1 - timbre.sustain) * np.exp(-np.clip(at_s - attack, 0, None) / np.float32(timbre.decay))
    left = np.clip((np.float32(seconds + timbre.release) - at_s) / np.float32(timbre.release), 0, 1)
    return np.asarray(rise * fall * left**2, dtype=np.float32)
