"""The engine against a real store: arq's keys and tools, without arq's polling."""

import asyncio
import contextlib
import gc
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from arq.constants import in_progress_key_prefix
from arq.jobs import JobStatus
from arq.worker import Retry, Worker, func

from shared.store import keys, ledger
from shared.store.connect import Store
from shared.store.queue import arq_job, arq_pool, decode_job, encode_job
from tests.harness.bounds import BUSY_S, WAIT_S
from tests.harness.factories import create_customer, make_order
from workers import engine as engine_module
from workers import leases
from workers.engine import Engine, PutBack

LEASE_S = 0.6
POLL_S = 2.5  # shorter than the patience of a connection
Work = Callable[..., Awaitable[Any]]


def build_engine(store: Store, work: Work, *, kind: type[Engine] = Engine, **changes: Any) -> Engine:
    """Return an engine for queue noop whose only function `run` is `work`."""
    options: dict[str, Any] = {"lease_s": LEASE_S, "max_jobs": 50, "keep_result": 0, **changes}
    return kind(
        [func(work, name="run")],
        store=store,
        queue_name=keys.queue("noop"),
        redis_pool=arq_pool(store.url, "noop"),
        handle_signals=False,
        job_serializer=encode_job,
        job_deserializer=decode_job,
        **options,
    )


@asynccontextmanager
async def run_engines(*engines: Engine) -> AsyncIterator[None]:
    """Run engines for the length of the block."""
    tasks = [asyncio.create_task(engine.async_run()) for engine in engines]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for engine in engines:
            await engine.close()


async def enqueue(store: Store, count: int) -> list[str]:
    """Accept `count` generations, which enqueues their jobs, and return their ids."""
    customer = await create_customer(store, cents=100_000, concurrency=10_000, backlog_max=10)
    orders = [ledger.accept(store, make_order(customer)) for _ in range(count)]
    return [accepted.id for accepted in await asyncio.gather(*orders)]


async def wait_until(condition: Callable[[], bool], limit_s: float = WAIT_S) -> None:
    """Wait for a condition, at most `limit_s`."""
    async with asyncio.timeout(limit_s):
        while not condition():
            await asyncio.sleep(0.01)


async def test_jobs_run_once_with_several_workers(store_url: str) -> None:
    """Workers share the jobs of a queue, run each once, and leave nothing in the store."""
    ran: list[str] = []

    async def work(_: dict[str, Any], job_id: str) -> None:
        ran.append(job_id)
        await asyncio.sleep(0.001)

    async with Store(store_url) as store:
        async with run_engines(build_engine(store, work), build_engine(store, work)):
            ids = await enqueue(store, 500)
            await wait_until(lambda: len(ran) >= 500)
            while await store.call("ZCARD", keys.queue("noop")):
                await asyncio.sleep(0.01)
        assert sorted(ids) == sorted(ran)
        left = set(await store.call("KEYS", "arq:*")) - {keys.bell("noop").encode()}
        assert set() == left


async def test_engine_is_silent_while_a_loop_stands_still(store_url: str) -> None:
    """Both loops of a running engine are its progress: claims, and renewals of leases."""

    async def work(_: dict[str, Any], job_id: str) -> None:
        return None

    async with Store(store_url) as store:
        engine, before_s = build_engine(store, work), asyncio.get_running_loop().time() - 1_000
        engine.turned_s = engine._leases.renewed_s = before_s
        async with run_engines(engine):
            await wait_until(lambda: engine.silent_s < 100)
            for owner, loop in ((engine, "turned_s"), (engine._leases, "renewed_s")):
                setattr(owner, loop, before_s)
                assert engine.silent_s >= 1_000
                await wait_until(lambda: engine.silent_s < 100)


