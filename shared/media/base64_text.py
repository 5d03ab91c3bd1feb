"""Files that travel as text: base64 as browsers read it, and data: URLs."""

import binascii
from urllib.parse import unquote_to_bytes

PIECE_CHARS = 1 << 20  # decoded at once; in a thread, others run in between
_SPACE = b" \t\n\f\r"


class NotBase64Url(ValueError):
    """A URL is not a data: URL in base64."""


def decode_base64(text: str) -> bytes:
    """Return the bytes of base64 text. White space and missing padding are accepted, as browsers do.

    Raises ValueError for anything else.
    """
    signs = text.encode("ascii").translate(None, _SPACE)  # UnicodeEncodeError is a ValueError
    signs = signs.removesuffix(b"=").removesuffix(b"=")
    if b"=" in signs:
        raise ValueError("padding before the end")
    signs += b"=" * (-len(signs) % 4)
    pieces = range(0, len(signs), PIECE_CHARS)
    return b"".join(binascii.a2b_base64(signs[start : start + PIECE_CHARS], strict_mode=True) for start in pieces)


def decode_data_url(url: str) -> bytes:
    """Return the bytes in a data: URL in base64, whatever media type it names. Raises ValueError."""
    scheme, _, rest = url.partition(":")
    head, comma, body = rest.partition(",")
    if scheme.lower() != "data" or not comma or not head.strip().lower().endswith(";base64"):
        raise NotBase64Url("not a data: URL in base64")
    if "%" in body:
        body = unquote_to_bytes(body).decode("ascii")
    return decode_base64(body)
