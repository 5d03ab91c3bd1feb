"""A double of Replicate whose predictions never end: python -m tests.programs.bench.replicate <port>"""

import sys
from itertools import count

import msgspec
import uvloop
from aiohttp import web

LOGS = "Using seed: 1234\n" + "".join(
    f"{percent:3d}%|{'#' * (percent // 10):10s}| step\n" for percent in range(0, 50, 5)
)


def prediction(prediction_id: str) -> bytes:
    """Return a running prediction with every field that the real API returns."""
    own = f"https://api.example/v1/predictions/{prediction_id}"
    fields = {
        "id": prediction_id,
        "model": "maker/video",
        "version": "hidden",
        "input": {"prompt": "a red boat on a lake at dawn, soft light", "aspect_ratio": "16:9"},
        "logs": LOGS,
        "output": None,
        "data_removed": False,
        "error": None,
        "source": "api",
        "status": "processing",
        "created_at": "2026-11-21T12:00:00.123Z",
        "started_at": "2026-11-21T12:00:01.123Z",
        "urls": {"cancel": f"{own}/cancel", "get": own, "web": f"https://example/p/{prediction_id}"},
    }
    return msgspec.json.encode(fields)


def serve(port: int) -> None:
    """Accept every prediction and finish none."""
    numbers = count(1)

    async def create(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(body=prediction(f"p{next(numbers)}"), status=201, content_type="application/json")

    async def show(request: web.Request) -> web.Response:
        return web.Response(body=prediction(request.match_info["id"]), content_type="application/json")

    app = web.Application()
    app.router.add_post("/models/{owner}/{name}/predictions", create)
    app.router.add_get("/predictions/{id}", show)
    web.run_app(app, host="127.0.0.1", port=port, loop=uvloop.new_event_loop(), access_log=None, print=None)


if __name__ == "__main__":
    serve(int(sys.argv[1]))
