"""Audio files from samples: one channel of 16 bits."""

import io
import wave
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter.context import FilterContext
from numpy.typing import NDArray

Samples = NDArray[np.int16]
FRAME_SAMPLES = 8_192
MP3_BITS_PER_S = 64_000


def encode_wav(samples: Samples, rate: int) -> bytes:
    """Return samples as a WAV file."""
    buffer = io.BytesIO()
    with wave.open(buffer, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(samples.astype("<i2").tobytes())
    return buffer.getvalue()


def encode_mp3(samples: Samples, rate: int) -> bytes:
    """Return samples as an MP3 file."""
    buffer = io.BytesIO()
    with av.open(buffer, "w", format="mp3") as file:
        stream = file.add_stream("libmp3lame", rate=rate, layout="mono")
        stream.bit_rate = MP3_BITS_PER_S
        for frame in _frames(samples, rate):
            file.mux(stream.encode(frame))
        file.mux(stream.encode(None))
    return buffer.getvalue()


def stretch(samples: Samples, rate: int, tempo: float) -> Samples:
    """Return samples at another tempo and the same pitch. A tempo of 0.5 takes twice as long."""
    graph = av.filter.Graph()
    source = graph.add_abuffer(sample_rate=rate, format="s16", layout="mono", time_base=Fraction(1, rate))
    change, sink = graph.add("atempo", f"{tempo:.4f}"), graph.add("abuffersink")
    source.link_to(change)
    change.link_to(sink)
    graph.configure()
    pieces: list[Samples] = []
    for frame in (*_frames(samples, rate), None):
        source.push(frame)
        pieces += _drain(sink)
    return np.concatenate(pieces)


def _frames(samples: Samples, rate: int) -> Iterator[AudioFrame]:
    for start in range(0, len(samples), FRAME_SAMPLES):
        piece = np.ascontiguousarray(samples[start : start + FRAME_SAMPLES])[np.newaxis]
        frame = AudioFrame.from_ndarray(piece, format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, Fraction(1, rate)
        yield frame


def _drain(sink: FilterContext) -> Iterator[Samples]:
    """Yield the samples that the filter has finished so far."""
    while True:
        try:
            frame = sink.pull()
        except (BlockingIOError, EOFError):
            return
        if isinstance(frame, AudioFrame):
            yield np.asarray(frame.to_ndarray()[0], np.int16)
