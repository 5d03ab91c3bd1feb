import base64
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st
from standardwebhooks import Webhook, WebhookVerificationError

from shared.domain.signing import headers, new_secret

BODY = '{"event":"generation.completed","prompt":"ein Drache, größer ✨"}'.encode()
OLD, NEW = new_secret(b"o" * 32), new_secret(b"n" * 24)


def now_s() -> int:
    return int(time.time())


def test_signature_matches_published_vector() -> None:
    """The signature of the published example is the published one."""
    body = b'{"type":"job.completed","timestamp":"2026-01-01T00:00:00Z","data":{"id":"j1"}}'
    assert {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1767225600",
        "webhook-signature": "v1,dZUFUt7joGRc/wb/vd4MrjnXUfMWmJLHUUbbmLUwLtc=",
    } == headers(["whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="], "msg_1", 1767225600, body)


@given(secret=st.binary(min_size=24, max_size=64), body=st.dictionaries(st.text(), st.text() | st.integers()))
def test_public_package_verifies_signature(secret: bytes, body: dict[str, object]) -> None:
    """A receiver with the standardwebhooks package and the secret accepts any body."""
    shown = new_secret(secret)
    raw = json.dumps(body, ensure_ascii=False).encode()
    assert body == Webhook(shown).verify(raw, headers([shown], "evt_1", now_s(), raw))


def test_both_secrets_verify_during_rotation() -> None:
    """Two secrets give two entries, newest first, and a receiver with either one accepts."""
    signed = headers([NEW, OLD], "evt_1", now_s(), BODY)
    newest, oldest = signed["webhook-signature"].split(" ")
    assert newest == headers([NEW], "evt_1", int(signed["webhook-timestamp"]), BODY)["webhook-signature"]
    assert oldest == headers([OLD], "evt_1", int(signed["webhook-timestamp"]), BODY)["webhook-signature"]
    for secret in (NEW, OLD):
        assert json.loads(BODY) == Webhook(secret).verify(BODY, signed)


@pytest.mark.parametrize("name", ["body", "webhook-id", "webhook-timestamp", "webhook-signature", "secret"])
def test_tampering_is_detected(name: str) -> None:
    """A receiver refuses a changed body, id, time, signature or secret."""
    signed = headers([NEW], "evt_1", now_s(), BODY)
    body = BODY.replace(b"completed", b"failed") if name == "body" else BODY
    changes = {
        "webhook-id": "evt_2",
        "webhook-timestamp": str(now_s() + 1),
        "webhook-signature": "v1," + base64.b64encode(b"f" * 32).decode(),
    }
    if name in changes:
        signed[name] = changes[name]
    with pytest.raises(WebhookVerificationError, match="No matching signature"):
        Webhook(OLD if name == "secret" else NEW).verify(body, signed)


@pytest.mark.parametrize("age_s", [-400, 400])
def test_signature_of_another_time_is_refused(age_s: int) -> None:
    """A delivery signed at another time is refused, so each attempt needs its own signature."""
    with pytest.raises(WebhookVerificationError, match="timestamp too"):
        Webhook(NEW).verify(BODY, headers([NEW], "evt_1", now_s() + age_s, BODY))


def test_new_secret_is_base64_of_its_bytes() -> None:
    """A secret is its random bytes in base64 after `whsec_`."""
    assert "whsec_" + base64.b64encode(b"r" * 32).decode() == new_secret(b"r" * 32)


@pytest.mark.parametrize("size", [0, 23, 65])
def test_new_secret_refuses_other_sizes(size: int) -> None:
    """A secret has 24 to 64 bytes."""
    with pytest.raises(ValueError, match="24 to 64"):
        new_secret(b"r" * size)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!!", "plain", NEW.removeprefix("whsec_")])
def test_malformed_secret_raises_value_error(secret: str) -> None:
    """A malformed secret raises instead of giving a signature that cannot be verified."""
    with pytest.raises(ValueError):
        headers([secret], "evt_1", 1, BODY)


def test_missing_secret_raises_value_error() -> None:
    """A webhook is never sent unsigned."""
    with pytest.raises(ValueError, match="at least one secret"):
        headers([], "evt_1", 1, BODY)


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\r\nx: y", "é", "x" * 129])
def test_ambiguous_message_id_is_refused(message_id: str) -> None:
    """A dot could move bytes between id, time and body, and a line break could add a header."""
    with pytest.raises(ValueError, match="message id"):
        headers([NEW], message_id, 1, BODY)
