"""The artist: exact sizes, the same bytes for the same words and seed, and different images for different words."""

import io
import os
import subprocess
import sys
from functools import cache
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from offline.artist.noise import line
from offline.artist.palette import Tone, ramp
from offline.artist.reading import read_prompt
from offline.artist.still import paint
from offline.artist.video import render_video
from offline.artist.woods import close_circle

pytestmark = pytest.mark.long

ROOT = Path(__file__).resolve().parents[4]

PROMPTS = [
    "a misty forest at dawn, soft light, cinematic",
    "neon city at night in the rain",
    "desert planet with two moons",
    "pixel art sword glowing red",
    "calm ocean sunset pastel",
    "abstract geometric blue",
    "xyzzy",
    "castle on a snowy mountain, dark storm",
    "flower field with a hot air balloon",
    "a sailing boat on a lake at night, full moon",
    "a river in the valley, geometric",
    "green dragon",
    "nebula",
    "",
    "\ud800 日本の山 🗻",
]


@cache
def first_image(prompt: str) -> Image.Image:
    """Return one image of a sample prompt for several tests."""
    return paint(prompt, 7, 161, 97)


def png(image: Image.Image) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "PNG", compress_level=1)
    return buffer.getvalue()


def pixels(image: Image.Image) -> np.ndarray:
    return np.asarray(image.convert("RGB").resize((24, 24), Image.Resampling.BOX), dtype=np.float64)


def frames(video: bytes) -> tuple[list[np.ndarray], av.VideoCodecContext, float]:
    with av.open(io.BytesIO(video)) as container:
        stream = container.streams.video[0]
        shown = [frame.to_ndarray(format="rgb24") for frame in container.decode(stream)]
        return shown, stream.codec_context, float(stream.duration * stream.time_base)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_paint_shows_something_for_any_prompt(prompt: str) -> None:
    """An image has the requested size, contrast, and a brightness between black and white."""
    image = first_image(prompt)
    assert ((161, 97), "RGBA" if "sword" in prompt else "RGB") == (image.size, image.mode)
    seen = np.asarray(image.convert("RGBA"))[..., 3] > 0
    light = np.asarray(image.convert("L"), dtype=np.float64)[seen]
    assert light.std() > 6
    assert 8 < light.mean() < 247


@pytest.mark.parametrize("size", [(64, 64), (65, 67), (2048, 64), (64, 2048), (333, 512)])
@pytest.mark.parametrize("prompt", ["mountain lake", "neon city in the rain", "forest", "pixel dragon", "geometric"])
def test_paint_returns_the_exact_size(prompt: str, size: tuple[int, int]) -> None:
    """The smallest, largest and odd sizes come out as requested."""
    assert size == paint(prompt, 3, *size).size


@pytest.mark.parametrize("size", [(63, 64), (64, 2049), (0, 100)])
def test_size_out_of_bounds_raises(size: tuple[int, int]) -> None:
    """A side below 64 or above 2048 raises ValueError for images and videos."""
    with pytest.raises(ValueError, match="Width and height must be"):
        paint("sea", 1, *size)
    with pytest.raises(ValueError, match="Width and height must be"):
        render_video("sea", 1, *size, seconds=1, fps=12)


@pytest.mark.parametrize("prompt", PROMPTS)
def test_paint_repeats_its_bytes_for_the_same_arguments(prompt: str) -> None:
    """Two images of the same words, seed and size have identical bytes."""
    assert png(first_image(prompt)) == png(paint(prompt, 7, 161, 97))


def test_different_prompts_give_different_images() -> None:
    """No two of the sample prompts give similar images under the same seed."""
    seen = [pixels(first_image(prompt)) for prompt in PROMPTS]
    for index, one in enumerate(seen):
        for other in seen[index + 1 :]:
            assert np.abs(one - other).mean() > 12


@pytest.mark.parametrize("prompt", PROMPTS)
def test_another_seed_gives_another_image(prompt: str) -> None:
    """Two seeds give two images of the same words."""
    assert np.abs(pixels(first_image(prompt)) - pixels(paint(prompt, 2, 161, 97))).mean() > 0.5


@pytest.mark.parametrize("seed", [-1, -(2**70), 2**64, 10**40])
def test_any_integer_is_a_seed(seed: int) -> None:
    """Negative and huge seeds work, and none of them is reduced to a small one."""
    assert png(paint("river", seed, 64, 64)) != png(paint("river", seed % 2**32, 64, 64))


def test_prompt_words_decide_the_reading() -> None:
    """Place, hour, weather, mood, colour, style and counts are read from the prompt and the style."""
    reading = read_prompt("A snowy castle over the SEA at night, two moons, cinematic, red", "pixel-art")
    assert ("sea", "night", "pixel", ("castle",), (27,)) == (
        reading.place,
        reading.hour,
        reading.style,
        reading.subjects,
        reading.hues,
    )
    assert {"snow"} == reading.weathers
    assert {"cinematic"} == reading.moods
    assert {"moon": 2} == reading.bodies


def test_colour_word_tints_the_image() -> None:
    """The word red gives a redder image than the word blue."""
    red, blue = (pixels(paint(f"{word} abstract", 5, 96, 96)).mean(axis=(0, 1)) for word in ("red", "blue"))
    assert red[0] - red[2] > blue[0] - blue[2] + 20


def test_night_is_darker_than_noon() -> None:
    """The hour sets the brightness."""
    night, day = (pixels(paint(f"mountain at {hour}", 5, 128, 96)).mean() for hour in ("night", "noon"))
    assert night + 40 < day


