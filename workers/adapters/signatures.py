"""Is a callback the provider's own, and of now?"""

import hashlib
import hmac
import time
from base64 import b64decode, b64encode

from workers.adapters.contract import Callback

# A callback is looked at when its generation is, which may be a while after it came. That is harmless: it is a hint to
# look, its address is known to one provider for one generation, and the reference it names is signed.
TOLERANCE_S = 3_600.0


def fresh(timestamp_s: str | None) -> bool:
    """Whether Unix seconds, as a header has them, are near enough to now."""
    try:
        return abs(time.time() - int(timestamp_s or "")) <= TOLERANCE_S
    except ValueError:
        return False


def standard(request: Callback, secret: str | None) -> bool:
    """Whether a callback is signed as Standard Webhooks want it, with any of its `v1` entries, and fresh."""
    names = ("webhook-id", "webhook-timestamp", "webhook-signature")
    message_id, timestamp_s, entries = (request.headers.get(name, "") for name in names)
    if not secret or not message_id or not fresh(timestamp_s):
        return False
    key = b64decode(secret.removeprefix("whsec_"))
    digest = hmac.digest(key, f"{message_id}.{timestamp_s}.".encode() + request.body, hashlib.sha256)
    wanted = b"v1," + b64encode(digest)
    return any(hmac.compare_digest(wanted, entry.encode()) for entry in entries.split())


def stamped(request: Callback, header: str, secret: str | None) -> bool:
    """Whether a `t=<seconds>,v0=<hex>` signs `<seconds>.<body>` under the secret as it is written, and is fresh."""
    entries = [entry.strip().partition("=")[::2] for entry in header.split(",")]
    timestamp_s = next((value for name, value in entries if name == "t"), "")
    if not secret or not fresh(timestamp_s):
        return False
    wanted = hmac.new(secret.encode(), f"{timestamp_s}.".encode() + request.body, hashlib.sha256).hexdigest()
    return any(name == "v0" and hmac.compare_digest(wanted.encode(), value.encode()) for name, value in entries)
