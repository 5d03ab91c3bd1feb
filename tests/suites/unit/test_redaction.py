"""The secrets of a process never leave it: not in a log line, not in a verb's arguments."""

import json
import subprocess
import sys
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Iterator

import msgspec
import pytest

from shared.domain.foreign_text import REDACTED
from shared.ops import own_secrets, redaction, sealing, settings
from shared.ops.settings import ROOT, SECRETS_KEY
from tests.harness.factories import load_catalogue

KEY = 'sk-live "0123" /é+='
GROQ = "A_KEY_THAT_NOBODY_SETS"
LOGS = f"""
import structlog
from shared.ops import logs, redaction, settings
redaction.remember([{KEY!r}])
logs.configure(settings.load({{"LOG_FORMAT": "%s"}}), role="worker")
log = structlog.get_logger()
odd = "\\x1b[31m\\u202e\\x9b cut \\ud83d"
log.warning("provider.failed", reason="no such key: " + {KEY!r}, detail=["x", {KEY!r}], odd=odd)
try:
    raise ValueError({KEY!r})
except ValueError:
    log.exception("thing.failed")
"""


@pytest.fixture
def known() -> Iterator[None]:
    """Let this process know one secret."""
    redaction.remember([KEY])
    yield
    redaction.remember([])


@pytest.mark.parametrize("form", ["json", "pretty"])
def test_log_has_no_secret_and_no_control_character(form: str) -> None:
    """A log line hides a secret in a value, a list and a traceback, and no text from outside can drive a terminal."""
    done = subprocess.run([sys.executable, "-c", LOGS % form], cwd=ROOT, capture_output=True, timeout=30, check=True)
    text = done.stderr.decode()
    assert text.count(REDACTED) >= 3
    for part in (KEY, json.dumps(KEY)[1:-1], "\x1b[31m\u202e", "\x9b", "\ud83d"):
        assert part not in text
    assert "provider.failed" in text
    assert form == "pretty" or 2 == len([json.loads(line) for line in text.split("\n") if line])


@pytest.mark.usefixtures("known")
def test_store_argument_is_masked_in_place() -> None:
    """A secret inside an encoded record is replaced by as many asterisks, so the record still decodes."""
    for encode, decode in (
        (msgspec.msgpack.encode, msgspec.msgpack.decode),
        (msgspec.json.encode, msgspec.json.decode),
    ):
        masked = redaction.mask(encode({"error": f"bad key {KEY}!", "n": 7}))
        assert isinstance(masked, bytes)
        record = decode(masked)
        assert ("bad key *", "*!", 7) == (record["error"][:9], record["error"][-2:], record["n"])
        assert "0123" not in record["error"]
    assert f"x{'*' * len(KEY)}y" == redaction.mask(f"x{KEY}y")
    assert [5, 1.5, b"plain"] == [redaction.mask(value) for value in (5, 1.5, b"plain")]


@pytest.mark.usefixtures("known")
def test_text_is_redacted_in_every_written_form() -> None:
    """A secret is found as it is, in a URL and in JSON."""
    for form in (KEY, "sk-live%20%220123%22%20%2F%C3%A9%2B%3D", json.dumps(KEY)[1:-1]):
        assert f"a {REDACTED} b" == redaction.redact(f"a {form} b")
        assert f"a {REDACTED} b".encode() == redaction.redact_bytes(f"a {form} b".encode())


@pytest.mark.usefixtures("known")
@pytest.mark.parametrize("encode", [b64encode, urlsafe_b64encode])
@pytest.mark.parametrize("before", ["", "a", "user:", "\xff\xfe\xfd"])
def test_secret_is_redacted_within_base64(encode: Callable[[bytes], bytes], before: str) -> None:
    """A header for Basic authorization, and any other base64 of text with a secret, does not show the secret."""
    text = encode(f"{before}{KEY}>after".encode()).decode()
    for cleaned in (redaction.redact(text), redaction.redact_bytes(text.encode()).decode(), redaction.mask(text)):
        assert isinstance(cleaned, str)
        assert all(text[at : at + 4] not in cleaned for at in range(len(before) * 8 // 3, len(text) - 12))
    assert REDACTED in redaction.foreign().line(f"Basic {text}", 500)


def test_process_keeps_its_own_secrets(monkeypatch: pytest.MonkeyPatch) -> None:
    """A worker keeps its provider's key, a gateway the webhooks' key and the database, and each hides what it keeps."""
    catalogue, old, new = load_catalogue(), sealing.new_sealing_key(), sealing.new_sealing_key()
    for needs, kept in (
        (own_secrets.Needs(provider="groq"), {GROQ}),
        (own_secrets.Needs(sealed=True, records=True), {SECRETS_KEY, settings.DATABASE_URL}),
        (own_secrets.Needs(payments=True), own_secrets.PAYMENTS),
        (own_secrets.Needs(mail=True), {settings.SMTP_URL}),
        (own_secrets.Needs(provider="noop"), set()),
    ):
        monkeypatch.setenv(GROQ, "gsk-0123456789")
        monkeypatch.setenv(SECRETS_KEY, f"{new},{old}")
        for name in own_secrets.PAYMENTS:
            monkeypatch.setenv(name, "sk_0123456789")
        monkeypatch.setenv("REDIS_URL", "redis://:pass%21word@store")
        monkeypatch.setenv(settings.DATABASE_URL, "postgresql://:hidden%21den@database/wokflow")
        monkeypatch.setenv(settings.SMTP_URL, "smtps://ada:se%21cretive@mail")
        own_secrets.keep(catalogue, needs)
        names = (GROQ, SECRETS_KEY, settings.DATABASE_URL, settings.SMTP_URL, *own_secrets.PAYMENTS)
        assert kept == {name for name in names if settings.secret(name)}
        shown = redaction.redact(f"gsk-0123456789 {old} pass!word hidden!den se!cretive")
        assert ("gsk" not in shown, old not in shown, "word" not in shown, "den" not in shown, "se!" not in shown) == (
            GROQ in kept,
            SECRETS_KEY in kept,
            True,
            settings.DATABASE_URL in kept,
            settings.SMTP_URL in kept,
        )
    redaction.remember([])


def test_only_long_values_are_secrets_by_their_name(monkeypatch: pytest.MonkeyPatch) -> None:
    """A variable whose name says secret is hidden if its value is long, and a named one always."""
    monkeypatch.setenv("SOME_TOKEN", "a-long-token-of-the-bucket")
    monkeypatch.setenv("OTHER_PASSWORD", "password")
    monkeypatch.setenv("PROVIDER_X", "exactly-named")
    found = settings.secret_values({"PROVIDER_X"})
    assert {"a-long-token-of-the-bucket", "exactly-named"} <= found
    assert "password" not in found
