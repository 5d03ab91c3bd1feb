"""Image descriptions: measured properties in plain words, and nothing that was not measured."""

import io
import json

import msgspec
import numpy as np
import pytest
from PIL import Image, ImageDraw
from PIL.PngImagePlugin import PngInfo

from offline.artist.still import paint
from offline.vision.captioning import ImageDescription, describe_image
from offline.vision.colours import named_colours


def file(image: Image.Image, format: str = "PNG", **options: object) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, format, **options)
    return buffer.getvalue()


def described(image: Image.Image, **options: object) -> ImageDescription:
    return describe_image(file(image, **options))


def drawn(background: str, size: tuple[int, int] = (300, 300)) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", size, background)
    return image, ImageDraw.Draw(image)


def gradient(low: int, high: int, axis: int, size: int = 256) -> Image.Image:
    """Return grey from one code to another, to the right (axis 1) or downwards (axis 0)."""
    ramp = np.linspace(low, high, size)
    plane = np.tile(ramp, (size, 1)) if axis else np.tile(ramp[:, None], (1, size))
    return Image.fromarray(np.repeat(plane.astype(np.uint8)[..., None], 3, axis=2))


@pytest.mark.parametrize(
    ("code", "name"),
    [
        ((0, 0, 0), "black"), ((255, 255, 255), "white"), ((128, 128, 128), "grey"), ((60, 60, 60), "dark grey"),
        ((210, 210, 210), "light grey"), ((255, 0, 0), "red"), ((120, 0, 0), "dark red"), ((255, 165, 0), "orange"),
        ((139, 90, 43), "brown"), ((255, 230, 0), "yellow"), ((128, 128, 0), "olive"), ((0, 160, 0), "green"),
        ((0, 70, 0), "dark green"), ((0, 128, 128), "teal"), ((0, 255, 255), "cyan"), ((30, 60, 255), "blue"),
        ((0, 0, 110), "dark blue"), ((135, 206, 235), "light blue"), ((140, 60, 220), "purple"),
        ((200, 180, 240), "lavender"), ((230, 0, 200), "magenta"), ((255, 180, 195), "pink"),
        ((240, 226, 196), "beige"),
    ],
)  # fmt: skip
def test_colours_have_common_names(code: tuple[int, int, int], name: str) -> None:
    """A plain surface has one colour, with its common name."""
    assert [name] == [ink.name for ink in named_colours(np.full((10, 3), code, np.uint8))]


def test_palette_has_the_share_of_each_colour() -> None:
    """A surface of three fifths white, a quarter blue and the rest red has these shares in its palette."""
    image, pen = drawn("white", (100, 100))
    pen.rectangle((0, 0, 99, 24), fill=(30, 60, 255))
    pen.rectangle((0, 85, 99, 99), fill=(255, 0, 0))
    palette = described(image).facts["palette"]
    assert [("white", "#ffffff", 0.6), ("blue", "#1e3cff", 0.25), ("red", "#ff0000", 0.15)] == [
        (ink["name"], ink["hex"], ink["share"])
        for ink in palette  # type: ignore[attr-defined]
    ]


def test_pixel_art_is_described_with_its_grid() -> None:
    """A scaled-up sprite, red on black, is pixel art with a glow, a dark background and the drawing's size."""
    art = np.zeros((32, 32, 3), np.uint8)
    art[:] = (14, 10, 20)
    for step in range(20):
        art[26 - step, 6 + step] = art[25 - step, 6 + step] = (250, 40, 30)
    art[24:28, 4:8] = (120, 80, 60)
    description = described(Image.fromarray(art).resize((512, 512), Image.Resampling.NEAREST))
    assert description.prompt.startswith("pixel art, glowing red, ")
    assert description.prompt.endswith(", 32x32")
    assert {"pixel art", "glowing red", "dark background", "square", "32x32"} <= set(description.tags)
    assert ("32x32", 16, "pixel art") == (
        description.facts["grid"],
        description.facts["block"],
        description.facts["kind"],
    )
    assert description.caption.startswith("Pixel art of 32 x 32 pixels, each 16 wide in the file")


def test_pixel_art_of_the_artist_is_recognized() -> None:
    """The artist's pixel art is recognized as such, and its other images are not."""
    for prompt, kind in (("pixel art sword glowing red", "pixel art"), ("misty forest", "continuous tones")):
        assert kind == described(paint(prompt, 3, 512, 512)).facts["kind"]