async def test_parked_job_leaves_nothing_to_the_garbage_collector(store_url: str) -> None:
    """The objects of a run that parks its job are freed at its end, without cycles."""
    ran: list[str] = []

    async def work(_: dict[str, Any], job_id: str) -> None:
        ran.append(job_id)
        raise Retry(defer=60_000)

    async with Store(store_url) as store:
        engine = build_engine(store, work)
        async with run_engines(engine):
            await enqueue(store, 1)
            await wait_until(lambda: len(ran) == 1 and not engine.tasks)
            gc.collect()
            gc.disable()
            try:
                await enqueue(store, 40)
                await wait_until(lambda: len(ran) == 41 and not engine.tasks)
                assert gc.collect() < 40
            finally:
                gc.enable()


@pytest.mark.filterwarnings("ignore:Call to deprecated close:DeprecationWarning")  # stock arq closes its pool so
async def test_stock_arq_runs_a_job_that_accept_enqueued(store_url: str) -> None:
    """A stock arq.Worker on the same queue runs a job that accept.lua wrote."""
    ran: list[str] = []

    async def work(_: dict[str, Any], job_id: str) -> None:
        ran.append(job_id)

    async with Store(store_url) as store:
        ids = await enqueue(store, 3)
        stock = Worker(
            [func(work, name="run")],
            queue_name=keys.queue("noop"),
            redis_pool=arq_pool(store_url, "noop"),
            burst=True,
            handle_signals=False,
            poll_delay=0.01,
            job_serializer=encode_job,
            job_deserializer=decode_job,
        )
        await stock.async_run()
        await stock.close()
        assert sorted(ids) == sorted(ran)


async def test_arq_job_reads_our_jobs(store_url: str) -> None:
    """arq.jobs.Job reads the status and the definition of our jobs: queued, in progress, gone."""
    release = asyncio.Event()

    async def work(_: dict[str, Any], job_id: str) -> None:
        await release.wait()

    async with Store(store_url) as store:
        [job_id] = await enqueue(store, 1)
        pool = arq_pool(store_url, "noop")
        job = arq_job(pool, job_id)
        info = await job.info()
        assert JobStatus.queued == await job.status()
        assert info is not None
        assert ("run", [job_id]) == (info.function, info.args)
        engine = build_engine(store, work)
        async with run_engines(engine):
            await wait_until(lambda: engine.job_counter == 1)
            assert JobStatus.in_progress == await job.status()
            release.set()
            await wait_until(lambda: engine.job_counter == 0)
        assert JobStatus.not_found == await job.status()
        await pool.aclose(close_connection_pool=True)


async def test_job_that_stock_arq_enqueued_runs(store_url: str) -> None:
    """A job from arq's own enqueue_job, without a bell, is run, and arq can read its result."""

    async def work(_: dict[str, Any], word: str) -> str:
        return word.upper()

    async with Store(store_url) as store, run_engines(build_engine(store, work, keep_result=60)):
        pool = arq_pool(store_url, "noop")
        job = await pool.enqueue_job("run", "hello")
        assert job is not None
        assert "HELLO" == await job.result(timeout=WAIT_S, poll_delay=0.02)
        await pool.aclose(close_connection_pool=True)


