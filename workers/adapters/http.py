"""One bounded request to a provider, and what its status and body mean. The only place that reads a status code.

A provider's adapter hands in a `Reading` where its refusals differ: "no credit" is 402, 403, 401, 429 or a 200 with a
code, depending on whom one asks. What cannot be told is Unknown for a submit, and "look again" for anything else.
"""

import json
import math
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple

import aiohttp
from msgspec import Struct

from shared.ops import metrics
from shared.version import VERSION
from workers.adapters.contract import CONNECT_S, Down, ProviderError, Rejected, Retry, Unknown

FIRST_BYTE_S, TOTAL_S = 60.0, 120.0
ANSWER_BYTES_MAX = 64 * 1024 * 1024
REASON_CHARS_MAX = 300
BUSY_S = 5.0  # for a "come back later" that does not say when
RETRY_AFTER_S_MAX = 3600.0
USER_AGENT = f"Wokflow/{VERSION}"  # some providers' networks refuse a library's default


class Answer(Struct, frozen=True):
    """A whole answer, whatever its status."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> Any:
        """The body as JSON, or None if it is none."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    @property
    def fields(self) -> dict[str, Any]:
        """The body as a JSON object; {} if it is none."""
        body = self.json()
        return body if isinstance(body, dict) else {}

    @property
    def media_type(self) -> str:
        """Content-Type without its parameters."""
        return self.headers.get("Content-Type", "").partition(";")[0].strip().lower()


# What an answer means: the error to raise, or None if it is none. Asked before the standard meaning of the status.
Reading = Callable[[Answer], ProviderError | None]


class Behalf(NamedTuple):
    """Whose request it is: the provider's name in the catalogue, and the trace context to send along."""

    provider: str = ""
    traceparent: str = ""


BEHALF: ContextVar[Behalf] = ContextVar("behalf", default=Behalf())  # noqa: B039  # it is immutable


class PollFailed(Exception):
    """A look that told nothing: not a failure of the work."""


