"""The length of a recording or video, from the samples that its file counts: MP4, WAV, MP3, Ogg and FLAC."""

import struct
from collections.abc import Iterator

FRAMES_MAX = 200_000  # of an MP3: 80 minutes
SEARCHES_MAX = 1_000  # for the next frame of a damaged MP3
BOXES_MAX = 10_000
OPUS_RATE = 48_000
WAV_FORMAT_BYTES = 16
PARENTS = (b"moov", b"trak", b"mdia", b"minf", b"stbl")  # boxes of boxes, on the way to the counts of samples
MP3_RATES = (44_100, 48_000, 32_000)
MP3_KBPS = (
    (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320),  # of MPEG 1
    (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160),  # of MPEG 2 and 2.5
)


def length_s(data: bytes) -> float | None:
    """Return the length of a file in seconds, None if its format does not say it or the file is damaged."""
    try:
        found = _read(data)
    except (struct.error, IndexError, ZeroDivisionError):
        return None
    return found if found and found > 0 else None


def _read(data: bytes) -> float | None:
    if data[4:8] == b"ftyp":
        return _mp4(data)
    if data[:4] == b"RIFF" and data[8:12] == b"WAVE":
        return _wav(data)
    if data[:4] == b"OggS":
        return _ogg(data)
    if data[:4] == b"fLaC":
        word = int.from_bytes(data[18:26])  # 20 bits of rate, 8 of channels and sample size, 36 of samples
        return (word & (2**36 - 1)) / (word >> 44)
    return _mp3(data) if data[:3] == b"ID3" or data[:1] == b"\xff" else None


def _mp4(data: bytes) -> float | None:
    """Return the longest of the lengths that the headers name, and that the samples of a track add up to."""
    longest, scale = 0.0, 1
    fragmented = False
    for name, start, end in _boxes(data):
        wide = data[start : start + 1] == b"\1"
        if name in (b"mvhd", b"mdhd"):
            scale = int.from_bytes(data[start + (20 if wide else 12) :][:4])
            duration = int.from_bytes(data[start + (24 if wide else 16) :][: 8 if wide else 4])
            longest = max(longest, duration / scale)
        elif name == b"stts":
            counts = struct.iter_unpack(">II", data[start + 8 : start + 8 + (end - start - 8) // 8 * 8])
            longest = max(longest, sum(count * delta for count, delta in counts) / scale)
        fragmented = fragmented or name == b"moof"
    return None if fragmented else longest


def _boxes(data: bytes) -> Iterator[tuple[bytes, int, int]]:
    """Yield the name, start and end of each box, and of the boxes within those of a track."""
    places = [(0, len(data))]
    for _ in range(BOXES_MAX):
        if not places:
            return
        at, end = places.pop()
        size, header = int.from_bytes(data[at : at + 4]), 8
        name = data[at + 4 : at + 8]
        if size == 1:
            size, header = int.from_bytes(data[at + 8 : at + 16]), 16
        stop = end if size == 0 else min(at + size, end)
        if at + header > end or stop < at + header:
            continue
        yield name, at + header, stop
        places.append((stop, end))
        if name in PARENTS:
            places.append((at + header, stop))
    raise IndexError


def _wav(data: bytes) -> float | None:
    place, per_s = 12, 0
    while place + 8 <= len(data):
        name, size = data[place : place + 4], int.from_bytes(data[place + 4 : place + 8], "little")
        if name == b"fmt " and size >= WAV_FORMAT_BYTES:
            rate, _, block = struct.unpack_from("<IIH", data, place + 12)
            per_s = rate * block
        if name == b"data":
            left = len(data) - place - 8
            return (size if 0 < size < left else left) / per_s  # a writer to a pipe does not know the size
        place += 8 + size + size % 2
    return None


def _ogg(data: bytes) -> float | None:
    """Return the position of the last page, if it belongs to the first stream: Opus or Vorbis."""
    last = data.rfind(b"OggS")
    head = data[27 + data[26] :]
    rate, skipped = 0, 0
    if head.startswith(b"OpusHead"):
        rate, skipped = OPUS_RATE, int.from_bytes(head[10:12], "little")
    if head.startswith(b"\1vorbis"):
        rate = int.from_bytes(head[12:16], "little")
    one_stream = data[14:18] == data[last + 14 : last + 18]
    return (int.from_bytes(data[last + 6 : last + 14], "little", signed=True) - skipped) / rate if one_stream else None


def _mp3(data: bytes) -> float | None:
    place, length, searches = 0, 0.0, 0
    for _ in range(FRAMES_MAX):
        if data[place : place + 3] == b"ID3":
            size = data[place + 6 : place + 10]
            place += 10 + (size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3])
        if place + 4 > len(data) or data[place : place + 3] == b"TAG":
            return length
        size_bytes, seconds = _mp3_frame(data[place : place + 4])
        if not size_bytes:
            searches += 1
            place = data.find(b"\xff", place + 1)
            if place < 0:
                return length
        if searches > SEARCHES_MAX:
            return None
        place, length = place + size_bytes, length + seconds
    return None


def _mp3_frame(head: bytes) -> tuple[int, float]:
    """Return the bytes and seconds of a frame of layer III, zeros if there is none."""
    version, bitrate, rate = head[1] >> 3 & 3, head[2] >> 4, head[2] >> 2 & 3
    if head[0] != 0xFF or head[1] & 0xE6 != 0xE2 or version == 1 or bitrate in (0, 15) or rate == len(MP3_RATES):
        return 0, 0.0
    first = version == len(MP3_RATES)  # MPEG 1
    per_s = MP3_RATES[rate] >> (0 if first else 1 if version else 2)
    kbps = MP3_KBPS[0 if first else 1][bitrate]
    samples = 1152 if first else 576
    return samples * kbps * 125 // per_s + (head[2] >> 1 & 1), samples / per_s
