"""Accept connections, as many and for as long as the settings allow."""

import asyncio
from functools import partial

from aiohttp import web

from gateway import guests
from gateway.edge.connection import Connection
from gateway.edge.peers import ConnectionLimits, Peers
from shared.ops.settings import Settings

BACKLOG = 1024  # connections the kernel holds for us while we are busy
FILES_KEPT = 256  # open files for everything but connections


async def listen(runner: web.AppRunner, config: Settings, files_max: int, *, shared: bool = False) -> asyncio.Server:
    """Accept connections for a runner that is set up; `shared`: other processes listen on the port, too.

    Raises OSError if the address is not available.
    """
    server = runner.server
    assert server is not None  # noqa: S101  # setup() sets it
    limits = ConnectionLimits(
        connections_max=min(config.connections_max, max(files_max - FILES_KEPT, FILES_KEPT)),
        per_address_max=config.connections_per_address,
        head_s=config.headers_timeout_s,
        idle_s=config.idle_timeout_s,
    )
    peers = Peers(limits, guests.networks(config.trusted_proxies))
    factory = partial(Connection, server, peers)
    return await asyncio.get_running_loop().create_server(
        factory, config.host, config.port, backlog=BACKLOG, reuse_port=shared or None
    )
