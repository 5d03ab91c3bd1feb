"""Requests to customers' URLs: bytes, headers, redirects and proxies."""

import asyncio
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from shared.domain.public_address import PRIVATE_NETWORKS
from shared.domain.signing import headers, new_secret
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.doubles.zone import Zone
from workers.egress import USER_AGENT, Egress

NAME = "hooks.example.com"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    async with Egress(networks=PRIVATE_NETWORKS) as egress:
        yield egress


async def test_post_delivers_the_exact_bytes(egress: Egress, receiver: Receiver) -> None:
    """A POST carries the given bytes and headers with our User-Agent, and returns the answer."""
    receiver.queue_replies(Reply(status=202, body=b"queued"))
    answer = await egress.post(receiver.url, b'{"a": 1}', {"webhook-id": "m1"})
    (got,) = receiver.received
    assert ("POST", "/hook", b'{"a": 1}') == (got.method, got.path, got.body)
    assert ("m1", USER_AGENT, "application/json", "identity") == tuple(
        got.headers[name] for name in ("webhook-id", "user-agent", "content-type", "accept-encoding")
    )
    assert (202, b"queued", None, "127.0.0.1") == (
        answer.status,
        answer.body_start,
        answer.retry_after_s,
        answer.address,
    )


async def test_signature_verifies_at_the_receiver(egress: Egress) -> None:
    """A body signed before sending verifies on arrival, and fails with another secret."""
    secret, body = new_secret(b"s" * 32), '{"prompt":"größer ✨"}'.encode()
    async with Receiver(secret=secret) as receiver:
        for used in (secret, new_secret(b"t" * 32)):
            await egress.post(receiver.url, body, headers([used], "evt_1", int(time.time()), body))
        assert [True, False] == [got.verified for got in await receiver.wait_for(2)]


async def test_duration_includes_the_wait(egress: Egress, receiver: Receiver) -> None:
    """The duration of an answer runs from the request to the end of the answer."""
    receiver.queue_replies(Reply(delay_s=0.2))
    answer = await egress.post(receiver.url, b"{}", {})
    assert 200 <= answer.duration_ms < 5000


async def test_get_returns_the_whole_body(egress: Egress, receiver: Receiver) -> None:
    """A GET returns status, media type and data."""
    receiver.queue_replies(Reply(body=b"\x89PNG", headers={"Content-Type": "image/png; x=1"}))
    fetched = await egress.get(receiver.url, body_bytes_max=4)
    assert (200, "image/png", b"\x89PNG") == (fetched.status, fetched.media_type, fetched.data)
    assert "GET" == receiver.received[0].method


async def test_get_returns_an_error_status(egress: Egress, receiver: Receiver) -> None:
    """A GET answered with an error status returns it instead of raising."""
    receiver.queue_replies(Reply(status=404, body=b"gone"))
    assert 404 == (await egress.get(receiver.url, body_bytes_max=100)).status


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
async def test_redirect_of_a_post_is_not_followed(egress: Egress, receiver: Receiver, status: int) -> None:
    """A redirect of a POST is an answer like any other, and its target is never contacted."""
    async with Receiver() as target:
        receiver.queue_replies(Reply(status=status, headers={"Location": target.url}))
        assert status == (await egress.post(receiver.url, b"{}", {})).status
        assert [] == target.received


async def test_retry_after_is_returned_in_seconds(egress: Egress, receiver: Receiver) -> None:
    """Retry-After in seconds is passed on."""
    receiver.queue_replies(Reply(status=429, headers={"Retry-After": "120"}))
    assert 120 == (await egress.post(receiver.url, b"{}", {})).retry_after_s


async def test_retry_after_date_is_converted_to_seconds(egress: Egress, receiver: Receiver) -> None:
    """Retry-After as an HTTP date becomes seconds from now."""
    at = datetime.now(UTC) + timedelta(seconds=90)
    receiver.queue_replies(Reply(status=503, headers={"Retry-After": format_datetime(at, usegmt=True)}))
    answer = await egress.post(receiver.url, b"{}", {})
    assert answer.retry_after_s is not None
    assert 85 < answer.retry_after_s <= 90


async def test_cookies_are_not_sent_back() -> None:
    """A cookie set by one answer is not sent with the next request."""
    async with Receiver() as receiver, Egress(networks=PRIVATE_NETWORKS, resolver=Zone(("127.0.0.1",))) as egress:
        receiver.default = Reply(headers={"Set-Cookie": "session=1; Path=/"})
        for _ in range(2):
            await egress.post(f"http://{NAME}:{receiver.port}/", b"{}", {})
        assert "cookie" not in receiver.received[1].headers


async def test_each_request_has_its_own_connection(egress: Egress, receiver: Receiver) -> None:
    """Connections are not reused, because one that the receiver has closed could fail the next delivery."""
    await egress.post(receiver.url, b"{}", {})
    assert "close" == receiver.received[0].headers["connection"]


async def test_answer_to_post_is_not_decompressed(egress: Egress, receiver: Receiver) -> None:
    """The start of an answer is returned as it was sent, regardless of its Content-Encoding."""
    receiver.queue_replies(Reply(headers={"Content-Encoding": "gzip"}, body=b"as sent"))
    assert b"as sent" == (await egress.post(receiver.url, b"{}", {})).body_start


async def test_proxy_variables_are_ignored(monkeypatch: pytest.MonkeyPatch, egress: Egress, receiver: Receiver) -> None:
    """HTTP_PROXY and similar variables do not reroute requests to customers."""
    async with Receiver() as proxy:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, proxy.url)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        assert 200 == (await egress.post(receiver.url, b"{}", {})).status
        assert [] == proxy.received


async def test_concurrent_requests_get_their_own_answers(egress: Egress, receiver: Receiver) -> None:
    """Concurrent requests do not mix up their answers or addresses."""
    async with Receiver(host="127.0.0.2") as other:
        other.default = Reply(status=201)
        answers = await asyncio.gather(*(egress.post((receiver, other)[n % 2].url, b"{}", {}) for n in range(40)))
    assert [(200, "127.0.0.1"), (201, "127.0.0.2")] * 20 == [(answer.status, answer.address) for answer in answers]
