"""The deployment's secret, created by the first process that needs it."""

import secrets

from shared.store import keys
from shared.store.client import StoreClient

SECRET_BYTES = 32


async def ensure_deployment_secret(store: StoreClient) -> bytes:
    """Return the deployment's 32 random bytes, and create them if they are missing. Raises StoreDown."""
    await store.call("SET", keys.DEPLOYMENT_KEY, secrets.token_bytes(SECRET_BYTES), "NX")
    return bytes(await store.call("GET", keys.DEPLOYMENT_KEY))
