"""The store's URL, and connections to it: a server, a unix socket, or the primary that Sentinels name."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from shared.domain.errors import StoreDown, StoreError
from shared.store.wire import Wire

SCHEMES = ("redis", "rediss", "unix", "redis+sentinel")
SENTINEL_PORT, SERVER_PORT = 26379, 6379
SENTINEL_S = 0.5  # time-out of one Sentinel before the next one is tried


class StoreUrl(Struct, frozen=True, kw_only=True):
    """A parsed REDIS_URL: addresses of the primary or its Sentinels, and the credentials."""

    hosts: tuple[tuple[str, int], ...] = ()  # one server, or several Sentinels
    path: str | None = None  # of a unix socket, instead of hosts
    primary: str | None = None  # the primary's name at the Sentinels
    username: str = ""
    password: str = ""
    database: int = 0
    tls: bool = False

    @property
    def location(self) -> str:
        """Return where the store listens, for people: without user name and password."""
        return self.path or ", ".join(f"{host}:{port}" for host, port in self.hosts)


def parse_store_url(url: str) -> StoreUrl:
    """Parse a REDIS_URL. Raises ValueError with a sentence for the operator.

    `redis://[user:password@]host[:port][/db]`, `rediss://...` for TLS, `unix:///path`, or
    `redis+sentinel://[user:password@]host[:port],host[:port],.../name[/db]`.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"REDIS_URL must start with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}.")
    hosts = parts.netloc.rpartition("@")[2]
    username, password = _credentials(parts.netloc)
    if parts.scheme == "unix":
        return StoreUrl(path=unquote(parts.path), username=username, password=password)
    sentinel = parts.scheme == "redis+sentinel"
    words = [unquote(word) for word in parts.path.split("/") if word]
    primary = words.pop(0) if sentinel and words else None
    if sentinel and primary is None:
        raise ValueError(
            "REDIS_URL must name the primary after the Sentinels: redis+sentinel://host1,host2,host3/mymaster."
        )
    database = words[0] if words else "0"
    if not database.isdigit():
        raise ValueError(f"REDIS_URL must end with the number of a database, such as /0, not /{database}.")
    port = SENTINEL_PORT if sentinel else SERVER_PORT
    return StoreUrl(
        hosts=tuple(_host(text, port) for text in hosts.split(",")),
        primary=primary,
        username=username,
        password=password,
        database=int(database),
        tls=parts.scheme == "rediss",
    )


def _credentials(netloc: str) -> tuple[str, str]:
    name, _, word = netloc.rpartition("@")[0].partition(":")
    return unquote(name), unquote(word)


def _host(text: str, port: int) -> tuple[str, int]:
    parts = urlsplit(f"//{text}")
    return parts.hostname or "127.0.0.1", parts.port or port


async def open_wire(url: StoreUrl, *, name: str, on_message: Callable[[list[Any]], None] | None = None) -> Wire:
    """Connect to the primary, authenticate and select the database. Raises OSError, StoreDown or StoreError."""
    if url.path is not None:
        _, wire = await asyncio.get_running_loop().create_unix_connection(lambda: Wire(on_message), url.path)
    else:
        host, port = url.hosts[0] if url.primary is None else await find_primary(url)
        wire = await _open_tcp(host, port, url.tls, on_message)
    try:
        if url.password:
            await wire.send("AUTH", *([url.username] if url.username else []), url.password)
        if url.database:
            await wire.send("SELECT", url.database)
        await wire.send("CLIENT", "SETNAME", name)
        if url.primary is not None and (await wire.send("ROLE"))[0] != b"master":
            raise StoreDown("the server that the Sentinels name is not a primary yet")
    except BaseException:
        wire.abort()
        raise
    return wire


async def find_primary(url: StoreUrl) -> tuple[str, int]:
    """Return host and port of the primary from the first Sentinel that knows it. Raises StoreDown if none does."""
    for host, port in url.hosts:
        try:
            async with asyncio.timeout(SENTINEL_S):
                wire = await _open_tcp(host, port, url.tls, None)
                try:
                    found = await wire.send("SENTINEL", "GET-MASTER-ADDR-BY-NAME", url.primary or "")
                finally:
                    wire.abort()
        except (OSError, TimeoutError, StoreDown, StoreError):
            continue
        if found is not None:
            return found[0].decode(), int(found[1])
    raise StoreDown(f"none of the Sentinels knows the primary {url.primary}")


async def _open_tcp(host: str, port: int, tls: bool, on_message: Callable[[list[Any]], None] | None) -> Wire:
    context = ssl.create_default_context() if tls else None
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(on_message), host, port, ssl=context)
    return wire
