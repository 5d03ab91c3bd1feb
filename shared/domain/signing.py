"""Signatures of webhooks, as Standard Webhooks 1.0 wants them: HMAC-SHA256 over id, time and body."""

import hashlib
import hmac
import re
from base64 import b64decode, b64encode
from collections.abc import Sequence

SECRET_PREFIX = "whsec_"  # noqa: S105 - what every secret starts with, not one of them
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def new_secret(random: bytes) -> str:
    """The secret made of `random`, 24 to 64 bytes from a cryptographic source, as `whsec_<base64>`.

    Raises ValueError for fewer or more bytes.
    """
    if not SECRET_BYTES_MIN <= len(random) <= SECRET_BYTES_MAX:
        raise ValueError(f"a secret has {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes, not {len(random)}")
    return SECRET_PREFIX + b64encode(random).decode()


def headers(secrets: Sequence[str], message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """The three headers that sign exactly `body` for one attempt at Unix time `timestamp_s`.

    One `v1,` entry for each of `secrets`, newest first: during a rotation receivers accept either. `message_id` stays
    the same on every attempt, so that receivers can drop doubles. Raises ValueError without a secret, for a malformed
    one, and for an id with anything but letters, digits, `_` and `-`: a dot would make the signed text ambiguous.
    """
    if not secrets:
        raise ValueError("a webhook is signed with at least one secret")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("a message id has 1 to 128 letters, digits, _ and -")
    signed = f"{message_id}.{timestamp_s}.".encode() + body
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(f"v1,{_signature(secret, signed)}" for secret in secrets),
    }


def _signature(secret: str, signed: bytes) -> str:
    return b64encode(hmac.digest(_key(secret), signed, hashlib.sha256)).decode()


def _key(secret: str) -> bytes:
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError(f"a webhook secret starts with {SECRET_PREFIX}")
    key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)
    if not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise ValueError(f"a secret has {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes, not {len(key)}")
    return key
