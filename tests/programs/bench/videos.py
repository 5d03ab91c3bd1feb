"""A server of large videos: tests.programs.bench.videos <port> <megabytes>"""

import sys

import uvloop
from aiohttp import web

FTYP = b"\0\0\0\x10ftypisom\0\0\2\0"
PIECE = bytes(1_000_000)


def serve(port: int, megabytes: int) -> None:
    """Answer each request with a video of that size."""
    mdat = (megabytes * len(PIECE) + 8).to_bytes(4) + b"mdat"

    async def respond(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "video/mp4"})
        response.content_length = len(FTYP) + len(mdat) + megabytes * len(PIECE)
        await response.prepare(request)
        await response.write(FTYP + mdat)
        for _ in range(megabytes):
            await response.write(PIECE)
        return response

    app = web.Application()
    app.router.add_get("/video", respond)
    web.run_app(app, host="127.0.0.1", port=port, loop=uvloop.new_event_loop(), access_log=None, print=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
