"""Failed requests to customers' URLs: each failure has its own error type and code."""

import asyncio
import errno
import socket
import ssl
from collections.abc import AsyncIterator

import aiohttp
import pytest
import trustme
from aiohappyeyeballs import AddrInfoType
from aiohttp.client_reqrep import ConnectionKey
from multidict import CIMultiDict, CIMultiDictProxy
from yarl import URL

from shared.domain.public_address import PRIVATE_NETWORKS
from tests.harness.doubles.receiver import Receiver, Reply
from tests.harness.doubles.zone import Zone
from workers.deliver import SILENT
from workers.egress import Egress
from workers.egress.errors import (
    BadAnswer,
    BadUrl,
    ConnectFailed,
    ConnectionLost,
    DnsFailed,
    EgressError,
    OutOfSockets,
    TimedOut,
    TlsFailed,
    TooLarge,
    failure,
)
from workers.egress.resolver import Resolver

NAME = "hooks.example.com"


@pytest.fixture
async def receiver() -> AsyncIterator[Receiver]:
    async with Receiver() as receiver:
        yield receiver


@pytest.fixture
async def egress() -> AsyncIterator[Egress]:
    async with Egress(networks=PRIVATE_NETWORKS) as egress:
        yield egress


async def test_unknown_name_is_dns_failed() -> None:
    """A name without an address is `dns_failed`."""
    async with Egress(resolver=Zone(())) as egress:
        with pytest.raises(DnsFailed, match="the host name has no address") as caught:
            await egress.post("http://nobody.example.com/", b"{}", {})
    assert "dns_failed" == caught.value.code


async def test_overlong_name_is_bad_url(egress: Egress) -> None:
    """A label of more than 63 characters is a bad URL, not a crash."""
    with pytest.raises(BadUrl, match="valid host name"):
        await egress.post(f"http://{'a' * 64}.example.com/", b"{}", {})


async def test_lookup_ends_at_the_connect_limit_when_the_name_server_is_silent() -> None:
    """The connect limit covers the look-up."""
    async with Egress(connect_s=0.2, total_s=30, resolver=Zone((), delay_s=60)) as egress:
        with pytest.raises(TimedOut, match="no connection in time"):
            await asyncio.wait_for(egress.post("http://slow.example.com/", b"{}", {}), 3)


async def test_system_lookup_is_bounded() -> None:
    """Our own resolver stops at its limit, so that an abandoned look-up does not hold a thread."""
    resolver = Resolver(limit_s=0)
    with pytest.raises(TimeoutError):
        await resolver.resolve("localhost", 80)
    await resolver.close()


async def test_closed_port_is_connect_failed(egress: Egress, receiver: Receiver) -> None:
    """A refused connection is `connect_failed`, with the reason in the message."""
    async with Receiver() as gone:
        url = gone.url
    with pytest.raises(ConnectFailed, match="no connection") as caught:
        await egress.post(url, b"{}", {})
    assert "connect_failed" == caught.value.code


class Exhausted(Egress):
    """An egress in a process without a free file descriptor."""

    def _socket(self, info: AddrInfoType) -> socket.socket:
        raise OSError(errno.EMFILE, "Too many open files")


async def test_lack_of_sockets_is_no_evidence_about_the_server(receiver: Receiver) -> None:
    """A request that fails because our process has no socket left has an error of its own, with no number in it."""
    async with Exhausted(networks=PRIVATE_NETWORKS) as egress:
        with pytest.raises(OutOfSockets) as caught:
            await egress.post(receiver.url, b"{}", {})
    assert ("out_of_sockets", False) == (caught.value.code, isinstance(caught.value, SILENT))
    assert "24" not in caught.value.message


