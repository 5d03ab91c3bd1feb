"""Describes an image in words: only measured properties, never a guess at its subject."""

import json
import re
from math import gcd

from msgspec import Struct, to_builtins
from PIL import Image

from offline.vision.colours import is_chromatic
from offline.vision.image_decoder import DecodedImage, decode_image
from offline.vision.measures import Measures, is_flat, measure

PROMPT_CHARS_MAX = 1_000
DRAWN_PX_MAX, DRAWN_COLOURS_MAX = 160, 64  # of pixel art; one may be exceeded if the other is not
_PROMPT_FIELDS = ("prompt", "parameters", "user comment", "dream", "description", "imagedescription", "comment")


class ImageDescription(Struct, frozen=True):
    """A prompt for a similar image, a caption in sentences, tags, and the facts behind them."""

    prompt: str
    caption: str
    tags: list[str]
    facts: dict[str, object]


def describe_image(data: bytes) -> ImageDescription:
    """Describe an image by its measures, and by the prompt that its file may hold.

    Raises ValueError for a file that is unreadable or broken, or has a side above 4096 pixels.

    """
    source = decode_image(data)
    measures = measure(source.image)
    embedded = _embedded_prompt(source.texts)
    kind = _kind(measures)
    tags = _tags(measures, kind, source.image)
    caption = _caption(measures, kind, source.image)
    if embedded:
        caption += f' Its file names this prompt: "{embedded}".'
    return ImageDescription(embedded or ", ".join(tags), caption, tags, _image_facts(source, measures, kind, embedded))


def _kind(measures: Measures) -> str:
    grid = measures.grid
    if grid:
        few = measures.colours <= (256 if grid.block > 1 else DRAWN_COLOURS_MAX)
        small = max(grid.columns, grid.rows) <= DRAWN_PX_MAX
        if (small and few) or (grid.block > 1 and measures.colours <= DRAWN_COLOURS_MAX):
            return "pixel art"
    if measures.clear == 1 or measures.colours == 1:
        return "plain surface"
    ink = 1 - (measures.palette[0].share if measures.palette else 0)
    two_tone = bool(measures.palette) and measures.palette[0].name in ("white", "black", "light grey", "beige")
    if two_tone and ink < 0.25 and measures.even > 0.55 and measures.detail > 0.012 and measures.chroma < 0.03:
        return "line art"
    return "flat graphic" if is_flat(measures) else "continuous tones"


def _colours(measures: Measures) -> list[str]:
    """Return up to three colour names. A colour comes before a grey of the same share."""
    ranked = sorted(measures.palette, key=lambda ink: -ink.share * (1.6 if is_chromatic(ink) else 1.0))
    return [ink.name for ink in ranked[:3]]


def _light(measures: Measures) -> list[str]:
    words: list[str] = []
    if measures.clear == 1:
        return words
    words += ["dark"] if measures.lightness < 0.36 else ["bright"] if measures.lightness > 0.8 else []
    words += (
        ["high contrast"] if measures.contrast > 0.24 else ["low contrast"] if 0.005 < measures.contrast < 0.07 else []
    )
    words += ["monochrome"] if measures.chroma < 0.012 else []
    words += ["vivid colours"] if measures.chroma > 0.13 else []
    words += ["muted colours"] if 0.012 <= measures.chroma < 0.045 else []
    if measures.chroma > 0.03 and abs(measures.warmth) > 0.025:
        words.append("warm tones" if measures.warmth > 0 else "cold tones")
    return words


def _ground(measures: Measures) -> str | None:
    """Return the background's tag if the border is one colour or transparent."""
    if measures.clear > 0.05:
        return "transparent background"
    shades = {"black": "dark", "dark": "dark"}
    names = [ink.name for ink in measures.border]
    if names and measures.border[0].share > 0.8:
        return f"{shades.get(names[0].split()[0], names[0])} background"
    dark = sum(ink.share for ink in measures.border if ink.name.split()[0] in shades)
    return "dark background" if dark > 0.85 else None


def _place(measures: Measures) -> str | None:
    """Return the position of the visual weight, if it is concentrated."""
    if measures.weight is None or measures.spread > 0.3:
        return None
    x, y = measures.weight
    across = "left" if x < 0.4 else "right" if x > 0.6 else ""
    down = "upper" if y < 0.4 else "lower" if y > 0.6 else ""
    if not across and not down:
        return "centred"
    half = {"upper": "top", "lower": "bottom"}.get(down, "")
    return f"in the {down} {across}" if across and down else f"at the {half}" if half else f"on the {across}"


def _detail(measures: Measures) -> str | None:
    return "fine detail" if measures.detail > 0.05 else "smooth" if measures.detail < 0.008 else None


