"""The base of every provider's double: a server on loopback that records requests and misbehaves on demand.

A provider's double is class `Double(double.Double)` in `tests/harness/doubles/<name>.py`. It lists its `routes`, each
with a role:

- `submit`: may be billed;
- `poll`: a task's state or result;
- `cancel`, `other`;
- `file`: an output, served here.

A handler is a plain method that takes a `Request` and returns a `Response`. The failures that any provider may have
happen here, so that a handler contains only its provider's own behaviour.
"""

import asyncio
import json
from collections import Counter, defaultdict, deque
from collections.abc import AsyncIterator, Callable, Iterable, Mapping
from contextlib import suppress
from email import message_from_bytes
from enum import Enum
from functools import partial
from typing import Any, Self

from aiohttp import web
from msgspec import Struct, field

from tests.harness.doubles.adapters.kinds import a_video, a_wav
from tests.harness.doubles.provider import a_png

BODY_BYTES_MAX = 64 * 1024 * 1024
SILENCE_S = 600.0
HUGE_BYTES = 128 * 1024 * 1024  # of a response that no client should read to its end


class Part(Struct, frozen=True):
    """One field of a multipart body."""

    name: str
    filename: str | None
    data: bytes


class Request(Struct, frozen=True, kw_only=True):
    """A request as it arrived."""

    role: str
    method: str
    path: str  # decoded, without the query
    raw_path: str  # as sent, with the query
    query: dict[str, str]
    headers: dict[str, str]  # names in lower case
    body: bytes
    match: dict[str, str]  # values of the route's {names}

    @property
    def json(self) -> Any:
        """Return the body as JSON."""
        return json.loads(self.body)

    @property
    def form(self) -> list[Part]:
        """Return the fields of a multipart body, in order."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        parts = message_from_bytes(head + self.body).get_payload()
        assert isinstance(parts, list), f"not a multipart body: {self.body[:100]!r}"
        named = [(part, str(part.get_param("name", header="content-disposition"))) for part in parts]
        return [Part(name, part.get_filename(), part.get_payload(decode=True)) for part, name in named]


class Response(Struct, frozen=True):
    """A response. A body of bytes is sent unchanged, a str as text, anything else as JSON."""

    status: int = 200
    body: object = b""
    headers: Mapping[str, str] = field(default_factory=dict)

    def build(self) -> web.Response:
        """Build the response that aiohttp sends."""
        match self.body:
            case bytes(data):
                return web.Response(status=self.status, body=data, headers=self.headers)
            case AsyncIterator():
                return web.Response(status=self.status, body=self.body, headers=self.headers)
            case str(text):
                return web.Response(status=self.status, body=text.encode(), headers=self.headers)
            case body:
                return web.json_response(body, status=self.status, headers=self.headers)


class Fault(Enum):
    """A failure in place of a proper response. All but LOST_BEFORE let the handler do its work first."""

    LOST_BEFORE = "the connection closes and nothing was accepted"
    LOST_AFTER = "the connection closes without a response"
    CUT = "the response ends in the middle of its body"
    BROKEN = "500 with a page of HTML"
    GARBAGE = "200 with a page of HTML"
    HUGE = "200 with a body that does not end"
    SILENT = "it is accepted, and no response comes"


EXTRA_FILES: dict[str, Callable[[], tuple[bytes, str]]] = {
    "out.mp4": lambda: (a_video(), "video/mp4"),
    "out.wav": lambda: (a_wav(), "audio/wav"),
}
PAGE = "<html><body><h1>What?</h1></body></html>"
Handler = Callable[[Request], Response]
Route = tuple[str, str, str, Handler]  # role, method, path with {names}, handler


class Double:
    """`async with Double() as double:`. A subclass sets `prefix` and implements `routes`.

    `states` are the states that the next polls find, in the provider's own words, one each. After the last one the task
    is done. A state that the provider does not have is shown like any other: a future state will look like that.
    Each of `overrides[role]` replaces the response to one of the next requests of that role.
    """

    prefix = ""  # of the path, in the adapter's base URL
    served_file = "out.png"  # of `files`: the default of `link`

    def __init__(self, port: int = 0) -> None:
        self._port = port
        self._runner: web.AppRunner | None = None
        self.url = ""
        self.requests: list[Request] = []  # every request, in order
        self.accepted = 0  # submits that began work, each of which would be billed
        self.drained = False  # a client read a response of HUGE_BYTES to its end
        self.states: deque[str] = deque()
        self.overrides: defaultdict[str, deque[Response | Fault]] = defaultdict(deque)
        self.files: dict[str, tuple[bytes, str]] = {"out.png": (a_png(), "image/png")}
        if self.served_file in EXTRA_FILES:
            self.files[self.served_file] = EXTRA_FILES[self.served_file]()

    def routes(self) -> Iterable[Route]:
        """Return the provider's routes."""
        raise NotImplementedError

    @property
    def base_url(self) -> str:
        """Return the `Setup.base_url` of an adapter for this double."""
        return self.url + self.prefix

    @property
    def counts(self) -> Counter[str]:
        """Count the requests by role. `unrouted` requests have no route."""
        return Counter(request.role for request in self.requests)

    def link(self, name: str = "") -> str:
        """Return the URL of one of `files`, by default that of `served_file`."""
        name = name or self.served_file
        return f"{self.url}/files/{name}"

    def is_accepted(self, response: Response) -> bool:
        """Return whether a response to a submit means that work began."""
        return response.status < 300

    def take_state(self, done: str) -> str:
        """Take the state for a poll: the next of `states`, or `done`."""
        return self.states.popleft() if self.states else done

    async def __aenter__(self) -> Self:
        app = web.Application(client_max_size=BODY_BYTES_MAX)
        for role, method, path, handler in [*self.routes(), ("file", "GET", "/files/{name}", self._file)]:
            app.router.add_route(method, path, partial(self._handle, role, handler))
        app.router.add_route("*", "/{path:.*}", partial(self._handle, "unrouted", lambda request: Response(404, {})))
        self._runner = web.AppRunner(app, shutdown_timeout=0.1)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self._port).start()
        self.url = f"http://127.0.0.1:{self._runner.addresses[0][1]}"
        return self

    async def __aexit__(self, *exc: object) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    def _file(self, request: Request) -> Response:
        data, media_type = self.files[request.match["name"]]
        return Response(200, data, {"Content-Type": media_type})

    async def _handle(self, role: str, handler: Handler, incoming: web.Request) -> web.StreamResponse:
        request = Request(
            role=role,
            method=incoming.method,
            path=incoming.path,
            raw_path=incoming.raw_path,
            query=dict(incoming.query),
            headers={name.lower(): value for name, value in incoming.headers.items()},
            body=await incoming.read(),
            match=dict(incoming.match_info),
        )
        self.requests.append(request)
        override = self.overrides[role].popleft() if self.overrides[role] else None
        if isinstance(override, Response):
            return override.build()
        if override is Fault.LOST_BEFORE:
            return _hang_up(incoming)
        response = handler(request)
        if role == "submit" and self.is_accepted(response):
            self.accepted += 1
        return response.build() if override is None else await self._send_fault(override, incoming, response)

    async def _send_fault(self, fault: Fault, incoming: web.Request, response: Response) -> web.StreamResponse:
        match fault:
            case Fault.BROKEN | Fault.GARBAGE:
                status = 500 if fault is Fault.BROKEN else 200
                return web.Response(status=status, text=PAGE, content_type="text/html")
            case Fault.CUT:
                built = response.build()
                assert isinstance(built.body, bytes)
                stream = web.StreamResponse(status=built.status, headers={"Content-Type": built.content_type})
                stream.content_length = len(built.body) + 100
                await stream.prepare(incoming)
                await stream.write(built.body)
                await asyncio.sleep(0)
            case Fault.HUGE:
                stream = web.StreamResponse(headers={"Content-Type": "application/json"})
                await stream.prepare(incoming)
                with suppress(ConnectionError):
                    for _ in range(HUGE_BYTES // 65_536):
                        await stream.write(bytes(65_536))
                    self.drained = True
                return stream
            case Fault.SILENT:
                await asyncio.sleep(SILENCE_S)
        return _hang_up(incoming)


def _hang_up(incoming: web.Request) -> web.Response:
    if incoming.transport is not None:
        incoming.transport.abort()
    return web.Response()
