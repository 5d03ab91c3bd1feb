"""The secrets of this process, and the gates that keep them out of everything that it writes.

A provider may echo the key that we sent. `foreign` cleans text from outside where it comes in. The log, the store's
client and the command's output remove secrets again on the way out, so that a forgotten gate shows nothing.
"""

from collections.abc import Iterable

from shared.domain.foreign_text import REDACTED, SECRET_CHARS_MIN, ForeignText, written_forms


class _Known:
    """The secrets of this process. They are set at its start, and may become more with another catalogue."""

    secrets: frozenset[str] = frozenset()
    foreign = ForeignText()
    forms: tuple[str, ...] = ()
    raw_forms: tuple[bytes, ...] = ()


def remember(secrets: Iterable[str]) -> None:
    """Replace the secrets of this process, in every form in which they may be written."""
    known = frozenset(secret for secret in secrets if len(secret) >= SECRET_CHARS_MIN)
    forms = {form for secret in known for form in written_forms(secret)}
    _Known.secrets, _Known.foreign = known, ForeignText(known)
    _Known.forms = tuple(sorted(forms, key=len, reverse=True))
    _Known.raw_forms = tuple(form.encode(errors="replace") for form in _Known.forms)


def remember_more(secrets: Iterable[str]) -> None:
    """Add secrets to those of this process."""
    more = frozenset(secrets)
    if not more <= _Known.secrets:
        remember(_Known.secrets | more)


def foreign() -> ForeignText:
    """Return the gate for text from outside."""
    return _Known.foreign


def redact(text: str) -> str:
    """Return `text` without the secrets of this process."""
    for form in _Known.forms:
        if form in text:
            text = text.replace(form, REDACTED)
    return text


def redact_bytes(data: bytes) -> bytes:
    """Return UTF-8 text without the secrets of this process."""
    for form in _Known.raw_forms:
        if form in data:
            data = data.replace(form, REDACTED.encode())
    return data


def mask(value: bytes | str | int | float) -> bytes | str | int | float:
    """Return a value for the store, with asterisks for secrets: the same length, so that encoded records stay valid."""
    if isinstance(value, str):
        for form in _Known.forms:
            if form in value:
                value = value.replace(form, "*" * len(form))
    elif isinstance(value, bytes):
        for raw in _Known.raw_forms:
            if raw in value:
                value = value.replace(raw, b"*" * len(raw))
    return value


def has_secrets() -> bool:
    """Return whether this process has any secret to hide."""
    return bool(_Known.forms)
