"""Speaker voices by the names that people use for them."""

import re
from typing import NamedTuple
from zlib import crc32


class SpeakerVoice(NamedTuple):
    """The difference between a voice and the plain one. `language` is its default language."""

    language: str = "en-us"
    variant: str = ""  # a timbre of espeak-ng
    pitch: int = 50  # 0 to 100
    pace: float = 1.0


VOICES = {
    "default": SpeakerVoice(),
    "american": SpeakerVoice(),
    "announcer": SpeakerVoice(variant="announcer", pace=0.95),
    "british": SpeakerVoice("en-gb"),
    "calm": SpeakerVoice(variant="f2", pitch=42, pace=0.8),
    "child": SpeakerVoice(variant="f3", pitch=80, pace=1.05),
    "deep": SpeakerVoice(variant="m8", pitch=20, pace=0.92),
    "fast": SpeakerVoice(pace=1.4),
    "female": SpeakerVoice(variant="f2"),
    "grandma": SpeakerVoice(variant="grandma"),
    "grandpa": SpeakerVoice(variant="grandpa"),
    "male": SpeakerVoice(variant="m3"),
    "narrator": SpeakerVoice(variant="m3", pitch=42, pace=0.9),
    "robot": SpeakerVoice(variant="robosoft3"),
    "scottish": SpeakerVoice("en-gb-scotland"),
    "slow": SpeakerVoice(pace=0.7),
    "whisper": SpeakerVoice(variant="whisper"),
}
_ANY = ("male", "female", "narrator", "default")  # for names without a hint
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
_BY_WORD = {word: name for name, words in _HINTS.items() for word in words.split()} | {name: name for name in VOICES}


def find_voice(voice_id: str | None) -> SpeakerVoice:
    """Return the voice of that name.

    An unknown name gets the voice and accent that its words suggest, or a voice chosen by its hash.
    Raises ValueError for a text that cannot be a name.

    """
    name = (voice_id or "default").strip().lower()
    words = re.findall(r"[^\W_]+", name)
    if not words or re.search(r"[^\w\s.:+/()-]", name):
        raise ValueError(f"`voice_id` must be a name such as {', '.join(VOICES)}.")
    hinted = [VOICES[_BY_WORD[word]] for word in words if word in _BY_WORD]
    if not hinted:
        return VOICES[_ANY[crc32(name.encode()) % len(_ANY)]]
    accents = [voice.language for voice in hinted if voice.language != SpeakerVoice().language]
    timbres = [voice for voice in hinted if voice._replace(language=SpeakerVoice().language) != SpeakerVoice()]
    return (timbres or hinted)[0]._replace(language=[*accents, SpeakerVoice().language][0])
