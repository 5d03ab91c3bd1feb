"""The short way through aiohttp: paths that are looked up, and responses that leave in one write."""

import asyncio
from typing import Any, cast

import pytest
from aiohttp import web

from gateway import routes
from gateway.dispatch import find_exact, use_exact_paths
from gateway.edge.connection import Connection
from gateway.edge.peers import ConnectionLimits, Peers
from tests.harness.factories import load_catalogue
from tests.harness.sink import Sink

LIMITS = ConnectionLimits(connections_max=9, per_address_max=9, head_s=9, idle_s=9)
REQUEST = b"%b /thing?a=1 HTTP/1.%d\r\nHost: here\r\n%b\r\n"


async def answer(app: web.Application, kind: type[web.RequestHandler], *request: bytes | int) -> list[bytes]:
    """Return what a connection writes for one request."""
    runner = web.AppRunner(app)
    await runner.setup()
    assert runner.server is not None
    use_exact_paths(runner)
    if kind is Connection:
        connection: web.RequestHandler = Connection(runner.server, Peers(LIMITS, ()))
    else:
        connection = web.RequestHandler(runner.server, loop=asyncio.get_running_loop(), access_log=None)
    sink = Sink()
    connection.connection_made(sink)
    await sink.send(connection, REQUEST % request)
    await asyncio.sleep(0)
    connection.connection_lost(None)
    return sink.writes


@pytest.mark.parametrize(
    ("request_line", "response"),
    [
        ((b"GET", 1, b""), {"body": b"{}", "content_type": "application/json", "status": 201}),
        ((b"GET", 1, b""), {"text": "a", "headers": {"X-A": "b", "Date": "now"}}),
        ((b"GET", 1, b""), {"body": b"", "content_type": "text/plain"}),
        ((b"GET", 1, b""), {"body": b"{}"}),
        ((b"GET", 1, b""), {"text": "a", "cookies": {"session": "abc"}}),
        ((b"GET", 1, b""), {"status": 204}),
        ((b"GET", 1, b"Connection: close\r\n"), {"text": "a"}),
        ((b"GET", 0, b""), {"text": "a"}),
        ((b"HEAD", 1, b""), {"text": "a"}),
    ],
)
async def test_response_is_the_same_as_that_of_aiohttp(
    request_line: tuple[bytes | int, ...], response: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A response that leaves in one write has the bytes that aiohttp would send, and others are left to aiohttp."""
    monkeypatch.setattr("gateway.edge.connection.rfc822_formatted_time", lambda: "then")
    monkeypatch.setattr("aiohttp.web_response.rfc822_formatted_time", lambda: "then")

    async def handle(request: web.Request) -> web.Response:
        answered = web.Response(**{name: value for name, value in response.items() if name != "cookies"})
        for name, value in response.get("cookies", {}).items():
            answered.set_cookie(name, value, httponly=True)
        return answered

    def make_app() -> web.Application:
        app = web.Application()
        app.router.add_get("/thing", handle)
        return app

    monkeypatch.setattr("gateway.dispatch.handle_request", lambda request, handler: handler(request))
    [ours, theirs] = [await answer(make_app(), kind, *request_line) for kind in (Connection, web.RequestHandler)]
    assert [b"".join(theirs)] == [b"".join(ours)]


def test_each_path_without_parameters_is_looked_up() -> None:
    """The match of every such operation is made once: it has the operation's handler, and the application."""
    app, table = web.Application(), routes.operations(load_catalogue())
    app.add_routes(routes.routes(table))
    found = find_exact(app)
    plain = {(one.method.upper(), one.path): one.handler for one in table if "{" not in (one.pattern or one.path)}
    assert plain == {key: match.handler for key, match in found.items() if key[0] != "HEAD"}
    assert {app} == {match.current_app for match in found.values()}


async def test_path_with_parameters_or_an_expectation_takes_the_way_of_aiohttp() -> None:
    """Only aiohttp finds parameters, refuses methods, and answers `Expect`."""
    app, taken = web.Application(), cast(list[str], [])

    async def handle(request: web.Request) -> web.Response:
        taken.append(request.match_info.get("name", ""))
        return web.Response(text="a")

    app.router.add_get("/thing", handle, expect_handler=handle_expect)
    app.router.add_get("/{name}", handle)
    assert b" 404 " in (await answer(app, Connection, b"GET", 1, b"Expect: a\r\n"))[0]
    assert [] == taken


async def handle_expect(request: web.Request) -> None:
    """Refuse every expectation with a status of its own."""
    raise web.HTTPNotFound