async def test_idle_worker_claims_at_once(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """An idle worker is woken by the bell, not by polling."""
    started: list[str] = []
    monkeypatch.setattr(engine_module, "BELL_S", POLL_S)

    async def work(_: dict[str, Any], job_id: str) -> None:
        started.append(job_id)

    async with Store(store_url) as store, run_engines(build_engine(store, work)):
        await enqueue(store, 1)
        await wait_until(lambda: len(started) == 1)
        await asyncio.sleep(0.1)
        await enqueue(store, 1)
        await wait_until(lambda: len(started) == 2, limit_s=0.8 * POLL_S)


@pytest.mark.parametrize("slots", [1, 2, 3, 7])
async def test_worker_claims_no_more_jobs_than_it_has_slots(store_url: str, slots: int) -> None:
    """With one free slot one job is claimed, with several as many, however many wait."""
    at_work: set[str] = set()
    done: list[int] = []

    async def work(_: dict[str, Any], job_id: str) -> None:
        at_work.add(job_id)
        done.append(len(at_work))
        await asyncio.sleep(0.01)
        at_work.remove(job_id)

    async with Store(store_url) as store:
        await enqueue(store, 20)
        engine = build_engine(store, work, max_jobs=slots)
        async with run_engines(engine):
            await wait_until(lambda: len(done) == 20 and engine.job_counter == 0)
    assert slots == max(done)


async def test_parked_job_holds_no_slot_and_returns_when_due(store_url: str) -> None:
    """A job that raises Retry frees its slot, returns when it is due, and its tries start again."""
    seen: list[tuple[str, int]] = []

    async def work(ctx: dict[str, Any], job_id: str) -> None:
        seen.append((job_id, ctx["job_try"]))
        if [found for found, _ in seen].count(job_id) < 8:
            raise Retry(defer=0.05)

    async with Store(store_url) as store:
        engine = build_engine(store, work, max_jobs=1, max_tries=3)
        async with run_engines(engine):
            ids = await enqueue(store, 3)
            await wait_until(lambda: len(seen) == 24)
            assert {1} == {number for _, number in seen}
            assert set(ids) == {found for found, _ in seen[:3]}
            await wait_until(lambda: engine.job_counter == 0)
        assert 0 == await store.call("ZCARD", keys.queue("noop"))


async def test_job_that_was_put_back_may_run_again_at_once(store_url: str) -> None:
    """A run that begins before the previous one has quite ended keeps its own end, here a deferral."""
    runs: list[str] = []

    async def work(_: dict[str, Any], job_id: str) -> None:
        runs.append(job_id)
        if len(runs) == 1:  # another verb makes the job due, and a claim of it is answered in the same turn of the loop
            asyncio.get_running_loop().call_soon(engine._start_job, job_id, engine._leases.scores[job_id], payload, 1)
            raise PutBack
        if len(runs) == 2:
            raise Retry(defer=0.05)

    async with Store(store_url) as store:
        engine = build_engine(store, work)
        [job_id] = await enqueue(store, 1)
        payload = await store.call("GET", keys.arq_job(job_id))
        async with run_engines(engine):
            await wait_until(lambda: len(runs) == 3 and engine.job_counter == 0)
        assert {} == engine.job_tasks
        assert 0 == engine.jobs_failed


async def test_jobs_of_a_silent_worker_are_rescued(store_url: str) -> None:
    """Jobs of a worker that stops renewing are claimed after their lease, and its late finish changes nothing."""
    runs: list[str] = []
    stuck, release = asyncio.Event(), asyncio.Event()

    async def hang(_: dict[str, Any], job_id: str) -> None:
        stuck.set()
        await release.wait()

    async def work(_: dict[str, Any], job_id: str) -> None:
        runs.append(job_id)
        await asyncio.sleep(0.3)

    async with Store(store_url) as store:
        silent, helper = build_engine(store, hang), build_engine(store, work)
        async with run_engines(silent):
            [job_id] = await enqueue(store, 1)
            await stuck.wait()
            assert silent._renewer is not None
            silent._renewer.cancel()
            silent.allow_pick_jobs = False
            async with run_engines(helper):
                await wait_until(lambda: len(runs) == 1, limit_s=LEASE_S + BUSY_S)
                release.set()
                await asyncio.sleep(0.1)
                assert 1 == await store.call("EXISTS", keys.arq_job(job_id))
                await wait_until(lambda: helper.job_counter == 0)
                assert 0 == await store.call("EXISTS", keys.arq_job(job_id))
        assert [job_id] == runs


async def test_leases_are_renewed_in_parts_over_their_time(store_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs that outlast their leases run once, and their leases end at different times."""
    monkeypatch.setattr(leases, "PART", 4)
    runs: list[str] = []
    release = asyncio.Event()

    async def work(_: dict[str, Any], job_id: str) -> None:
        runs.append(job_id)
        await release.wait()

    async with Store(store_url) as store:
        engine = build_engine(store, work)
        async with run_engines(engine):
            ids = await enqueue(store, 30)
            await wait_until(lambda: len(runs) == len(ids))
            await asyncio.sleep(2 * LEASE_S)
            left_ms = await store.read([("PTTL", in_progress_key_prefix + job_id) for job_id in ids])
            release.set()
            await wait_until(lambda: engine.job_counter == 0)
        assert sorted(ids) == sorted(runs)
        assert min(left_ms) > 0
        assert max(left_ms) - min(left_ms) > LEASE_S * 1000 / 10


async def test_stalled_worker_claims_its_jobs_back_without_a_second_run(store_url: str) -> None:
    """A worker whose leases expired while it stalled claims its jobs back without starting them twice."""
    runs: list[str] = []
    release = asyncio.Event()

    async def work(_: dict[str, Any], job_id: str) -> None:
        runs.append(job_id)
        await release.wait()

    async with Store(store_url) as store:
        engine = build_engine(store, work, lease_s=0.2)
        async with run_engines(engine):
            [job_id] = await enqueue(store, 1)
            await wait_until(lambda: bool(runs))
            assert engine._renewer is not None
            engine._renewer.cancel()
            await asyncio.sleep(0.8)
            while await store.call("PTTL", in_progress_key_prefix + job_id) < 100:
                await asyncio.sleep(0.001)
            release.set()
            await wait_until(lambda: engine.job_counter == 0)
        assert [job_id] == runs
        assert 0 == await store.call("EXISTS", keys.arq_job(job_id))


async def test_job_that_keeps_crashing_is_dropped(store_url: str) -> None:
    """After max_tries crashes the job is dropped, and `on_dropped` is called."""
    dropped: list[str] = []
    tries: list[int] = []

    async def drop(job_id: str) -> None:
        dropped.append(job_id)

    async def work(ctx: dict[str, Any], job_id: str) -> None:
        tries.append(ctx["job_try"])
        raise asyncio.CancelledError

    async with Store(store_url) as store:
        async with run_engines(build_engine(store, work, max_tries=3, on_dropped=drop)):
            ids = await enqueue(store, 1)
            await wait_until(lambda: bool(dropped))
        assert ids == dropped
        assert [1, 2, 3] == tries


@pytest.mark.parametrize("payload", [b"", b"\x80\x04not msgpack", None])
async def test_unreadable_job_is_dropped(store_url: str, payload: bytes | None) -> None:
    """A job whose payload is gone or unreadable is dropped without stopping the worker."""
    dropped: list[str] = []

    async def drop(job_id: str) -> None:
        dropped.append(job_id)

    async def work(_: dict[str, Any], job_id: str) -> None:
        raise AssertionError("must not run")

    async with Store(store_url) as store:
        [job_id] = await enqueue(store, 1)
        if payload is None:
            await store.call("DEL", keys.arq_job(job_id))
        else:
            await store.call("SET", keys.arq_job(job_id), payload)
        async with run_engines(build_engine(store, work, on_dropped=drop)):
            await wait_until(lambda: dropped == [job_id])
        assert 0 == await store.call("ZCARD", keys.queue("noop"))


async def test_stop_requeues_running_jobs(store_url: str) -> None:
    """A job cancelled by a stop is due again at once for another worker."""
    began: list[str] = []

    async def hang(_: dict[str, Any], job_id: str) -> None:
        began.append(job_id)
        await asyncio.sleep(60)

    async def work(_: dict[str, Any], job_id: str) -> None:
        began.append(job_id)

    async with Store(store_url) as store:
        async with run_engines(build_engine(store, hang)):
            [job_id] = await enqueue(store, 1)
            await wait_until(lambda: bool(began))
        async with run_engines(build_engine(store, work)):
            await wait_until(lambda: began == [job_id, job_id])


async def test_stop_works_when_a_library_loses_the_cancel(store_url: str) -> None:
    """An engine ends although a call swallowed its CancelledError, as asyncio.wait_for of Python 3.11 may."""

    class Losing(Engine):
        async def _wait(self, wait_s: float) -> None:
            with contextlib.suppress(asyncio.CancelledError):
                await super()._wait(wait_s)

    async def work(_: dict[str, Any], job_id: str) -> None:
        """Do nothing."""

    async with Store(store_url) as store, asyncio.timeout(WAIT_S), run_engines(build_engine(store, work, kind=Losing)):
        await asyncio.sleep(0.1)
