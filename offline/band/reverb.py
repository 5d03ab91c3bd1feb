"""Reverb and overall tone: two convolutions, computed together block by block."""

import numpy as np

from offline.band.arrangement import Arrangement
from offline.band.synthesizer import RATE, Samples
from offline.dice import Dice

_BLOCK = 1 << 18
_TAPS = 4_096
_BEFORE_S = 0.014  # until the first reflection
_ROOM_HZ = 170.0, 5_500.0


def add_reverb(dry: Samples, send: Samples, arrangement: Arrangement, dice: Dice) -> Samples:
    """Return left and right with reverb and tone (2 x samples), overwriting `dry`."""
    tone, answers = _tone(arrangement), _answers(arrangement, dice)
    reach = max(len(tone), answers.shape[1])
    step = _BLOCK - reach
    tone_hat = np.fft.rfft(tone, _BLOCK)
    answers_hat = np.fft.rfft(answers, _BLOCK, axis=1) if arrangement.style.room else None
    length, late = dry.shape[1], _TAPS // 2
    tail = np.zeros((2, reach), np.float32)
    block = np.zeros((2, _BLOCK), np.float32)
    for start in range(0, length + late, step):
        taken = max(min(step, length - start), 0)
        block[:, :taken], block[:, taken:] = dry[:, start : start + taken], 0
        spectra = np.fft.rfft(block, axis=1) * tone_hat
        if answers_hat is not None and taken:
            spectra += np.fft.rfft(send[start : start + taken], _BLOCK) * answers_hat
        wet = np.fft.irfft(spectra, axis=1).astype(np.float32)
        wet[:, :reach] += tail
        tail = wet[:, step:].copy()
        # The filters delay by `late` samples, so writing back that much earlier never overwrites unread samples.
        skipped = max(late - start, 0)
        first = max(start - late, 0)
        count = min(step - skipped, length - first)
        dry[:, first : first + count] = wet[:, skipped : skipped + count]
    return dry


def _tone(arrangement: Arrangement) -> Samples:
    """Return a filter without rumble, darker for a dark or calm mood, and narrow for the dusty kit."""
    hz = np.fft.rfftfreq(_TAPS, 1 / RATE)
    gain = (hz / 30) ** 4 / (1 + (hz / 30) ** 4)
    lift_db = float(np.clip(2 + 3.5 * arrangement.valence + 2.0 * arrangement.energy, -5, 5))
    gain *= 10 ** (lift_db / 20 / (1 + (2600 / np.maximum(hz, 1)) ** 2))
    if arrangement.style.kit == "dusty":
        gain /= np.sqrt(1 + (hz / 5200) ** 6)
    taps = np.roll(np.fft.irfft(gain), _TAPS // 2) * np.hanning(_TAPS)
    return np.asarray(taps, dtype=np.float32)


def _answers(arrangement: Arrangement, dice: Dice) -> Samples:
    """Return the room's response to a clap, left and right: decaying noise, the highs before the lows."""
    count = int((_BEFORE_S + min(arrangement.style.room_s, 3.6)) * RATE) + _TAPS // 2
    if not arrangement.style.room:
        return np.zeros((2, 1), np.float32)
    at_s = np.arange(count) / RATE - _BEFORE_S - _TAPS / 2 / RATE
    noise = np.fft.rfft(dice("room").standard_normal((2, count)), axis=1)
    hz = np.fft.rfftfreq(count, 1 / RATE)
    low, high = _ROOM_HZ
    body = np.fft.irfft(
        noise / np.sqrt(1 + (low / np.maximum(hz, 1)) ** 4) / np.sqrt(1 + (hz / 1800) ** 4), count, axis=1
    )
    air = np.fft.irfft(
        noise / np.sqrt(1 + (2500 / np.maximum(hz, 1)) ** 4) / np.sqrt(1 + (hz / high) ** 4), count, axis=1
    )
    sound = body * np.exp(-6.9 * at_s / arrangement.style.room_s) + air * np.exp(-11 * at_s / arrangement.style.room_s)
    sound *= np.clip(at_s / 0.004, 0, 1) * np.clip((at_s[-1] - at_s) / 0.3, 0, 1)
    sound *= 1.25 * arrangement.style.room / np.sqrt((sound**2).sum(axis=1, keepdims=True) + 1e-12)
    return np.asarray(sound, dtype=np.float32)
