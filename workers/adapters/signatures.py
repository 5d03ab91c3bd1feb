"""Signatures of callbacks: whether the provider sent one, and recently."""

import hashlib
import hmac
from base64 import b64decode, b64encode

from shared.ops import clock
from workers.adapters.contract import Callback

# The worker reads a callback when it next polls the generation, which may be a while after it arrived. That is
# harmless: it only triggers a poll, its URL is known to one provider for one generation, and its reference is signed.
TOLERANCE_S = 3_600.0


def is_fresh(timestamp_s: str | None) -> bool:
    """Return whether a header's Unix seconds are near enough to now."""
    try:
        return abs(clock.now_s() - int(timestamp_s or "")) <= TOLERANCE_S
    except ValueError:
        return False


def has_standard_signature(request: Callback, secret: str | None) -> bool:
    """Return whether a callback is fresh and one of its `v1` entries is a valid Standard Webhooks signature."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    message_id, timestamp_s, entries = (request.headers.get(name, "") for name in names)
    if not secret or not message_id or not is_fresh(timestamp_s):
        return False
    key = b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp_s}.".encode() + request.body, hashlib.sha256)
    expected = b"v1," + b64encode(digest)
    return any(hmac.compare_digest(expected, entry.encode()) for entry in entries.split())


def has_timestamp_signature(request: Callback, header: str, secret: str | None) -> bool:
    """Return whether `t=<seconds>,v0=<hex>` is fresh and signs `<seconds>.<body>` with the secret as text."""
    entries = [entry.strip().partition("=")[::2] for entry in header.split(",")]
    timestamp_s = next((value for name, value in entries if name == "t"), "")
    if not secret or not is_fresh(timestamp_s):
        return False
    expected = hmac.new(secret.encode(), f"{timestamp_s}.".encode() + request.body, hashlib.sha256).hexdigest()
    return any(name == "v0" and hmac.compare_digest(expected.encode(), value.encode()) for name, value in entries)
