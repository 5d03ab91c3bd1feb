"""A worker process that runs no-op jobs and records each start: tests.programs.bench.worker <Setup as JSON>"""

import asyncio
import contextlib
import logging
import sys
import time
from pathlib import Path
from typing import Any

import msgspec
import uvloop
from arq.worker import Worker, func
from msgspec import Struct

from shared.ops import collector
from shared.store.connect import Store
from shared.store.queue import arq_pool, decode_job, encode_job
from workers.engine import Engine

JOB_MAX_S = 300


class Setup(Struct, frozen=True, kw_only=True):
    """The settings of a worker. `kind` is engine or arq; `poll_delay_s` is for arq only."""

    kind: str
    max_jobs: int
    poll_delay_s: float = 0.5
    lease_s: float = 3.0
    url: str = ""
    out: str = ""


class Ran(Struct, frozen=True, array_like=True):
    """One start of a job. The time is in Unix nanoseconds."""

    number: int
    started_ns: int
    job_try: int


async def run(ctx: dict[str, Any], number: int, sleep_s: float = 0) -> None:
    """Record the start. A job that sleeps does so in its first attempt only."""
    ctx["ran"].append((number, time.time_ns(), ctx["job_try"]))
    if sleep_s and ctx["job_try"] == 1:
        await asyncio.sleep(sleep_s)


async def report_ready(_: dict[str, Any]) -> None:
    """Print that the worker is ready."""
    print("ready", flush=True)


def make_worker(setup: Setup, store: Store, ran: list[Any]) -> Worker:
    """Return the engine, or stock arq with the settings to compare."""
    options: dict[str, Any] = {
        "queue_name": "arq:queue:bench",
        "redis_pool": arq_pool(setup.url, "bench"),
        "max_jobs": setup.max_jobs,
        "keep_result": 0,
        "on_startup": report_ready,
        "ctx": {"ran": ran},
        "job_serializer": encode_job,
        "job_deserializer": decode_job,
    }
    functions = [func(run, name="run", timeout=JOB_MAX_S)]
    if setup.kind == "engine":
        return Engine(functions, store=store, lease_s=setup.lease_s, **options)
    return Worker(functions, poll_delay=setup.poll_delay_s, **options)


async def run_worker(setup: Setup, ran: list[Any]) -> None:
    """Work until SIGTERM. Then `ran` holds every start."""
    async with Store(setup.url, name=f"bench-{setup.kind}") as store:
        await store.call("PING", patience_s=10)
        worker = make_worker(setup, store, ran)
        collector.tune_collector()
        with contextlib.suppress(asyncio.CancelledError):
            await worker.async_run()
        with contextlib.suppress(asyncio.CancelledError):  # stock arq passes on what it cancelled
            await worker.close()


if __name__ == "__main__":
    logging.basicConfig(level=logging.WARNING)
    SETUP = msgspec.json.decode(sys.argv[1], type=Setup)
    RAN: list[Any] = []
    uvloop.run(run_worker(SETUP, RAN))
    Path(SETUP.out).write_bytes(msgspec.json.encode(RAN))
