"""A client of the public HTTP API, as a customer would write it."""

from pathlib import Path
from typing import Any

import aiohttp

from operate.cli.command import Failure

RESPONSE_S = 15.0
DOWNLOAD_S = 60.0
DOWNLOAD_BYTES_MAX = 500_000_000
CHUNK_BYTES = 65_536


class ApiClient:
    """A client with one API key. Every method raises Failure, with the gateway's own message if it sent one."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, key: str) -> None:
        self._session = session
        self._base_url = base_url
        self._key = key

    async def request(self, method: str, path: str, body: object = None) -> Any:
        """Send a request and return its decoded JSON response, None if the response has no body."""
        headers = {"Authorization": f"Bearer {self._key}"}
        limit = aiohttp.ClientTimeout(total=RESPONSE_S)
        try:
            async with self._session.request(
                method, self._base_url + path, json=body, headers=headers, timeout=limit
            ) as response:
                value = await response.json() if response.status != 204 else None
        except aiohttp.ContentTypeError:
            message = f"The server at {self._base_url} is not a Wokflow gateway: check PORT and PUBLIC_URL."
            raise Failure("not_wokflow", message) from None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            message = f"No gateway answers at {self._base_url}: start it with `make run`."
            raise Failure("gateway_down", message) from None
        if response.status >= 400:
            raise _failure(value, response.status)
        return value

    async def download(self, url: str, file: Path) -> int:
        """Save the output at `url` to `file`, and return its size in bytes."""
        size = 0
        try:
            async with self._session.get(url, timeout=aiohttp.ClientTimeout(total=DOWNLOAD_S)) as response:
                if response.status != 200:
                    raise Failure("no_output", f"{url} returned {response.status}: check PUBLIC_URL.")
                with file.open("wb") as out:
                    async for chunk in response.content.iter_chunked(CHUNK_BYTES):
                        size += out.write(chunk)
                        if size > DOWNLOAD_BYTES_MAX:
                            raise Failure("too_large", f"{url} is larger than {DOWNLOAD_BYTES_MAX} bytes.")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Failure("no_output", f"Cannot fetch {url} ({error}): check PUBLIC_URL.") from None
        return size


def _failure(value: object, status: int) -> Failure:
    error = value.get("error") if isinstance(value, dict) else None
    if isinstance(error, dict) and {"code", "message"} <= error.keys():
        return Failure(str(error["code"]), str(error["message"]))
    return Failure("http_error", f"The gateway returned {status}: see its log.")
