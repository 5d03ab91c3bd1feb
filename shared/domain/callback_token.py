"""Tokens in callback URLs: a generation's id and a keyed hash of it, so that no token is stored."""

import hmac
from hashlib import blake2b
from uuid import UUID

HASH_BYTES = 16


def token(secret: bytes, generation_id: str) -> str:
    """Return a generation's token: 64 hex digits, the id and its BLAKE2b keyed with the deployment's secret."""
    name = UUID(generation_id).bytes
    return name.hex() + blake2b(name, key=secret, digest_size=HASH_BYTES).hexdigest()


def generation_of(secret: bytes, text: str) -> str | None:
    """Return the generation id in a token of this deployment, or None for any other text."""
    if len(text) != 64 or not text.isascii() or not text.isalnum():
        return None
    try:
        name = bytes.fromhex(text[:32])
        given = bytes.fromhex(text[32:])
    except ValueError:
        return None
    expected = blake2b(name, key=secret, digest_size=HASH_BYTES).digest()
    return str(UUID(bytes=name)) if hmac.compare_digest(given, expected) else None
