"""A provider over HTTP that accepts every request and finishes none: tests.programs.bench.provider <port> <delay_s>"""

import asyncio
import sys

import uvloop
from aiohttp import web

STATUS = b'{"status":"IN_PROGRESS","request_id":"01234567-89ab-cdef-0123-456789abcdef","queue_position":0}'


def serve(port: int, delay_s: float) -> None:
    """Respond to each request with the same JSON, after the round-trip time of a provider."""

    async def respond(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(delay_s)
        return web.Response(body=STATUS, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", respond)
    web.run_app(app, host="127.0.0.1", port=port, loop=uvloop.new_event_loop(), access_log=None, print=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]), float(sys.argv[2]))
