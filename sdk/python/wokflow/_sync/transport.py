"""Requests: sent, repeated after failures that may be temporary, and streamed."""

import random
from collections.abc import Callable, Generator, Mapping
from typing import Self

import httpx

from wokflow._sync.runtime import sleep
from wokflow.calls import Answer, Call
from wokflow.config import Config
from wokflow.errors import ConnectionFailedError, WokflowError
from wokflow.pacing import Pacing
from wokflow.responses import error_of, read_response, transport_error
from wokflow.retry import retry_delay_s
from wokflow.sse import READ_S, EventDecoder, Received
from wokflow.version import VERSION

USER_AGENT = f"wokflow-python/{VERSION}"
NO_CONTENT = 204
READ_OVER_S = 2.0


class Transport:
    """The connections to one gateway."""

    def __init__(self, config: Config, http: httpx.Client | None) -> None:
        self.config = config
        self._http = http or httpx.Client()
        self._is_own = http is None

    def close(self) -> None:
        """Close the connections, unless they are the caller's own."""
        if self._is_own:
            self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self.close()

    def _send(self, call: Call[Answer]) -> Answer:
        """Send a call, again after failures that may be temporary. Raises the last failure."""
        retries = self.config.retries if call.retries is None else call.retries
        return self._repeat(lambda: self._send_once(call), retries, is_repeatable=call.is_repeatable)

    def _repeat(self, send: Callable[[], Answer], retries: int, *, is_repeatable: bool = True) -> Answer:
        attempt = 1
        while True:
            try:
                return send()
            except WokflowError as error:
                delay_s = retry_delay_s(error, attempt, random.random(), is_repeatable=is_repeatable)  # noqa: S311
                if delay_s is None or attempt > retries:
                    raise
            attempt += 1
            sleep(delay_s)

    def _send_once(self, call: Call[Answer]) -> Answer:
        try:
            response = self._http.request(
                call.method,
                self.config.base_url + call.path,
                params=dict(call.query) or None,
                json=call.body,
                headers=self._headers({"Accept": "application/json", **call.headers}),
                timeout=call.timeout_s or self.config.timeout_s,
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            raise transport_error(error) from error
        return read_response(call, response)

    def _put(self, url: str, content: bytes) -> None:
        """Send a file to its URL, which may be that of a bucket: without the API key."""
        try:
            response = self._http.request(
                "PUT",
                url,
                content=content,
                headers={"User-Agent": USER_AGENT},
                timeout=self.config.timeout_s,
                follow_redirects=False,
            )
        except httpx.HTTPError as error:
            raise transport_error(error) from error
        if not response.is_success:
            raise error_of(response)

    def _stream(self, path: str, last: str | None, pacing: Pacing | None) -> Generator[Received, None, None]:
        """Yield the events of one response until its last one.

        Raises ConnectionFailedError if the stream is to be resumed, WaitTimeoutError once the time of `pacing` is over.
        """
        read_s = READ_S if pacing is None else min(READ_S, pacing.left_s)
        decoder = EventDecoder()
        headers = {"Accept": "text/event-stream"} | ({"Last-Event-ID": last} if last else {})
        try:
            with self._http.stream(
                "GET",
                self.config.base_url + path,
                headers=self._headers(headers),
                timeout=httpx.Timeout(self.config.timeout_s, read=read_s),
                follow_redirects=False,
            ) as response:
                if not response.is_success:
                    response.read()
                    raise error_of(response)
                if response.status_code == NO_CONTENT:
                    return
                for chunk in response.iter_bytes():
                    for received in decoder.feed(chunk):
                        yield received
                    check_time(pacing, read_s)
        except httpx.HTTPError as error:
            if pacing is not None:
                pacing.check()
            raise transport_error(error) from error
        raise ConnectionFailedError("The stream of events has ended early.")

    def _headers(self, more: Mapping[str, str]) -> dict[str, str]:
        return {"Authorization": self.config.authorization, "User-Agent": USER_AGENT, **more}


def check_time(pacing: Pacing | None, read_s: float) -> None:
    """Raise WaitTimeoutError if no time is left, ConnectionFailedError if the next read could exceed it by far."""
    if pacing is not None:
        pacing.check()
        if read_s > pacing.left_s + READ_OVER_S:
            raise ConnectionFailedError("The stream of events needs a shorter time limit.")
