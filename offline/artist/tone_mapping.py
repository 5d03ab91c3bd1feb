"""From linear light to 8-bit sRGB: bloom, grade, vignette, grain and the tone curve."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from offline.artist.noise import columns, resized, rows
from offline.artist.palette import Plane
from offline.artist.stage import Stage

_STEPS = 8192
_WHITE = 3.0  # the brightest light that is not shown as white


def _curve() -> NDArray[np.uint8]:
    """Return a table over square roots of light: a soft shoulder, then the sRGB transfer."""
    light = np.linspace(0, 1, _STEPS) ** 2 * _WHITE
    knee = 0.55
    over = (light - knee) / (1 - knee)
    shown = np.where(light < knee, light, knee + (1 - knee) * (1 - np.exp(-np.clip(over, 0, None) * 0.9)))
    encoded = np.where(shown <= 0.0031308, shown * 12.92, 1.055 * np.maximum(shown, 1e-9) ** (1 / 2.4) - 0.055)
    return np.asarray(np.clip(encoded * 255 + 0.5, 0, 255), dtype=np.uint8)


_CURVE = _curve()


def blurred(light: Plane, radius: float) -> Plane:
    """Return light with a wide, cheap blur of `radius` pixels: scaled down, smoothed and scaled up."""
    height, width = light.shape[:2]
    factor = max(int(radius / 2), 1)
    small_w, small_h = max(width // factor, 2), max(height // factor, 2)
    channels = []
    for channel in range(light.shape[2]):
        small = resized(np.ascontiguousarray(light[..., channel]), small_w, small_h, Image.Resampling.BOX)
        for axis in (0, 1):
            padded = np.pad(small, [(2, 2) if a == axis else (0, 0) for a in (0, 1)], mode="edge")
            n = small.shape[axis]
            parts = [padded.take(range(i, i + n), axis=axis) for i in range(5)]
            small = (parts[0] + parts[4] + 4 * (parts[1] + parts[3]) + 6 * parts[2]) / 16
        channels.append(resized(small, width, height, Image.Resampling.BICUBIC))
    return np.stack(channels, axis=-1)


def add_bloom(canvas: Plane, stage: Stage, strength: float) -> None:
    """Spread bright light over its surroundings."""
    factor = max(int(stage.unit / 360), 1)
    height, width = canvas.shape[:2]
    small = canvas[::factor, ::factor]
    bright = np.clip(small - 0.8, 0, 2.5)
    spill = blurred(bright, stage.unit / 40 / factor) + blurred(bright, stage.unit / 12 / factor) * 0.6
    for channel in range(3):
        canvas[..., channel] += resized(np.ascontiguousarray(spill[..., channel]), width, height) * strength


def map_tones(canvas: Plane, stage: Stage, grain: Plane | None = None) -> NDArray[np.uint8]:
    """Return the canvas as 8-bit sRGB. Overwrites the canvas."""
    moods = stage.reading.moods
    add_bloom(canvas, stage, 0.85 if "neon" in moods else 0.55 if "soft" in moods else 0.4)
    grey = canvas[..., 0] * 0.2126 + canvas[..., 1] * 0.7152 + canvas[..., 2] * 0.0722
    if "cinematic" in moods:
        # Cool shadows and warm highlights are the usual grade of the cinema.
        light = np.clip(grey, 0, 1)[..., None]
        canvas *= np.array([0.93, 1.0, 1.06], np.float32) + light * np.array([0.12, 0.01, -0.10], np.float32)
    if stage.scheme.vivid != 1:
        canvas += (canvas - grey[..., None]) * (stage.scheme.vivid - 1)
    across, down = columns(stage.width) - 0.5, rows(stage.height) - 0.5
    depth = 0.2 if "pastel" in moods else 1.0 if {"cinematic", "dark"} & moods else 0.65
    canvas *= (1 - depth * np.clip(across * across + down * down - 0.08, 0, 1))[..., None]
    np.clip(canvas, 0, _WHITE, out=canvas)
    np.sqrt(canvas, out=canvas)
    if grain is not None:
        canvas += grain[..., None]
    canvas *= (_STEPS - 1) / _WHITE**0.5
    np.clip(canvas, 0, _STEPS - 1, out=canvas)
    return np.asarray(_CURVE[canvas.astype(np.int16)])


def grain_for(stage: Stage, strength: float = 0.012) -> Plane:
    """Return fine noise that also hides the steps of eight bits."""
    rng = stage.dice("grain")
    raw = rng.integers(0, 256, (stage.height, stage.width), dtype=np.uint8)
    return (raw.astype(np.float32) - 127.5) * (strength / 127.5)