@pytest.mark.parametrize("seed", range(8))
def test_light_rays_close_their_circle(seed: int) -> None:
    """The step from the last beam to the first is not larger than the steps between neighbours."""
    beams = close_circle(line(np.random.default_rng(seed), 2560, 90, octaves=4, gain=0.6), 2048)
    assert 2048 == len(beams)
    assert abs(beams[0] - beams[-1]) <= np.abs(np.diff(beams)).max()


def test_style_argument_counts_like_a_word() -> None:
    """The style pixel limits the number of colours."""
    image = paint("forest", 1, 224, 224, "pixel")
    assert 2 < len(image.getcolors(100_000) or []) <= 32


def test_oklch_colours_stay_in_gamut() -> None:
    """Colours outside the gamut lose chroma, and ramps meet their stops."""
    for hue in range(0, 360, 15):
        light = Tone(0.7, 0.37, hue).light
        assert 0 <= light.min() <= light.max() <= 1
    ends = ramp([(0.0, Tone(0, 0, 0)), (1.0, Tone(1, 0, 0))], np.array([0, 1], np.float32))
    assert [0, 1] == np.round(ends[:, 0]).tolist()


def test_large_image_is_painted_at_full_size() -> None:
    """An image of 1024 x 1024 pixels has fine detail rather than enlarged pixels."""
    image = paint("a misty forest at dawn, soft light, cinematic", 7, 1024, 1024)
    assert (1024, 1024) == image.size
    blocky = image.reduce(2).resize(image.size, Image.Resampling.NEAREST)
    assert np.abs(np.asarray(image, dtype=int) - np.asarray(blocky, dtype=int)).mean() > 1


@pytest.mark.parametrize(
    "prompt", ["stormy sea, lighthouse", "pixel forest", "abstract waves", "geometric", "snowy field"]
)
def test_video_decodes_and_moves(prompt: str) -> None:
    """The MP4 has the requested length and size as H.264 in yuv420p, and its frames differ."""
    shown, codec, seconds = frames(render_video(prompt, 4, 160, 90, 2, 12))
    assert ("h264", "yuv420p", 160, 90) == (codec.name, codec.pix_fmt, codec.width, codec.height)
    assert 24 == len(shown)
    assert seconds == pytest.approx(2, abs=0.1)
    assert np.abs(shown[0].astype(int) - shown[-1].astype(int)).mean() > 0.3


def test_video_drops_an_odd_row_and_column() -> None:
    """A video of 131 x 97 pixels becomes 130 x 96, because yuv420p needs even sides."""
    shown, _, _ = frames(render_video("desert", 4, 131, 97, 0.5, 12))
    assert {(96, 130, 3)} == {frame.shape for frame in shown}


def test_video_has_the_colours_of_the_still() -> None:
    """The middle frame has nearly the mean colour of the still image."""
    shown, _, _ = frames(render_video("geometric red", 4, 128, 128, 0.25, 12))
    still = np.asarray(paint("geometric red", 4, 128, 128), dtype=np.float64)
    assert np.abs(shown[1].mean(axis=(0, 1)) - still.mean(axis=(0, 1))).max() < 6


HASHES = """
import hashlib
from offline.artist.video import render_video
from offline.artist.still import paint
for prompt, width, height in (("calm lake", 96, 64), ("neon city in the rain", 160, 90), ("snowy field", 130, 96)):
    print(hashlib.sha256(render_video(prompt, 9, width, height, 0.5, 12)).hexdigest())
    print(hashlib.sha256(paint(prompt, 9, width, height).tobytes()).hexdigest())
"""


def test_output_does_not_depend_on_uninitialized_memory() -> None:
    """Processes with different bytes in fresh memory (glibc's MALLOC_PERTURB_) give the same images and videos."""
    made = set()
    for filler in ("1", "170"):
        environment = os.environ | {"PYTHONPATH": str(ROOT), "MALLOC_PERTURB_": filler}
        done = subprocess.run(
            [sys.executable, "-c", HASHES], env=environment, capture_output=True, text=True, timeout=60, check=True
        )
        assert 6 == len(done.stdout.split())
        made.add(done.stdout)
    assert 1 == len(made)


@pytest.mark.parametrize(("seconds", "fps"), [(0, 24), (10.5, 24), (2, 0), (2, 31)])
def test_video_length_or_rate_out_of_bounds_raises(seconds: float, fps: int) -> None:
    """A length of 0 or above 10 s and a rate outside 1 to 30 raise ValueError."""
    with pytest.raises(ValueError, match="A video must be"):
        render_video("sea", 1, 64, 64, seconds, fps)


@pytest.mark.parametrize(
    "prompt", ["pixel art sword glowing red", "pixel dragon", "pixel art crystal", "flower sprite"]
)
def test_pixel_art_subject_has_a_transparent_background(prompt: str) -> None:
    """A subject in pixel art has hard edges, whole large pixels and few colours, and touches no edge."""
    image = paint(prompt, 3, 512, 384)
    assert ("RGBA", (512, 384)) == (image.mode, image.size)
    alpha = np.asarray(image)[..., 3]
    assert {0, 255} == set(np.unique(alpha))
    assert 0.03 < (alpha == 255).mean() < 0.7
    assert not alpha[0].any()
    assert len(image.getcolors(100_000) or []) <= 32
    grid = np.asarray(image)[:380, :510].reshape(76, 5, 102, 5, 4)
    assert (grid == grid[:, :1, :, :1]).all()
