"""A client of our own HTTP API, as a customer would write it."""

from pathlib import Path
from typing import Any

import aiohttp

from operate.cli.command import Failure

ANSWER_S = 15.0
DOWNLOAD_S = 60.0
DOWNLOAD_BYTES_MAX = 500_000_000
CHUNK_BYTES = 65_536


class Api:
    """Asks with one key. Every method raises Failure, with what the gateway said where it said something."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, key: str) -> None:
        self._session = session
        self._base_url = base_url
        self._key = key

    async def ask(self, method: str, path: str, body: object = None) -> Any:
        """The JSON of the answer; None for an answer without a body."""
        headers = {"Authorization": f"Bearer {self._key}"}
        limit = aiohttp.ClientTimeout(total=ANSWER_S)
        try:
            async with self._session.request(
                method, self._base_url + path, json=body, headers=headers, timeout=limit
            ) as answer:
                value = await answer.json() if answer.status != 204 else None
        except aiohttp.ContentTypeError:
            message = f"What answers at {self._base_url} is no Wokflow gateway: check PORT and PUBLIC_URL."
            raise Failure("not_wokflow", message) from None
        except (aiohttp.ClientError, TimeoutError, ValueError):
            message = f"No gateway answers at {self._base_url}: start it with `make run`."
            raise Failure("gateway_down", message) from None
        if answer.status >= 400:
            raise _failure(value, answer.status)
        return value

    async def download(self, url: str, file: Path) -> int:
        """Save what is at `url`, an output's address; its size in bytes."""
        size = 0
        try:
            async with self._session.get(url, timeout=aiohttp.ClientTimeout(total=DOWNLOAD_S)) as answer:
                if answer.status != 200:
                    raise Failure("no_output", f"{url} answered {answer.status}: is PUBLIC_URL right?")
                with file.open("wb") as out:
                    async for chunk in answer.content.iter_chunked(CHUNK_BYTES):
                        size += out.write(chunk)
                        if size > DOWNLOAD_BYTES_MAX:
                            raise Failure("too_large", f"{url} is larger than {DOWNLOAD_BYTES_MAX} bytes.")
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Failure("no_output", f"{url} cannot be fetched ({error}): is PUBLIC_URL right?") from None
        return size


def _failure(value: object, status: int) -> Failure:
    error = value.get("error") if isinstance(value, dict) else None
    if isinstance(error, dict) and {"code", "message"} <= error.keys():
        return Failure(str(error["code"]), str(error["message"]))
    return Failure("http_error", f"The gateway answered {status}: look at its log.")
