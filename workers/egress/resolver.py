"""Name resolution for hosts that customers chose."""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from aiohttp.abc import AbstractResolver, ResolveResult

DNS_THREADS_MAX = 16


class Resolver(AbstractResolver):
    """The system's name resolution on threads of its own.

    asyncio's threads are shared with the store's connections, which a name whose server never answers would block.
    """

    def __init__(self, limit_s: float) -> None:
        self._limit_s = limit_s
        self._threads = ThreadPoolExecutor(DNS_THREADS_MAX, thread_name_prefix="egress-dns")

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`. Raises OSError, and TimeoutError after `limit_s`, thread wait included."""
        resolve = partial(socket.getaddrinfo, host, port, family, socket.SOCK_STREAM, 0, socket.AI_ADDRCONFIG)
        try:
            async with asyncio.timeout(self._limit_s):
                infos = await asyncio.get_running_loop().run_in_executor(self._threads, resolve)
        except UnicodeError as error:  # a label of more than 63 characters is not an OSError
            raise OSError(None, str(error)) from error
        return [
            ResolveResult(
                hostname=host, host=str(at[0]), port=port, family=of, proto=proto, flags=socket.AI_NUMERICHOST
            )
            for of, _, proto, _, at in infos
        ]

    async def close(self) -> None:
        """Release the threads. A running resolution ends by itself."""
        self._threads.shutdown(wait=False, cancel_futures=True)
