"""The band: exact lengths, audible sound without faults, and music that follows the words."""

import hashlib
import io
import os
import subprocess
import sys
import wave
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest

from offline.band.arrangement import PARTS, Arrangement, arrange
from offline.band.form import Timeline, sections, timeline_for
from offline.band.mastering import PEAK
from offline.band.performance import RATE, perform, play
from offline.band.score import Score, compose
from offline.band.styles import STYLES
from offline.band.vocabulary import INSTRUMENTS
from offline.band.voices import VOICES
from offline.dice import Dice

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[4]
CHIP = "upbeat 8-bit chiptune adventure theme"
PROMPTS = [
    CHIP,
    "calm ambient space",
    "sad solo piano, slow",
    "dark techno, 128 bpm",
    "lofi beats, rain",
    "smoky jazz without drums",
    "epic orchestral boss battle",
    "medieval waltz in the forest",
    "rock, 41 bpm",
    "solo marimba, 45 bpm",
    "xyzzy",
    "\ud800 日本の歌 🎵",
]
GUIDANCE = 3.5
SECONDS = 5
SCALE_MAJOR = (0, 2, 4, 5, 7, 9, 11)


@cache
def sound(prompt: str, seed: int = 7, seconds: float = SECONDS, guidance: float = GUIDANCE) -> np.ndarray:
    samples = perform(prompt, seed, seconds, guidance)
    samples.flags.writeable = False
    return samples


def written(
    prompt: str, seed: int = 7, seconds: float = 30.0, guidance: float = GUIDANCE
) -> tuple[Arrangement, Timeline, Score]:
    dice = Dice(prompt, seed)
    arrangement = arrange(prompt, dice, guidance)
    timeline = timeline_for(arrangement, seconds)
    return arrangement, timeline, compose(arrangement, timeline, seconds, dice)


def centroid(samples: np.ndarray) -> float:
    """Return the spectral centroid in Hz."""
    spectrum = np.abs(np.fft.rfft(samples.mean(axis=0)))
    return float((spectrum * np.fft.rfftfreq(samples.shape[1], 1 / RATE)).sum() / spectrum.sum())


def chroma(samples: np.ndarray) -> np.ndarray:
    """Return the shares of the twelve pitch classes, C first, between 60 and 2000 Hz."""
    spectrum = np.abs(np.fft.rfft(samples.mean(axis=0))) ** 2
    hz = np.fft.rfftfreq(samples.shape[1], 1 / RATE)
    heard = (hz > 60) & (hz < 2000)
    pitches = np.round(69 + 12 * np.log2(hz[heard] / 440)).astype(int) % 12
    shares = np.bincount(pitches, spectrum[heard], 12)
    return np.asarray(shares / shares.sum())


def onset_strength(samples: np.ndarray) -> np.ndarray:
    """Return the total rise of all frequencies from each 10 ms step to the next."""
    mono, step = samples.mean(axis=0), RATE // 100
    frames = np.lib.stride_tricks.sliding_window_view(mono, 1024)[::step] * np.hanning(1024)
    loudness = np.log1p(100 * np.abs(np.fft.rfft(frames, axis=1)))
    return np.asarray(np.clip(np.diff(loudness, axis=0), 0, None).sum(axis=1))


