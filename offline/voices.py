"""Voices by the names that people use for them."""

import re
from typing import NamedTuple
from zlib import crc32


class Voice(NamedTuple):
    """How a voice differs from the plain one; `language` is what it speaks unless told."""

    language: str = "en-us"
    variant: str = ""  # a timbre of espeak-ng
    pitch: int = 50  # 0 to 100
    pace: float = 1.0


VOICES = {
    "default": Voice(),
    "american": Voice(),
    "announcer": Voice(variant="announcer", pace=0.95),
    "british": Voice("en-gb"),
    "calm": Voice(variant="f2", pitch=42, pace=0.8),
    "child": Voice(variant="f3", pitch=80, pace=1.05),
    "deep": Voice(variant="m8", pitch=20, pace=0.92),
    "fast": Voice(pace=1.4),
    "female": Voice(variant="f2"),
    "grandma": Voice(variant="grandma"),
    "grandpa": Voice(variant="grandpa"),
    "male": Voice(variant="m3"),
    "narrator": Voice(variant="m3", pitch=42, pace=0.9),
    "robot": Voice(variant="robosoft3"),
    "scottish": Voice("en-gb-scotland"),
    "slow": Voice(pace=0.7),
    "whisper": Voice(variant="whisper"),
}
_ANY = ("male", "female", "narrator", "default")  # one of these for a name that says nothing
_HINTS = {
    "female": "woman girl lady she f alloy nova shimmer coral rachel bella sarah emily alice joanna amy jenny anna",
    "male": "man guy he m echo adam josh sam matthew brian john david max paul tom",
    "deep": "onyx bass low baritone",
    "narrator": "story storyteller narration audiobook reader sage",
    "british": "uk gb england english london fable",
    "american": "us usa",
    "child": "kid boy young high",
    "calm": "soft gentle warm soothing",
    "robot": "robotic computer machine",
    "announcer": "radio news presenter host",
    "whisper": "whispering",
    "grandpa": "old",
}
_MEANT = {word: name for name, words in _HINTS.items() for word in words.split()} | {name: name for name in VOICES}


def voice_of(voice_id: str | None) -> Voice:
    """The voice of that name; for one we do not have, the voice and accent its words hint at, or always the same one.

    Raises ValueError for what cannot be a name.
    """
    name = (voice_id or "default").strip().lower()
    words = re.findall(r"[^\W_]+", name)
    if not words or re.search(r"[^\w\s.:+/()-]", name):
        raise ValueError(f"voice_id must be a name such as {', '.join(VOICES)}")
    meant = [VOICES[_MEANT[word]] for word in words if word in _MEANT]
    if not meant:
        return VOICES[_ANY[crc32(name.encode()) % len(_ANY)]]
    accents = [voice.language for voice in meant if voice.language != Voice().language]
    timbres = [voice for voice in meant if voice._replace(language=Voice().language) != Voice()]
    return (timbres or meant)[0]._replace(language=[*accents, Voice().language][0])
