"""Seeing: what is measured is said in plain words, and nothing is said that was not measured."""

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


def seen(image: Image.Image, **options: object) -> ImageDescription:
    return describe_image(file(image, **options))


def drawn(background: str, size: tuple[int, int] = (300, 300)) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", size, background)
    return image, ImageDraw.Draw(image)


def gradient(low: int, high: int, axis: int, size: int = 256) -> Image.Image:
    """Grey from one code to another, to the right (axis 1) or downwards (axis 0)."""
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
def test_colours_have_the_names_that_people_use(code: tuple[int, int, int], name: str) -> None:
    """A plain surface has one colour, called as anybody would call it."""
    assert [name] == [ink.name for ink in named_colours(np.full((10, 3), code, np.uint8))]


def test_the_palette_tells_shares() -> None:
    """A surface of three fifths white, a quarter blue and the rest red says so."""
    image, pen = drawn("white", (100, 100))
    pen.rectangle((0, 0, 99, 24), fill=(30, 60, 255))
    pen.rectangle((0, 85, 99, 99), fill=(255, 0, 0))
    palette = seen(image).facts["palette"]
    assert [("white", "#ffffff", 0.6), ("blue", "#1e3cff", 0.25), ("red", "#ff0000", 0.15)] == [
        (ink["name"], ink["hex"], ink["share"])
        for ink in palette  # type: ignore[attr-defined]
    ]


def test_pixel_art_is_seen_with_its_grid() -> None:
    """A blown-up sprite, red on black: pixel art, a glow, a dark ground and the size of the drawing."""
    art = np.zeros((32, 32, 3), np.uint8)
    art[:] = (14, 10, 20)
    for step in range(20):
        art[26 - step, 6 + step] = art[25 - step, 6 + step] = (250, 40, 30)
    art[24:28, 4:8] = (120, 80, 60)
    sight = seen(Image.fromarray(art).resize((512, 512), Image.Resampling.NEAREST))
    assert sight.prompt.startswith("pixel art, glowing red, ")
    assert sight.prompt.endswith(", 32x32")
    assert {"pixel art", "glowing red", "dark background", "square", "32x32"} <= set(sight.tags)
    assert ("32x32", 16, "pixel art") == (sight.facts["grid"], sight.facts["block"], sight.facts["kind"])
    assert sight.caption.startswith("Pixel art of 32 x 32 pixels, each 16 wide in the file")


def test_the_artists_pixel_art_is_seen_as_such() -> None:
    """What the artist paints as pixel art is recognised, and what it paints otherwise is not."""
    for prompt, kind in (("pixel art sword glowing red", "pixel art"), ("misty forest", "continuous tones")):
        assert kind == seen(paint(prompt, 3, 512, 512)).facts["kind"]


def test_line_art_flat_graphics_and_plain_surfaces_are_told_apart() -> None:
    """Thin black lines on white are line art, a few even areas a flat graphic, one colour a plain surface."""
    lines, pen = drawn("white")
    for offset in range(20, 280, 26):
        pen.line((offset, 20, 300 - offset, 280), fill="black", width=2)
    flat, pen = drawn("white")
    pen.ellipse((60, 60, 240, 240), fill=(230, 40, 40))
    kinds = [seen(image).facts["kind"] for image in (lines, flat, drawn("teal")[0], gradient(0, 255, 1))]
    assert ["line art", "flat graphic", "plain surface", "continuous tones"] == kinds


@pytest.mark.parametrize(
    ("box", "tag"),
    [
        ((120, 120, 180, 180), "centred subject"), ((20, 120, 80, 180), "subject on the left"),
        ((220, 120, 280, 180), "subject on the right"), ((120, 210, 180, 270), "subject at the bottom"),
        ((20, 20, 80, 80), "subject in the upper left"), ((220, 220, 280, 280), "subject in the lower right"),
    ],
)  # fmt: skip
def test_the_weight_is_where_the_thing_is(box: tuple[int, int, int, int], tag: str) -> None:
    """A disc on an even ground puts the weight where it lies."""
    image, pen = drawn("white")
    pen.ellipse(box, fill=(20, 60, 160))
    sight = seen(image)
    assert tag in sight.tags
    assert "white background" in sight.tags
    middle = [(box[0] + box[2]) / 600, (box[1] + box[3]) / 600]
    assert middle == pytest.approx(sight.facts["weight"], abs=0.03)


def test_light_and_tone_are_measured() -> None:
    """Dark and bright, low and high contrast, grey and vivid, warm and cold are told apart."""
    expected = {
        "dark": gradient(5, 40, 0), "bright": gradient(215, 255, 0), "low contrast": gradient(120, 135, 0),
        "high contrast": gradient(0, 255, 0).point(lambda code: 255 * (code > 127)), "monochrome": gradient(90, 160, 1),
        "warm tones": Image.new("RGB", (64, 64), (220, 130, 40)),
        "cold tones": Image.new("RGB", (64, 64), (40, 90, 200)),
        "vivid colours": Image.new("RGB", (64, 64), (255, 0, 120)),
        "muted colours": Image.new("RGB", (64, 64), (120, 110, 125)),
    }  # fmt: skip
    tags = {word: set(seen(image).tags) for word, image in expected.items()}
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
def test_the_light_comes_from_where_it_is_lighter(image: Image.Image, side: str | None) -> None:
    """A slope in lightness names its lighter side; noise has none."""
    assert side == seen(image).facts["light_from"]