@pytest.mark.parametrize("prompt", PROMPTS)
def test_any_prompt_gives_clean_sound(prompt: str) -> None:
    """Sound has even loudness, stereo and quiet ends, but no clipping, offset or silence of a second."""
    samples = sound(prompt)
    assert (2, SECONDS * RATE) == samples.shape
    assert -20 < 20 * np.log10(np.sqrt((samples**2).mean())) < -10
    assert 0.3 < np.abs(samples).max() <= PEAK < 0.9
    assert np.abs(samples.mean(axis=1)).max() < 1e-3
    tenths = np.sqrt((samples**2).mean(axis=0).reshape(-1, RATE // 10).mean(axis=1))
    quiet = "".join("." if level < 10 ** (-50 / 20) else "x" for level in tenths)
    assert "." * 11 not in quiet
    assert np.abs(samples[0] - samples[1]).mean() > 0.02 * np.abs(samples).mean()
    assert np.abs(samples[:, [0, -1]]).max() < 1e-3


@pytest.mark.parametrize("prompt", ["calm ambient space", "sad solo piano, slow", "gentle lullaby", "solo flute"])
def test_soft_music_does_not_click(prompt: str) -> None:
    """Samples of soft instruments stay close to their neighbours."""
    assert np.abs(np.diff(sound(prompt), 2, axis=1)).max() < 0.12


@pytest.mark.parametrize("seconds", [1.0, 2.5, 7.31, 30.0])
def test_wav_has_the_exact_length(seconds: float) -> None:
    """A WAV is stereo at 44.1 kHz and 16 bits, with the requested length to the sample."""
    with wave.open(io.BytesIO(play(CHIP, seed=1, seconds=seconds, guidance=GUIDANCE, format="wav"))) as file:
        assert (2, 2, RATE) == (file.getnchannels(), file.getsampwidth(), file.getframerate())
        assert round(seconds * RATE) == file.getnframes()


@pytest.mark.parametrize("seconds", [1.0, 7.31])
def test_mp3_sounds_like_the_wav(seconds: float) -> None:
    """An MP3 decodes to stereo of the requested length and correlates with the WAV."""
    data = play(CHIP, seed=1, seconds=seconds, guidance=GUIDANCE, format="mp3")
    with av.open(io.BytesIO(data)) as container:
        stream = container.streams.audio[0]
        decoded = np.concatenate([frame.to_ndarray() for frame in container.decode(stream)], axis=1)
        assert ("mp3float", 2, RATE) == (stream.codec_context.name, stream.channels, stream.rate)
    assert seconds == pytest.approx(decoded.shape[1] / RATE, abs=0.05)
    played = perform(CHIP, 1, seconds, GUIDANCE)
    count = min(decoded.shape[1], played.shape[1])
    assert np.corrcoef(decoded[0, :count], played[0, :count])[0, 1] > 0.97


def test_every_argument_changes_the_music() -> None:
    """The same arguments repeat the bytes, and another prompt, seed, length or guidance changes them."""
    asked = {"prompt": "folk dance", "seed": 5, "seconds": 3.0, "guidance": 3.5, "format": "wav"}
    changes = [{}, {"prompt": "folk song"}, {"seed": -6}, {"seed": 2**70}, {"seconds": 3.5}, {"guidance": 0.5}]
    made = [hashlib.sha256(play(**(asked | change))).digest() for change in changes]  # type: ignore[arg-type]
    assert len(changes) == len(set(made))
    assert made[0] == hashlib.sha256(play(**asked)).digest()  # type: ignore[arg-type]


HASHES = """
import hashlib
from offline.band.performance import play
for prompt, format in (("epic choir and drums", "mp3"), ("lofi rain", "wav")):
    print(hashlib.sha256(play(prompt, seed=9, seconds=2, guidance=3.5, format=format)).hexdigest())
"""


def test_music_does_not_depend_on_uninitialized_memory() -> None:
    """Processes with different bytes in fresh memory (glibc's MALLOC_PERTURB_) give the same files."""
    made = set()
    for filler in ("1", "170"):
        environment = os.environ | {"PYTHONPATH": str(ROOT), "MALLOC_PERTURB_": filler}
        done = subprocess.run(
            [sys.executable, "-c", HASHES], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        assert 2 == len(done.stdout.split())
        made.add(done.stdout)
    assert 1 == len(made)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"seconds": 0.9}, "Music must be 1 to 300 s long"),
        ({"seconds": 301}, "Music must be 1 to 300 s long"),
        ({"seconds": float("nan")}, "Music must be 1 to 300 s long"),
        ({"guidance": -0.1}, "`guidance` must be 0 to 20"),
        ({"guidance": 21}, "`guidance` must be 0 to 20"),
        ({"format": "ogg"}, "`format` must be wav or mp3"),
    ],
)
def test_argument_out_of_bounds_raises(change: dict[str, object], message: str) -> None:
    """A length, guidance or format out of bounds raises ValueError with its name."""
    asked: dict[str, object] = {"seed": 1, "seconds": 2.0, "guidance": 3.5, "format": "wav"}
    with pytest.raises(ValueError, match=message):
        play("sea", **(asked | change))  # type: ignore[arg-type]


