"""One bounded request to a provider: what it waits for, what it follows, what its answers mean."""

import asyncio
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager

import pytest

from shared.version import VERSION
from tests.harness.doubles.double import Double, Fault, Response, Route
from workers.adapters.contract import Down, ProviderError, Rejected, Retry, Unknown
from workers.adapters.http import Http
from workers.adapters.responses import RETRY_AFTER_S, RETRY_AFTER_S_MAX, PollFailed, ProviderResponse, status_error


class Any(Double):
    """A provider of three routes."""

    def routes(self) -> Iterable[Route]:
        """One for each way of asking."""
        return [
            ("submit", "POST", "/submit", lambda request: Response(201, {"id": "1"}, {"Set-Cookie": "a=b"})),
            ("poll", "GET", "/look", lambda request: Response(200, {"id": "1"})),
            ("cancel", "DELETE", "/stop", lambda request: Response(204)),
        ]


@asynccontextmanager
async def asking(double: Double, first_byte_s: float = 5.0) -> AsyncIterator[Http]:
    """A session with a short patience."""
    http = Http(double.url, headers={"X-Key": "k"}, first_byte_s=first_byte_s, total_s=5.0)
    try:
        yield http
    finally:
        await http.close()


async def test_a_request_has_our_headers_and_no_cookies() -> None:
    """The key and a name of our own go along; a cookie that was set does not come back."""
    async with Any() as double, asking(double) as http:
        assert {"id": "1"} == (await http.submit("POST", "/submit", json={})).fields
        await http.poll("GET", "/look")
        assert {("k", f"Wokflow/{VERSION}", None)} == {
            (request.headers["x-key"], request.headers["user-agent"], request.headers.get("cookie"))
            for request in double.requests
        }


async def test_a_redirect_is_not_followed() -> None:
    """A redirected submit is Unknown, a redirected look says nothing: our key goes nowhere else."""
    async with Any() as double, asking(double) as http:
        moved = Response(307, "", {"Location": "/look"})
        double.overrides["submit"].append(moved)
        double.overrides["poll"].append(moved)
        with pytest.raises(Unknown):
            await http.submit("POST", "/submit")
        with pytest.raises(PollFailed):
            await http.poll("GET", "/look")
        assert {"submit": 1, "poll": 1} == double.counts


async def test_all_of_a_workers_slots_may_ask_at_once() -> None:
    """No look waits for another: a provider that answers none of 150 before it has all of them gets them."""
    there = asyncio.Barrier(150)

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.readuntil(b"\r\n\r\n")
        await there.wait()
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
        writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0, backlog=200)
    async with server:
        http = Http(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", headers={}, total_s=5.0)
        answers = await asyncio.gather(*(http.poll("GET", "/look") for _ in range(150)))
        await http.close()
    assert {200} == {answer.status for answer in answers}


async def test_silence_has_an_end() -> None:
    """A provider that accepts a connection and says nothing leaves a submit Unknown."""
    heard = asyncio.Event()

    async def listen(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(1000)
        await heard.wait()
        writer.close()

    async with await asyncio.start_server(listen, "127.0.0.1", 0) as server:
        url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        http = Http(url, headers={}, first_byte_s=0.1)
        with pytest.raises(Unknown):
            await http.submit("POST", "/")
        with pytest.raises(PollFailed):
            await http.poll("GET", "/")
        heard.set()
        await http.close()


async def test_the_nearer_reading_is_asked_first() -> None:
    """A request's own reading comes before the session's, and that before the standard meaning."""
    async with Any() as double:
        http = Http(double.url, headers={}, read_error=lambda answer: Down("ours") if answer.status == 400 else None)
        for reading, error in [(lambda answer: Rejected("near", "by"), Rejected), (lambda answer: None, Down)]:
            double.overrides["submit"].append(Response(400, ""))
            with pytest.raises(error):
                await http.submit("POST", "/submit", read_error=reading)
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
async def test_a_stop_is_lost_or_done(override: Response | Fault, lost: bool) -> None:
    """Nothing to stop is as good as stopped; what may not have arrived is said again later."""
    async with Any() as double, asking(double) as http:
        double.overrides["cancel"].extend([override] * 2)
        try:
            await http.cancel("DELETE", "/stop")
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
        (404, Rejected),
        (408, Unknown),
        (409, Retry),
        (422, Rejected),
        (429, Retry),
        (500, Unknown),
        (502, Unknown),
        (503, Down),
        (504, Unknown),
    ],
)
def test_a_status_has_its_standing(status: int, error: type[ProviderError] | None) -> None:
    """What a status means where a provider does not say otherwise."""
    found = status_error(ProviderResponse(status, {}, b"{}"))
    assert error == (None if found is None else type(found))


def test_an_outage_with_a_pause_is_a_retry() -> None:
    """503 with Retry-After says when to come back."""
    found = status_error(ProviderResponse(503, {"Retry-After": "3"}, b""))
    assert isinstance(found, Retry)
    assert 3 == found.after_s


@pytest.mark.parametrize(
    ("headers", "body", "after_s"),
    [
        ({"Retry-After": "2.5"}, b"", 2.5),
        ({"Retry-After": "999999"}, b"", RETRY_AFTER_S_MAX),
        ({"Retry-After": "-3"}, b"", 0.1),
        ({"Retry-After": "nan"}, b"", RETRY_AFTER_S),
        ({"Retry-After": "Wed, 21 Oct 2026 07:28:00 GMT"}, b'{"retry_after": 9}', RETRY_AFTER_S),
        ({}, b'{"retry_after": 9}', 9),
        ({}, b'{"retry_after": null}', RETRY_AFTER_S),
        ({}, b"<html>", RETRY_AFTER_S),
    ],
)
def test_a_pause_is_read_and_bounded(headers: dict[str, str], body: bytes, after_s: float) -> None:
    """Seconds of the header, else of the body, between a tenth and an hour; a pause of our own for anything else."""
    assert after_s == ProviderResponse(429, headers, body).retry_after_s


@pytest.mark.parametrize(
    ("body", "words"),
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
def test_a_reason_is_found_in_any_body(body: bytes, words: str) -> None:
    """The provider's words are found in JSON of many shapes, or are the start of its text."""
    assert words == ProviderResponse(400, {}, body).reason
