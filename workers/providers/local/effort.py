"""An estimate of the work in an order, from the numbers that it names."""

from shared.media.image_header import Size
from workers.adapters.contract import Call

HEAVY_S = 2.0  # longer work leaves a child free for the rest
MEGAPIXEL = 1_000_000
# Processor seconds on one core of 2024, measured.
PAINT_S, VIDEO_S, UPSCALE_S, EXAMINE_S = 1.2, 0.55, 1.4, 0.1  # per megapixel
MUSIC_S, VOICE_S = 0.06, 0.0002  # per second of music, per character
FPS = 24


def estimate_s(call: Call, image: Size = (0, 0)) -> float:
    """Return about how long an order takes on one core. `image` is the size of its input image."""
    pixels = image[0] * image[1] / MEGAPIXEL
    match call.kind:
        case "image":
            effort_s = PAINT_S * _megapixels(call) * _number(call, "count", 1)
        case "video":
            effort_s = VIDEO_S * _megapixels(call) * _number(call, "seconds", 5) * FPS
        case "upscale":
            effort_s = UPSCALE_S * pixels * _number(call, "scale", 2) ** 2
        case "interrogate":
            effort_s = EXAMINE_S * pixels
        case "music":
            effort_s = MUSIC_S * _number(call, "seconds", 30)
        case "voice":
            effort_s = VOICE_S * len(call.prompt) / max(_number(call, "speed", 1), 0.1)
        case _:
            effort_s = 0.0
    return effort_s


def _megapixels(call: Call) -> float:
    return _number(call, "width", 0) * _number(call, "height", 0) / MEGAPIXEL


def _number(call: Call, name: str, default: float) -> float:
    value = call.input.get(name)
    return float(value) if isinstance(value, int | float) and abs(value) < 1e6 else default
