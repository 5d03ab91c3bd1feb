"""A worker in a world where example.com is on this machine: python -m tests.harness.doubles.elsewhere PORT run local"""

import socket
import sys

from aiohttp.abc import ResolveResult

from workers import egress
from workers.__main__ import main
from workers.egress.resolver import Resolver

HOST = "example.com"


class Elsewhere(Resolver):
    """The system's names, but for one."""

    port = 0  # where that host's server listens

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """Addresses of `host`."""
        if host != HOST:
            return await super().resolve(host, port, family)
        here = socket.AF_INET
        return [ResolveResult(hostname=host, host="127.0.0.1", port=self.port, family=here, proto=0, flags=0)]


if __name__ == "__main__":
    Elsewhere.port = int(sys.argv[1])
    vars(egress)["Resolver"] = Elsewhere
    sys.exit(main(sys.argv[2:]))
