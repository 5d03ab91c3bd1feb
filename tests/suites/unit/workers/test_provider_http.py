"""Bounded requests to a provider: time limits, redirects, and the meaning of answers."""

import asyncio
import errno
import resource
import socket
import traceback
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import aiohttp
import pytest

from shared.version import VERSION
from tests.harness.doubles.double import Double, Fault, Response, Route
from tests.harness.doubles.line import LineServer
from workers.adapters.contract import Down, ModelGone, ProviderError, Rejected, Retry, Unknown
from workers.adapters.faults import connect_error, is_own_fault
from workers.adapters.http import Http
from workers.adapters.responses import RETRY_AFTER_S, RETRY_AFTER_S_MAX, PollFailed, ProviderResponse, status_error


class Provider(Double):
    """A provider with one route for each role of a request."""

    def routes(self) -> Iterable[Route]:
        """Return one route for each role."""
        return [
            ("submit", "POST", "/submit", lambda request: Response(201, {"id": "1"}, {"Set-Cookie": "a=b"})),
            ("poll", "GET", "/status", lambda request: Response(200, {"id": "1"})),
            ("cancel", "DELETE", "/cancel", lambda request: Response(204)),
        ]


@asynccontextmanager
async def open_session(double: Double, first_byte_s: float = 5.0) -> AsyncIterator[Http]:
    """Open a session with a short time limit."""
    http = Http(double.url, headers={"X-Key": "k"}, first_byte_s=first_byte_s, total_s=5.0)
    try:
        yield http
    finally:
        await http.close()


async def test_request_has_our_headers_and_no_cookies() -> None:
    """The key and our User-Agent are sent, and a cookie from an answer is not sent back."""
    async with Provider() as double, open_session(double) as http:
        assert {"id": "1"} == (await http.submit("POST", "/submit", json={})).fields
        await http.poll("GET", "/status")
        assert {("k", f"Wokflow/{VERSION}", None)} == {
            (request.headers["x-key"], request.headers["user-agent"], request.headers.get("cookie"))
            for request in double.requests
        }


async def test_redirect_is_not_followed() -> None:
    """A redirected submit is Unknown and a redirected poll fails, so that our key goes nowhere else."""
    async with Provider() as double, open_session(double) as http:
        moved = Response(307, "", {"Location": "/status"})
        double.overrides["submit"].append(moved)
        double.overrides["poll"].append(moved)
        with pytest.raises(Unknown):
            await http.submit("POST", "/submit")
        with pytest.raises(PollFailed):
            await http.poll("GET", "/status")
        assert {"submit": 1, "poll": 1} == double.counts


async def test_signed_target_of_a_provider_is_sent_as_given() -> None:
    """A link that a provider signed for its own API goes out byte for byte."""
    target = "/a%2Fb%7E/status?sig=a%2Fb%3Dc%3A&x=%41"
    async with LineServer() as server:
        http = Http(server.origin, headers={})
        for path in (target, server.origin + target):
            await http.poll("GET", path)
        await http.close()
    assert [target] * 2 == server.targets


