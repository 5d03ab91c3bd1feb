"""Drum sounds: each is synthesized once, in a few versions, so that two neighbours differ."""

from collections.abc import Callable, Mapping

import numpy as np

from offline.band.synthesizer import RATE, Samples
from offline.dice import Dice

VERSIONS = 3


def _time(seconds: float) -> Samples:
    return np.arange(int(seconds * RATE), dtype=np.float32) / np.float32(RATE)


def _fade_end(wave: Samples) -> Samples:
    """Fade the end to zero, so that it does not click."""
    tail = min(len(wave) // 4, 400)
    wave[-tail:] *= np.linspace(1, 0, tail, dtype=np.float32)
    return wave.astype(np.float32)


def _drop(top: float, low: float, fall_s: float, ring: float, seconds: float) -> Samples:
    """Return a drum skin: a tone that falls from one frequency to another. `ring` is its decay, 1/s."""
    at = _time(seconds)
    phase = low * at + (top - low) * fall_s * (1 - np.exp(-at / fall_s))
    rise = np.clip(at / 0.0012, 0, 1)
    return np.asarray(np.sin(2 * np.pi * phase) * np.exp(-ring * at) * rise, dtype=np.float32)


def _hiss(rng: np.random.Generator, low: float, high: float, ring: float, seconds: float) -> Samples:
    """Return decaying noise between two frequencies."""
    at = _time(seconds)
    spectrum = np.fft.rfft(rng.standard_normal(len(at)))
    hz = np.fft.rfftfreq(len(at), 1 / RATE)
    spectrum *= 1 / np.sqrt((1 + (low / np.maximum(hz, 1)) ** 6) * (1 + (hz / high) ** 6))
    noise = np.fft.irfft(spectrum, len(at))
    noise /= noise.std() + 1e-9
    return np.asarray(noise * np.exp(-ring * at) * np.clip(at / 0.0008, 0, 1), dtype=np.float32) * np.float32(0.5)


def _held(rng: np.random.Generator, hold: int, ring: float, seconds: float) -> Samples:
    """Return the noise of an old sound chip: one of two levels, held for `hold` samples."""
    at = _time(seconds)
    coins = rng.integers(0, 2, len(at) // hold + 1).astype(np.float32) * 2 - 1
    return np.asarray(np.repeat(coins, hold)[: len(at)] * np.exp(-ring * at) * np.float32(0.5), dtype=np.float32)


def _mixed(*waves: tuple[float, Samples]) -> Samples:
    mix = np.zeros(max(len(wave) for _, wave in waves), np.float32)
    for gain, wave in waves:
        mix[: len(wave)] += np.float32(gain) * wave
    return mix


def _clap(rng: np.random.Generator) -> Samples:
    """Return four claps, slightly apart."""
    wave = _hiss(rng, 900, 5000, 14, 0.28)
    at = _time(0.28)
    hands = sum(np.exp(-np.abs(at - late) * 300) * (at >= late) for late in (0.0, 0.011, 0.021)) + 0.9 * (at > 0.03)
    return np.asarray(wave * hands * np.exp(-12 * at), dtype=np.float32)


Maker = Callable[[np.random.Generator], Samples]

_STUDIO: dict[str, Maker] = {
    "kick": lambda t: _mixed((1.0, _drop(150, 52, 0.03, 9, 0.34)), (0.25, _hiss(t, 1500, 6000, 220, 0.03))),
    "snare": lambda t: _mixed((0.5, _drop(260, 185, 0.02, 18, 0.2)), (0.75, _hiss(t, 1200, 9000, 17, 0.26))),
    "hat": lambda t: _hiss(t, 7000, 14000, 62, 0.09) * 0.6,
    "open": lambda t: _hiss(t, 6500, 14000, 13, 0.3) * 0.5,
    "clap": _clap,
    "tom": lambda t: _mixed((0.9, _drop(190, 96, 0.05, 9, 0.36)), (0.12, _hiss(t, 500, 3000, 40, 0.1))),
    "crash": lambda t: _hiss(t, 3800, 13000, 2.6, 1.5) * 0.6,
    "ride": lambda t: _mixed((0.35, _hiss(t, 6000, 12000, 9, 0.5)), (0.10, _drop(3150, 3100, 0.1, 16, 0.3))),
    "shaker": lambda t: _hiss(t, 5000, 11000, 38, 0.11) * 0.45,
}
_KITS: dict[str, dict[str, Maker]] = {
    "studio": {},
    "machine": {
        "kick": lambda t: _mixed((1.0, _drop(230, 47, 0.035, 6.5, 0.42)), (0.2, _hiss(t, 2500, 9000, 300, 0.02))),
        "snare": lambda t: _mixed((0.4, _drop(330, 190, 0.02, 20, 0.18)), (0.8, _hiss(t, 1500, 11000, 11, 0.34))),
        "hat": lambda t: _hiss(t, 8500, 15000, 80, 0.07) * 0.6,
    },
    "dusty": {
        "kick": lambda t: _drop(110, 50, 0.03, 11, 0.3) + 0.0,
        "snare": lambda t: _mixed((0.45, _drop(230, 170, 0.02, 22, 0.16)), (0.6, _hiss(t, 800, 4500, 24, 0.2))),
        "hat": lambda t: _hiss(t, 4500, 8500, 70, 0.08) * 0.5,
    },
    "brushes": {
        "kick": lambda t: _drop(95, 55, 0.03, 12, 0.26) * 0.6,
        "snare": lambda t: _hiss(t, 1500, 7000, 13, 0.24) * 0.5,
        "hat": lambda t: _hiss(t, 6000, 11000, 75, 0.07) * 0.5,
    },
    "hand": {
        "kick": lambda t: _mixed((0.9, _drop(130, 78, 0.03, 10, 0.3)), (0.1, _hiss(t, 400, 2500, 60, 0.06))),
        "snare": lambda t: _mixed((0.5, _drop(320, 240, 0.02, 26, 0.14)), (0.25, _hiss(t, 2000, 8000, 36, 0.12))),
        "tom": lambda t: _drop(230, 150, 0.03, 13, 0.25) * 0.8,
    },
    "hall": {
        "kick": lambda t: _mixed((1.0, _drop(90, 46, 0.05, 3.8, 0.9)), (0.2, _hiss(t, 200, 1500, 30, 0.12))),
        "snare": lambda t: _mixed((0.4, _drop(220, 180, 0.02, 20, 0.16)), (0.6, _hiss(t, 1000, 7500, 15, 0.28))),
        "tom": lambda t: _mixed((1.0, _drop(125, 72, 0.05, 5, 0.6)), (0.2, _hiss(t, 300, 2200, 30, 0.12))),
    },
    "chip": {
        "kick": lambda t: np.sign(_drop(210, 45, 0.03, 0, 0.13)) * np.exp(-22 * _time(0.13)) * np.float32(0.8),
        "snare": lambda t: _held(t, 3, 24, 0.16),
        "hat": lambda t: _held(t, 1, 75, 0.05) * np.float32(0.5),
        "open": lambda t: _held(t, 1, 18, 0.16) * np.float32(0.45),
        "clap": lambda t: _held(t, 4, 26, 0.14),
        "tom": lambda t: _held(t, 9, 20, 0.16),
        "crash": lambda t: _held(t, 2, 5, 0.7) * np.float32(0.6),
        "ride": lambda t: _held(t, 1, 40, 0.08) * np.float32(0.4),
        "shaker": lambda t: _held(t, 1, 90, 0.04) * np.float32(0.4),
    },
}


def drum_kit(name: str, drums: set[str], dice: Dice) -> Mapping[str, list[Samples]]:
    """Return the sounds of a kit's drums, each in VERSIONS versions."""
    makers = _STUDIO | _KITS[name]
    return {
        drum: [_fade_end(makers[drum](dice(f"{drum} {take}"))) for take in range(VERSIONS)] for drum in sorted(drums)
    }
