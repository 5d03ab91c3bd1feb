"""The least an aiohttp server can do with a POST: python -m tests.programs.bench.bare <port> <response bytes>"""

import sys

import uvloop
from aiohttp import web


def serve(port: int, response_bytes: int) -> None:
    """Respond to each POST with the same small JSON, under the flags of our gateway."""
    body = b'{"id":"' + b"x" * (response_bytes - 9) + b'"}'

    async def create(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=body, status=201, content_type="application/json")

    app = web.Application()
    app.router.add_post("/api/v1/generations", create)
    web.run_app(app, host="127.0.0.1", port=port, loop=uvloop.new_event_loop(), access_log=None, print=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