class Http:
    """A provider's HTTP session: no redirects, no cookies, no proxy of the environment, every wait and size bounded."""

    def __init__(
        self,
        base_url: str,
        *,
        headers: Mapping[str, str],
        reading: Reading | None = None,
        connect_s: float = CONNECT_S,
        first_byte_s: float = FIRST_BYTE_S,
        total_s: float = TOTAL_S,
    ) -> None:
        self.base_url = base_url.rstrip("/")
        self._headers = {"User-Agent": USER_AGENT, **headers}
        self._reading = reading
        # The name's look-up, TCP and TLS all count: until then nothing was sent, so that another provider may be asked.
        self._timeout = aiohttp.ClientTimeout(total=total_s, connect=connect_s, sock_read=first_byte_s)
        self._session: aiohttp.ClientSession | None = None

    async def submit(self, method: str, path: str, *, reading: Reading | None = None, **options: Any) -> Answer:
        """A request that may be billed: a 2xx answer. Raises Retry, Rejected, Down, or Unknown if nobody can tell."""
        try:
            answer = await self._send(method, path, options)
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise Down(f"cannot connect: {error}") from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise Unknown(f"the answer was lost: {error!r}") from error
        error_of = self._meaning(answer, reading) or standing(answer)
        if error_of is not None:
            raise error_of
        return answer

    async def poll(self, method: str, path: str, *, reading: Reading | None = None, **options: Any) -> Answer:
        """A request that bills nothing: a 2xx answer. Raises Rejected only if a reading says so, this one or ours."""
        try:
            answer = await self._send(method, path, options)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise PollFailed(repr(error)) from error
        error_of = self._meaning(answer, reading)
        if isinstance(error_of, Rejected):
            raise error_of
        if error_of is not None or not 200 <= answer.status < 300:
            raise PollFailed(f"HTTP {answer.status}: {reason(answer)}")
        return answer

    async def probe(self, path: str, *, reading: Reading | None = None, **options: Any) -> dict[str, Any]:
        """The JSON of a GET that bills nothing; a bare list as `data`. Fails as a submit does: a bad key is Down."""
        answer = await self.submit("GET", path, reading=reading, **options)
        body = answer.json()
        if not isinstance(body, dict | list):
            raise Unknown(f"no JSON but {answer.media_type}: {reason(answer)}")
        return body if isinstance(body, dict) else {"data": body}

    async def cancel(self, method: str, path: str, **options: Any) -> None:
        """Ask for work to be stopped; "nothing to stop" is as good as done. Raises PollFailed if this was lost."""
        try:
            answer = await self._send(method, path, options)
        except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
            raise PollFailed(repr(error)) from error
        if answer.status == 429 or answer.status >= 500:
            raise PollFailed(f"HTTP {answer.status}: {reason(answer)}")

    async def close(self) -> None:
        """End the session."""
        if self._session is not None:
            await self._session.close()

    def _meaning(self, answer: Answer, nearer: Reading | None) -> ProviderError | None:
        """What the first reading that knows says: the request's own, then the session's."""
        found = (reading(answer) for reading in (nearer, self._reading) if reading is not None)
        return next((error for error in found if error is not None), None)

    async def _send(self, method: str, path: str, options: Mapping[str, Any]) -> Answer:
        if self._session is None:
            # No limit but the worker's slots: waiting for a connection of ours would look like an absent provider.
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0),
                headers=self._headers,
                timeout=self._timeout,
                cookie_jar=aiohttp.DummyCookieJar(),
                trust_env=False,
            )
        url = path if path.startswith(("http://", "https://")) else self.base_url + path
        behalf = BEHALF.get()
        if behalf.traceparent and url.startswith(self.base_url):
            options = {**options, "headers": {"traceparent": behalf.traceparent, **(options.get("headers") or {})}}
        async with self._session.request(method, url, allow_redirects=False, **options) as response:
            if behalf.provider:
                metrics.of(metrics.PROVIDER_RESPONSES, behalf.provider, response.status).inc()
            body = bytearray()
            async for chunk in response.content.iter_chunked(65_536):
                body += chunk
                if len(body) > ANSWER_BYTES_MAX:
                    raise aiohttp.ClientPayloadError(f"the answer is larger than {ANSWER_BYTES_MAX} bytes")
            return Answer(response.status, response.headers, bytes(body))


def standing(answer: Answer) -> ProviderError | None:
    """What a status means where a provider does not say otherwise; None for a 2xx."""
    status, why = answer.status, reason(answer)
    if 200 <= status < 300:
        return None
    if status in (401, 402, 403):
        return Down(f"HTTP {status}: {why}")
    if status in (409, 429):
        return Retry(f"HTTP {status}: {why}", after_s=retry_after_s(answer))
    if status == 503:
        known = "Retry-After" in answer.headers
        return Retry(f"HTTP 503: {why}", after_s=retry_after_s(answer)) if known else Down(f"HTTP 503: {why}")
    if 400 <= status < 500 and status != 408:
        return Rejected("provider_refused", why or f"The provider refused this (HTTP {status}).")
    return Unknown(f"HTTP {status}: {why}")


def reason(answer: Answer) -> str:
    """The provider's words for what is wrong, as far as they can be found, shortened."""
    body = answer.json()
    words = _words(body) if body is not None else answer.body[:REASON_CHARS_MAX].decode(errors="replace")
    return " ".join(words.split())[:REASON_CHARS_MAX]


def _words(body: Any) -> str:
    if isinstance(body, str):
        return body
    if isinstance(body, list):
        return "; ".join(_words(item) for item in body[:3])
    if isinstance(body, dict):
        for name in ("message", "msg", "detail", "error", "errors", "title", "failure"):
            if body.get(name):
                return _words(body[name])
    return ""


def retry_after_s(answer: Answer) -> float:
    """Seconds of Retry-After, or of the body's retry_after, at most an hour; BUSY_S without one that can be read."""
    try:
        asked = float(answer.headers.get("Retry-After", answer.fields.get("retry_after", BUSY_S)))
    except (TypeError, ValueError):
        return BUSY_S
    return min(max(asked, 0.1), RETRY_AFTER_S_MAX) if math.isfinite(asked) else BUSY_S
