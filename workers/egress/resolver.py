"""Name resolution for hosts that others chose: without threads, which a name whose server never answers would hold."""

import asyncio
import socket
from collections.abc import Sequence

from aiohttp.abc import AbstractResolver, ResolveResult
from aiohttp.resolver import AsyncResolver

TRIES = 2

Key = tuple[str, socket.AddressFamily]


class Resolver(AbstractResolver):
    """The system's name servers and hosts file, without a thread. A host has one look-up at a time."""

    def __init__(self, limit_s: float, *, servers: Sequence[str] | None = None) -> None:
        """`servers` replace the system's name servers; each is an address, or an address and a port."""
        self._limit_s = limit_s
        self._system = AsyncResolver(timeout=limit_s / TRIES, tries=TRIES, nameservers=servers)
        self._running: dict[Key, asyncio.Task[list[ResolveResult]]] = {}

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises OSError, and TimeoutError after the limit.

        Callers of the same host share one look-up, and each of them may leave without ending it for the others.
        """
        key = (host.lower(), family)
        lookup = self._running.get(key)
        if lookup is None:
            lookup = asyncio.create_task(self._resolve_within_limit(host, family))
            self._running[key] = lookup
            lookup.add_done_callback(lambda done: self._forget(key, done))
        found = await asyncio.shield(lookup)
        return [{**entry, "port": port} for entry in found]

    def _forget(self, key: Key, lookup: asyncio.Task[list[ResolveResult]]) -> None:
        del self._running[key]
        if not lookup.cancelled():
            lookup.exception()  # all callers may have left before it failed

    async def _resolve_within_limit(self, host: str, family: socket.AddressFamily) -> list[ResolveResult]:
        async with asyncio.timeout(self._limit_s):
            return await self._system.resolve(host, 0, family)

    async def close(self) -> None:
        """End the look-ups that still run."""
        running = list(self._running.values())
        for lookup in running:
            lookup.cancel()
        await asyncio.gather(*running, return_exceptions=True)
        await self._system.close()
