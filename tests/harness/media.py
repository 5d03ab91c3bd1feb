"""Videos and recordings that have a length and no content."""

import io
import struct
import wave

SCALE = 1_000  # units of a second in an MP4
RATE = 8_000


def an_mp4(seconds: float, *, claimed_s: float | None = None) -> bytes:
    """Return an MP4 whose track has samples of this length. Its header may claim another one."""
    length = round(seconds * SCALE)
    claimed = length if claimed_s is None else round(claimed_s * SCALE)
    mvhd = _box(b"mvhd", struct.pack(">IIIII", 0, 0, 0, SCALE, claimed) + bytes(80))
    mdhd = _box(b"mdhd", struct.pack(">IIIIII", 0, 0, 0, SCALE, claimed, 0))
    stts = _box(b"stts", struct.pack(">IIII", 0, 1, 1, length))
    track = _box(b"trak", _box(b"mdia", mdhd + _box(b"minf", _box(b"stbl", stts))))
    return _box(b"ftyp", b"isom" + bytes(4) + b"isom") + _box(b"moov", mvhd + track) + _box(b"mdat", bytes(8))


def a_wav(seconds: float) -> bytes:
    """Return silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(1)
        sound.setframerate(RATE)
        sound.writeframes(bytes(round(seconds * RATE)))
    return file.getvalue()


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content
