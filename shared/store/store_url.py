"""Connections to the store: a server, a unix socket, or the primary that Sentinels name."""

import asyncio
import ssl
from collections.abc import Callable
from typing import Any

from shared.domain.errors import StoreDown, StoreError
from shared.domain.store_url import StoreUrl, TlsFiles
from shared.store.wire import Wire

SENTINEL_S = 0.5  # time-out of one Sentinel before the next one is tried


async def open_wire(url: StoreUrl, *, name: str, on_message: Callable[[list[Any]], None] | None = None) -> Wire:
    """Connect to the primary, authenticate and select the database. Raises OSError, StoreDown or StoreError."""
    if url.path is not None:
        _, wire = await asyncio.get_running_loop().create_unix_connection(lambda: Wire(on_message), url.path)
    else:
        host, port = url.hosts[0] if url.primary is None else await find_primary(url)
        wire = await _open_tcp(host, port, url.tls, on_message)
    try:
        await _authenticate(wire, url.username, url.password)
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
                    await _authenticate(wire, url.sentinel_username, url.sentinel_password)
                    found = await wire.send("SENTINEL", "GET-MASTER-ADDR-BY-NAME", url.primary or "")
                finally:
                    wire.abort()
        except (OSError, TimeoutError, StoreDown, StoreError):
            continue
        if found is not None:
            return found[0].decode(), int(found[1])
    raise StoreDown(f"none of the Sentinels knows the primary {url.primary}")


def tls_context(files: TlsFiles) -> ssl.SSLContext:
    """Return the context of connections over TLS. Raises OSError for a file that cannot be read."""
    context = ssl.create_default_context(cafile=files.ca)
    if files.cert:
        context.load_cert_chain(files.cert, files.key)
    return context


async def _authenticate(wire: Wire, username: str, password: str) -> None:
    if password:
        await wire.send("AUTH", *([username] if username else []), password)


async def _open_tcp(host: str, port: int, tls: TlsFiles | None, on_message: Callable[[list[Any]], None] | None) -> Wire:
    context = tls_context(tls) if tls else None
    loop = asyncio.get_running_loop()
    _, wire = await loop.create_connection(lambda: Wire(on_message), host, port, ssl=context)
    return wire
