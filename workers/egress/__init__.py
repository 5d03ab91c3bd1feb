"""The HTTP session for URLs that others chose: webhook endpoints, input images and the outputs that providers link."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator, Container, Mapping
from contextlib import asynccontextmanager, suppress
from functools import lru_cache
from ssl import SSLContext
from types import TracebackType
from typing import Self

import aiohttp
from aiohappyeyeballs import AddrInfoType
from aiohttp.abc import AbstractResolver
from msgspec import Struct

from shared.domain import retry
from shared.domain.foreign_url import BadForeignUrl, ForeignUrl
from shared.domain.public_address import Networks, refusal_reason
from shared.ops import clock
from shared.version import VERSION
from workers.egress.connector import DIAL, Dial, PinnedConnector
from workers.egress.errors import FOREIGN_ERRORS, BadAnswer, BadRedirect, BadUrl, ConnectionLost, failure
from workers.egress.resolver import Resolver
from workers.egress.stream import GetStream

REDIRECTS, REDIRECTS_MAX = (301, 302, 303, 307, 308), 3
HEADER_BYTES_MAX = 8190
READ_BUFFER_BYTES = 65_536
ANSWER_BODY_S = 2.0  # to read the body of an answer whose status has arrived
STALE_S = 1.0  # a pooled connection that the receiver has closed fails at once, unlike one whose receiver is slow
CONNECTIONS_MAX = 1000
RECEIVERS_REMEMBERED = 256  # URLs of posts that are not parsed again
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


class Egress:
    """Bounded requests to public addresses: no cookies, proxies or decompression, and no redirects of a POST.

    `networks` are allowed although they are not public. Elsewhere only `ports` are contacted, if given. A connection is
    made within `connect_s`, name resolution and TLS included; a whole exchange takes at most `total_s`. With `reuse`,
    connections serve several posts to the same host. `resolver` and `tls` replace the system's names and trust.
    Entered once.
    """

    def __init__(
        self,
        *,
        networks: Networks = (),
        ports: Container[int] | None = None,
        connect_s: float = 5.0,
        total_s: float = 15.0,
        user_agent: str = USER_AGENT,
        reuse: bool = False,
        resolver: AbstractResolver | None = None,
        tls: SSLContext | None = None,
    ) -> None:
        self._networks, self._ports = networks, ports
        self._user_agent = user_agent
        self._timeout = aiohttp.ClientTimeout(total=total_s, connect=connect_s)
        self._resolver = resolver or Resolver(connect_s)
        self._reuse, self._tls = reuse, tls

    async def __aenter__(self) -> Self:
        connector = PinnedConnector(
            resolver=self._resolver,
            socket_factory=self._socket,
            reuse=self._reuse,
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
        """Send `body` as JSON. Return the response, of any status, with the start of its body. Raises EgressError.

        If the receiver has closed a pooled connection meanwhile, the post is sent again on a new one.
        """
        began_s = time.monotonic()
        target, sent = _parse_receiver(url), {"Content-Type": "application/json", **headers}
        dial = Dial()
        try:
            return await self._post(target, body, sent, dial, answer_bytes_max)
        except ConnectionLost:
            if not dial.reused or time.monotonic() - began_s > STALE_S:
                raise
        return await self._post(target, body, sent, Dial(fresh=True), answer_bytes_max)

    async def _post(
        self, target: ForeignUrl, body: bytes, headers: Mapping[str, str], dial: Dial, answer_bytes_max: int
    ) -> PostResponse:
        began_s = time.monotonic()
        async with self._send("POST", target, dial, headers, body) as response:
            return PostResponse(
                status=response.status,
                retry_after_s=retry.retry_after_s(response.headers.get("Retry-After"), clock.now_s()),
                body_start=await _read_start(response, answer_bytes_max),
                duration_ms=round((time.monotonic() - began_s) * 1000),
                address=dial.address,
            )

    async def get(self, url: str, *, body_bytes_max: int) -> GetResponse:
        """Fetch the whole of `url`, after at most 3 redirects. Raises TooLarge above `body_bytes_max`, and EgressError.

        Each hop is resolved, checked and pinned like the first request.
        """
        async with self.stream(url, body_bytes_max=body_bytes_max) as answer:
            data = b"".join([piece async for piece in answer.read_pieces()])
            return GetResponse(status=answer.status, media_type=answer.media_type, data=data)

    @asynccontextmanager
    async def stream(self, url: str, *, body_bytes_max: int) -> AsyncIterator[GetStream]:
        """Fetch `url` as `get` does, and yield its response, whose body is read in pieces within the block."""
        target = _parse(url)
        for _ in range(REDIRECTS_MAX + 1):
            async with self._send("GET", target, Dial()) as response:
                location = response.headers.get("Location") if response.status in REDIRECTS else None
                if location is None:
                    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
                        raise BadAnswer("the answer is compressed, although the request did not allow that")
                    yield GetStream(response, body_bytes_max)
                    return
            target = _follow(target, location)
        raise BadRedirect(f"redirected more than {REDIRECTS_MAX} times")

    def refusal_reason(self, address: str, port: int) -> str | None:
        """Return why an address may not be contacted, or None if it may."""
        if reason := refusal_reason(address, self._networks):
            return f"{address} is not a public address ({reason})"
        if self._ports is None or port in self._ports or refusal_reason(address):
            return None
        return f"port {port} is not contacted"

    def _socket(self, info: AddrInfoType) -> socket.socket:
        """Check the address right before aiohttp connects to it.

        IP literals pass here too, although they skip the resolver, and no name is resolved after this check.
        """
        family, kind, protocol, _, (address, port, *_) = info
        if reason := self.refusal_reason(str(address), int(port)):
            DIAL.get().refused = reason
            raise PermissionError(reason)
        return socket.socket(family, kind, protocol)

    @asynccontextmanager
    async def _send(
        self,
        method: str,
        url: ForeignUrl,
        dial: Dial,
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        """Send one request and yield its response, body unread.

        A connection whose response was read to its end may serve another post. Otherwise it is closed.
        """
        DIAL.set(dial)
        try:
            response = await self._session.request(
                method, url.for_request, headers=headers, data=body, allow_redirects=False
            )
        except FOREIGN_ERRORS as error:
            raise failure(error, dial.refused) from error
        try:
            yield response
        finally:
            response.close()


def _parse(url: str) -> ForeignUrl:
    try:
        return ForeignUrl.parse(url)
    except BadForeignUrl as error:
        raise BadUrl(f"the URL {error}") from None


@lru_cache(RECEIVERS_REMEMBERED)
def _parse_receiver(url: str) -> ForeignUrl:
    return _parse(url)


def _follow(url: ForeignUrl, location: str) -> ForeignUrl:
    """Return the target of a redirect. Raises BadRedirect."""
    try:
        target = url.join(location)
    except BadForeignUrl as error:
        raise BadRedirect(f"redirected to a URL that {error}") from None
    if (url.scheme, target.scheme) == ("https", "http"):
        raise BadRedirect("redirected from https to http")
    return target


async def _read_start(response: aiohttp.ClientResponse, bytes_max: int) -> bytes:
    """Return the start of the body, at most `bytes_max`. A body that stalls or breaks is not a failure."""
    start = b""
    with suppress(*FOREIGN_ERRORS):
        async with asyncio.timeout(ANSWER_BODY_S):
            while len(start) < bytes_max and (chunk := await response.content.read(bytes_max - len(start))):
                start += chunk
    return start
