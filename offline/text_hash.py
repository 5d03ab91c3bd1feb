"""A hash of any text, the same in every process and on every machine."""

from hashlib import blake2b


def text_hash(text: str) -> int:
    """Return a 128-bit number for any text."""
    return int.from_bytes(blake2b(text.encode("utf-8", "surrogatepass"), digest_size=16).digest(), "big")
