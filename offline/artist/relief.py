"""The relief of the land: heights that repeat without a seam, and the light on them."""

import math

import numpy as np
from msgspec import Struct
from PIL import Image

from offline.artist.noise import resized, smoothstep, tile
from offline.artist.palette import Plane, mix
from offline.artist.stage import Stage


class Land(Struct, frozen=True, kw_only=True):
    """A kind of country. Lengths are in the world's units; the eye stands at z = 0 and faces along z."""

    shape: str  # ridges, hills, dunes
    cells: int  # features along one tile of `span` units
    span: float = 64.0
    relief: float = 7.0  # height of the highest
    plain: tuple[float, float] = (4.0, 26.0)  # distances between which the relief rises to its full height
    eye: float = 1.4
    far: float = 70.0
    snow_from: float = 2.0  # share of the relief above which snow lies; past 1.5 there is none
    growth_to: float = 0.4  # share of the relief below which plants grow
    river: bool = False
    blossom: bool = False  # patches in the accents' colours
    steep: float = 1.0  # exaggerates slopes for the light
    air: float = 1.0  # how soon distance fades


def heights(stage: Stage, land: Land, size: int) -> Plane:
    """Return heights 0..1 over one tile."""
    rng = stage.dice(f"land {land.shape}")
    if land.shape == "dunes":
        return _dunes(rng, land, size)
    if land.shape == "ridges":
        rough = tile(rng, size, land.cells, octaves=9, gain=0.55, ridged=True)
        broad = tile(rng, size, max(land.cells // 2, 1), octaves=2)
        raw = rough * (1 + broad * 0.35) + broad * 0.12
    else:
        raw = tile(rng, size, land.cells, octaves=6, gain=0.4)
    low, high = (float(edge) for edge in np.percentile(raw[::4, ::4], (1, 99.7)))
    return np.asarray(np.clip((raw - low) / (high - low), 0, None))


def _dunes(rng: np.random.Generator, land: Land, size: int) -> Plane:
    """Return long crests with a gentle and a steep side, warped by noise."""
    bend = tile(rng, size, 3, octaves=3, gain=0.45)
    swell = tile(rng, size, 4, octaves=2)
    along = np.linspace(0, 1, size, endpoint=False, dtype=np.float32)
    phase = along[:, None] * land.cells + along[None, :] * (land.cells // 3 + 1) + bend * 0.9
    part = phase - np.floor(phase)
    profile = np.where(part < 0.68, (part / 0.68) ** 1.6, ((1 - part) / 0.32) ** 1.15).astype(np.float32)
    raw = np.clip(profile * (0.62 + 0.38 * swell) + 0.22 * swell + 0.1, 0, 1.2).astype(np.float32)
    # Sampling between texels would show steps in a crest sharper than a texel.
    return resized(resized(raw, size // 4, size // 4, Image.Resampling.BOX), size, size)


def _shadows(height: Plane, rise: tuple[float, float], slope: float) -> Plane:
    """Return 1 for texels that higher ground hides from the light. `height` is in texels."""
    size = height.shape[0]
    small = resized(height, size // 2, size // 2, Image.Resampling.BOX) / 2
    excess = np.full_like(small, -1e3)
    for step in (1, 2, 3, 4, 6, 8, 11, 15, 20, 27, 36):
        shifted = np.roll(small, (-round(rise[1] * step), -round(rise[0] * step)), axis=(0, 1))
        np.maximum(excess, shifted - (step * slope), out=excess)
    return resized(smoothstep(-0.4, 1.6, excess - small), size, size, Image.Resampling.BILINEAR)


def painted(stage: Stage, land: Land, height: Plane) -> Plane:
    """Return the tile seen from above in the scene's light, with its height as a fourth channel."""
    scheme, size = stage.scheme, height.shape[0]
    texel = land.span / size
    tall = height * (land.relief / texel)
    slope_x = (np.roll(tall, -1, 1) - np.roll(tall, 1, 1)) * (0.5 * land.steep)
    slope_z = (np.roll(tall, -1, 0) - np.roll(tall, 1, 0)) * (0.5 * land.steep)
    up = 1 / np.sqrt(1 + slope_x * slope_x + slope_z * slope_z)
    side = 0.86 if stage.sun_x > 0.5 else -0.86
    back = {"day": -0.4, "night": -0.25}.get(stage.reading.hour, -0.05)
    low = float(np.clip(0.18 + scheme.sun_height * 0.75, 0.22, 0.7))
    facing = (low - slope_x * side - slope_z * back) * up / math.hypot(side, back, low)
    shadow = _shadows(tall, (math.copysign(1, side), back), low * 0.8)
    direct = np.clip(facing, 0, 1) * (1 - 0.85 * shadow)
    albedo = _ground(stage, land, height, up)
    hollow = np.clip(1 + (height - resized(resized(height, size // 16, size // 16), size, size)) * 3, 0.55, 1.3)
    ambient = (0.45 + 0.55 * up) * hollow
    glow = scheme.sun.light * (scheme.key * 1.15)
    sky = mix(scheme.shade.light, scheme.middle.light, 0.35) * 1.05
    lit = albedo * (direct[..., None] * glow + ambient[..., None] * sky)
    return np.concatenate([lit, height[..., None]], axis=-1).astype(np.float32)


def _ground(stage: Stage, land: Land, height: Plane, up: Plane) -> Plane:
    """Return the ground's colours: plants low and level, snow high and level, rock on steep slopes."""
    scheme, size = stage.scheme, height.shape[0]
    mottle = tile(stage.dice("mottle"), size, 12, octaves=6, gain=0.62)[..., None]
    bare = {"ridges": scheme.rock, "dunes": scheme.ground.shifted(0.24, 1.9)}.get(land.shape, scheme.ground)
    colour = bare.light * (1 + mottle * (0.06 if land.shape == "dunes" else 0.22))
    if land.growth_to > 0:
        edge = height + mottle[..., 0] * 0.08
        share = (1 - smoothstep(land.growth_to, land.growth_to + 0.25, edge)) * smoothstep(0.45, 0.75, up)
        dry = mix(scheme.growth.light, scheme.ground.light, 0.55)
        plants = scheme.growth.light + (dry - scheme.growth.light) * np.clip(0.4 + mottle * 0.8, 0, 1)
        if land.blossom:
            plants = _patched(stage, plants)
        colour += (plants - colour) * share[..., None]
    if land.snow_from < 1.5:
        edge = height + mottle[..., 0] * 0.05
        share = smoothstep(land.snow_from, land.snow_from + 0.12, edge) * smoothstep(0.38, 0.62, up)
        colour += (np.array([0.88, 0.91, 0.97], np.float32) - colour) * share[..., None]
    return colour.astype(np.float32)


def _patched(stage: Stage, plants: Plane) -> Plane:
    """Return plants with fields in flower: two colours at the peaks of two slow noises, with grain."""
    size = plants.shape[0]
    one = stage.scheme.accent
    two = stage.scheme.second if len(stage.reading.hues) != 1 else one.shifted(0.1, 0.8, 16)
    for name, tone in (("one", one), ("two", two)):
        rng = stage.dice(f"blossom {name}")
        place, grain = tile(rng, size, 7, octaves=3), tile(rng, size, 48, octaves=3, gain=0.8)
        share = smoothstep(0.15, 0.5, place) * smoothstep(-0.5, 0.5, grain) * 0.75
        plants = plants + (tone.light - plants) * share[..., None]
    return plants
