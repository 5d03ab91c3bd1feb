"""A worker for which example.com is on loopback: python -m tests.harness.doubles.elsewhere PORT run local

Its children do not yield the processor to the other tests, next to which a text would be cut at its time limit.
"""

import socket
import sys

from aiohttp.abc import ResolveResult

from shared.sandbox import pool
from workers import egress
from workers.__main__ import main
from workers.egress.resolver import Resolver

HOST = "example.com"


class Elsewhere(Resolver):
    """The system's resolver, with another address for one host."""

    port = 0  # of that host's server

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Return the addresses of `host`."""
        if host != HOST:
            return await super().resolve(host, port, family)
        here = socket.AF_INET
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self.port, family=here, proto=0, flags=0)]


if __name__ == "__main__":
    Elsewhere.port = int(sys.argv[1])
    vars(egress)["Resolver"] = Elsewhere
    vars(pool)["START"] = pool.START.replace("; serve(", "; from shared.sandbox import child; child.NICE = 0; serve(")
    assert "NICE = 0" in pool.START
    sys.exit(main(sys.argv[2:]))
