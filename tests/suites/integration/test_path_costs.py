"""The cost of one generation, counted: commands of the store, and Python calls of the gateway. The bench has seconds.

A change that makes the path longer on purpose raises a bound here. One that shortens it lowers the bound.
"""

import asyncio
import sys
from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
import structlog
from aiohttp import web
from arq.worker import func

from gateway.app import build_app
from gateway.context import CONTEXT
from gateway.dialects.wowflow.handlers import generation_entry
from gateway.dispatch import use_exact_paths
from gateway.edge.connection import Connection
from gateway.edge.peers import ConnectionLimits, Peers
from shared.domain.generation import COMPLETED, LISTED, Outcome, Output, encode, encode_spec, read_listed
from shared.ops.settings import Settings
from shared.ops.storage import Storage
from shared.store import generations, keys, ledger
from shared.store.connect import Store
from shared.store.queue import arq_pool, decode_job, encode_job
from tests.harness.doubles.adapters.noop import Adapter
from tests.harness.factories import SPEC, Customer, create_customer, make_order, write_catalogue
from tests.harness.sink import Sink
from workers.adapters.contract import Setup
from workers.context import WorkerContext
from workers.egress import Egress
from workers.engine import Engine
from workers.run import run

COUNT = 20
ROUNDS = 2  # a measurement of the store's clock may fall into one of them
ACCEPT_COMMANDS_MAX = 26  # one of them calls the script
GENERATION_COMMANDS_MAX = 64  # from the order to the end, for a job that is claimed alone
GENERATION_SCRIPTS = 4  # accept, claim, start, settle
ACCEPT_CALLS_MAX = 190
ENTRY_CALLS_MAX = 23  # of a list
LIMITS = ConnectionLimits(connections_max=9, per_address_max=9, head_s=9, idle_s=9)
COUNTED = ("/gateway/", "/shared/", "/aiohttp/", "/prometheus_client/")
READERS = ("info", "zcard", "blpop", "script|load")  # of this test, of a worker that waits, and of new connections


async def count_commands(store: Store) -> Counter[str]:
    """Return how often each command was called, inside of scripts too."""
    raw = (await store.call("INFO", "commandstats")).decode()
    lines = [line.removeprefix("cmdstat_").split(":calls=") for line in raw.split() if line.startswith("cmdstat_")]
    return Counter({name: int(rest.partition(",")[0]) for name, rest in lines if name not in READERS})


async def read_commands_each(store: Store, before: Counter[str]) -> tuple[float, float]:
    """Return the commands and the scripts of one generation since then."""
    spent = await count_commands(store) - before
    return spent.total() / COUNT, spent["evalsha"] / COUNT


async def test_accept_needs_few_commands(store_url: str) -> None:
    """An order from a balance is one script with a bounded number of commands."""
    async with Store(store_url) as store:
        customer = await create_customer(store, cents=10_000)
        await ledger.accept(store, make_order(customer))
        before = await count_commands(store)
        for _ in range(COUNT):
            await ledger.accept(store, make_order(customer, bounds="account - - - - -\nall - - - - -\n"))
        commands, scripts = await read_commands_each(store, before)
        assert (1, True) == (scripts, commands <= ACCEPT_COMMANDS_MAX), commands


@pytest.fixture
async def context(store_url: str, tmp_path: Path) -> AsyncIterator[WorkerContext]:
    """Yield the context of a worker whose provider finishes at once."""
    async with Store(store_url) as store, Egress() as egress:
        storage = Storage.open(str(tmp_path))
        yield WorkerContext(
            provider="noop", store=store, adapter=Adapter(Setup(name="noop")), storage=storage, egress=egress
        )


async def test_generation_needs_few_commands(context: WorkerContext) -> None:
    """A generation is accepted, claimed, started and settled by a bounded number of commands and scripts."""
    store = context.store
    customer = await create_customer(store, cents=10_000)
    engine = build_engine(context)
    working = asyncio.create_task(engine.async_run())
    try:
        await finish_one(context, customer)
        found = []
        for _ in range(ROUNDS):
            before = await count_commands(store)
            for _ in range(COUNT):
                await finish_one(context, customer)
            found.append(await read_commands_each(store, before))
        commands, scripts = min(found)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await engine.close()
    assert (True, True) == (scripts <= GENERATION_SCRIPTS, commands <= GENERATION_COMMANDS_MAX), (commands, scripts)


