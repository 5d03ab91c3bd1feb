"""Music from words, as WAV or MP3."""

import io
import wave
from typing import Literal

import av
import numpy as np

from offline.band.arrangement import arrange
from offline.band.form import timeline_for
from offline.band.mastering import apply_mastering
from offline.band.mixer import Mixer
from offline.band.reverb import add_reverb
from offline.band.score import compose
from offline.band.synthesizer import RATE, Samples
from offline.dice import Dice

SECONDS_MIN, SECONDS_MAX = 1.0, 300.0
GUIDANCE_MAX = 20.0
MP3_BITS_PER_S = 192_000


def play(prompt: str, *, seed: int, seconds: float, guidance: float, format: Literal["wav", "mp3"]) -> bytes:
    """Return stereo at 44.1 kHz, `seconds` long. The same arguments give the same bytes.

    `guidance` (0 to 20) is how closely the words are followed: at 0 they only seed the dice. Raises ValueError for a
    length, guidance or format out of bounds.

    """
    if not SECONDS_MIN <= seconds <= SECONDS_MAX:
        raise ValueError(f"Music must be {SECONDS_MIN:g} to {SECONDS_MAX:g} s long, not {seconds:g}.")
    if not 0 <= guidance <= GUIDANCE_MAX:
        raise ValueError(f"`guidance` must be 0 to {GUIDANCE_MAX:g}, not {guidance:g}.")
    if format not in ("wav", "mp3"):
        raise ValueError(f"`format` must be wav or mp3, not {format}.")
    sound = perform(prompt, seed, seconds, guidance)
    sound *= 32_767
    samples = np.round(sound, out=sound).T.astype("<i2", order="C")
    return _wav(samples.tobytes()) if format == "wav" else _mp3(samples)


def perform(prompt: str, seed: int, seconds: float, guidance: float) -> Samples:
    """Return the music as two rows of samples within -1..1."""
    dice = Dice(prompt, seed)
    arrangement = arrange(prompt, dice, guidance)
    timeline = timeline_for(arrangement, seconds)
    mixer = Mixer(arrangement, timeline, round(seconds * RATE), dice)
    mixer.play(compose(arrangement, timeline, seconds, dice))
    return apply_mastering(add_reverb(mixer.dry, mixer.send, arrangement, dice), arrangement, timeline, dice)


def _wav(samples: bytes) -> bytes:
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(2)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return buffer.getvalue()


def _mp3(samples: np.ndarray[tuple[int, ...], np.dtype[np.int16]]) -> bytes:
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp3") as container:
        stream = container.add_stream("libmp3lame", rate=RATE)
        stream.bit_rate, stream.codec_context.layout = MP3_BITS_PER_S, "stereo"
        stream.codec_context.format = "s16p"
        frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(samples.T), format="s16p", layout="stereo")
        frame.sample_rate, frame.pts = RATE, 0
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return buffer.getvalue()