def test_failure_shows_neither_headers_nor_addresses() -> None:
    """A customer reads what went wrong, and nothing that we sent or that belongs to our network."""
    sent = CIMultiDictProxy(CIMultiDict({"Authorization": "Bearer key-of-ours"}))
    request = aiohttp.RequestInfo(URL("http://a.example/?sig=1"), "POST", sent, URL("http://a.example/"))
    key = ConnectionKey("10.1.2.3", 80, False, True, None, None, None)
    for error, words in (
        (aiohttp.ClientResponseError(request, (), status=400, message="bad chunk"), "bad chunk"),
        (aiohttp.ClientConnectorError(key, OSError(errno.ECONNREFUSED, "10.1.2.3")), "the connection was refused"),
        (aiohttp.ClientPayloadError("Bearer key-of-ours"), "closed before the answer was complete"),
        (ValueError("key-of-ours"), "not an answer that we can read"),
    ):
        shown = str(failure(error, None))
        assert words in shown
        assert not [part for part in ("key-of-ours", "sig=", "10.1.2.3", "Error") if part in shown], shown


async def test_request_times_out_when_the_receiver_never_answers(receiver: Receiver) -> None:
    """Waiting for an answer ends at the total limit."""
    receiver.queue_replies(Reply(delay_s=60))
    async with Egress(networks=PRIVATE_NETWORKS, total_s=0.3) as egress:
        with pytest.raises(TimedOut, match="no complete answer in time") as caught:
            await asyncio.wait_for(egress.post(receiver.url, b"{}", {}), 3)
    assert "timeout" == caught.value.code


async def test_request_times_out_when_the_receiver_never_accepts() -> None:
    """Waiting for a connection ends at the connect limit, well before the total one."""
    async with Egress(networks=PRIVATE_NETWORKS, connect_s=0.2, total_s=30) as egress:
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen(0)
            full = [socket.socket() for _ in range(3)]
            for waiting in full:
                waiting.setblocking(False)
                waiting.connect_ex(listener.getsockname())
            with pytest.raises(TimedOut, match="no connection in time"):
                await asyncio.wait_for(egress.post(f"http://127.0.0.1:{listener.getsockname()[1]}/", b"{}", {}), 3)
            for waiting in full:
                waiting.close()


async def test_post_is_not_repeated_when_the_receiver_hangs_up(egress: Egress, receiver: Receiver) -> None:
    """A connection closed without an answer is `connection_lost`, and the POST is sent only once."""
    receiver.default = Reply(hang_up=True)
    with pytest.raises(ConnectionLost) as caught:
        await egress.post(receiver.url, b"{}", {})
    assert ("connection_lost", 1) == (caught.value.code, len(receiver.received))


async def test_endless_body_is_cut(egress: Egress, receiver: Receiver) -> None:
    """The first bytes of an endless answer are returned and the connection is closed."""
    receiver.queue_replies(Reply(status=500, endless=True, body=b"start"))
    answer = await asyncio.wait_for(egress.post(receiver.url, b"{}", {}, answer_bytes_max=64), 3)
    assert (500, 64, b"start") == (answer.status, len(answer.body_start), answer.body_start[:5])


@pytest.mark.parametrize("total_s", [0.3, 30])
async def test_status_is_returned_when_the_body_stalls(receiver: Receiver, total_s: float) -> None:
    """A 200 whose body stalls is soon returned as a 200, because the receiver has accepted the event."""
    receiver.queue_replies(Reply(body=b"part", stalled=True))
    async with Egress(networks=PRIVATE_NETWORKS, total_s=total_s) as egress:
        answer = await asyncio.wait_for(egress.post(receiver.url, b"{}", {}), 5)
    assert (200, b"part") == (answer.status, answer.body_start)


async def test_large_body_is_read_up_to_the_limit(egress: Egress, receiver: Receiver) -> None:
    """Exactly the maximum number of bytes of a long answer is returned."""
    receiver.queue_replies(Reply(body=b"y" * 100_000))
    assert b"y" * 2048 == (await egress.post(receiver.url, b"{}", {})).body_start


async def test_get_refuses_a_content_length_above_the_limit(egress: Egress, receiver: Receiver) -> None:
    """A body announced as larger than allowed is not read at all."""
    receiver.queue_replies(Reply(body=b"12345"))
    with pytest.raises(TooLarge, match="5 bytes, at most 4") as caught:
        await egress.get(receiver.url, body_bytes_max=4)
    assert "too_large" == caught.value.code


