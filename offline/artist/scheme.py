"""The colours of one picture: an hour's light, changed by weather, moods and the named colours."""

import numpy as np
from msgspec import Struct, structs

from offline.artist.palette import Tone
from offline.artist.reading import Reading


class ColourScheme(Struct, frozen=True, kw_only=True):
    """Tones by role, and the strength of the light."""

    zenith: Tone
    middle: Tone
    horizon: Tone
    haze: Tone  # the colour of distant things
    sun: Tone  # the key light
    shade: Tone  # the light outside the key light
    water: Tone
    accent: Tone
    second: Tone
    ground: Tone = Tone(0.45, 0.05, 75)
    growth: Tone = Tone(0.47, 0.08, 135)
    rock: Tone = Tone(0.52, 0.02, 60)
    sun_height: float  # of the light above the horizon, 0..1 of the sky
    key: float  # strength of the key light
    vivid: float = 1.0
    fog: float = 1.0  # how soon distance fades


_HOURS = {
    "dawn": ColourScheme(
        zenith=Tone(0.56, 0.075, 262), middle=Tone(0.76, 0.055, 330), horizon=Tone(0.91, 0.085, 72),
        haze=Tone(0.80, 0.045, 10), sun=Tone(0.92, 0.10, 75), shade=Tone(0.44, 0.06, 275),
        water=Tone(0.45, 0.06, 240), accent=Tone(0.75, 0.15, 45), second=Tone(0.70, 0.10, 330),
        sun_height=0.16, key=1.5,
    ),
    "day": ColourScheme(
        zenith=Tone(0.54, 0.125, 254), middle=Tone(0.72, 0.095, 245), horizon=Tone(0.91, 0.035, 225),
        haze=Tone(0.84, 0.03, 235), sun=Tone(0.97, 0.035, 90), shade=Tone(0.52, 0.06, 255),
        water=Tone(0.50, 0.09, 225), accent=Tone(0.68, 0.18, 30), second=Tone(0.82, 0.15, 95),
        sun_height=0.62, key=1.5,
    ),
    "sunset": ColourScheme(
        zenith=Tone(0.36, 0.095, 285), middle=Tone(0.60, 0.135, 10), horizon=Tone(0.84, 0.145, 65),
        haze=Tone(0.60, 0.095, 5), sun=Tone(0.88, 0.15, 62), shade=Tone(0.37, 0.09, 285),
        water=Tone(0.36, 0.08, 275), accent=Tone(0.72, 0.19, 40), second=Tone(0.65, 0.16, 350),
        sun_height=0.10, key=1.7,
    ),
    "night": ColourScheme(
        zenith=Tone(0.17, 0.055, 274), middle=Tone(0.28, 0.075, 266), horizon=Tone(0.46, 0.075, 245),
        haze=Tone(0.38, 0.06, 252), sun=Tone(0.86, 0.035, 240), shade=Tone(0.27, 0.06, 268),
        water=Tone(0.20, 0.06, 262), accent=Tone(0.80, 0.14, 80), second=Tone(0.70, 0.15, 200),
        sun_height=0.55, key=0.75,
    ),
}  # fmt: skip

_SKY = ("zenith", "middle", "horizon", "haze")
_ALL = (*_SKY, "sun", "shade", "ground", "growth", "rock", "water", "accent", "second")


def _changed(scheme: ColourScheme, roles: tuple[str, ...], lightness: float = 0.0, chroma: float = 1.0) -> ColourScheme:
    tones = {role: getattr(scheme, role).shifted(lightness, chroma) for role in roles}
    return structs.replace(scheme, **tones)


def _weathered(scheme: ColourScheme, reading: Reading) -> ColourScheme:
    dim = reading.hour == "night"
    if "mist" in reading.weathers:
        scheme = structs.replace(_changed(scheme, ("zenith", "middle"), 0.02 if dim else 0.06, 0.8), fog=2.2)
    if "snow" in reading.weathers:
        scheme = structs.replace(_changed(scheme, _SKY, 0.0 if dim else 0.04, 0.6), fog=scheme.fog * 1.3)
    if {"storm", "rain"} & reading.weathers:
        scheme = _changed(scheme, (*_SKY, "water", "shade"), 0.0 if dim else -0.16, 0.7)
        scheme = structs.replace(scheme, key=scheme.key * 0.7, fog=scheme.fog * 1.6)
    return scheme


def _moody(scheme: ColourScheme, reading: Reading) -> ColourScheme:
    moods = reading.moods
    if "neon" in moods:
        sky = {"zenith": Tone(0.15, 0.08, 285), "middle": Tone(0.28, 0.13, 305), "horizon": Tone(0.52, 0.20, 345)}
        glow = {"haze": Tone(0.42, 0.15, 318), "accent": Tone(0.74, 0.24, 345), "second": Tone(0.82, 0.14, 205)}
        scheme = structs.replace(scheme, **sky, **glow, shade=Tone(0.24, 0.09, 285), water=Tone(0.2, 0.09, 285))
    if "dark" in moods and reading.hour != "night":
        scheme = structs.replace(_changed(scheme, _ALL, -0.17, 0.9), key=scheme.key * 0.7)
    if "pastel" in moods:
        pale = {role: _pale(getattr(scheme, role)) for role in _ALL}
        scheme = structs.replace(scheme, **pale, vivid=1.0)
    if "vivid" in moods:
        scheme = structs.replace(_changed(scheme, _ALL, 0.0, 1.3), vivid=1.12)
    return scheme


def _pale(tone: Tone) -> Tone:
    """Return a lighter, gentler tone. The order of light and dark stays."""
    return Tone(0.52 + 0.46 * tone.lightness, min(tone.chroma, 0.16) * 0.68, tone.hue)


def scheme_for(reading: Reading, rng: np.random.Generator) -> ColourScheme:
    """Return the picture's colours. The dice turn them a little, so that two seeds differ."""
    turn = float(rng.normal(0, 7))
    scheme = _HOURS[reading.hour]
    scheme = structs.replace(scheme, **{role: getattr(scheme, role).shifted(0, 1, turn) for role in _ALL})
    scheme = structs.replace(scheme, sun_height=scheme.sun_height * float(rng.uniform(0.75, 1.35)))
    scheme = _moody(_weathered(scheme, reading), reading)
    if reading.hero and not reading.hues:
        hue = float(rng.choice([25, 60, 150, 195, 285, 320]))
        scheme = structs.replace(scheme, accent=Tone(0.66, 0.17, hue), second=Tone(0.72, 0.14, hue + 150))
    if reading.hues:
        share = 0.45 if reading.hero or reading.subjects else 0.85
        first, second = reading.hues[0], reading.hues[-1]
        turned = {role: getattr(scheme, role).towards(first, share) for role in (*_SKY, "shade", "water")}
        light = {"sun": scheme.sun.towards(second, 0.5), "growth": scheme.growth.towards(second, 0.5)}
        accents = {
            "accent": Tone(0.66, 0.21, first),
            "second": Tone(0.74, 0.15, second if second != first else first + 150),
        }
        scheme = structs.replace(scheme, **turned, **light, **accents)
        if "pastel" in reading.moods:
            scheme = structs.replace(scheme, accent=_pale(scheme.accent), second=_pale(scheme.second))
    return scheme
