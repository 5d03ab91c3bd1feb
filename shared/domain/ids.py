"""Identifiers and API keys. Randomness and time are passed in."""

import binascii
from hashlib import sha256
from uuid import UUID

ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
KEY_PREFIXES = {"wowflow": "wf_live_", "wokgen": "wok_"}
ADMIN_PREFIX = "wok_admin_"  # an operator's key: only it works under /api/admin, and it works nowhere else
VOUCHER_PREFIX = "wok_gift_"  # of a voucher, which adds money to one account
SESSION_PREFIX = "wok_session_"  # the token of a person's session: it works in a cookie only
PREFIXES = KEY_PREFIXES | {"admin": ADMIN_PREFIX, "voucher": VOUCHER_PREFIX, "session": SESSION_PREFIX}
KEY_RANDOM_BYTES = 24  # 192 bits
SECRET_CHARS, CHECKSUM_CHARS = 33, 6  # base 62: 33 characters hold 192 bits, 6 hold a CRC-32


def uuid7(now_ns: int, random: bytes) -> str:
    """Return a UUID of version 7 (RFC 9562, method 3): Unix ms, 12 bits of its fraction, 62 random bits from 8 bytes.

    The ids sort by time to a quarter of a microsecond, so that generations run in the order of their acceptance.
    """
    ms, rest_ns = divmod(now_ns, 1_000_000)
    low = int.from_bytes(random[:8], "big") & (1 << 62) - 1
    digits = f"{ms << 80 | 0x7 << 76 | (rest_ns * 4096 // 1_000_000) << 64 | 0x2 << 62 | low:032x}"
    return f"{digits[:8]}-{digits[8:12]}-{digits[12:16]}-{digits[16:20]}-{digits[20:]}"


def uuid7_ms(name: str) -> int:
    """Return the Unix ms in a UUID of version 7, 0 for another text."""
    try:
        return int(name[:8] + name[9:13], 16)
    except ValueError:
        return 0


def canonical_uuid(text: str) -> str | None:
    """Return `text` in the canonical 36-character form, or None if it is not a UUID."""
    try:
        canonical = str(UUID(text))
    except ValueError:
        return None
    return canonical if canonical == text.lower() else None


def _base62(number: int, length: int) -> str:
    digits = []
    for _ in range(length):
        number, digit = divmod(number, 62)
        digits.append(ALPHABET[digit])
    return "".join(reversed(digits))


def new_key(kind: str, random: bytes) -> str:
    """Return a key of a kind in PREFIXES, made of KEY_RANDOM_BYTES random bytes: prefix, secret, checksum."""
    body = PREFIXES[kind] + _base62(int.from_bytes(random, "big"), SECRET_CHARS)
    return body + _base62(binascii.crc32(body.encode()), CHECKSUM_CHARS)


def is_key(text: str) -> bool:
    """Return whether `text` has the prefix and checksum of an account's key, so that junk never reaches the store."""
    return any(_fits(text, prefix) for prefix in KEY_PREFIXES.values())


def is_admin_key(text: str) -> bool:
    """Return whether `text` has the prefix and checksum of an operator's key."""
    return _fits(text, ADMIN_PREFIX)


def is_voucher(text: str) -> bool:
    """Return whether `text` has the prefix and checksum of a voucher."""
    return _fits(text, VOUCHER_PREFIX)


def is_session(text: str) -> bool:
    """Return whether `text` has the prefix and checksum of a session's token."""
    return _fits(text, SESSION_PREFIX)


def _fits(text: str, prefix: str) -> bool:
    if not text.startswith(prefix) or len(text) != len(prefix) + SECRET_CHARS + CHECKSUM_CHARS or not text.isascii():
        return False
    body = text[:-CHECKSUM_CHARS]
    return text == body + _base62(binascii.crc32(body.encode()), CHECKSUM_CHARS)


def key_hash(key: str) -> str:
    """Return the SHA-256 of a key, 64 hex digits. Only the hash is stored."""
    return sha256(key.encode()).hexdigest()


def key_hint(key: str) -> str:
    """Return the visible part of a key: its prefix and last four characters."""
    prefix = max((prefix for prefix in PREFIXES.values() if key.startswith(prefix)), key=len)
    return f"{prefix}...{key[-4:]}"


def job_id(generation_id: str) -> str:
    """Return the public name of a generation in the WokGen dialect: `job_` and the UUID without dashes."""
    return "job_" + generation_id.replace("-", "")


def generation_id(job: str) -> str | None:
    """Return the UUID in a `job_...` name, or None for another text."""
    if len(job) != 36 or not job.startswith("job_"):
        return None
    try:
        return str(UUID(hex=job[4:]))
    except ValueError:
        return None
