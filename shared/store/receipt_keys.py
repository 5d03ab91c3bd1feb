"""The keys that sign receipts. The first process that needs one makes it; they rotate, and all public keys stay."""

from typing import Any

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from msgspec import Struct

from shared.domain.receipt import PublicKey, key_id
from shared.ops import sealing
from shared.ops.clock import CLOCK
from shared.store import keys
from shared.store.client import StoreClient


class StoredKey(Struct, frozen=True, kw_only=True):
    """A key as the store has it. `private` is sealed if SECRETS_KEY is set, and empty once the key has rotated."""

    id: str
    public_key: str
    created_ms: int
    private: str = ""


class SigningKey(Struct, frozen=True):
    """The key that signs now."""

    key_id: str
    private: Ed25519PrivateKey

    def sign(self, signed: bytes) -> str:
        """Return a signature in hexadecimal."""
        return self.private.sign(signed).hex()


_decode = msgspec.json.Decoder(StoredKey).decode


async def ensure_signing_key(store: StoreClient) -> SigningKey:
    """Return the key that signs, and make it if there is none. Raises StoreDown and SealBroken."""
    found = await _list_keys(store, 0)
    if not found:
        await store.run("rotate_receipt_key", new_key(), "first", durable=True)
        found = await _list_keys(store, 0)
    private = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(sealing.unseal(found[0].private)))
    return SigningKey(found[0].id, private)


async def list_public_keys(store: StoreClient) -> list[PublicKey]:
    """Return the public keys, the current one first."""
    return [
        PublicKey(id=one.id, public_key=one.public_key, created_ms=one.created_ms)
        for one in await _list_keys(store, -1)
    ]


async def rotate_signing_key(store: StoreClient) -> str:
    """Sign with a new key from now on, and drop the private part of the last one. Return the new key's id."""
    made = new_key()
    await store.run("rotate_receipt_key", made, "", durable=True)
    return _decode(made).id


async def encrypt_signing_key(store: StoreClient) -> bool:
    """Encrypt the private key with the first key of SECRETS_KEY. Return False if it is already, or there is none."""
    for one in await _list_keys(store, 0):
        if not sealing.is_current(one.private):
            sealed = sealing.seal(sealing.unseal(one.private))
            await store.run("rotate_receipt_key", msgspec.json.encode(msgspec.structs.replace(one, private=sealed)), "")
            return True
    return False


def new_key() -> bytes:
    """Return a new key as the store has it."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes_raw()
    sealed = sealing.seal(private.private_bytes_raw().hex())
    made = StoredKey(id=key_id(public), public_key=public.hex(), created_ms=CLOCK.now_ms(), private=sealed)
    return msgspec.json.encode(made)


async def _list_keys(store: StoreClient, last: int) -> list[StoredKey]:
    found: list[Any] = await store.call("LRANGE", keys.RECEIPT_KEYS, 0, last)
    return [_decode(raw) for raw in found]