async def test_get_stops_at_the_limit(egress: Egress, receiver: Receiver) -> None:
    """A body that streams past the limit is refused as soon as it does."""
    receiver.queue_replies(Reply(endless=True))
    with pytest.raises(TooLarge):
        await asyncio.wait_for(egress.get(receiver.url, body_bytes_max=100_000), 3)


async def test_get_fails_when_the_body_stalls(receiver: Receiver) -> None:
    """A download that stalls is a failure, unlike the answer to a webhook."""
    receiver.queue_replies(Reply(body=b"half", stalled=True))
    async with Egress(networks=PRIVATE_NETWORKS, total_s=0.3) as egress:
        with pytest.raises(TimedOut):
            await egress.get(receiver.url, body_bytes_max=100)


async def test_get_refuses_compression(egress: Egress, receiver: Receiver) -> None:
    """Nothing is decompressed, so a decompression bomb stays as small as it was sent."""
    receiver.queue_replies(Reply(headers={"Content-Encoding": "gzip"}))
    with pytest.raises(BadAnswer):
        await egress.get(receiver.url, body_bytes_max=100)


async def test_long_headers_are_refused(egress: Egress, receiver: Receiver) -> None:
    """An answer with an endless header is cut off."""
    receiver.queue_replies(Reply(headers={"X-Long": "x" * 20_000}))
    with pytest.raises(BadAnswer, match="more than 8190 bytes"):
        await egress.post(receiver.url, b"{}", {})


RAW_ANSWERS: list[tuple[bytes, type[EgressError]]] = [
    (b"220 mail.example.com ESMTP\r\n", BadAnswer),
    (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf", ConnectionLost),
    (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", EgressError),
    (b"HTTP/1.1 200 OK\r\nContent-Le", ConnectionLost),
    (b"", ConnectionLost),
]


@pytest.mark.parametrize(("raw", "kind"), RAW_ANSWERS)
async def test_malformed_answer_has_its_own_error(egress: Egress, raw: bytes, kind: type[EgressError]) -> None:
    """Garbage and truncated answers raise errors of their own, never an exception of the HTTP library."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(raw)
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        with pytest.raises(kind):
            await egress.get(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/", body_bytes_max=100)


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def server_tls(authority: trustme.CA, name: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name).configure_cert(context)
    return context


def client_tls(authority: trustme.CA) -> ssl.SSLContext:
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


async def test_https_checks_the_name_although_the_address_is_pinned(authority: trustme.CA) -> None:
    """The certificate has to match the name in the URL, not the address behind it."""
    zone = Zone(("127.0.0.1",))
    async with (
        Receiver(tls=server_tls(authority, NAME)) as receiver,
        Egress(networks=PRIVATE_NETWORKS, resolver=zone, tls=client_tls(authority)) as egress,
    ):
        assert 200 == (await egress.post(f"https://{NAME}:{receiver.port}/", b"{}", {})).status
        with pytest.raises(TlsFailed) as caught:
            await egress.post(f"https://other.example.com:{receiver.port}/", b"{}", {})
    assert "tls_failed" == caught.value.code
    assert f"{NAME}:{receiver.port}" == receiver.received[0].headers["host"]


async def test_unknown_authority_is_tls_failed(authority: trustme.CA) -> None:
    """A certificate of an untrusted authority is `tls_failed`, and nothing is sent."""
    async with (
        Receiver(tls=server_tls(authority, NAME)) as receiver,
        Egress(networks=PRIVATE_NETWORKS, resolver=Zone(("127.0.0.1",))) as egress,
    ):
        with pytest.raises(TlsFailed):
            await egress.post(f"https://{NAME}:{receiver.port}/", b"{}", {})
    assert [] == receiver.received


async def test_https_to_a_plain_http_server_is_tls_failed(egress: Egress, receiver: Receiver) -> None:
    """TLS with a server that only speaks HTTP is `tls_failed`."""
    with pytest.raises(TlsFailed):
        await egress.post(receiver.url.replace("http:", "https:"), b"{}", {})
