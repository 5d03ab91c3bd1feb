"""The entries under test, as the product calls them, and the tasks that feed them within a child.

An entry returns, or raises ValueError or one of the errors that its callers expect. Anything else is a finding.
"""

from collections.abc import Callable
from random import Random
from typing import Any

import msgspec
from msgspec import Struct

from offline.language.enhancement import subject
from offline.language.topic import topic
from offline.vision.captioning import describe_image
from offline.vision.image_decoder import decode_image
from offline.vision.preparation import prepare
from offline.vision.upscaling import upscale
from offline.voice.clauses import split_clauses
from offline.voice.speech import speak
from shared.media.base64_text import decode_data_url
from tests.programs.fuzz.decoders.mutation import Maker, hostile_base64, hostile_file, hostile_text
from workers.adapters import chat
from workers.adapters.contract import Call, Rejected, Unknown
from workers.adapters.outputs import read_output
from workers.adapters.responses import decode_json
from workers.media import inspect
from workers.media.errors import OutputError
from workers.providers.local import craft

EXPECTED = (ValueError, OutputError, Rejected, Unknown)
LANGUAGES = ("en", "de", "fr", "ru", "zh", "ar", "hi", "ja", "la", "vi")
KINDS = ("text", "enhance", "interrogate")


class Entry(Struct, frozen=True):
    """A way in: its input, and the call of the product that takes it."""

    make: Maker
    call: Callable[[Any, Random], object]
    share: int  # of the inputs, so that the slow ones do not take all the time
    in_parent: bool = True  # the product calls it in a process of ours, because it runs no decoder


def a_call(kind: str, prompt: str, **input: object) -> Call:
    """Return a call with the numbers of a small order."""
    return Call(generation_id="fuzz", kind=kind, model="m", prompt=prompt, input=input, deadline_ms=0)


def say(text: str, chance: Random) -> object:
    """Speak a text in one of several languages."""
    voice, language = chance.choice(("default", "whisper", "child", None)), chance.choice(LANGUAGES)
    return speak(text[:200], voice_id=voice, speed=4.0, format="wav", language=language)


def paint(prompt: str) -> int:
    """Paint a small image, as a neighbour orders one, and return the number of outputs."""
    return len(craft.make_images(a_call("image", prompt, width=64, height=64), 1).outputs)


def read_answer(text: str, chance: Random) -> object:
    """Read the answer of a chat model."""
    return chat.read_text(a_call(chance.choice(KINDS), "p", count=3), text)


ENTRIES: dict[str, Entry] = {
    "header": Entry(
        hostile_file, lambda data, chance: inspect(data, chance.choice(("image", "video", "voice"))), 2_560
    ),
    "data-url": Entry(hostile_base64, lambda text, chance: decode_data_url(text), 640),
    "provider-file": Entry(hostile_base64, lambda text, chance: read_output(text), 640),
    "provider-json": Entry(hostile_text, lambda text, chance: decode_json(text.encode(errors="replace")), 640),
    "chat-answer": Entry(hostile_text, read_answer, 640),
    "prompt-topic": Entry(hostile_text, lambda text, chance: (topic(text), subject(text)), 320, in_parent=False),
    "clauses": Entry(hostile_text, lambda text, chance: list(split_clauses(text)), 320, in_parent=False),
    "image-pixels": Entry(hostile_file, lambda data, chance: decode_image(data), 640, in_parent=False),
    "image-prepared": Entry(hostile_file, lambda data, chance: prepare(data), 160, in_parent=False),
    "image-words": Entry(hostile_file, lambda data, chance: describe_image(data), 16, in_parent=False),
    "upscale": Entry(hostile_file, lambda data, chance: upscale(data, chance.choice((2, 4))), 8, in_parent=False),
    "voice": Entry(hostile_text, say, 4, in_parent=False),
    "image": Entry(hostile_text, lambda text, chance: paint(text), 1, in_parent=False),
}


class Batch(Struct, frozen=True):
    """The end of a batch: the inputs that went in, those that were refused, and the numbers of unexpected errors."""

    inputs: int
    refused: int
    findings: list[tuple[int, str]]


def feed(name: str, seed: int, first: int, count: int) -> dict[str, Any]:
    """Feed an entry with the inputs `first` to `first + count` of a seed."""
    entry, refused, findings = ENTRIES[name], 0, []
    for number in range(first, first + count):
        chance = Random(f"{seed}:{name}:{number}")
        given = entry.make(chance)
        try:
            entry.call(given, chance)
        except EXPECTED:
            refused += 1
        except Exception as error:
            findings.append((number, f"{type(error).__name__}: {error}"[:200]))
    plain: dict[str, Any] = msgspec.to_builtins(Batch(count, refused, findings))
    return plain


TASKS: dict[str, Callable[..., Any]] = {"feed": feed, "paint": lambda: paint("calm lake at dawn")}
