"""Requests leave no cycles: each collection of them stops the process, longer the more there are."""

import gc
from pathlib import Path

from aiohttp import web

from gateway.app import build_app
from gateway.context import CONTEXT
from gateway.edge.protocol import listen
from shared.ops.settings import Settings
from tests.harness.factories import create_customer, write_catalogue
from tests.harness.processes import free_port
from tests.programs.hostile.attacks import encode
from tests.programs.hostile.wire import Wire

REQUESTS, LEFT_MAX = 20, 8  # aiohttp's own error of an unknown path or method is a cycle
FILES = 1024
JSON = {"Content-Type": "application/json"}


async def test_no_response_leaves_its_request_to_the_collector(store_url: str, tmp_path: Path) -> None:
    """Neither a success nor a refusal of any kind holds itself by its traceback."""
    files = {"data_dir": str(tmp_path), "catalogue": str(write_catalogue(tmp_path))}
    settings = Settings(redis_url=store_url, host="127.0.0.1", port=free_port(), **files)
    runner = web.AppRunner(app := build_app(settings))
    await runner.setup()
    async with await listen(runner, settings, FILES):
        key = {"Authorization": f"Bearer {(await create_customer(app[CONTEXT].store, cents=1000)).key}"}
        path = "/api/v1/generations"
        requests = {
            200: encode("GET", path, key),
            201: encode("POST", path, key | JSON, b'{"model": "test/noop", "prompt": "a boat"}'),
            400: encode("POST", path, key | JSON, b"{"),
            401: encode("GET", path, {"Authorization": "Bearer wok_1"}),
            404: encode("GET", "/api/v1/nothing", {}),
            405: encode("PATCH", path, key),
            415: encode("POST", path, key | {"Content-Encoding": "gzip"}, b"{}"),
        }
        wire = Wire(settings.port, "127.0.0.1")
        left = {}
        for status, request in requests.items():
            await wire.send(request)
            gc.collect()
            gc.disable()
            try:
                assert {status} == {await wire.send(request) for _ in range(REQUESTS)}
                left[status] = gc.collect() / REQUESTS
            finally:
                gc.enable()
        wire.close()
    await runner.cleanup()
    assert {} == {status: number for status, number in left.items() if number > LEFT_MAX}