async def test_answer_above_the_limit_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that never ends its answer fills no memory: a submit is Unknown then, and a poll failed."""
    monkeypatch.setattr("workers.adapters.http.RESPONSE_BYTES_MAX", 100_000)
    async with Provider() as double, open_session(double) as http:
        for role in ("submit", "poll"):
            double.overrides[role].append(Response(200, {"id": "1", "text": "x" * 300_000}))
        with pytest.raises(Unknown, match="larger than 100000 bytes"):
            await http.submit("POST", "/submit")
        with pytest.raises(PollFailed, match="larger than 100000 bytes"):
            await http.poll("GET", "/status")


async def test_all_slots_of_a_worker_may_poll_at_once() -> None:
    """No poll waits for another, even if the provider answers only after it has received all 150."""
    barrier = asyncio.Barrier(150)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await barrier.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=200)
    async with server:
        http = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", headers={}, total_s=5.0)
        answers = await asyncio.gather(*(http.poll("GET", "/status") for _ in range(150)))
        await http.close()
    assert {200} == {answer.status for answer in answers}


async def test_submit_is_unknown_when_the_provider_is_silent() -> None:
    """A provider that accepts a connection and never answers leaves a submit Unknown and fails a poll."""
    released = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        await released.wait()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        http = Http(url, headers={}, first_byte_s=0.1)
        with pytest.raises(Unknown):
            await http.submit("POST", "/")
        with pytest.raises(PollFailed):
            await http.poll("GET", "/")
        released.set()
        await http.close()


async def test_error_reader_of_the_request_has_precedence() -> None:
    """A request's error reader comes before the session's, and both come before the standard meaning."""
    async with Provider() as double:
        http = Http(double.url, headers={}, read_error=lambda answer: Down("ours") if answer.status == 400 else None)
        for read_error, error in [(lambda answer: Rejected("own", "reader"), Rejected), (lambda answer: None, Down)]:
            double.overrides["submit"].append(Response(400, ""))
            with pytest.raises(error):
                await http.submit("POST", "/submit", read_error=read_error)
        await http.close()


@pytest.mark.parametrize(
    ("override", "lost"),
    [
        (Response(404, {}), False),
        (Response(409, {}), False),
        (Response(429, {}), True),
        (Response(502, ""), True),
        (Fault.LOST_AFTER, True),
    ],
)
async def test_cancel_fails_only_when_it_may_be_lost(override: Response | Fault, lost: bool) -> None:
    """Cancelling an absent or finished task succeeds, and a cancel that may not have arrived fails."""
    async with Provider() as double, open_session(double) as http:
        double.overrides["cancel"].extend([override] * 2)
        try:
            await http.cancel("DELETE", "/cancel")
            assert not lost
        except PollFailed:
            assert lost


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (302, Unknown),
        (400, Rejected),
        (401, Down),
        (402, Down),
        (403, Down),
        (404, ModelGone),
        (405, ModelGone),
        (408, Unknown),
        (409, Retry),
        (410, ModelGone),
        (422, Rejected),
        (429, Retry),
        (500, Unknown),
        (502, Unknown),
        (503, Down),
        (504, Unknown),
    ],
)
def test_status_has_a_standard_meaning(status: int, error: type[ProviderError] | None) -> None:
    """Each status has a standard meaning, for answers that the provider does not explain."""
    found = status_error(ProviderResponse(status, {}, b"{}"))
    assert error == (None if found is None else type(found))


def test_status_503_is_a_retry_when_it_has_retry_after() -> None:
    """A 503 with Retry-After states when to retry."""
    found = status_error(ProviderResponse(503, {"Retry-After": "3"}, b""))
    assert isinstance(found, Retry)
    assert 3 == found.after_s


@pytest.mark.parametrize(
    ("headers", "body", "after_s"),
    [
        ({"Retry-After": "2.5"}, b"", 2.5),
        ({"Retry-After": "999999"}, b"", RETRY_AFTER_S_MAX),
        ({"Retry-After": "-3"}, b"", RETRY_AFTER_S),
        ({"Retry-After": "0"}, b"", 0.1),
        ({"Retry-After": "1e308"}, b"", RETRY_AFTER_S),
        ({"Retry-After": "Mon, 01 Jan 2035 00:00:00 +99999999999999"}, b"", RETRY_AFTER_S),
        ({"Retry-After": "Fri, 31 Dec 9999 23:59:59 GMT"}, b"", RETRY_AFTER_S_MAX),
        ({"Retry-After": "nan"}, b"", RETRY_AFTER_S),
        ({"Retry-After": "Wed, 21 Oct 2020 07:28:00 GMT"}, b'{"retry_after": 9}', 0.1),
        ({}, b'{"retry_after": 9}', 9),
        ({}, b'{"retry_after": 1e999}', RETRY_AFTER_S),
        ({}, b'{"retry_after": [1]}', RETRY_AFTER_S),
        ({}, b'{"retry_after": null}', RETRY_AFTER_S),
        ({}, b"<html>", RETRY_AFTER_S),
    ],
)
def test_retry_after_is_read_and_bounded(headers: dict[str, str], body: bytes, after_s: float) -> None:
    """The pause comes from the header, else from the body, within bounds, and anything else has a default."""
    assert after_s == ProviderResponse(429, headers, body).retry_after_s


@pytest.mark.parametrize(
    ("body", "reason"),
    [
        (b'{"error": {"message": "No."}}', "No."),
        (b'{"error": "No."}', "No."),
        (b'{"detail": [{"msg": "a"}, {"msg": "b"}]}', "a; b"),
        (b'{"title": "T", "detail": "D"}', "D"),
        (b'{"errors": ["x"]}', "x"),
        (b"<h1>No\n no</h1>", "<h1>No no</h1>"),
        (b"\xff", "\ufffd"),
        (b'"' + b"x" * 999 + b'"', "x" * 300),
        (b"[" * 100_000, "[" * 300),
    ],
)
def test_reason_is_found_in_any_body(body: bytes, reason: str) -> None:
    """The provider's message is found in JSON of many shapes, or is the start of the text."""
    assert reason == ProviderResponse(400, {}, body).reason