def test_a_horizon_is_a_line_across() -> None:
    """A dark ground below 60 % of the height under a light sky is a line there; a painting of a forest has none."""
    image = gradient(190, 230, 0)
    image.paste(Image.effect_noise((256, 103), 20).convert("RGB").point(lambda code: code // 2), (0, 153))
    sight = seen(image)
    assert 0.6 == pytest.approx(sight.facts["horizon"], abs=0.02)
    assert "horizon" in sight.tags
    assert "60% of its height" in sight.caption
    assert seen(paint("forest", 1, 200, 200)).facts["horizon"] is None


def test_symmetry_is_measured() -> None:
    """A picture beside its mirror image is symmetrical; the picture alone is not."""
    half = paint("castle on a mountain", 2, 128, 128)
    both = Image.new("RGB", (256, 128))
    both.paste(half, (0, 0))
    both.paste(half.transpose(Image.Transpose.FLIP_LEFT_RIGHT), (128, 0))
    assert "symmetrical" in seen(both).tags
    assert "symmetrical" not in seen(half).tags


def test_transparency_is_seen() -> None:
    """A disc on nothing has a transparent background, and hidden colours are not named."""
    y, x = np.mgrid[0:100, 0:100]
    disc = np.zeros((100, 100, 4), np.uint8)
    disc[..., :3] = (0, 255, 0)
    disc[np.hypot(x - 50, y - 50) < 30] = (220, 30, 20, 255)
    sight = seen(Image.fromarray(disc))
    assert "transparent background" in sight.tags
    assert 0.72 == pytest.approx(sight.facts["transparent"], abs=0.01)
    assert ["red"] == [ink["name"] for ink in sight.facts["palette"]]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("size", "shape", "ratio"),
    [((640, 360), "landscape format", "16:9"), ((300, 400), "portrait format", "3:4"), ((900, 300), "panorama", "3:1"),
     ((200, 200), "square", "1:1")],
)  # fmt: skip
def test_the_shape_is_said(size: tuple[int, int], shape: str, ratio: str) -> None:
    """Orientation and aspect ratio follow from the sides."""
    facts = seen(Image.new("RGB", size, "navy")).facts
    assert (shape, ratio, *size) == (facts["orientation"], facts["aspect_ratio"], facts["width"], facts["height"])


SETTINGS = "a red fox, oil painting\nNegative prompt: blurry\nSteps: 20, Sampler: Euler"


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("prompt", "a red fox", "a red fox"), ("parameters", SETTINGS, "a red fox, oil painting"),
        ("Description", "Holiday 2019", None), ("Comment", json.dumps({"prompt": "a red fox", "seed": 1}), "a red fox"),
        ("prompt", json.dumps({"3": {"inputs": {"text": "x"}}}), None), ("prompt", "{broken", None),
        ("prompt", " \n ", None), ("Software", "a red fox", None), ("prompt", "x" * 3_000, "x" * 1_000),
    ],
)  # fmt: skip
def test_a_prompt_in_the_file_is_passed_on_as_such(name: str, text: str, said: str | None) -> None:
    """A PNG that holds the prompt it was made from is quoted, never taken for something that was seen."""
    info = PngInfo()
    info.add_itxt(name, text)
    plain, sight = seen(Image.new("RGB", (64, 64), "teal")), seen(Image.new("RGB", (64, 64), "teal"), pnginfo=info)
    assert said == sight.facts["made_from"]
    assert (said or plain.prompt) == sight.prompt
    assert plain.tags == sight.tags
    assert plain.caption + (f' The file says it was made from: "{said}".' if said else "") == sight.caption


def test_a_prompt_in_exif_is_passed_on() -> None:
    """A JPEG's EXIF user comment with a prompt and its settings is quoted too."""
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0x9286] = b"UNICODE\0" + SETTINGS.encode("utf-16-be")
    sight = describe_image(file(paint("fox", 1, 64, 64), "JPEG", exif=exif))
    assert "a red fox, oil painting" == sight.prompt


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "I;16"])
@pytest.mark.parametrize("size", [(1, 1), (1, 9), (40, 3), (2000, 10)])
def test_every_picture_gets_words(mode: str, size: tuple[int, int]) -> None:
    """Any mode and size, empty ones included, is described, and the facts can be sent as JSON."""
    sight = seen(Image.new(mode, size), format="TIFF" if mode == "CMYK" else "PNG")
    assert sight.prompt
    assert sight.tags
    assert sight.caption.endswith(".")
    assert sight == msgspec.json.decode(msgspec.json.encode(sight), type=ImageDescription)


def test_words_are_the_same_each_time_and_need_few_of_them() -> None:
    """Looking twice says the same; a prompt has at most fifteen parts, each once."""
    data = file(paint("neon city at night in the rain", 3, 300, 200))
    first = describe_image(data)
    assert first == describe_image(data)
    assert len(first.tags) == len(set(first.tags)) <= 15


@pytest.mark.parametrize("data", [b"", b"GIF89a", b"hello", file(paint("sea", 1, 64, 64))[:500]])
def test_what_is_no_picture_is_refused(data: bytes) -> None:
    """No picture or half of one raises ValueError with a sentence."""
    with pytest.raises(ValueError, match=r"not a picture|broken"):
        describe_image(data)
