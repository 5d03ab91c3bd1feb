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


def test_published_vector() -> None:
    """The signature of the published example is the published one."""
    body = b'{"type":"job.completed","timestamp":"2026-01-01T00:00:00Z","data":{"id":"j1"}}'
    assert {
        "webhook-id": "msg_1",
        "webhook-timestamp": "1767225600",
        "webhook-signature": "v1,dZUFUt7joGRc/wb/vd4MrjnXUfMWmJLHUUbbmLUwLtc=",
    } == headers(["whsec_YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE="], "msg_1", 1767225600, body)


@given(secret=st.binary(min_size=24, max_size=64), body=st.dictionaries(st.text(), st.text() | st.integers()))
def test_the_public_package_accepts_what_we_sign(secret: bytes, body: dict[str, object]) -> None:
    """A receiver with the standardwebhooks package and its secret accepts any body and reads the same."""
    shown = new_secret(secret)
    raw = json.dumps(body, ensure_ascii=False).encode()
    assert body == Webhook(shown).verify(raw, headers([shown], "evt_1", now_s(), raw))


def test_during_a_rotation_both_secrets_are_accepted() -> None:
    """With two secrets there are two entries, newest first, and a receiver that knows either accepts."""
    signed = headers([NEW, OLD], "evt_1", now_s(), BODY)
    newest, oldest = signed["webhook-signature"].split(" ")
    assert newest == headers([NEW], "evt_1", int(signed["webhook-timestamp"]), BODY)["webhook-signature"]
    assert oldest == headers([OLD], "evt_1", int(signed["webhook-timestamp"]), BODY)["webhook-signature"]
    for secret in (NEW, OLD):
        assert json.loads(BODY) == Webhook(secret).verify(BODY, signed)


@pytest.mark.parametrize("name", ["body", "webhook-id", "webhook-timestamp", "webhook-signature", "secret"])
def test_tampering_is_detected(name: str) -> None:
    """A change to the body, the id, the time, the signature or the secret is refused by a receiver."""
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
def test_replays_are_refused_by_age(age_s: int) -> None:
    """A delivery signed for another time is refused: each attempt has to be signed anew."""
    with pytest.raises(WebhookVerificationError, match="timestamp too"):
        Webhook(NEW).verify(BODY, headers([NEW], "evt_1", now_s() + age_s, BODY))


def test_new_secret_shows_its_bytes() -> None:
    """A secret is its random bytes in base64 after `whsec_`."""
    assert "whsec_" + base64.b64encode(b"r" * 32).decode() == new_secret(b"r" * 32)


@pytest.mark.parametrize("size", [0, 23, 65])
def test_new_secret_refuses_other_sizes(size: int) -> None:
    """A secret has 24 to 64 bytes."""
    with pytest.raises(ValueError, match="24 to 64"):
        new_secret(b"r" * size)


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_c2hvcnQ=", "whsec_!!!!", "plain", NEW.removeprefix("whsec_")])
def test_a_malformed_secret_signs_nothing(secret: str) -> None:
    """A secret that is not ours is an error instead of a signature that nobody can verify."""
    with pytest.raises(ValueError):
        headers([secret], "evt_1", 1, BODY)


def test_no_secret_signs_nothing() -> None:
    """There are no unsigned webhooks."""
    with pytest.raises(ValueError, match="at least one secret"):
        headers([], "evt_1", 1, BODY)


@pytest.mark.parametrize("message_id", ["", "a.b", "a b", "a\r\nx: y", "é", "x" * 129])
def test_ids_that_would_blur_the_signature_are_refused(message_id: str) -> None:
    """An id with a dot could move bytes between id, time and body; one with a line break could add a header."""
    with pytest.raises(ValueError, match="message id"):
        headers([NEW], message_id, 1, BODY)