def test_kinds_of_image_are_distinguished() -> None:
    """Thin black lines on white are line art, a few even areas a flat graphic, one colour a plain surface."""
    lines, pen = drawn("white")
    for offset in range(20, 280, 26):
        pen.line((offset, 20, 300 - offset, 280), fill="black", width=2)
    flat, pen = drawn("white")
    pen.ellipse((60, 60, 240, 240), fill=(230, 40, 40))
    kinds = [described(image).facts["kind"] for image in (lines, flat, drawn("teal")[0], gradient(0, 255, 1))]
    assert ["line art", "flat graphic", "plain surface", "continuous tones"] == kinds


@pytest.mark.parametrize(
    ("box", "tag"),
    [
        ((120, 120, 180, 180), "centred subject"), ((20, 120, 80, 180), "subject on the left"),
        ((220, 120, 280, 180), "subject on the right"), ((120, 210, 180, 270), "subject at the bottom"),
        ((20, 20, 80, 80), "subject in the upper left"), ((220, 220, 280, 280), "subject in the lower right"),
    ],
)  # fmt: skip
def test_visual_weight_is_at_the_subject(box: tuple[int, int, int, int], tag: str) -> None:
    """A disc on an even ground puts the visual weight at its centre."""
    image, pen = drawn("white")
    pen.ellipse(box, fill=(20, 60, 160))
    description = described(image)
    assert tag in description.tags
    assert "white background" in description.tags
    middle = [(box[0] + box[2]) / 600, (box[1] + box[3]) / 600]
    assert middle == pytest.approx(description.facts["weight"], abs=0.03)


def test_light_and_tone_have_tags() -> None:
    """Dark and bright, low and high contrast, grey and vivid, warm and cold are distinguished."""
    expected = {
        "dark": gradient(5, 40, 0), "bright": gradient(215, 255, 0), "low contrast": gradient(120, 135, 0),
        "high contrast": gradient(0, 255, 0).point(lambda code: 255 * (code > 127)), "monochrome": gradient(90, 160, 1),
        "warm tones": Image.new("RGB", (64, 64), (220, 130, 40)),
        "cold tones": Image.new("RGB", (64, 64), (40, 90, 200)),
        "vivid colours": Image.new("RGB", (64, 64), (255, 0, 120)),
        "muted colours": Image.new("RGB", (64, 64), (120, 110, 125)),
    }  # fmt: skip
    tags = {word: set(described(image).tags) for word, image in expected.items()}
    assert [] == [word for word, found in tags.items() if word not in found]
    opposite = {"dark": "bright", "low contrast": "high contrast", "warm tones": "cold tones"}
    assert not [word for word, other in opposite.items() if other in tags[word] or word in tags[other]]


@pytest.mark.parametrize(
    ("image", "side"),
    [
        (gradient(40, 220, 1), "right"), (gradient(220, 40, 1), "left"), (gradient(220, 40, 0), "top"),
        (gradient(40, 220, 0), "bottom"), (Image.effect_noise((200, 200), 60).convert("RGB"), None),
    ],
)  # fmt: skip
def test_light_comes_from_the_lighter_side(image: Image.Image, side: str | None) -> None:
    """A slope in lightness names its lighter side, and noise has none."""
    assert side == described(image).facts["light_from"]


