"""Secrets encrypted at rest, with the keys in SECRETS_KEY. Without the variable they are stored as they are.

A stored form begins with `enc:`, so both forms can stand side by side while a deployment changes over. The first key
encrypts, every key decrypts: to change it, put a new one in front, and run `wokflow secret seal`.
"""

from functools import lru_cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet

from shared.domain.errors import WokflowError
from shared.ops import settings
from shared.ops.settings import SECRETS_KEY, SettingsError

SEALED = "enc:"
HOW = "Make one with `wokflow secret key`."


class SealBroken(WokflowError):
    """A stored secret cannot be decrypted; the message says what to do."""


def seal(secret: str) -> str:
    """Return the stored form of a secret. Raises SettingsError for an unusable SECRETS_KEY."""
    box = _box()
    return secret if box is None else SEALED + box.encrypt(secret.encode()).decode()


def unseal(stored: str) -> str:
    """Return a secret from its stored form. Raises SealBroken if its key is missing, and SettingsError."""
    if not stored.startswith(SEALED):
        return stored
    box = _box()
    if box is None:
        raise SealBroken(f"A secret in the store is encrypted: set {SECRETS_KEY} for this process.")
    try:
        return box.decrypt(stored.removeprefix(SEALED).encode()).decode()
    except InvalidToken:
        raise SealBroken(f"No key in {SECRETS_KEY} decrypts a secret in the store: add the key that did.") from None


def is_current(stored: str) -> bool:
    """Return whether a stored form is encrypted with the first key, or plain where there is none. Raises SealBroken."""
    keys = _keys()
    if not keys or not stored.startswith(SEALED):
        return not keys and not stored.startswith(SEALED)
    try:
        Fernet(keys[0]).decrypt(stored.removeprefix(SEALED).encode())
    except InvalidToken:
        return False
    return True


def check() -> None:
    """Check SECRETS_KEY at the start of a process. Raises SettingsError."""
    _box()


def new_sealing_key() -> str:
    """Return a new key for SECRETS_KEY."""
    return Fernet.generate_key().decode()


def _keys() -> tuple[str, ...]:
    text = settings.secret(SECRETS_KEY) or ""
    return tuple(key.strip() for key in text.split(",") if key.strip())


def _box() -> MultiFernet | None:
    keys = _keys()
    return _open_box(keys) if keys else None


@lru_cache(maxsize=4)
def _open_box(keys: tuple[str, ...]) -> MultiFernet:
    try:
        return MultiFernet([Fernet(key) for key in keys])
    except ValueError:
        message = f"{SECRETS_KEY} must be keys of 32 bytes in URL-safe base64, separated by commas. {HOW}"
        raise SettingsError(message) from None
