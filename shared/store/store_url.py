"""Where the store listens, and a connection to it: a server, a unix socket, or whoever Sentinels say is the primary."""

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
SENTINEL_S = 0.5  # how long one Sentinel may take to answer before the next is asked


class StoreUrl(Struct, frozen=True, kw_only=True):
    """Where a Redis-protocol primary listens, or which Sentinels know, and how to enter."""

    hosts: tuple[tuple[str, int], ...] = ()  # one server, or several Sentinels
    path: str | None = None  # a unix socket instead
    primary: str | None = None  # the name that the Sentinels know the primary by
    username: str = ""
    password: str = ""
    database: int = 0
    tls: bool = False

    @property
    def place(self) -> str:
        """Where it is, for people: no user name, no password."""
        return self.path or ", ".join(f"{host}:{port}" for host, port in self.hosts)


def parse_store_url(url: str) -> StoreUrl:
    """The address in a REDIS_URL. Raises ValueError saying what is wrong.

    `redis://[user:password@]host[:port][/db]`, `rediss://...` for TLS, `unix:///path`, or
    `redis+sentinel://[user:password@]host[:port],host[:port],.../name[/db]`.
    """
    parts = urlsplit(url)
    if parts.scheme not in SCHEMES:
        raise ValueError(f"REDIS_URL starts with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}")
    place = parts.netloc.rpartition("@")[2]
    username, password = _credentials(parts.netloc)
    if parts.scheme == "unix":
        return StoreUrl(path=unquote(parts.path), username=username, password=password)
    sentinel = parts.scheme == "redis+sentinel"
    words = [unquote(word) for word in parts.path.split("/") if word]
    primary = words.pop(0) if sentinel and words else None
    if sentinel and primary is None:
        raise ValueError("REDIS_URL names the primary after the Sentinels: redis+sentinel://host1,host2,host3/mymaster")
    database = words[0] if words else "0"
    if not database.isdigit():
        raise ValueError(f"REDIS_URL ends with the number of a database, such as /0, not /{database}")
    port = SENTINEL_PORT if sentinel else SERVER_PORT
    return StoreUrl(
        hosts=tuple(_host(text, port) for text in place.split(",")),
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


async def open_wire(at: StoreUrl, *, name: str, on_message: Callable[[list[Any]], None] | None = None) -> Wire:
    """A connection to the primary that has entered and chosen its database. Raises OSError, StoreDown or StoreError."""
    if at.path is not None:
        _, wire = await asyncio.get_running_loop().create_unix_connection(lambda: Wire(on_message), at.path)
    else:
        host, port = at.hosts[0] if at.primary is None else await find_primary(at)
        wire = await _open_tcp(host, port, at.tls, on_message)
    try:
        if at.password:
            await wire.send("AUTH", *([at.username] if at.username else []), at.password)
        if at.database:
            await wire.send("SELECT", at.database)
        await wire.send("CLIENT", "SETNAME", name)
        if at.primary is not None and (await wire.send("ROLE"))[0] != b"master":
            raise StoreDown("the Sentinels name a server that is not a primary yet")
    except BaseException:
        wire.abort()
        raise
    return wire


async def find_primary(at: StoreUrl) -> tuple[str, int]:
    """Host and port of the primary, from the first Sentinel that knows. Raises StoreDown if none does."""
    for host, port in at.hosts:
        try:
            async with asyncio.timeout(SENTINEL_S):
                wire = await _open_tcp(host, port, at.tls, None)
                try:
                    found = await wire.send("SENTINEL", "GET-MASTER-ADDR-BY-NAME", at.primary or "")
                finally:
                    wire.abort()
        except (OSError, TimeoutError, StoreDown, StoreError):
            continue
        if found is not None:
            return found[0].decode(), int(found[1])
    raise StoreDown(f"none of the Sentinels knows {at.primary}")


async def _open_tcp(host: str, port: int, tls: bool, on_message: Callable[[list[Any]], None] | None) -> Wire:
    context = ssl.create_default_context() if tls else None
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(on_message), host, port, ssl=context)
    return wire
