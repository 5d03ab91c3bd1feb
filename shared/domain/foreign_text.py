"""The gate through which text from outside becomes ours: valid Unicode, bounded, without control characters or secrets.

Adapters, deliveries, logs and errors use it alike. A lone surrogate cannot be encoded. A control character can forge a
log line or drive a terminal. A provider may echo the key that we sent.
"""

import json
import re
from base64 import b64encode
from collections.abc import Iterable, Iterator
from urllib.parse import quote, quote_plus

SECRET_CHARS_MIN = 8  # shorter values occur in ordinary text
REDACTED = "[redacted]"
TRUNCATED = "…"
OURS = ("gateway", "operate", "shared", "workers")

# Control characters, lone surrogates, bidirectional overrides, line and paragraph separators, non-characters.
CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\u2028-\u202e\u2066-\u2069\ufeff\ufffe\uffff]")
SPACE = re.compile(r"\s+")
URL_SAFE = str.maketrans("+/", "-_")  # the other alphabet of base64


class ForeignText:
    """Cleans text from outside. `secrets` are the values that may not come back in it."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        forms = {form for secret in secrets if len(secret) >= SECRET_CHARS_MIN for form in written_forms(secret)}
        longest_first = sorted(forms, key=len, reverse=True)
        self._secrets = re.compile("|".join(map(re.escape, longest_first))) if forms else None
        self._forms = tuple(longest_first)

    def line(self, text: str, chars_max: int) -> str:
        """Return one printable line of at most `chars_max` characters, for messages and logs."""
        bounded = self._redact(text, chars_max)
        return cut(SPACE.sub(" ", CONTROLS.sub(" ", bounded)).strip(), chars_max)

    def text(self, text: str, chars_max: int) -> str:
        """Return text of at most `chars_max` characters that keeps its line breaks and tabs, for results."""
        bounded = self._redact(text, chars_max)
        return cut(CONTROLS.sub("\ufffd", bounded.replace("\r\n", "\n")), chars_max)

    def count_unsure(self, text: str) -> int:
        """Return how many characters at the end of a text depend on the next ones: a secret may begin there."""
        unsure = int(text.endswith("\r"))
        for form in self._forms:
            sizes = range(min(len(form) - 1, len(text)), unsure, -1)
            unsure = next((size for size in sizes if text.endswith(form[:size])), unsure)
        return unsure

    def error(self, error: BaseException, chars_max: int) -> str:
        """Return the type of a foreign exception and its own words. Its `repr` may hold the headers that we sent."""
        name, words = type(error).__name__, self.line(words_of(error), chars_max)
        return cut(f"{name}: {words}" if words else name, chars_max)

    def _redact(self, text: str, chars_max: int) -> str:
        """Redact before the cut, because half a secret would not be recognised, and read no more than is needed."""
        head = text[: 4 * chars_max + 4_096]
        return self._secrets.sub(REDACTED, head) if self._secrets else head


def written_forms(secret: str) -> set[str]:
    """Return a secret as it may appear in text: as it is, in a URL, in JSON, and in base64, such as a Basic header."""
    in_json = {json.dumps(secret, ensure_ascii=ascii_only)[1:-1] for ascii_only in (True, False)}
    return {secret, quote(secret, safe=""), quote_plus(secret), *in_json, *_base64_forms(secret)}


def _base64_forms(secret: str) -> Iterator[str]:
    """Yield the part of a base64 text that depends on a secret alone, wherever the secret begins in what is encoded."""
    data = secret.encode(errors="replace")
    for before in range(3):
        encoded = b64encode(bytes(before) + data).decode()
        whole = encoded[-(-before * 8 // 6) : (before + len(data)) * 8 // 6]
        yield from (whole, whole.translate(URL_SAFE))


def escape_controls(text: str) -> str:
    """Return JSON whose control characters are escaped, so that it cannot drive a terminal that shows it."""
    return CONTROLS.sub(lambda found: f"\\u{ord(found[0]):04x}", text)


def cut(text: str, chars_max: int) -> str:
    """Return at most `chars_max` characters, the last of them an ellipsis where something is missing."""
    return text if len(text) <= chars_max else text[: chars_max - 1] + TRUNCATED


def words_of(error: BaseException) -> str:
    """Return an exception's own words, or those of the system error in it; "" if they would be a dump."""
    inner = getattr(error, "os_error", None)
    plain = inner if isinstance(inner, OSError) else error
    if is_plain(plain):
        return str(plain)
    message = getattr(error, "message", "")
    return message if isinstance(message, str) else ""


def is_plain(error: BaseException) -> bool:
    """Return whether an exception's words are a sentence and not a dump: system errors and our own."""
    ours = type(error).__module__.partition(".")[0] in OURS
    known = ours or isinstance(error, OSError | ValueError | LookupError)
    return known and all(isinstance(part, str | int | None) for part in error.args)
