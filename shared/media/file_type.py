"""The type of a file by its first bytes: media that we take or serve, and names of other files for messages."""

from typing import Literal

from shared.media.image_header import image_type

TYPE_BYTES = 512  # enough to know any of these types
STARTS = ((b"OggS", "audio/ogg"), (b"fLaC", "audio/flac"), (b"ID3", "audio/mpeg"))
AVIF_BRANDS = (b"avif", b"avis")
HEIC_BRANDS = (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx", b"mif1", b"msf1", b"heif")
AUDIO_BRANDS = (b"M4A ", b"M4B ")
MediaKind = Literal["image", "video", "audio"]
FORMATS: dict[MediaKind, str] = {  # that an input of each kind may have
    "image": "PNG, JPEG, WebP, GIF, AVIF, HEIC, TIFF or BMP",
    "video": "MP4 or WebM",
    "audio": "MP3, M4A, WAV, Ogg or FLAC",
}
NAMES = {
    "image/png": "a PNG image",
    "image/jpeg": "a JPEG image",
    "image/webp": "a WebP image",
    "image/gif": "a GIF image",
    "image/avif": "an AVIF image",
    "image/heic": "a HEIC image",
    "image/tiff": "a TIFF image",
    "image/bmp": "a BMP image",
    "video/mp4": "an MP4 video",
    "video/webm": "a WebM video",
    "audio/mpeg": "an MP3 file",
    "audio/mp4": "an M4A file",
    "audio/wav": "a WAV file",
    "audio/ogg": "an Ogg file",
    "audio/flac": "a FLAC file",
}
OTHERS = (
    (b"%PDF", "a PDF document"),
    (b"8BPS", "a Photoshop document"),
    (b"\xff\x0a", "a JPEG XL image"),
    (b"\0\0\0\x0cJXL ", "a JPEG XL image"),
    (b"\0\0\0\x0cjP  ", "a JPEG 2000 image"),
    (b"\0\0\1\0", "a Windows icon"),
    (b"\xff\x4f\xff\x51", "a JPEG 2000 image"),
    (b"PK\3\4", "a ZIP archive"),
    (b"\x1f\x8b", "a gzip archive"),
    (b"v/1\1", "an OpenEXR image"),
    (b"\x1aE\xdf\xa3", "a Matroska video"),
)
TEXTS = ((b"<svg", "an SVG drawing"), (b"<!doctype html", "a web page"), (b"<html", "a web page"), (b"{", "JSON text"))


def kind_of_role(role: str) -> MediaKind:
    """Return the kind of media in a field by its role, such as `first_frame`: most are images."""
    return "video" if role == "video" else "audio" if role == "audio" else "image"


def served_type(head: bytes) -> str | None:
    """Return the media type of an output by its first bytes, None if we do not serve it."""
    if media_type := image_type(head):
        return media_type
    for start, media_type in STARTS:
        if head.startswith(start):
            return media_type
    if head[:4] == b"RIFF":
        return "audio/wav" if head[8:12] == b"WAVE" else None
    if head[4:8] == b"ftyp" and _still_type(head) is None:
        return "audio/mp4" if head[8:12] in AUDIO_BRANDS else "video/mp4"
    if head.startswith(b"\x1aE\xdf\xa3") and b"webm" in head[:64]:  # Matroska names its type in the header
        return "video/webm"
    return "audio/mpeg" if _is_mp3_frame(head) else None


def input_type(head: bytes) -> str | None:
    """Return the media type of an input by its first bytes, None if no model can use it."""
    if head[4:8] == b"ftyp" and (still := _still_type(head)):
        return still
    if head[:4] in (b"II*\0", b"MM\0*"):
        return "image/tiff"
    if head[:2] == b"BM" and head[6:10] == b"\0\0\0\0":
        return "image/bmp"
    return served_type(head)


def describe_file(head: bytes) -> str:
    """Return a name of a file's format with its article, such as `a PDF document`."""
    known = input_type(head)
    if known is not None:
        return NAMES.get(known, known)
    for start, name in OTHERS:
        if head.startswith(start):
            return name
    text = head[:TYPE_BYTES].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    if text.startswith(b"<?xml") and b"<svg" in text:
        return "an SVG drawing"
    return next((name for start, name in TEXTS if text.startswith(start)), "a file of an unknown format")


def _still_type(head: bytes) -> str | None:
    """Return the type of an image in an MP4 container, by its own brand or else by those that it is compatible with."""
    length = min(int.from_bytes(head[:4], "big"), TYPE_BYTES)
    compatible = [head[at : at + 4] for at in range(16, min(length, len(head)), 4)]
    if head[8:12] in AVIF_BRANDS or (head[8:12] in HEIC_BRANDS and any(one in AVIF_BRANDS for one in compatible)):
        return "image/avif"
    return "image/heic" if head[8:12] in HEIC_BRANDS else None


def _is_mp3_frame(head: bytes) -> bool:
    # A sync word, a known version, layer III, a valid bitrate and sample rate.
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE6 != 0xE2:
        return False
    return head[1] & 0x18 != 0x08 and head[2] & 0xF0 != 0xF0 and head[2] & 0x0C != 0x0C
