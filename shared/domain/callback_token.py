"""The unguessable part of a generation's callback address: its id and a keyed hash of it, so that nothing is stored."""

import hmac
from hashlib import blake2b
from uuid import UUID

HASH_BYTES = 16


def token(secret: bytes, generation_id: str) -> str:
    """64 hex digits: the id, and BLAKE2b of it keyed with the deployment's secret."""
    name = UUID(generation_id).bytes
    return name.hex() + blake2b(name, key=secret, digest_size=HASH_BYTES).hexdigest()


def generation_of(secret: bytes, text: str) -> str | None:
    """The id in a token that this deployment gave out, or None."""
    if len(text) != 64 or not text.isascii() or not text.isalnum():
        return None
    try:
        name = bytes.fromhex(text[:32])
        given = bytes.fromhex(text[32:])
    except ValueError:
        return None
    expected = blake2b(name, key=secret, digest_size=HASH_BYTES).digest()
    return str(UUID(bytes=name)) if hmac.compare_digest(given, expected) else None
