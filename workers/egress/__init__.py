"""The HTTP session for URLs that others chose: webhook endpoints, input images and the outputs that providers link."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar
from ssl import SSLContext
from types import TracebackType
from typing import Self

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver
from msgspec import Struct
from yarl import URL

from shared.domain import retry
from shared.domain.public_address import refusal_reason
from shared.version import VERSION
from workers.egress.errors import BadAnswer, BadUrl, TooLarge, failure
from workers.egress.resolver import Resolver

URL_CHARS_MAX = 8000  # signed links of object stores are long
HEADER_BYTES_MAX = 8190
READ_BUFFER_BYTES = 65_536
ANSWER_BODY_S = 2.0  # to read the body of an answer whose status has arrived
CONNECTIONS_MAX = 1000
USER_AGENT = f"Wokflow/{VERSION} (+webhooks)"
# For output files: some networks refuse a User-Agent that names a program alone.
BROWSER_LIKE = f"Mozilla/5.0 (compatible; Wokflow/{VERSION})"


class PostResponse(Struct, frozen=True, kw_only=True):
    """A receiver's response to a POST."""

    status: int
    retry_after_s: float | None
    body_start: bytes
    duration_ms: int
    address: str | None  # the IP address that answered


class GetResponse(Struct, frozen=True, kw_only=True):
    """The response to a GET, of any status."""

    status: int
    media_type: str
    data: bytes


class _Dial:
    """The address of one request's connection, or why it was refused."""

    address: str | None = None
    refused: str | None = None


_DIAL: ContextVar[_Dial] = ContextVar("dial")


class _Connector(aiohttp.TCPConnector):
    """A connector that notes the address of each request's connection."""

    async def connect(
        self, req: aiohttp.ClientRequest, traces: list[aiohttp.tracing.Trace], timeout: aiohttp.ClientTimeout
    ) -> aiohttp.connector.Connection:
        connection = await super().connect(req, traces, timeout)
        if connection.transport is not None:
            _DIAL.get().address = connection.transport.get_extra_info("peername")[0]
        return connection


class Egress:
    """Bounded requests to public addresses: no redirects, cookies, proxies or decompression. Entered once.

    `allow_private` lifts the public address check. A connection is made within `connect_s`, name resolution and TLS
    included; a whole exchange takes at most `total_s`. `resolver` and `tls` replace the system's names and trust.
    """

    def __init__(
        self,
        *,
        allow_private: bool,
        connect_s: float = 5.0,
        total_s: float = 15.0,
        user_agent: str = USER_AGENT,
        resolver: AbstractResolver | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        self._allow_private = allow_private
        self._user_agent = user_agent
        self._timeout = aiohttp.ClientTimeout(total=total_s, connect=connect_s)
        self._resolver = resolver or Resolver(connect_s)
        self._tls = tls

    async def __aenter__(self) -> Self:
        # Each request opens a connection, so that every address is checked. A pooled connection that the receiver has
        # closed meanwhile could fail a delivery.
        connector = _Connector(
            resolver=self._resolver,
            socket_factory=self._socket,
            force_close=True,
            limit=CONNECTIONS_MAX,
            ssl=self._tls or True,
        )
        self._session = aiohttp.ClientSession(
            connector=connector,
            timeout=self._timeout,
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
            auto_decompress=False,
            read_bufsize=READ_BUFFER_BYTES,
            max_line_size=HEADER_BYTES_MAX,
            max_field_size=HEADER_BYTES_MAX,
            headers={"User-Agent": self._user_agent, "Accept-Encoding": "identity"},
        )
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._session.close()
        await self._resolver.close()

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, answer_bytes_max: int = 2048
    ) -> PostResponse:
        """Send `body` as JSON. Return the response, of any status, with the start of its body. Raises EgressError."""
        began_s = time.monotonic()
        sent = {"Content-Type": "application/json", **headers}
        async with self._send("POST", url, sent, body) as (response, dial):
            return PostResponse(
                status=response.status,
                retry_after_s=retry.retry_after_s(response.headers.get("Retry-After"), time.time()),
                body_start=await _read_start(response, answer_bytes_max),
                duration_ms=round((time.monotonic() - began_s) * 1000),
                address=dial.address,
            )

    async def get(self, url: str, *, body_bytes_max: int) -> GetResponse:
        """Fetch the whole of `url`. Raises TooLarge above `body_bytes_max`, and every other EgressError."""
        async with self._send("GET", url) as (response, _):
            if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                raise BadAnswer("the answer is compressed, although the request did not allow that")
            data = await _read_whole(response, body_bytes_max)
            return GetResponse(status=response.status, media_type=response.content_type, data=data)

    def refusal_reason(self, address: str) -> str | None:
        """Return why `address` may not be contacted, or None if it may."""
        return None if self._allow_private else refusal_reason(address)

    def _socket(self, info: AddrInfoType) -> socket.socket:
        """Check the address right before aiohttp connects to it.

        IP literals pass here too, although they skip the resolver, and no name is resolved after this check.
        """
        family, kind, protocol, _, (address, *_) = info
        if reason := self.refusal_reason(address):
            _DIAL.get().refused = f"{address} is not a public address ({reason})"
            raise PermissionError(_DIAL.get().refused)
        return socket.socket(family, kind, protocol)

    @asynccontextmanager
    async def _send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> AsyncIterator[tuple[aiohttp.ClientResponse, _Dial]]:
        """Send one request and yield its response, body unread. The rest of the body is dropped with the connection."""
        dial = _Dial()
        _DIAL.set(dial)
        target = _parse(url)
        try:
            async with self._session.request(
                method, target, headers=headers, data=body, allow_redirects=False
            ) as response:
                try:
                    yield response, dial
                finally:
                    response.close()
        except (aiohttp.ClientError, OSError) as error:
            raise failure(error, dial.refused) from error


def _parse(url: str) -> URL:
    """Return `url` for aiohttp, which by itself would accept ws:// and send a password from the URL. Raises BadUrl."""
    if len(url) > URL_CHARS_MAX:
        raise BadUrl(f"the URL has {len(url)} characters; use at most {URL_CHARS_MAX}")
    try:
        parsed = URL(url)
    except ValueError as error:
        raise BadUrl(f"not a URL: {error}") from None
    if parsed.scheme not in ("http", "https") or not parsed.host or not parsed.port:
        raise BadUrl("the URL must be http:// or https:// with a host")
    if parsed.user is not None or parsed.password is not None:
        raise BadUrl("the URL must not contain a user name or password")
    return parsed


async def _read_start(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """Return the start of the body, at most `bytes_max`. A body that stalls or breaks is not a failure."""
    start = b""
    with suppress(aiohttp.ClientError, OSError):
        async with asyncio.timeout(ANSWER_BODY_S):
            while len(start) < bytes_max and (chunk := await response.content.read(bytes_max - len(start))):
                start += chunk
    return start


async def _read_whole(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    if (response.content_length or 0) > bytes_max:
        raise TooLarge(f"the body has {response.content_length} bytes, at most {bytes_max} are read")
    data = bytearray()
    async for chunk in response.content.iter_any():
        data += chunk
        if len(data) > bytes_max:
            raise TooLarge(f"the body has more than {bytes_max} bytes")
    return bytes(data)
