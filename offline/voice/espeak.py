"""The espeak-ng library: text in, samples out. Its state is global to the process, so a lock serializes calls."""

import ctypes
import threading
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

from offline.extras import MissingExtra, import_extra
from offline.voice.audio import Samples

WPM_MIN, WPM_MAX = 80, 1_000  # limits of the library
_SYNCHRONOUS = 2
_DO_NOT_EXIT = 0x8000
_UTF8 = 1
_CHARACTERS = 1
_RATE, _PITCH = 1, 3
_WITHOUT_DICTIONARY = {"fo", "kaa", "xex"}  # listed, but silent
_CALLBACK = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_int, ctypes.c_void_p)

_lock = threading.Lock()


class _Entry(ctypes.Structure):
    """The first fields of a voice in the library's list. Its other fields are not read."""

    _fields_ = (("name", ctypes.c_char_p), ("languages", ctypes.c_void_p), ("identifier", ctypes.c_char_p))


def languages() -> dict[str, str]:
    """Return the library's voice for every language code. Raises MissingExtra."""
    with _lock:
        return _load_library()[2]


def synthesize(
    clauses: Iterable[str], *, language: str, variant: str, wpm: int, pitch: int, samples_max: int
) -> tuple[Samples, int]:
    """Return the spoken clauses and their sample rate. `language` is a value of languages(), `pitch` is 0 to 100.

    A long clause can crash the process: pass those of split_clauses(). The samples end at `samples_max`, so that many
    samples mean that the text is too long. Raises MissingExtra, and RuntimeError when the library refuses.

    """
    with _lock:
        library, rate, _ = _load_library()
        parts: list[bytes] = []
        room = samples_max

        def take(samples: int | None, count: int, events: int | None) -> int:
            """Store one piece. Return 1 to end the synthesis."""
            nonlocal room
            if samples and count > 0:
                parts.append(ctypes.string_at(samples, 2 * min(count, room)))
                room -= min(count, room)
            return 0 if room else 1

        callback = _CALLBACK(take)
        library.espeak_SetSynthCallback(callback)
        name = f"{language}+{variant}" if variant else language
        if library.espeak_SetVoiceByName(name.encode()):
            raise RuntimeError(f"espeak-ng has no voice {name}.")
        for parameter, value in ((_RATE, wpm), (_PITCH, pitch)):
            library.espeak_SetParameter(parameter, value, 0)
        for clause in clauses:
            data = clause.encode()
            fault = library.espeak_Synth(data, len(data) + 1, 0, _CHARACTERS, 0, _UTF8, None, None)
            if fault:
                raise RuntimeError(f"espeak-ng failed with error {fault}.")
            if not room:
                break
        return np.frombuffer(b"".join(parts), np.int16), rate


@cache
def _load_library() -> tuple[Any, int, dict[str, str]]:
    """Return the library, its sample rate and its languages. Callers hold the lock."""
    loader = import_extra("espeakng_loader")
    try:
        library = ctypes.CDLL(loader.get_library_path())
    except OSError as error:
        raise MissingExtra(f"espeak-ng cannot be loaded: {error}") from error
    library.espeak_Synth.argtypes = [
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int),
        *(ctypes.c_uint, ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
    ]
    library.espeak_ListVoices.restype = ctypes.POINTER(ctypes.POINTER(_Entry))
    folder = str(Path(loader.get_data_path()).parent).encode()
    rate: int = library.espeak_Initialize(_SYNCHRONOUS, 0, folder, _DO_NOT_EXIT)
    if rate <= 0:
        raise RuntimeError("espeak-ng does not find its data.")
    ranked = sorted(_entries(library), key=lambda entry: -entry[1])
    return library, rate, {code: name for code, _, name in ranked if code not in _WITHOUT_DICTIONARY}


def _entries(library: Any) -> Iterator[tuple[str, int, str]]:
    """Yield code, rank (lower is better) and voice. A voice lists several codes, each behind its rank."""
    for entry in library.espeak_ListVoices(None):
        if not entry:
            return
        address, name = entry.contents.languages, entry.contents.identifier.decode()
        while rank := ctypes.string_at(address, 1)[0]:
            code = ctypes.string_at(address + 1)
            yield code.decode().lower(), rank, name
            address += len(code) + 2
