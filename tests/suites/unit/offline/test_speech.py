"""Speech of the real library, measured because nobody listens to a test."""

import io
import wave
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from functools import partial
from multiprocessing import get_context

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from offline.voice.espeak import languages
from offline.voice.speakers import VOICES, find_voice
from offline.voice.speech import resolve_language, speak, speakable_text

HELLO = "Hello, welcome to WokGen! It is a fine day."
say = partial(speak, HELLO, voice_id=None, speed=None, format=None, language=None)


def heard(data: bytes) -> tuple[NDArray[np.float64], int]:
    """Return the samples of a file, -1 to 1, and their rate, as another program decodes them."""
    with av.open(io.BytesIO(data)) as file:
        frames = list(file.decode(audio=0))
        parts = [np.asarray(frame.to_ndarray(), np.float64).ravel() for frame in frames]
        scale = 2**15 if frames[0].format.name.startswith("s16") else 1
        return np.concatenate(parts) / scale, frames[0].sample_rate


def loudness(data: bytes) -> float:
    return float(np.sqrt(np.mean(heard(data)[0] ** 2)))


def pitch_hz(data: bytes) -> float:
    """Return the median pitch of the loud parts, by autocorrelation."""
    samples, rate = heard(data)
    found = []
    for start in range(0, len(samples) - 1024, 1024):
        part = samples[start : start + 1024]
        echo = np.correlate(part, part, "full")[1023:]
        lag = rate // 400 + int(np.argmax(echo[rate // 400 : rate // 60]))
        if part.std() > 0.02 and echo[lag] > 0.5 * echo[0]:
            found.append(rate / lag)
    return float(np.median(found))


def test_wav_has_the_stated_format_and_duration() -> None:
    """A WAV is one channel of 16 bits, has the returned duration, and is not silent."""
    data, duration_ms = say()
    with wave.open(io.BytesIO(data)) as file:
        assert (1, 2, 22_050) == file.getparams()[:3]
        assert abs(duration_ms - file.getnframes() * 1000 / file.getframerate()) <= 1
    assert 1_500 < duration_ms < 6_000
    assert 0.03 < loudness(data) < 0.5


def test_mp3_holds_the_same_speech() -> None:
    """An MP3 is far smaller than a WAV, and as long and as loud."""
    data, duration_ms = say(format="mp3")
    samples, rate = heard(data)
    assert abs(duration_ms - len(samples) * 1000 / rate) < 120
    assert len(data) * 3 < len(say(format="wav")[0])
    assert loudness(data) == pytest.approx(loudness(say()[0]), rel=0.2)


def test_duration_follows_text_and_speed() -> None:
    """More text lasts longer, and every step of speed from a quarter to four times lasts less."""
    assert 1.8 * say()[1] < speak(HELLO * 2, voice_id=None, speed=1.0, format="wav", language=None)[1]
    durations = [say(speed=speed)[1] for speed in (0.25, 0.4, 0.7, 1.0, 1.5, 2.5, 4.0)]
    assert sorted(durations, reverse=True) == durations
    assert durations[0] == pytest.approx(4 * durations[3], rel=0.25)
    assert durations[6] == pytest.approx(durations[3] / 4, rel=0.25)


def test_stretched_speech_has_the_same_pitch() -> None:
    """Speech slower than the library's minimum is neither lower nor silent."""
    slow = say(speed=0.25)[0]
    assert pitch_hz(slow) == pytest.approx(pitch_hz(say(speed=0.5)[0]), rel=0.15)
    assert loudness(slow) > 0.03


def test_voices_sound_like_their_names() -> None:
    """Every voice is audible, a woman's is higher than a man's, a deep one is lower, and the fast one is fast."""
    spoke = {name: say(voice_id=name) for name in VOICES}
    assert all(loudness(data) > 0.02 for data, _ in spoke.values())
    deep, male, female = (pitch_hz(spoke[name][0]) for name in ("deep", "male", "female"))
    assert deep < 0.9 * male < male < 0.7 * female
    assert spoke["fast"][1] < 0.8 * spoke["default"][1] < 0.7 * spoke["slow"][1]


