"""A model in a provider's own catalogue, as the importer reads it, and the paced client that fetches it."""

import asyncio
import re
import time
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import aiohttp
from msgspec import Struct, field, json

from shared.domain.catalogue import ID_PATTERN

RESPONSE_S = 60.0
BODY_BYTES_MAX = 50_000_000
BUSY_MAX, BUSY_S_MAX = 5, 60.0  # answers of 429 in a row, and the longest wait after one
CENTS_PER_USD = 100
BAD_NAME = "its name cannot be part of a model id"

KINDS: dict[str, str] = {  # the provider's word for a task -> our kind
    **dict.fromkeys(("text-to-image", "image-to-image", "image-edit", "image-editing", "background-removal"), "image"),
    **dict.fromkeys(("text-to-video", "image-to-video", "video-to-video", "reference-to-video"), "video"),
    **dict.fromkeys(("lip-sync", "audio-to-video", "speech-to-video", "video-upscale"), "video"),
    **dict.fromkeys(("text-to-speech", "speech"), "voice"),
    **dict.fromkeys(("text-to-audio", "text-to-music", "music", "sound-effects"), "music"),
    **dict.fromkeys(("image-upscale", "upscale", "upscaling"), "upscale"),
}


class PriceLine(Struct, frozen=True, kw_only=True):
    """One line of a price list: so many cents per unit, in the provider's words."""

    cents: Decimal
    unit: str  # such as "image" or "second"
    about: str = ""  # the variant that it is for, such as "4K, with audio"


class Listing(Struct, frozen=True, kw_only=True):
    """A model that a provider lists, with its schema and price list; `why_not` if one of them cannot be read."""

    model: str
    name: str
    tasks: tuple[str, ...]
    schema: dict[str, Any] = field(default_factory=dict)  # of the input, with `document` for its references
    document: dict[str, Any] = field(default_factory=dict)
    prices: tuple[PriceLine, ...] = ()
    source: str = ""  # the price list in the provider's words
    why_not: str = ""

    @property
    def kind(self) -> str | None:
        """Return our kind of generation, or None."""
        return next((KINDS[task] for task in self.tasks if task in KINDS), None)


class ListError(Exception):
    """A provider's catalogue cannot be read. The message says why."""


class CatalogueClient:
    """A client of a provider's catalogue that sends at most `per_s` requests a second and follows no redirects."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, headers: Mapping[str, str], per_s: float) -> None:
        self._session, self._base_url, self._headers = session, base_url.rstrip("/"), headers
        self._interval_s, self._next_s = 1 / per_s, 0.0

    async def get(self, path: str, params: list[tuple[str, str]] | None = None) -> Any:
        """Return the JSON at a path, None for 404. Raises ListError."""
        return await self._request("GET", path, params=params or [])

    async def post(self, path: str, body: Mapping[str, object]) -> Any:
        """POST a query as JSON, and return the JSON of the answer, None for 404. Raises ListError."""
        return await self._request("POST", path, json=body)

    async def _request(self, method: str, path: str, **options: Any) -> Any:
        for _ in range(BUSY_MAX):
            await self._wait_for_turn()
            try:
                status, after, body = await self._send(method, path, options)
            except (aiohttp.ClientError, TimeoutError) as error:
                raise ListError(f"{self._base_url} does not answer ({type(error).__name__}): try again") from None
            if status == 404:
                return None
            if status == 200:
                return _decode(body)
            if status != 429:
                hint = ": check the API key" if status in (401, 403) else ""
                raise ListError(f"{self._base_url}{path} answered {status}{hint}")
            await asyncio.sleep(min(float(after) if after.isdecimal() else 1.0, BUSY_S_MAX))
        raise ListError(f"{self._base_url} stays too busy: try again later, or with a lower --per-second")

    async def _send(self, method: str, path: str, options: Mapping[str, Any]) -> tuple[int, str, bytes]:
        limit = aiohttp.ClientTimeout(total=RESPONSE_S)
        async with self._session.request(
            method, self._base_url + path, headers=self._headers, timeout=limit, allow_redirects=False, **options
        ) as response:
            body = b""
            async for chunk in response.content.iter_chunked(1 << 16):
                body += chunk
                if len(body) > BODY_BYTES_MAX:
                    raise ListError(f"{self._base_url}{path} sends more than {BODY_BYTES_MAX // 1_000_000} MB")
            return response.status, response.headers.get("Retry-After", ""), body

    async def _wait_for_turn(self) -> None:
        wait_s = self._next_s - time.monotonic()
        self._next_s = max(self._next_s, time.monotonic()) + self._interval_s
        if wait_s > 0:
            await asyncio.sleep(wait_s)


def objects(value: object) -> list[dict[str, Any]]:
    """Return the objects in a list, nothing for another value."""
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def is_name(model: str) -> bool:
    """Return whether a provider's name of a model can be a part of our id of it, of a path and of a URL."""
    return bool(re.match(ID_PATTERN, model))


def text(value: object) -> str:
    """Return a text, or an empty one for another value."""
    return value if isinstance(value, str) else ""


def request_schema(document: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of the body of the first POST in an OpenAPI document, {} without one."""
    paths = document.get("paths")
    for path in paths.values() if isinstance(paths, dict) else ():
        node: Any = path.get("post") if isinstance(path, dict) else None
        for name in ("requestBody", "content", "application/json", "schema"):
            node = node.get(name) if isinstance(node, dict) else None
        if isinstance(node, dict):
            return node
    return {}


def _decode(body: bytes) -> Any:
    try:
        return json.decode(body)
    except ValueError:
        raise ListError("the catalogue is not JSON: its format has changed") from None