def _tags(measures: Measures, kind: str, image: Image.Image) -> list[str]:
    words = [] if kind == "continuous tones" else [kind]
    glow = measures.glow
    words += [f"glowing {glow.name}"] if glow else []
    words += [name for name in _colours(measures) if not glow or name != glow.name]
    ground, place, detail = _ground(measures), _place(measures), _detail(measures)
    words += [ground] if ground else []
    words += _light(measures)
    words += ["centred subject" if place == "centred" else f"subject {place}"] if place else []
    words += ["symmetrical"] if _is_symmetrical(measures) else []
    words += ["horizon"] if measures.horizon is not None and kind == "continuous tones" else []
    words += [f"light from the {measures.light_from}"] if measures.light_from and kind == "continuous tones" else []
    words += [detail] if detail and kind == "continuous tones" else []
    words += [_shape(image)]
    if kind == "pixel art" and measures.grid:
        words.append(f"{measures.grid.columns}x{measures.grid.rows}")
    return list(dict.fromkeys(words))


def _is_symmetrical(measures: Measures) -> bool:
    return measures.symmetry > 0.93 and measures.contrast > 0.05


def _shape(image: Image.Image) -> str:
    ratio = image.width / image.height
    if 0.95 < ratio < 1.05:
        return "square"
    return "panorama" if ratio > 2.2 else "landscape format" if ratio > 1 else "portrait format"


def _caption(measures: Measures, kind: str, image: Image.Image) -> str:
    """Return a sentence on the kind of image and one on its appearance."""
    noun = {"continuous tones": "An image in continuous tones", "pixel art": "Pixel art", "line art": "Line art"}
    what = noun.get(kind, f"A {kind}")
    grid = measures.grid
    if kind == "pixel art" and grid:
        what += f" of {grid.columns} x {grid.rows} pixels"
        what += f", each {grid.block} wide in the file" if grid.block > 1 else ""
    names = _colours(measures)
    what += f", mostly {_listed(names)}" if names else ""
    how = [f"{image.width} x {image.height} pixels"]
    how += [f"with {measures.glow.name} glowing on a dark ground"] if measures.glow else []
    ground, place = _ground(measures), _place(measures)
    how += [f"on a {ground}"] if ground and not measures.glow else []
    how += [", ".join(_light(measures))] if _light(measures) else []
    how += [f"the subject is {place}"] if place else []
    if measures.horizon is not None:
        how.append(f"a line runs across it at {measures.horizon:.0%} of its height")
    how += [f"lighter towards the {measures.light_from}"] if measures.light_from else []
    return f"{what}. {'; '.join(how)}."


def _listed(names: list[str]) -> str:
    return " and ".join([", ".join(names[:-1]), names[-1]]) if len(names) > 1 else names[0]


def _embedded_prompt(texts: dict[str, str]) -> str | None:
    """Return the prompt that a file holds in one of the fields to which image generators write it."""
    named = {name.lower(): text for name, text in texts.items()}
    for name in _PROMPT_FIELDS:
        text = named.get(name, "")
        if text.startswith(("{", "[")):
            text = _prompt_in_json(text)
        elif name not in ("prompt", "parameters", "dream") and "Steps:" not in text:
            continue
        prompt = " ".join(re.split(r"\n?(?:Negative prompt:|Steps: \d)", text)[0].split())
        if prompt:
            return prompt[:PROMPT_CHARS_MAX]
    return None


def _prompt_in_json(text: str) -> str:
    try:
        held = json.loads(text)
    except (ValueError, RecursionError):
        return ""
    prompt = held.get("prompt") if isinstance(held, dict) else None
    return prompt if isinstance(prompt, str) else ""


def _image_facts(source: DecodedImage, measures: Measures, kind: str, embedded: str | None) -> dict[str, object]:
    width, height = source.image.size
    shared = gcd(width, height)
    facts: dict[str, object] = {
        "width": width, "height": height, "format": source.format, "kind": kind,
        "aspect_ratio": f"{width // shared}:{height // shared}", "orientation": _shape(source.image),
        "palette": [to_builtins(ink) for ink in measures.palette], "background": _ground(measures),
    }  # fmt: skip
    for name in ("lightness", "contrast", "chroma", "warmth", "detail", "symmetry"):
        facts[name] = round(float(getattr(measures, name)), 3)
    facts |= {"transparent": round(measures.clear, 3), "colours": measures.colours}
    facts |= {"weight": list(measures.weight) if measures.weight else None, "horizon": measures.horizon}
    facts |= {"light_from": measures.light_from, "made_from": embedded}
    if kind == "pixel art" and measures.grid:
        facts |= {"grid": f"{measures.grid.columns}x{measures.grid.rows}", "block": measures.grid.block}
    return facts
