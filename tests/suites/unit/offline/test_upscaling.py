"""Upscaling: closer to the original than bicubic, hard edges for pixel art, and a clear error for any bad file."""

import io
import struct
import zlib

import numpy as np
import pytest
from PIL import Image, ImageDraw

from offline.artist.still import paint
from offline.vision.limits import OUTPUT_PX_MAX, SIDE_PX_MAX
from offline.vision.pixel_art import find_grid, scale2x
from offline.vision.upscaling import upscale

BICUBIC = Image.Resampling.BICUBIC
SWORD = "......## .....#o# ....#o#. ...#o#.. #.#o#... .#o#.... .###.... #...#..."
INKS = {".": (20, 12, 28), "#": (68, 36, 52), "o": (208, 70, 72)}


def file(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def upscaled(data: bytes, scale: int) -> Image.Image:
    """Return the upscaled image, its two sizes checked."""
    png, before, after = upscale(data, scale)
    image = Image.open(io.BytesIO(png))
    assert ("PNG", after) == (image.format, image.size)
    assert (before[0] * scale, before[1] * scale) == after
    return image


def psnr(one: Image.Image, other: Image.Image) -> float:
    """Return the peak signal-to-noise ratio in dB, without the outermost 8 pixels."""
    a, b = (np.asarray(image.convert("RGB"), dtype=np.float64)[8:-8, 8:-8] for image in (one, other))
    return float(10 * np.log10(255**2 / ((a - b) ** 2).mean()))


def drawing(width: int = 384, height: int = 320) -> Image.Image:
    """Return smooth lines at many angles, text and a gradient, which paintings have little of."""
    canvas = Image.new("RGB", (width * 4, height * 4), (236, 228, 210))
    pen = ImageDraw.Draw(canvas)
    for index in range(24):
        angle = np.pi * index / 24
        x, y = np.cos(angle) * width * 1.6, np.sin(angle) * width * 1.6
        pen.line((width * 2 - x, height * 2 - y, width * 2 + x, height * 2 + y), (30 + index * 8, 40, 120), 14)
    pen.ellipse((width, height, width * 2, height * 2), (190, 60, 40), (20, 20, 20), 24)
    pen.text((width * 2, height * 3), "Enlarge me", (10, 60, 10), font_size=height // 2)
    return canvas.resize((width, height), Image.Resampling.BOX)


def sprite() -> Image.Image:
    """Return two crossed swords, 16 x 16."""
    rows = [row[::-1] + row for row in SWORD.split()]
    rows += ["." * 16] * 8
    return Image.fromarray(np.array([[INKS[mark] for mark in row] for row in rows], np.uint8))


@pytest.mark.parametrize(("scale", "gain_db"), [(2, 0.9), (4, 0.4)])
def test_upscaled_image_is_closer_to_the_original_than_bicubic(scale: int, gain_db: float) -> None:
    """A reduced and upscaled original gains 0.9 dB (twice) and 0.4 dB (four times) over bicubic."""
    prompts = ("castle on a snowy mountain, dark storm", "neon city at night in the rain", "abstract geometric blue")
    gains = []
    for original in (*(paint(prompt, 7, 384, 320) for prompt in prompts), drawing()):
        small = original.resize((original.width // scale, original.height // scale), BICUBIC)
        plain = psnr(small.resize(original.size, BICUBIC), original)
        lanczos = psnr(small.resize(original.size, Image.Resampling.LANCZOS), original)
        ours = psnr(upscaled(file(small), scale), original)
        assert ours > lanczos + 0.1
        gains.append(ours - plain)
    assert np.mean(gains) > gain_db


def test_upscaled_image_scales_down_to_the_input() -> None:
    """Scaling the result down gives the input again."""
    small = paint("a sailing boat on a lake, full moon", 7, 160, 120)
    again = upscaled(file(small), 4).resize(small.size, BICUBIC)
    assert np.abs(np.asarray(again, dtype=int) - np.asarray(small, dtype=int)).mean() < 1


def test_tiles_leave_no_seam() -> None:
    """An image larger than one tile has the same pixels as a part of it upscaled alone."""
    image = paint("calm ocean sunset pastel", 3, 400, 256)
    whole = np.asarray(upscaled(file(image), 2), dtype=int)
    part = np.asarray(upscaled(file(image.crop((100, 0, 300, 256))), 2), dtype=int)
    assert np.abs(whole[:, 240:560] - part[:, 40:360]).max() <= 1


def test_upscale_multiplies_both_sides_across_tiles() -> None:
    """An image wider than a tile becomes four times as wide and high."""
    data = file(paint("forest at dawn", 7, 320, 128))
    assert (1280, 512) == upscaled(data, 4).size


def test_sprite_stays_crisp() -> None:
    """A sprite keeps its colours and most of its blocks, with smoothed diagonals."""
    image = sprite()
    large = upscaled(file(image), 4)
    assert {ink for _, ink in image.getcolors()} == {ink for _, ink in large.getcolors()}
    blown = image.resize(large.size, Image.Resampling.NEAREST)
    same = float((np.asarray(large) == np.asarray(blown)).all(axis=2).mean())
    assert 0.7 < same < 1


def test_scale2x_rounds_a_corner() -> None:
    """A corner between two equal neighbours takes their colour, and even areas do not change."""
    step = np.array([[1, 1, 2], [1, 2, 2], [2, 2, 2]], np.uint32)
    large = scale2x(step)
    assert [[1, 2], [2, 2]] == large[2:4, 2:4].tolist()
    assert (scale2x(np.full((3, 3), 7, np.uint32)) == 7).all()


@pytest.mark.parametrize("size", [(512, 512), (300, 200)])
def test_scaled_up_pixel_art_keeps_its_blocks(size: tuple[int, int]) -> None:
    """Every pixel of a drawing that was scaled up before is repeated."""
    image = paint("pixel art sword glowing red", 3, *size)
    large = upscaled(file(image), 2)
    expected = image.resize(large.size, Image.Resampling.NEAREST)
    assert (np.asarray(expected) == np.asarray(large)).all()


def test_find_grid_returns_block_offset_and_size() -> None:
    """The grid of a scaled-up sprite is found, and paintings and gradients have none."""
    large = sprite().resize((256, 256), Image.Resampling.NEAREST)
    found = find_grid(large)
    assert found
    assert (16, 0, 0, 16, 16) == (found.block, found.left, found.top, found.columns, found.rows)
    cropped = find_grid(large.crop((10, 20, 256, 256)))
    assert cropped
    assert (16, 6, 12) == (cropped.block, cropped.left, cropped.top)
    huge = Image.new("RGB", (2000, 3001))
    huge.paste(sprite().resize((960, 960), Image.Resampling.NEAREST), (490, 777))
    within = find_grid(huge)
    assert within
    assert (60, 10, 57, 35, 51) == (within.block, within.left, within.top, within.columns, within.rows)
    for other in (paint("forest", 1, 200, 200), Image.linear_gradient("L"), Image.new("RGB", (99, 99), "red")):
        assert find_grid(other) is None


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGB", "RGBA", "CMYK", "YCbCr", "I;16", "I", "F"])
def test_every_image_mode_is_decoded(mode: str) -> None:
    """Every mode comes out in the same colours, and grey stays grey."""
    painted = paint("green dragon", 3, 96, 80)
    image = painted.convert("L").convert(mode) if mode in ("I;16", "I", "F") else painted.convert(mode)
    if mode == "I;16":
        image = Image.fromarray(np.asarray(painted.convert("L"), dtype=np.uint16) * 257)
    if mode == "I":
        image = Image.fromarray(np.asarray(painted.convert("L"), dtype=np.int32) * 257)
    formats = {"CMYK": "TIFF", "YCbCr": "JPEG", "F": "TIFF", "PA": "TIFF", "I": "TIFF"}
    large = upscaled(file(image, formats.get(mode, "PNG")), 2)
    assert ("L" if mode in ("1", "L", "LA", "I;16", "I", "F") else "RGB") == large.mode
    shown = np.asarray(painted.convert(large.mode).convert("RGB"), dtype=float)
    back = np.asarray(large.convert("RGB").resize((96, 80), BICUBIC), dtype=float)
    assert np.abs(shown.mean(axis=(0, 1)) - back.mean(axis=(0, 1))).max() < 6
    assert np.corrcoef(shown.ravel(), back.ravel())[0, 1] > {"1": 0.4, "P": 0.9, "PA": 0.9}.get(mode, 0.97)


def test_transparent_colours_do_not_bleed() -> None:
    """The edge of a red disc stays red next to hidden green pixels, and hidden pixels stay hidden."""
    y, x = np.mgrid[0:96, 0:96]
    alpha = np.clip(40 - np.hypot(x - 48, y - 48), 0, 1) * 255
    disc = np.zeros((96, 96, 4), np.uint8)
    disc[..., :3] = np.where(alpha[..., None] > 0, (220, 30, 20), (0, 255, 0))
    disc[..., 3] = alpha
    large = np.asarray(upscaled(file(Image.fromarray(disc)), 4), dtype=int)
    assert 4 == large.shape[2]
    assert (0, 255) == (large[0, 0, 3], large[192, 192, 3])
    edge = large[(large[..., 3] > 20) & (large[..., 3] < 235)]
    assert len(edge) > 100
    assert edge[:, 1].max() < 60
    assert edge[:, 0].min() > 190


def test_transparent_palette_colour_becomes_alpha() -> None:
    """A GIF's transparent colour becomes an alpha channel."""
    image = sprite().quantize(4)
    clear = image.getpixel((0, 0))
    large = upscaled(file(image, "GIF", transparency=clear), 2)
    assert "RGBA" == large.mode
    assert 0 == large.getpixel((0, 0))[3]


def test_exif_orientation_is_applied() -> None:
    """EXIF orientation 6 (turned by 90 degrees) is applied to the pixels and to both sizes."""
    image = paint("lake", 1, 120, 80)
    exif = Image.Exif()
    exif[0x0112] = 6
    data = file(image, "JPEG", exif=exif, quality=95)
    assert ((80, 120), (160, 240)) == upscale(data, 2)[1:]
    turned = image.transpose(Image.Transpose.ROTATE_270)
    back = upscaled(data, 2).resize(turned.size, BICUBIC)
    assert np.abs(np.asarray(back, dtype=int) - np.asarray(turned, dtype=int)).mean() < 4


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (3, 2), (193, 1), (5, 400)])
def test_tiny_and_thin_images_are_upscaled(size: tuple[int, int]) -> None:
    """Sizes down to a single pixel work."""
    image = Image.effect_noise(size, 60)
    assert (size[0] * 4, size[1] * 4) == upscaled(file(image), 4).size


def bomb(width: int, height: int) -> bytes:
    """Return a PNG of a few hundred bytes that claims a huge size."""
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(b"\0" * 1000)), (b"IEND", b""))
    made = b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    return b"\x89PNG\r\n\x1a\n" + made


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not an image"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "not an image"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n", "not an image"),
        (file(Image.new("RGB", (64, 64)))[:60], "broken|not an image"),
        (file(paint("sea", 1, 64, 64))[:900], "broken"),
        (file(paint("sea", 1, 64, 64), "JPEG")[:700], "broken"),
        (file(paint("sea", 1, 64, 64), "WEBP")[:300], "broken|not an image"),
        (bomb(60_000, 60_000), "A side may have at most 4096 pixels|not an image"),
        (bomb(4_097, 16), "A side may have at most 4096 pixels"),
        (bomb(4_096, 1_024), "broken"),
        (bomb(4_096, 4_096), "broken|too large"),
    ],
)
def test_unreadable_file_raises_with_its_reason(data: bytes, message: str) -> None:
    """A file that is not an image, is broken, or unpacks to too much raises ValueError with the reason."""
    with pytest.raises(ValueError, match=message):
        upscale(data, 2)


def test_random_byte_errors_raise_only_value_error() -> None:
    """Files with random bytes changed either upscale or raise ValueError."""
    chance = np.random.default_rng(5)
    for format in ("PNG", "JPEG", "WEBP", "GIF", "BMP", "TIFF"):
        good = file(paint("river", 1, 64, 64), format)
        for _ in range(12):
            data = bytearray(good)
            for place in chance.integers(0, min(len(data), 600), 4):
                data[place] = int(chance.integers(256))
            try:
                upscale(bytes(data), 2)
            except ValueError as error:
                assert str(error)[-1] != "\n"


def test_scale_or_result_out_of_bounds_raises() -> None:
    """A scale other than 2 or 4 and a result above 16 megapixels raise ValueError."""
    assert SIDE_PX_MAX**2 == OUTPUT_PX_MAX
    with pytest.raises(ValueError, match="`scale` must be 2 or 4"):
        upscale(file(sprite()), 3)
    with pytest.raises(ValueError, match="too large to upscale 4 times"):
        upscale(file(Image.new("L", (4096, 1200))), 4)
