"""A name server that a customer controls: it may change addresses, know no name, or never respond."""

import asyncio
import socket

from aiohttp.abc import AbstractResolver, ResolveResult


class Zone(AbstractResolver):
    """Each lookup gets the next of `answers`, or the last one again. An empty answer is an unknown name."""

    def __init__(self, *answers: tuple[str, ...], delay_s: float = 0.0) -> None:
        self.answers = answers
        self.delay_s = delay_s
        self.asked: list[str] = []

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the next addresses for any name."""
        addresses = self.answers[min(len(self.asked), len(self.answers) - 1)]
        self.asked.append(host)
        await asyncio.sleep(self.delay_s)
        if not addresses:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return [ResolveResult(hostname=host, host=at, port=port, family=family, proto=0, flags=0) for at in addresses]

    async def close(self) -> None:
        """Do nothing: no connection is open."""