def test_full_orchestra_plays_half_a_minute() -> None:
    """A full orchestra fills 30 s with every part of the style."""
    prompt = "epic orchestral boss battle with choir"
    _, _, score = written(prompt, 3)
    assert {"lead", "comp", "bass", "pad"} <= {part for part, notes in score.notes.items() if notes}
    with wave.open(io.BytesIO(play(prompt, seed=3, seconds=30, guidance=GUIDANCE, format="wav"))) as file:
        assert 30 * RATE == file.getnframes()


def test_every_named_voice_exists() -> None:
    """The synthesizer has every voice that styles and instrument words name."""
    named = {voice for style in STYLES.values() for part in PARTS for voice in getattr(style, part)}
    assert set() == (named | {voice for voice, _ in INSTRUMENTS.values()}) - set(VOICES)


@pytest.mark.parametrize("style", STYLES)
def test_every_style_fills_every_length(style: str) -> None:
    """Sections add up to the bars, and every note lies within the piece and a piano's range."""
    for seconds in (1.0, 1.7, 3.0, 5.2, 13.0, 300.0):
        for extra in ("", "waltz", "fast", "40 bpm", "240 bpm"):
            arrangement, timeline, score = written(f"{style} {extra}", 3, seconds)
            assert timeline.bars == sum(
                section.bars for section in sections(arrangement, timeline.bars, Dice(f"{style} {extra}", 3))
            )
            assert (
                0.2 < seconds - timeline.end_s < max(0.35 * seconds, 2.5) + 60 * arrangement.meter / arrangement.tempo
            )
            for note in (note for notes in score.notes.values() for note in notes):
                assert timeline.second_at(note.beat) >= -1e-9
                assert timeline.second_at(note.beat) <= seconds
                assert note.beats > 0
                assert 21 <= note.pitch <= 108


def test_prompt_words_decide_the_arrangement() -> None:
    """Style, tempo, key, meter, instruments and excluded parts are read from the prompt."""
    arrangement, timeline, _ = written("Lo-Fi waltz in F# minor, 93 bpm, soft flute, no drums, without bass, rain")
    assert ("lofi", 93.0, 93.0, "minor", 66, 3) == (
        arrangement.name,
        arrangement.tempo,
        timeline.tempo,
        arrangement.mode,
        arrangement.tonic,
        arrangement.meter,
    )
    assert ("flute", None, None, "rain") == (
        arrangement.voices["lead"],
        arrangement.voices.get("bass"),
        arrangement.beat,
        arrangement.bed,
    )


@pytest.mark.parametrize(
    ("word", "name"),
    [
        ("8-bit", "chiptune"), ("lo fi", "lofi"), ("jazz", "jazz"), ("ambient", "ambient"), ("rock", "rock"),
        ("techno", "techno"), ("epic", "epic"), ("epic rock", "rock"), ("music box", "lullaby"), ("forest", "folk"),
        ("space", "ambient"), ("boss", "epic"), ("upbeat", "pop"), ("80s", "synthwave"), ("waltz", "classical"),
    ],
)  # fmt: skip
def test_word_selects_its_style(word: str, name: str) -> None:
    """A style is found by its name in any spelling, or by a place or mood that suits it."""
    assert name == written(word)[0].name