@pytest.mark.parametrize(
    ("system", "error"),
    [
        (OSError(errno.EMFILE, "Too many open files"), Retry),
        (OSError(errno.ENFILE, "Too many open files in system"), Retry),
        (OSError(errno.ENOMEM, "Cannot allocate memory"), Retry),
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"), Retry),
        (OSError(errno.ENETUNREACH, "Network is unreachable"), Retry),
        (socket.gaierror(socket.EAI_AGAIN, "Temporary failure in name resolution"), Retry),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), Down),
        (ConnectionRefusedError(errno.ECONNREFUSED, "Connection refused"), Down),
        (OSError(errno.EHOSTUNREACH, "No route to host"), Down),
    ],
)
def test_fault_of_this_machine_is_not_the_providers(system: OSError, error: type[ProviderError]) -> None:
    """A connection that this machine could not try is a fault of ours; any other one is an outage of the route."""
    key = aiohttp.client_reqrep.ConnectionKey("a.example", 443, True, True, None, None, None)
    found = connect_error(aiohttp.ClientConnectorError(key, system))
    assert error is type(found)
    assert str(system.strerror) in str(found)
    assert not isinstance(found, Retry) or found.ours


def test_missing_name_is_ours_when_no_descriptor_is_left() -> None:
    """A resolver that may open no file says that the name does not exist."""
    system = socket.gaierror(socket.EAI_NONAME, "Name or service not known")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        assert is_own_fault(system)
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert not is_own_fault(system)


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\nContent-Length: 4\r\n\r\njunk",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\njunk",
        b"HTTP/1.1 200 OK\r\nX-Large: " + b"x" * 20_000 + b"\r\n\r\n",
        b"what?\r\n\r\n",
        b"",
    ],
)
async def test_error_of_a_broken_response_has_no_secrets(answer: bytes) -> None:
    """The error of a broken response does not have the key that we sent."""

    async def respond(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        writer.write(answer)
        writer.close()

    async with await asyncio.start_server(respond, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        http = Http(url, headers={"Authorization": "Bearer sk-very-secret-key"}, total_s=5.0)
        for work in (http.submit("POST", "/"), http.poll("GET", "/"), http.cancel("POST", "/")):
            with pytest.raises((Unknown, PollFailed)) as caught:
                await work
            shown = "".join(traceback.format_exception(caught.value)) + repr(caught.value)
            assert "very-secret" not in shown
        await http.close()
