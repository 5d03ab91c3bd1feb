"""The secrets of callback URLs, as this gateway knows them. A URL of an unknown secret makes it read them again."""

import time

from shared.domain.callback_token import generation_of
from shared.store.client import StoreClient
from shared.store.secret import read_callback_secrets

REREAD_S = 1.0  # at least between two reads, however many wrong URLs are called
VALID_S = 30.0  # until a rotation is noticed without one


class CallbackSecrets:
    """The valid secrets, newest first."""

    def __init__(self, store: StoreClient) -> None:
        self._store = store
        self._secrets: tuple[bytes, ...] = ()
        self._read_s = -VALID_S

    async def find_generation(self, token: str) -> str | None:
        """Return the generation id in a valid token, or None. Raises StoreDown."""
        age_s, found = time.monotonic() - self._read_s, self._find(token)
        if age_s >= (REREAD_S if found is None else VALID_S):
            self._secrets = await read_callback_secrets(self._store)
            self._read_s = time.monotonic()
            found = self._find(token)
        return found

    def _find(self, token: str) -> str | None:
        return next((name for secret in self._secrets if (name := generation_of(secret, token))), None)
