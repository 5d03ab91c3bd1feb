"""The deployment's own secret, made by whichever process needs it first."""

import secrets

from shared.store import keys
from shared.store.client import StoreClient

SECRET_BYTES = 32


async def ensure_deployment_secret(store: StoreClient) -> bytes:
    """32 random bytes, the same for every process of this deployment. Raises StoreDown."""
    await store.call("SET", keys.DEPLOYMENT, secrets.token_bytes(SECRET_BYTES), "NX")
    return bytes(await store.call("GET", keys.DEPLOYMENT))
