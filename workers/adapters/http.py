"""A provider's HTTP session: one bounded request at a time, and the error that its response means."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

import aiohttp
import msgspec
from yarl import URL

from shared.domain.foreign_url import BadForeignUrl, ForeignUrl
from shared.ops import metrics
from shared.version import VERSION
from workers.adapters.contract import CONNECT_S, Adapter, ProviderError, Rejected, Retry, Setup, Unknown
from workers.adapters.faults import connect_error, describe
from workers.adapters.refusals import model_gone
from workers.adapters.request_context import REQUEST_CONTEXT
from workers.adapters.responses import ErrorReader, PollFailed, ProviderResponse, status_error

FIRST_BYTE_S, TOTAL_S = 60.0, 120.0
RESPONSE_BYTES_MAX = 64 * 1024 * 1024
UPLOAD_RETRY_S = 5.0
OK, EVENTS = 200, "text/event-stream"
OnData = Callable[[bytes], Awaitable[None]]
USER_AGENT = f"Wokflow/{VERSION}"  # some providers' networks refuse a library's default


class Http:
    """An HTTP session without redirects, cookies or the environment's proxy. Every wait and size is bounded."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        read_error: ErrorReader | None = None,
        connect_s: float = CONNECT_S,
        first_byte_s: float = FIRST_BYTE_S,
        total_s: float = TOTAL_S,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = {"User-Agent": USER_AGENT, **headers}
        self._read_error = read_error
        # DNS, TCP and TLS all count as connecting: until then nothing was sent, so another provider may be tried.
        self._timeout = aiohttp.ClientTimeout(total=total_s, connect=connect_s, sock_read=first_byte_s)
        self._session: aiohttp.ClientSession | None = None

    async def submit(
        self,
        method: str,
        path: str,
        *,
        read_error: ErrorReader | None = None,
        on_data: OnData | None = None,
        **options: Any,
    ) -> ProviderResponse:
        """Send a request that may be billed and return its 2xx response.

        The data of a stream of events goes to `on_data`, and the response has no body then.
        Raises Retry, Rejected, Down, or Unknown if the provider may have accepted the work.
        """
        try:
            response = await self._send(method, path, options, on_data)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise connect_error(error) from None
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise Unknown(f"the response was lost: {describe(error)}") from None
        failure = model_gone(response) or self._error_in(response, read_error) or status_error(response)
        if failure is not None:
            raise failure
        return response

    async def poll(
        self, method: str, path: str, *, read_error: ErrorReader | None = None, **options: Any
    ) -> ProviderResponse:
        """Send a request that bills nothing and return its 2xx response.

        Raises Rejected if an error reader returns it, and PollFailed for every other failure.
        """
        try:
            response = await self._send(method, path, options)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise PollFailed(describe(error)) from None
        failure = self._error_in(response, read_error)
        if isinstance(failure, Rejected):
            raise failure
        if failure is not None or not 200 <= response.status < 300:
            raise PollFailed(f"HTTP {response.status}: {response.reason}")
        return response

    async def cancel(self, method: str, path: str, **options: Any) -> None:
        """Request that work is stopped. Work that has ended already counts as stopped. Raises PollFailed."""
        try:
            response = await self._send(method, path, options)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise PollFailed(describe(error)) from None
        if response.status == 429 or response.status >= 500:
            raise PollFailed(f"HTTP {response.status}: {response.reason}")

    async def upload(self, path: str, **options: Any) -> ProviderResponse:
        """POST an input image before the submit. Raises Retry, as nothing was accepted yet."""
        try:
            return await self.poll("POST", path, **options)
        except PollFailed as error:
            raise Retry(f"the provider did not store the image: {error}", after_s=UPLOAD_RETRY_S) from error

    async def probe(self, path: str, *, read_error: ErrorReader | None = None, **options: Any) -> dict[str, Any]:
        """GET JSON that bills nothing; a list is returned as `data`. Fails like a submit: a bad key is Down."""
        response = await self.submit("GET", path, read_error=read_error, **options)
        body = response.json()
        if not isinstance(body, dict | list):
            raise Unknown(f"expected JSON, got {response.media_type}: {response.reason}")
        return body if isinstance(body, dict) else {"data": body}

    async def close(self) -> None:
        """Close the session."""
        if self._session is not None:
            await self._session.close()

    def _error_in(self, response: ProviderResponse, read_error: ErrorReader | None) -> ProviderError | None:
        """Return the error that the request's reader finds, else the session's."""
        readers = (reader for reader in (read_error, self._read_error) if reader is not None)
        return next((error for reader in readers if (error := reader(response)) is not None), None)

    async def _send(
        self, method: str, path: str, options: Mapping[str, Any], on_data: OnData | None = None
    ) -> ProviderResponse:
        if self._session is None:
            # The worker's slots are the only limit: waiting for a connection of ours would look like a dead provider.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                headers=self._headers,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
                json_serialize=encode_json,
            )
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        context = REQUEST_CONTEXT.get()
        if context.traceparent and url.startswith(self.base_url):
            options = {**options, "headers": {"traceparent": context.traceparent, **(options.get("headers") or {})}}
        target = URL(url) if options.get("params") else _parse(url)
        async with self._session.request(method, target, allow_redirects=False, **options) as response:
            if context.provider:
                metrics.of(metrics.PROVIDER_RESPONSES, context.provider, response.status).inc()
            if on_data is not None and response.status == OK and response.content_type == EVENTS:
                await read_events(response.content, on_data)
                return ProviderResponse(response.status, response.headers, b"")
            body = bytearray()
            async for chunk in response.content.iter_chunked(65_536):
                body += chunk
                if len(body) > RESPONSE_BYTES_MAX:
                    raise ConnectionError(f"the response is larger than {RESPONSE_BYTES_MAX} bytes")
            return ProviderResponse(response.status, response.headers, bytes(body))


