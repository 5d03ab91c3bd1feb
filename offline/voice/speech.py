"""Speech from text by a formant synthesizer: clear, fast and robotic, in over a hundred languages."""

import math
import unicodedata

import numpy as np

from offline.voice import espeak
from offline.voice.audio import Samples, encode_mp3, encode_wav, stretch
from offline.voice.clauses import split_clauses
from offline.voice.speakers import find_voice

FORMATS = {"wav": encode_wav, "mp3": encode_mp3}
WPM = 175  # at speed 1
SPEED_MIN, SPEED_MAX = 0.25, 4.0
SPEECH_S_MAX = 1_200  # 53 MB as WAV
AUDIBLE = 50.0  # root mean square of 16-bit samples
_CODES = {"en": "en-us", "no": "nb", "jp": "ja", "iw": "he", "zh-cn": "cmn", "zh-tw": "cmn", "zh-hk": "yue"}


def speak(
    text: str, *, voice_id: str | None, speed: float | None, format: str | None, language: str | None
) -> tuple[bytes, int]:
    """Return the spoken text as a file, and its length in milliseconds. The default is English as WAV.

    Speed 1.0 is about 175 words a minute. An unknown voice id always gets the same fitting voice. Two runs may differ
    in length by a breath. Raises ValueError for a text that cannot be spoken, and MissingExtra.

    """
    words = speakable_text(text)
    voice = find_voice(voice_id)
    pace = 1.0 if speed is None else speed
    if not SPEED_MIN <= pace <= SPEED_MAX:
        raise ValueError(f"`speed` must be a number from {SPEED_MIN} to {SPEED_MAX:g}.")
    if format is not None and format not in FORMATS:
        raise ValueError(f"`format` must be one of {', '.join(FORMATS)}.")
    wpm = WPM * pace * voice.pace
    samples, rate = _synthesize(words, resolve_language(language or voice.language), voice.variant, voice.pitch, wpm)
    return FORMATS[format or "wav"](samples, rate), round(len(samples) * 1000 / rate)


def speakable_text(text: str) -> str:
    """Return the text without control characters. Raises ValueError when nothing is left."""
    printable = (
        " " if unicodedata.category(sign) in ("Cc", "Cs", "Co", "Cn") and sign != "\n" else sign for sign in text
    )
    cleaned = "\n".join(" ".join(line.split()) for line in "".join(printable).split("\n")).strip()
    if not cleaned:
        raise ValueError("`prompt` must not be empty.")
    return cleaned


def resolve_language(code: str) -> str:
    """Return espeak-ng's voice for a language such as en, en-GB or pt_br. An unknown region is dropped.

    Raises ValueError with the known codes.

    """
    known = espeak.languages()
    wanted = code.strip().lower().replace("_", "-")
    for name in (wanted, wanted.partition("-")[0]):
        if found := known.get(_CODES.get(name, name)):
            return found
    raise ValueError(f"`language` {wanted[:20]!r} is not supported. Supported are {', '.join(sorted(known))}.")


def _synthesize(text: str, language: str, variant: str, pitch: int, wpm: float) -> tuple[Samples, int]:
    """Return samples and their rate. Speech slower than the library's minimum is stretched afterwards."""
    native_wpm = round(min(max(wpm, espeak.WPM_MIN), espeak.WPM_MAX))
    tempo = max(min(wpm, native_wpm) / native_wpm, 0.5)
    samples_max = math.floor(SPEECH_S_MAX * 22_050 * tempo)
    samples, rate = espeak.synthesize(
        split_clauses(text), language=language, variant=variant, wpm=native_wpm, pitch=pitch, samples_max=samples_max
    )
    if len(samples) >= samples_max:
        raise ValueError(f"`prompt` must be shorter: its speech would last more than {SPEECH_S_MAX // 60} minutes.")
    if not len(samples) or math.sqrt(np.mean(samples.astype(np.float64) ** 2)) < AUDIBLE:
        raise ValueError("`prompt` must have words that can be spoken.")
    return (stretch(samples, rate, tempo) if tempo < 0.99 else samples), rate