def test_requested_tempo_is_audible() -> None:
    """At 120 beats a minute, onsets repeat after 0.5 s more than after any other time from 0.4 to 0.7 s."""
    strength = onset_strength(sound("techno, 120 bpm"))
    strength = strength - strength.mean()
    lags = range(40, 70)
    alike = [float((strength[lag:] * strength[:-lag]).mean()) for lag in lags]
    assert 50 == pytest.approx(lags[int(np.argmax(alike))], abs=1)


def test_fast_music_has_more_notes_than_slow_music() -> None:
    """The density of onsets follows the tempo and the mood."""
    counts = []
    for prompt in ("slow calm rock", "rock", "fast frantic rock"):
        _, timeline, score = written(prompt, 3)
        struck = {timeline.second_at(note.beat) for notes in score.notes.values() for note in notes}
        counts.append(len(struck | {timeline.second_at(hit.beat) for hit in score.hits}))
    assert counts[0] * 1.3 < counts[1]
    assert counts[1] * 1.2 < counts[2]


@pytest.mark.parametrize(
    ("dull", "bright"),
    [
        ("dark sad synthwave", "happy upbeat synthwave"),
        ("calm gloomy pop", "energetic cheerful pop"),
        ("ambient", CHIP),
        ("lullaby", "rock"),
    ],
)
def test_dark_music_has_a_lower_spectrum_than_bright_music(dull: str, bright: str) -> None:
    """The spectral centroid of a happy or wild piece is at least a fifth higher than that of a dark or calm one."""
    for seed in (1, 2):
        assert centroid(sound(dull, seed, 4.0)) * 1.2 < centroid(sound(bright, seed, 4.0))


@pytest.mark.parametrize(("mode", "thirds"), [("major", (4, 3)), ("minor", (3, 4))])
def test_requested_key_is_audible(mode: str, thirds: tuple[int, int]) -> None:
    """C major has the major third and not the minor one, and C minor the opposite."""
    shares = chroma(sound(f"classical in c {mode}, no drums", seconds=8))
    present, absent = thirds
    assert shares[present] > 2.5 * shares[absent]
    if mode == "major":
        assert shares[list(SCALE_MAJOR)].sum() > 0.85


def test_last_chord_is_the_tonic() -> None:
    """The root or the fifth of the tonic is the strongest pitch class at the end."""
    samples = sound("epic march in d major")
    assert int(np.argmax(chroma(samples[:, -RATE:]))) in {2, 9}


def test_tune_returns_with_variations() -> None:
    """The first section returns with the same first bar and changes, and the middle section has another tune."""
    arrangement, timeline, score = written("pop", 4, 60, guidance=20)
    by_section: dict[str, list[list[tuple[float, int]]]] = {}
    for section in sections(arrangement, timeline.bars, Dice("pop", 4)):
        start, end = section.start * arrangement.meter, (section.start + section.bars) * arrangement.meter
        tune = [(note.beat - start, note.pitch) for note in score.notes["lead"] if start <= note.beat < end]
        by_section.setdefault(section.name, []).append(tune)
    first, again = by_section["A"][:2]
    assert [note for note in first if note[0] < arrangement.meter] == [
        note for note in again if note[0] < arrangement.meter
    ]
    assert first != again
    assert first != by_section["B"][0]


def test_guidance_weighs_the_words() -> None:
    """Words only seed the dice at 0, count fully from the default on, and more guidance means fewer ornaments."""
    asked = "techno, 128 bpm, no drums"
    heeded = [arrange(asked, Dice(asked, seed), GUIDANCE) for seed in range(12)]
    ignored = [arrange(asked, Dice(asked, seed), 0) for seed in range(12)]
    assert {("techno", 128.0, None)} == {
        (arrangement.name, arrangement.tempo, arrangement.beat) for arrangement in heeded
    }
    assert len({arrangement.name for arrangement in ignored}) > 3
    loose = [arrange(asked, Dice(asked, 1), guidance).loose for guidance in (0, 3.5, 20)]
    assert [1.0, 0.31, 0.0] == [round(value, 2) for value in loose]
