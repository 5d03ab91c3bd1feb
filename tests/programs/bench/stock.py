"""The equivalent of the product built from stock arq and redis-py, with the same two scripts.

python -m tests.programs.bench.stock gateway <store url> <port>, or ... worker <store url>.
It checks less and logs nothing, which is an advantage in the comparison.
"""

import asyncio
import contextlib
import sys
import time
from hashlib import sha256
from secrets import token_bytes
from typing import Any

import msgspec
import uvloop
from aiohttp import web
from arq.worker import Worker, func
from redis.asyncio import Redis

from shared.domain.generation import COMPLETED, Outcome, Spec, decode_spec
from shared.domain.ids import uuid7
from shared.domain.times import DAY_MS
from shared.store import ledger
from shared.store.connect import Store
from shared.store.keys import generation, queue
from shared.store.ledger import Order, RouteOffer
from shared.store.queue import arq_pool, decode_job, encode_job
from shared.store.scripts import script

PRICE_MICROS = 100_000
RUN_MS = 600_000


class RedisPy(Store):
    """A store that runs our scripts through redis-py's register_script, on its connection pool."""

    def __init__(self, url: str, redis: Redis) -> None:
        super().__init__(url)
        self._scripts = {verb: redis.register_script(script(verb).source) for verb in ("accept", "settle")}

    async def run(
        self, verb: str, *args: bytes | str | int | float, patience_s: float | None = None, durable: bool = False
    ) -> list[Any]:
        """Run a Lua verb and return its reply."""
        reply = await self._scripts[verb](args=args)
        return [reply[0].decode(), *reply[1:]]


def serve(url: str, port: int) -> None:
    """Accept generations over HTTP."""
    store = web.AppKey("store", RedisPy)

    async def connect_store(app: web.Application) -> Any:
        redis = Redis.from_url(url)
        app[store] = RedisPy(url, redis)
        yield
        await redis.aclose()

    async def create(request: web.Request) -> web.Response:
        body = msgspec.json.decode(await request.read())
        spec = Spec("wowflow", "image", body["model"], "noop", body["prompt"], {})
        order = Order(
            id=uuid7(time.time_ns(), token_bytes(8)),
            key_hash=sha256(request.headers["Authorization"].removeprefix("Bearer ").encode()).hexdigest(),
            offers=(RouteOffer(provider="noop", price_micros=PRICE_MICROS, spec=spec, run_ms=RUN_MS),),
            queue_ms=DAY_MS,
        )
        accepted = await ledger.accept(request.app[store], order)
        response = msgspec.json.encode({"id": accepted.id, "status": "processing", "model": body["model"]})
        return web.Response(body=response, status=201, content_type="application/json")

    app = web.Application()
    app.cleanup_ctx.append(connect_store)
    app.router.add_post("/api/v1/generations", create)
    web.run_app(app, host="127.0.0.1", port=port, loop=uvloop.new_event_loop(), access_log=None, print=None)


async def run(ctx: dict[str, Any], generation_id: str) -> None:
    """Read the order, do nothing, and settle it."""
    spec = decode_spec(await ctx["redis"].hget(generation(generation_id), "spec"))
    outcome = Outcome("noop", (), f"done: {spec.target}")
    await ledger.settle(ctx["store"], generation_id, COMPLETED, cost_micros=PRICE_MICROS, outcome=outcome)


async def report_ready(ctx: dict[Any, Any]) -> None:
    """Print that the worker is ready."""
    print("ready", flush=True)


async def work(url: str) -> None:
    """Run stock arq at its best setting."""
    pool = arq_pool(url, "noop")
    worker = Worker(
        [func(run, name="run")],
        queue_name=queue("noop"),
        redis_pool=pool,
        ctx={"store": RedisPy(url, pool)},
        max_jobs=100,
        poll_delay=0.01,
        keep_result=0,
        on_startup=report_ready,
        job_serializer=encode_job,
        job_deserializer=decode_job,
    )
    with contextlib.suppress(asyncio.CancelledError):
        await worker.async_run()
    with contextlib.suppress(asyncio.CancelledError):
        await worker.close()


if __name__ == "__main__":
    if sys.argv[1] == "gateway":
        serve(sys.argv[2], int(sys.argv[3]))
    else:
        uvloop.run(work(sys.argv[2]))
