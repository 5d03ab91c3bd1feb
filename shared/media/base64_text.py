"""Files that travel as text: base64 as browsers read it, and data: URLs."""

from urllib.parse import unquote_to_bytes

import msgspec

PIECE_CHARS = 1 << 16  # decoded at once: other threads run in between
PADDING_MAX = 2
_SPACE = (b" ", b"\t", b"\n", b"\f", b"\r")
_BYTES = msgspec.json.Decoder(bytes)  # as strict as binascii, and three times as fast


class NotBase64Url(ValueError):
    """A URL is not a data: URL in base64."""


def decode_base64(text: str) -> bytes:
    """Return the bytes of base64 text. White space and missing padding are accepted, as browsers do.

    Raises ValueError for anything else.
    """
    return _decode(text.encode("ascii"), 0)  # UnicodeEncodeError is a ValueError


def decode_data_url(url: str) -> bytes:
    """Return the bytes in a data: URL in base64, whatever media type it names. Raises ValueError."""
    comma = url.find(",")
    scheme, _, head = url[: max(comma, 0)].partition(":")
    if scheme.lower() != "data" or not head.strip().lower().endswith(";base64"):
        raise NotBase64Url("not a data: URL in base64")
    if url.find("%", comma) >= 0:
        return _decode(unquote_to_bytes(url[comma + 1 :]), 0)
    return _decode(url.encode("ascii"), comma + 1) if url.isascii() else decode_base64(url[comma + 1 :])


def _decode(signs: bytes, start: int) -> bytes:
    """Return the bytes of base64 from `start` on. Megabytes are not copied more often than needed."""
    if any(signs.find(space, start) >= 0 for space in _SPACE):
        signs, start = signs[start:].translate(None, b"".join(_SPACE)), 0
    end = len(signs)
    while end > start and len(signs) - end < PADDING_MAX and signs[end - 1 : end] == b"=":
        end -= 1
    if any(signs.find(sign, start, end) >= 0 for sign in (b"=", b"\\")):
        raise ValueError("not base64: padding or an escape before the end")
    padding = b"=" * (-(end - start) % 4)
    view, found = memoryview(signs), list[bytes]()
    try:
        for at in range(start, end, PIECE_CHARS):
            piece = view[at : min(at + PIECE_CHARS, end)]
            found.append(_BYTES.decode(b"".join((b'"', piece, padding if at + PIECE_CHARS >= end else b"", b'"'))))
    except msgspec.DecodeError:
        raise ValueError("not base64") from None
    return b"".join(found)
