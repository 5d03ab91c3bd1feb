"""What the local provider makes of a call, one function for each kind; run in its processes."""

import io
from typing import Literal

from offline.artist.still import paint
from offline.artist.video import frame_count, render_video
from offline.band.performance import play
from offline.language.enhancement import enhance
from offline.language.writing import write
from offline.vision.captioning import describe_image
from offline.vision.upscaling import upscale
from offline.voice.speech import speak
from workers.adapters.contract import Blob, Call, Done

FPS = 24
SEED_STEP = 7919  # between the pictures of one call


def pictures(call: Call, seed: int) -> Done:
    """One picture or several, PNG. Raises ValueError for a size it cannot do."""
    width, height, count = whole_of(call, "width"), whole_of(call, "height"), whole_of(call, "count", 1)
    style = " ".join(str(call.input[name]) for name in ("style", "mode") if call.input.get(name))
    made = []
    for index in range(count):
        buffer = io.BytesIO()
        painting = paint(call.prompt, seed + index * SEED_STEP, width, height, style)
        painting.save(buffer, "PNG", compress_level=4)
        made.append(Blob(buffer.getvalue(), "image/png"))
    return Done(outputs=tuple(made), facts={"width": width, "height": height, "seed": seed})


def film(call: Call, seed: int) -> Done:
    """A film, MP4; an odd side loses its last row or column. Raises ValueError for a size or length it cannot do."""
    width, height = whole_of(call, "width"), whole_of(call, "height")
    seconds = number_of(call, "seconds", 5.0)
    data = render_video(call.prompt, seed, width, height, seconds, FPS)
    facts: dict[str, object] = {
        "width": width - width % 2,
        "height": height - height % 2,
        "seed": seed,
        "duration_ms": round(frame_count(seconds, FPS) * 1000 / FPS),
    }
    return Done(outputs=(Blob(data, "video/mp4"),), facts=facts)


def music(call: Call, seed: int) -> Done:
    """Music of the asked length, WAV or MP3."""
    seconds, format = number_of(call, "seconds", 30.0), _format(call)
    data = play(call.prompt, seed=seed, seconds=seconds, guidance=number_of(call, "guidance", 3.5), format=format)
    facts: dict[str, object] = {"duration_ms": round(seconds * 1000), "seed": seed}
    return Done(outputs=(Blob(data, _sound(format)),), facts=facts)


def voice(call: Call, seed: int) -> Done:
    """Speech, WAV or MP3. Raises MissingExtra."""
    format = _format(call)
    data, duration_ms = speak(
        call.prompt,
        voice_id=word_of(call, "voice_id"),
        speed=number_of(call, "speed", 1.0),
        format=format,
        language=word_of(call, "language"),
    )
    return Done(outputs=(Blob(data, _sound(format)),), facts={"duration_ms": duration_ms})


def text(call: Call, seed: int) -> Done:
    """A text by the language model. Raises MissingExtra."""
    most = call.input.get("words_max")
    words = write(
        call.prompt,
        type=word_of(call, "type"),
        tone=word_of(call, "tone"),
        length=word_of(call, "length"),
        words_max=most if isinstance(most, int) else None,
        seed=seed,
    )
    return Done(text=words)


def enhanced(call: Call, seed: int) -> Done:
    """Better prompts. Raises MissingExtra."""
    variations = enhance(call.prompt, mode=word_of(call, "mode"), count=whole_of(call, "count", 3), seed=seed)
    return Done(text=variations[0], facts={"variations": variations})


def enlarged(call: Call, data: bytes) -> Done:
    """A larger picture, PNG."""
    larger, (width, height), _ = upscale(data, 4 if call.input.get("scale") == 4 else 2)
    return Done(outputs=(Blob(larger, "image/png"),), facts={"original_width": width, "original_height": height})


def seen(call: Call, data: bytes) -> Done:
    """What can honestly be said about a picture."""
    sight = describe_image(data)
    return Done(text=sight.prompt, facts={"caption": sight.caption, "tags": sight.tags, "measures": sight.facts})


def whole_of(call: Call, name: str, default: int | None = None) -> int:
    """A whole number of the input. Raises ValueError if it is none."""
    value = call.input.get(name, default)
    if not isinstance(value, int):
        raise ValueError(f"{name} must be a whole number")
    return value


def number_of(call: Call, name: str, default: float) -> float:
    """A number of the input. Raises ValueError if it is none."""
    value = call.input.get(name, default)
    if not isinstance(value, int | float):
        raise ValueError(f"{name} must be a number")
    return float(value)


def word_of(call: Call, name: str) -> str | None:
    """A word of the input, or None."""
    value = call.input.get(name)
    return str(value) if value else None


def _format(call: Call) -> Literal["wav", "mp3"]:
    return "mp3" if call.input.get("format") == "mp3" else "wav"


def _sound(format: str) -> str:
    return "audio/mpeg" if format == "mp3" else "audio/wav"
