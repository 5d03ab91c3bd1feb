"""What one would build from stock arq and redis-py: the same two scripts, reached the usual way.

python -m tests.programs.bench.stock gateway <store url> <port>, or ... worker <store url>.
It checks less and logs nothing, which is to its advantage.
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

from shared.domain.generation import COMPLETED, SPEC, Outcome, Spec
from shared.domain.ids import uuid7
from shared.store import ledger
from shared.store.connect import Store
from shared.store.keys import generation, queue
from shared.store.ledger import Order, RouteOffer
from shared.store.queue import arq_pool, decode_job, encode_job
from shared.store.scripts import script

PRICE_MICROS = 100_000
DAY_MS, RUN_MS = 86_400_000, 600_000


class RedisPy(Store):
    """Our scripts and their arguments, run by redis-py's register_script on its connection pool."""

    def __init__(self, url: str, redis: Redis) -> None:
        super().__init__(url)
        self._scripts = {verb: redis.register_script(script(verb).source) for verb in ("accept", "settle")}

    async def run(
        self, verb: str, *args: bytes | str | int | float, patience_s: float | None = None, durable: bool = False
    ) -> list[Any]:
        """The reply of a Lua verb."""
        reply = await self._scripts[verb](args=args)
        return [reply[0].decode(), *reply[1:]]


def gateway(url: str, port: int) -> None:
    """Accept over HTTP."""
    store = web.AppKey("store", RedisPy)

    async def wired(app: web.Application) -> Any:
        redis = Redis.from_url(url)
        app[store] = RedisPy(url, redis)
        yield
        await redis.aclose()

    async def create(request: web.Request) -> web.Response:
        asked = msgspec.json.decode(await request.read())
        spec = Spec("wowflow", "image", asked["model"], "noop", asked["prompt"], {})
        order = Order(
            id=uuid7(time.time_ns(), token_bytes(8)),
            key_hash=sha256(request.headers["Authorization"].removeprefix("Bearer ").encode()).hexdigest(),
            offers=(RouteOffer(provider="noop", price_micros=PRICE_MICROS, spec=spec, run_ms=RUN_MS),),
            queue_ms=DAY_MS,
        )
        accepted = await ledger.accept(request.app[store], order)
        body = msgspec.json.encode({"id": accepted.id, "status": "processing", "model": asked["model"]})
        return web.Response(body=body, status=201, content_type="application/json")

    app = web.Application()
    app.cleanup_ctx.append(wired)
    app.router.add_post("/api/v1/generations", create)
    web.run_app(app, host="127.0.0.1", port=port, loop=uvloop.new_event_loop(), access_log=None, print=None)


async def run(ctx: dict[str, Any], generation_id: str) -> None:
    """Read what is wanted, do nothing, settle."""
    wanted = SPEC.decode(await ctx["redis"].hget(generation(generation_id), "spec"))
    outcome = Outcome("noop", (), f"done: {wanted.target}")
    await ledger.settle(ctx["store"], generation_id, COMPLETED, cost_micros=PRICE_MICROS, outcome=outcome)


async def ready(ctx: dict[Any, Any]) -> None:
    """Say so to whoever reads the output."""
    print("ready", flush=True)


async def work(url: str) -> None:
    """Stock arq at its best setting."""
    pool = arq_pool(url, "noop")
    worker = Worker(
        [func(run, name="run")],
        queue_name=queue("noop"),
        redis_pool=pool,
        ctx={"store": RedisPy(url, pool)},
        max_jobs=100,
        poll_delay=0.01,
        keep_result=0,
        on_startup=ready,
        job_serializer=encode_job,
        job_deserializer=decode_job,
    )
    with contextlib.suppress(asyncio.CancelledError):
        await worker.async_run()
    with contextlib.suppress(asyncio.CancelledError):
        await worker.close()


if __name__ == "__main__":
    if sys.argv[1] == "gateway":
        gateway(sys.argv[2], int(sys.argv[3]))
    else:
        uvloop.run(work(sys.argv[2]))