def test_horizon_is_a_line_across_the_image() -> None:
    """A dark ground below 60 % of the height gives a horizon there, and a forest gives none."""
    image = gradient(190, 230, 0)
    image.paste(Image.effect_noise((256, 103), 20).convert("RGB").point(lambda code: code // 2), (0, 153))
    description = described(image)
    assert 0.6 == pytest.approx(description.facts["horizon"], abs=0.02)
    assert "horizon" in description.tags
    assert "60% of its height" in description.caption
    assert described(paint("forest", 1, 200, 200)).facts["horizon"] is None


def test_mirrored_image_is_symmetrical() -> None:
    """An image next to its mirror image is symmetrical, and the image alone is not."""
    half = paint("castle on a mountain", 2, 128, 128)
    both = Image.new("RGB", (256, 128))
    both.paste(half, (0, 0))
    both.paste(half.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (128, 0))
    assert "symmetrical" in described(both).tags
    assert "symmetrical" not in described(half).tags


def test_transparent_background_is_described() -> None:
    """A disc on a transparent background has that tag, and hidden colours are not named."""
    y, x = np.mgrid[0:100, 0:100]
    disc = np.zeros((100, 100, 4), np.uint8)
    disc[..., :3] = (0, 255, 0)
    disc[np.hypot(x - 50, y - 50) < 30] = (220, 30, 20, 255)
    description = described(Image.fromarray(disc))
    assert "transparent background" in description.tags
    assert 0.72 == pytest.approx(description.facts["transparent"], abs=0.01)
    assert ["red"] == [ink["name"] for ink in description.facts["palette"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("size", "shape", "ratio"),
    [((640, 360), "landscape format", "16:9"), ((300, 400), "portrait format", "3:4"), ((900, 300), "panorama", "3:1"),
     ((200, 200), "square", "1:1")],
)  # fmt: skip
def test_orientation_and_aspect_ratio_follow_from_the_sides(size: tuple[int, int], shape: str, ratio: str) -> None:
    """Orientation and aspect ratio follow from the sides."""
    facts = described(Image.new("RGB", size, "navy")).facts
    assert (shape, ratio, *size) == (facts["orientation"], facts["aspect_ratio"], facts["width"], facts["height"])


SETTINGS = "a red fox, oil painting\nNegative prompt: blurry\nSteps: 20, Sampler: Euler"


@pytest.mark.parametrize(
    ("name", "text", "prompt_in_file"),
    [
        ("prompt", "a red fox", "a red fox"), ("parameters", SETTINGS, "a red fox, oil painting"),
        ("Description", "Holiday 2019", None), ("Comment", json.dumps({"prompt": "a red fox", "seed": 1}), "a red fox"),
        ("prompt", json.dumps({"3": {"inputs": {"text": "x"}}}), None), ("prompt", "{broken", None),
        ("prompt", " \n ", None), ("Software", "a red fox", None), ("prompt", "x" * 3_000, "x" * 1_000),
    ],
)  # fmt: skip
def test_prompt_in_png_text_is_quoted(name: str, text: str, prompt_in_file: str | None) -> None:
    """A prompt in a PNG's text is quoted and changes no tag."""
    info = PngInfo()
    info.add_itxt(name, text)
    plain, description = (
        described(Image.new("RGB", (64, 64), "teal")),
        described(Image.new("RGB", (64, 64), "teal"), pnginfo=info),
    )
    assert prompt_in_file == description.facts["made_from"]
    assert (prompt_in_file or plain.prompt) == description.prompt
    assert plain.tags == description.tags
    assert (
        plain.caption + (f' Its file names this prompt: "{prompt_in_file}".' if prompt_in_file else "")
        == description.caption
    )


def test_prompt_in_exif_is_quoted() -> None:
    """A JPEG's EXIF user comment with a prompt and its settings is quoted too."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + SETTINGS.encode("utf-16-be")
    description = describe_image(file(paint("fox", 1, 64, 64), "JPEG", exif=exif))
    assert "a red fox, oil painting" == description.prompt


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (40, 3), (2000, 10)])
def test_every_mode_and_size_is_described(mode: str, size: tuple[int, int]) -> None:
    """Any mode and size, even an empty image, is described, and the facts can be sent as JSON."""
    description = described(Image.new(mode, size), format="TIFF" if mode == "CMYK" else "PNG")
    assert description.prompt
    assert description.tags
    assert description.caption.endswith(".")
    assert description == msgspec.json.decode(msgspec.json.encode(description), type=ImageDescription)


def test_description_repeats_and_has_few_unique_tags() -> None:
    """Two descriptions of a file are equal, with at most fifteen tags and none twice."""
    data = file(paint("neon city at night in the rain", 3, 300, 200))
    first = describe_image(data)
    assert first == describe_image(data)
    assert len(first.tags) == len(set(first.tags)) <= 15


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"hello", file(paint("sea", 1, 64, 64))[:500]])
def test_file_that_is_not_an_image_raises(data: bytes) -> None:
    """A file that is not an image, or half of one, raises ValueError."""
    with pytest.raises(ValueError, match=r"not an image|broken"):
        describe_image(data)
