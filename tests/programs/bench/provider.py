"""A provider over HTTP that accepts all and ends nothing: tests.programs.bench.provider <port> <answer_s>"""

import asyncio
import sys

import uvloop
from aiohttp import web

ANSWER = b'{"status":"IN_PROGRESS","request_id":"01234567-89ab-cdef-0123-456789abcdef","queue_position":0}'


def main(port: int, answer_s: float) -> None:
    """Answer each request with the same JSON, after the time that the way to a provider and back takes."""

    async def answer(request: web.Request) -> web.Response:
        await request.read()
        await asyncio.sleep(answer_s)
        return web.Response(body=ANSWER, content_type="application/json")

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    web.run_app(app, host="127.0.0.1", port=port, loop=uvloop.new_event_loop(), access_log=None, print=None)


if __name__ == "__main__":
    main(int(sys.argv[1]), float(sys.argv[2]))