async def read_events(content: aiohttp.StreamReader, on_data: OnData) -> None:
    """Call `on_data` with the data of each server-sent event. Raises ConnectionError past RESPONSE_BYTES_MAX."""
    rest, size = b"", 0
    async for chunk in content.iter_any():
        size += len(chunk)
        if size > RESPONSE_BYTES_MAX:
            raise ConnectionError(f"the response is larger than {RESPONSE_BYTES_MAX} bytes")
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.startswith(b"data:"):
                await on_data(line.removeprefix(b"data:").strip())


def encode_json(value: object) -> str:
    """Return JSON in which a `msgspec.Raw` stands as it is."""
    return msgspec.json.encode(value).decode()


def _parse(url: str) -> URL:
    """Return a URL whose request target is sent as given, because a provider may have signed its own links."""
    try:
        return ForeignUrl.parse(url).for_request
    except BadForeignUrl as error:
        raise aiohttp.InvalidURL("the provider's URL", str(error)) from None


class HttpAdapter(Adapter):
    """An adapter with one HTTP session, whose key is a bearer token unless `headers` says otherwise."""

    def __init__(
        self,
        setup: Setup,
        base_url: str,
        *,
        headers: Mapping[str, str] | None = None,
        read_error: ErrorReader | None = None,
        response_limit_s: float | None = None,
    ) -> None:
        """`response_limit_s` is for a provider that answers only when the work is finished."""
        super().__init__(setup)
        first_byte_s, total_s = FIRST_BYTE_S, TOTAL_S
        if response_limit_s is not None:
            first_byte_s, total_s = response_limit_s, response_limit_s + 10.0
        self._http = Http(
            setup.base_url or base_url,
            headers={"Authorization": f"Bearer {setup.key}"} if headers is None else headers,
            read_error=read_error,
            connect_s=setup.connect_s,
            first_byte_s=first_byte_s,
            total_s=total_s,
        )

    async def close(self) -> None:
        """Close the session."""
        await self._http.close()