@pytest.mark.parametrize(
    ("voice_id", "name"),
    [(None, "default"), ("Narrator", "narrator"), ("en-US-female-2", "female"), ("alloy", "female"), ("onyx", "deep")],
)
def test_find_voice_understands_names_and_hints(voice_id: str | None, name: str) -> None:
    """A voice is found by its name, and another service's name by its hints."""
    assert VOICES[name] == find_voice(voice_id)
    assert VOICES[name]._replace(language="en-gb") == find_voice(f"{voice_id or ''} (British)")


def test_unknown_voice_id_always_gets_the_same_voice() -> None:
    """A name without a hint always gets the same voice, and a text that cannot be a name raises ValueError."""
    given = [find_voice(f"voice-{number:x}zq") for number in range(20)]
    assert set(given) <= set(VOICES.values())
    assert given == [find_voice(f"voice-{number:x}zq") for number in range(20)]
    assert 1 < len(set(given))
    with pytest.raises(ValueError, match="narrator"):
        find_voice("<script>")


@pytest.mark.parametrize(
    ("code", "same"), [("en", "en-us"), ("EN_gb", "en-gb"), ("de-AT", "de"), ("zh-CN", "cmn"), ("pt-BR", "pt-br")]
)
def test_resolve_language_accepts_any_case_and_region(code: str, same: str) -> None:
    """A code is read in any case, with either separator, and without an unknown region."""
    assert languages()[same] == resolve_language(code)


def test_every_language_is_audible() -> None:
    """Every listed language gives at least half a second of speech."""
    silent = [code for code in languages() if say(language=code)[1] < 500]
    assert [] == silent


def test_unknown_language_raises_with_the_known_codes() -> None:
    """An unknown language raises ValueError with the supported codes."""
    with pytest.raises(ValueError, match=r"Supported are af, .* de, .* yue"):
        say(language="xx")


@pytest.mark.parametrize("text", ["", " \n\t", "\x00\x01\x7f", "...", "\u200b"])
def test_text_without_speech_raises(text: str) -> None:
    """A text without a pronounceable character raises ValueError."""
    with pytest.raises(ValueError, match="prompt"):
        speak(text, voice_id=None, speed=1.0, format="wav", language=None)


@pytest.mark.parametrize("wrong", [{"speed": 5.0}, {"speed": float("nan")}, {"format": "ogg"}])
def test_invalid_setting_raises_with_its_name(wrong: dict[str, object]) -> None:
    """An unsupported speed or format raises ValueError with its name."""
    with pytest.raises(ValueError, match=next(iter(wrong))):
        say(**wrong)


def test_speakable_text_drops_control_characters() -> None:
    """Control characters and lone surrogates go, and words and lines stay."""
    assert "Hello there,\nyou" == speakable_text("\x01Hello\x00 there, \r\n\ud800 you\x1b ")


def test_speech_over_twenty_minutes_raises() -> None:
    """Speech of more than twenty minutes raises ValueError before it fills the memory."""
    with pytest.raises(ValueError, match="20 minutes"):
        speak("wonderful " * 1_500, voice_id="slow", speed=0.25, format="wav", language=None)


def test_threads_and_child_processes_speak() -> None:
    """Threads that speak at once do not mix their words, and a spawned child speaks too."""
    texts = ["One.", HELLO, "One.", HELLO, "One."]
    with ThreadPoolExecutor(4) as pool:
        spoke = list(pool.map(lambda text: speak(text, voice_id=None, speed=1, format="wav", language=None)[1], texts))
    assert max(spoke[0::2]) * 2 < min(spoke[1::2])
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        assert pool.submit(say).result(timeout=30)[1] == pytest.approx(say()[1], rel=0.1)
