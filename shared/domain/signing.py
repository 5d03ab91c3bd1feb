"""Webhook signatures as Standard Webhooks 1.0 defines them: HMAC-SHA256 over id, timestamp and body."""

import re
from base64 import b64decode, b64encode
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import lru_cache

from standardwebhooks import Webhook

SECRET_PREFIX = "whsec_"  # noqa: S105 - the prefix of every secret, not a secret
SECRET_BYTES_MIN, SECRET_BYTES_MAX = 24, 64
SIGNERS_MAX = 1024  # secrets whose decoded key stays in memory
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{1,128}")


def new_secret(random: bytes) -> str:
    """Return `random` as a secret, `whsec_<base64>`. Raises ValueError unless it has 24 to 64 bytes.

    The bytes have to come from a cryptographic source.
    """
    _check_size(random)
    return SECRET_PREFIX + b64encode(random).decode()


def headers(secrets: Sequence[str], message_id: str, timestamp_s: int, body: bytes) -> dict[str, str]:
    """Return the three headers that sign exactly `body`, UTF-8 text, for one attempt at Unix time `timestamp_s`.

    The signature has one `v1,` entry for each of `secrets`, newest first: during a rotation receivers accept either.
    `message_id` stays the same on every attempt, so that receivers can drop duplicates. Raises ValueError without a
    secret and for a malformed one. Raises ValueError for an id with anything but letters, digits, `_` and `-`: a dot
    would make the signed text ambiguous.
    """
    if not secrets:
        raise ValueError("A webhook needs at least one secret to be signed with.")
    if not _MESSAGE_ID.fullmatch(message_id):
        raise ValueError("A message id has 1 to 128 letters, digits, _ and -.")
    sent_at, text = datetime.fromtimestamp(timestamp_s, UTC), body.decode()
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(timestamp_s),
        "webhook-signature": " ".join(_signer(secret).sign(message_id, sent_at, text) for secret in secrets),
    }


@lru_cache(maxsize=SIGNERS_MAX)
def _signer(secret: str) -> Webhook:
    if not secret.startswith(SECRET_PREFIX):
        raise ValueError(f"A webhook secret starts with {SECRET_PREFIX}.")
    key = b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)  # the package would skip malformed characters
    _check_size(key)
    return Webhook(key)


def _check_size(key: bytes) -> None:
    if not SECRET_BYTES_MIN <= len(key) <= SECRET_BYTES_MAX:
        raise ValueError(f"A webhook secret has {SECRET_BYTES_MIN} to {SECRET_BYTES_MAX} bytes, not {len(key)}.")