def build_engine(context: WorkerContext) -> Engine:
    """Return the engine of a worker."""
    return Engine(
        [func(run, name="run")],  # type: ignore[arg-type]  # its context is a dictionary
        store=context.store,
        queue_name=keys.queue("noop"),
        redis_pool=arq_pool(context.store.url, "noop"),
        ctx={"context": context},
        keep_result=0,
        handle_signals=False,
        health_check_interval=3600,
        lease_s=3600,
        job_serializer=encode_job,
        job_deserializer=decode_job,
    )


async def finish_one(context: WorkerContext, customer: Customer) -> None:
    """Accept a generation and wait for its end without a command that counts."""
    accepted = await ledger.accept(context.store, make_order(customer, bounds="account - - - - -\nall - - - - -\n"))
    while await context.store.call("ZCARD", keys.OPEN):
        await asyncio.sleep(0.002)
    assert accepted.created_ms


@contextmanager
def count_calls(counted: Counter[str]) -> Iterator[None]:
    """Count the calls of functions of ours and of aiohttp in the block, by file and name."""

    def count(frame: FrameType, event: str, _: Any) -> None:
        file = frame.f_code.co_filename
        if event == "call" and any(folder in file for folder in COUNTED):
            counted[f"{file.rpartition('/')[2]} {frame.f_code.co_name}"] += 1

    sys.setprofile(count)
    try:
        yield
    finally:
        sys.setprofile(None)


@pytest.fixture
async def runner(store_url: str, tmp_path: Path) -> AsyncIterator[web.AppRunner]:
    """Yield a gateway that runs without a socket."""
    settings = Settings(redis_url=store_url, data_dir=str(tmp_path), catalogue=str(write_catalogue(tmp_path)))
    runner = web.AppRunner(build_app(settings))
    await runner.setup()
    yield runner
    await runner.cleanup()


async def test_accept_needs_few_python_calls(runner: web.AppRunner) -> None:
    """The way of an order through the gateway is a bounded number of Python calls, aiohttp's among them."""
    assert runner.server is not None
    use_exact_paths(runner)
    store, counted = runner.app[CONTEXT].store, Counter[str]()
    customer, sink = await create_customer(store, cents=10_000), Sink()
    connection = Connection(runner.server, Peers(LIMITS, ()))
    connection.connection_made(sink)
    await sink.send(connection, request_of(customer))
    with structlog.testing.capture_logs(), count_calls(counted):
        for _ in range(COUNT):
            assert b" 201 Created" in (await sink.send(connection, request_of(customer)))[:30]
    [newest, *_] = await generations.list_newest(store, customer.account, 1)
    assert COMPLETED != newest.state
    connection.connection_lost(None)
    calls = counted.total() / COUNT
    assert calls <= ACCEPT_CALLS_MAX, (calls, counted.most_common(40))


async def test_entry_of_a_list_needs_few_python_calls(runner: web.AppRunner) -> None:
    """A list decodes and shows each of its generations with a bounded number of Python calls."""
    context = runner.app[CONTEXT]
    outcome = Outcome("noop", tuple(Output(f"generations/{number}.png", "image/png") for number in range(4)))
    fields = {"account": b"a", "provider": b"noop", "state": b"completed", "spec": encode_spec(SPEC)}
    fields |= {"outcome": encode(outcome), "closed_ms": b"1", "cost": b"1", "reserved": b"1"}
    values = [fields.get(name, b"1" if name in {"created_ms", "deadline_ms"} else None) for name in LISTED]
    shown, counted = generation_entry(context, read_listed("an id", values)), Counter[str]()
    assert 4 == len(shown.result_urls or ())
    with count_calls(counted):
        generation_entry(context, read_listed("an id", values))
    assert counted.total() <= ENTRY_CALLS_MAX, counted


def request_of(customer: Customer) -> bytes:
    """Return an order without an input."""
    body = b'{"model":"test/noop","prompt":"a small red boat"}'
    head = (
        f"POST /api/v1/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer {customer.key}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
