"""The border between a provider's Call and the offline models: one function for each kind, run in a child process."""

import io
from typing import Literal

from offline.artist.still import paint
from offline.artist.video import frame_count, render_slide, render_video
from offline.band.performance import play
from offline.language.enhancement import enhance
from offline.language.writing import write
from offline.vision.captioning import describe_image
from offline.vision.upscaling import upscale
from offline.voice.speech import speak
from workers.adapters.contract import Blob, Call, Done

FPS = 24
SEED_STEP = 7919  # between the images of one call


def make_images(call: Call, seed: int) -> Done:
    """Paint `count` images as PNG. Raises ValueError for a size out of bounds."""
    width, height, count = read_integer(call, "width"), read_integer(call, "height"), read_integer(call, "count", 1)
    style = " ".join(str(call.input[name]) for name in ("style", "mode") if call.input.get(name))
    outputs = []
    for index in range(count):
        buffer = io.BytesIO()
        image = paint(call.prompt, seed + index * SEED_STEP, width, height, style)
        image.save(buffer, "PNG", compress_level=4)
        outputs.append(Blob(buffer.getvalue(), "image/png"))
    return Done(outputs=tuple(outputs), facts={"width": width, "height": height, "seed": seed})


def make_video(call: Call, source: int | bytes) -> Done:
    """Render a video as MP4, from a seed or an image. An odd side loses its last row or column.

    Raises ValueError for a size or length out of bounds.
    """
    width, height = read_integer(call, "width"), read_integer(call, "height")
    seconds = read_number(call, "seconds", 5.0)
    if isinstance(source, bytes):
        data = render_slide(source, width, height, seconds, FPS)
    else:
        data = render_video(call.prompt, source, width, height, seconds, FPS)
    facts: dict[str, object] = {
        "width": width - width % 2,
        "height": height - height % 2,
        "duration_ms": round(frame_count(seconds, FPS) * 1000 / FPS),
    }
    if isinstance(source, int):
        facts["seed"] = source
    return Done(outputs=(Blob(data, "video/mp4"),), facts=facts)


def make_music(call: Call, seed: int) -> Done:
    """Play music of the requested length, as WAV or MP3. Raises ValueError for a length or guidance out of bounds."""
    seconds, format = read_number(call, "seconds", 30.0), _audio_format(call)
    guidance = read_number(call, "guidance", 3.5)
    data = play(call.prompt, seed=seed, seconds=seconds, guidance=guidance, format=format)
    facts: dict[str, object] = {"duration_ms": round(seconds * 1000), "seed": seed}
    return Done(outputs=(Blob(data, _media_type(format)),), facts=facts)


def make_speech(call: Call, seed: int) -> Done:
    """Speak the prompt, as WAV or MP3. Raises ValueError, or MissingExtra when the synthesizer is not installed."""
    format = _audio_format(call)
    data, duration_ms = speak(
        call.prompt,
        voice_id=read_text(call, "voice_id"),
        speed=read_number(call, "speed", 1.0),
        format=format,
        language=read_text(call, "language"),
    )
    return Done(outputs=(Blob(data, _media_type(format)),), facts={"duration_ms": duration_ms})


def make_text(call: Call, seed: int) -> Done:
    """Write a text with the language model. Raises ValueError, or MissingExtra when the model is not installed."""
    words_max = call.input.get("words_max")
    text = write(
        call.prompt,
        type=read_text(call, "type"),
        tone=read_text(call, "tone"),
        length=read_text(call, "length"),
        words_max=words_max if isinstance(words_max, int) else None,
        seed=seed,
    )
    return Done(text=text)


def make_prompts(call: Call, seed: int) -> Done:
    """Enhance a prompt in `count` variations. Raises ValueError, or MissingExtra when the model is not installed."""
    count = read_integer(call, "count", 3)
    variations = enhance(call.prompt, mode=read_text(call, "mode"), count=count, seed=seed)
    return Done(text=variations[0], facts={"variations": variations})


def make_upscaled(call: Call, data: bytes) -> Done:
    """Upscale an image file two or four times, as PNG. Raises ValueError for a file that cannot be read."""
    upscaled, (width, height), _ = upscale(data, 4 if call.input.get("scale") == 4 else 2)
    return Done(outputs=(Blob(upscaled, "image/png"),), facts={"original_width": width, "original_height": height})


def make_description(call: Call, data: bytes) -> Done:
    """Describe an image file in words. Raises ValueError for a file that cannot be read."""
    description = describe_image(data)
    facts: dict[str, object] = {"caption": description.caption, "tags": description.tags, "measures": description.facts}
    return Done(text=description.prompt, facts=facts)


def read_integer(call: Call, name: str, default: int | None = None) -> int:
    """Return a whole number of the call's input. Raises ValueError for any other value."""
    value = call.input.get(name, default)
    if not isinstance(value, int):
        raise ValueError(f"`{name}` must be a whole number.")
    return value


def read_number(call: Call, name: str, default: float) -> float:
    """Return a number of the call's input. Raises ValueError for any other value."""
    value = call.input.get(name, default)
    if not isinstance(value, int | float):
        raise ValueError(f"`{name}` must be a number.")
    return float(value)


def read_text(call: Call, name: str) -> str | None:
    """Return a text of the call's input, or None where it is missing or empty."""
    value = call.input.get(name)
    return str(value) if value else None


def _audio_format(call: Call) -> Literal["wav", "mp3"]:
    return "mp3" if call.input.get("format") == "mp3" else "wav"


def _media_type(format: str) -> str:
    return "audio/mpeg" if format == "mp3" else "audio/wav"
