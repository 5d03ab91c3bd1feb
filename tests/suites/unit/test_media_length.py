"""The length of recordings and videos by their files."""

import struct

import pytest

from shared.media.length import length_s
from tests.harness.media import a_wav, an_mp4

MP3_FRAME = b"\xff\xfb\x90\x00" + bytes(413)  # 128 kbit/s at 44,100 Hz: 1,152 samples
OPUS = b"OpusHead\1\1" + struct.pack("<HI", 312, 48_000) + bytes(3)
VORBIS = b"\1vorbis" + struct.pack("<IBI", 0, 1, 44_100) + bytes(14)


def a_page(granule: int, content: bytes = b"", serial: int = 1) -> bytes:
    """Return a page of an Ogg file, whose checksum nobody reads."""
    return b"OggS" + struct.pack("<BBqIIIBB", 0, 2, granule, serial, 0, 0, 1, len(content)) + content


def a_flac(rate: int, samples: int) -> bytes:
    """Return the start of a FLAC file."""
    return b"fLaC" + bytes(14) + (rate << 44 | 7 << 36 | samples).to_bytes(8)


@pytest.mark.parametrize(
    ("data", "expected_s"),
    [
        (an_mp4(12.5), 12.5),
        (an_mp4(60, claimed_s=1), 60),
        (an_mp4(1, claimed_s=60), 60),
        (a_wav(2.25), 2.25),
        (b"ID3\4\0\0\0\0\0\5hello" + MP3_FRAME * 100, 2.612),
        (MP3_FRAME * 50 + b"noise" + MP3_FRAME * 50 + b"TAG" + bytes(125), 2.612),
        (a_page(0, OPUS) + a_page(48_312), 1),
        (a_page(0, VORBIS) + a_page(88_200), 2),
        (a_flac(44_100, 441_000), 10),
    ],
)
def test_length_is_that_of_the_samples(data: bytes, expected_s: float) -> None:
    """Each format is measured, whatever the header of a video claims."""
    assert expected_s == pytest.approx(length_s(data), abs=0.001)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        an_mp4(5)[:30],
        an_mp4(5) + b"\0\0\0\x08moof",
        an_mp4(0),
        a_page(0, OPUS) + a_page(48_312, serial=2),
        a_page(0, b"else") + a_page(48_312),
        a_flac(0, 5),
        a_flac(44_100, 0),
        b"RIFF\0\0\0\0WAVEdata\0\0\0\0",
        b"\xff" * 5_000,
        b"\x1aE\xdf\xa3webm",
    ],
)
def test_unknown_length_is_none(data: bytes) -> None:
    """A file that is damaged, in fragments, in several streams or of another format has no length."""
    assert length_s(data) is None
