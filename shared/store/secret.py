"""The deployment's secrets, created by the first process that needs them.

One keys the names of guests and input images; it never changes, because names would change with it. Others key the
tokens of callback URLs. They rotate: the newest makes new URLs, and the one before it stays valid.
"""

import asyncio
import contextlib
import secrets

from shared.domain.errors import StoreDown
from shared.store import keys
from shared.store.client import StoreClient

SECRET_BYTES = 32
VALID = 2  # callback secrets that are valid at a time
FOLLOW_S = 30.0  # between two reads of the newest one


async def ensure_deployment_secret(store: StoreClient) -> bytes:
    """Return the deployment's 32 random bytes, and create them if they are missing. Raises StoreDown."""
    await store.call("SET", keys.DEPLOYMENT_KEY, secrets.token_bytes(SECRET_BYTES), "NX")
    return bytes(await store.call("GET", keys.DEPLOYMENT_KEY))


async def read_callback_secrets(store: StoreClient) -> tuple[bytes, ...]:
    """Return the secrets of callback URLs, newest first. The deployment's own before the first rotation."""
    found = await store.call("LRANGE", keys.CALLBACK_SECRETS, 0, VALID - 1)
    return tuple(bytes(one) for one in found) or (await ensure_deployment_secret(store),)


async def rotate_callback_secret(store: StoreClient) -> None:
    """Give new callback URLs another secret. Those of the last secret stay valid until the next rotation."""
    await store.run("rotate_callback_secret", secrets.token_bytes(SECRET_BYTES))


class NewestSecret:
    """The secret of new callback URLs, followed through rotations."""

    def __init__(self, value: bytes = b"") -> None:
        self.value = value

    async def follow(self, store: StoreClient) -> None:
        """Read the secret again and again. Without an answer the last one stays, which is valid until two rotations."""
        while True:
            await asyncio.sleep(FOLLOW_S)
            with contextlib.suppress(StoreDown):
                self.value = (await read_callback_secrets(store))[0]
