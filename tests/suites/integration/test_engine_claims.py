"""Moments around a claim: the job is just being requeued, or the worker stops before the job has begun."""

import asyncio
from typing import Any

from arq.worker import Retry, func

from shared.store import keys
from shared.store.connect import Store
from shared.store.queue import arq_pool, decode_job, encode_job
from tests.harness.bounds import WAIT_S
from workers.engine import Engine

LEASE_S = 10 * WAIT_S  # the job starts because it is due, not because a lease ran out
DUE_S = 0.001


class Meeting(Store):
    """A store whose answer to a finish arrives together with that to the claim after it."""

    engine: Engine | None = None

    async def run(self, verb: str, *args: Any, **options: Any) -> list[Any]:
        """Run the verb; after a finish the worker claims before it gets the reply."""
        reply = await super().run(verb, *args, **options)
        if verb == "finish" and self.engine is not None:
            await asyncio.sleep(DUE_S * 10)
            await self.engine._claim()
        return reply


def build(kind: type[Engine], store: Store, work: Any) -> Engine:
    """Return an engine for queue noop whose only function is `work`."""
    return kind(
        [func(work, name="run")],
        store=store,
        lease_s=LEASE_S,
        queue_name=keys.queue("noop"),
        redis_pool=arq_pool(store.url, "noop"),
        handle_signals=False,
        keep_result=0,
        job_serializer=encode_job,
        job_deserializer=decode_job,
    )


class Stopping(Store):
    """A store whose answer to a claim arrives while the worker stops."""

    engine: Engine | None = None

    async def run(self, verb: str, *args: Any, **options: Any) -> list[Any]:
        """Run the verb, and stop the worker after a claim."""
        reply = await super().run(verb, *args, **options)
        if verb == "claim" and self.engine is not None:
            main_task, self.engine = self.engine.main_task, None
            assert main_task is not None
            main_task.cancel()
            await asyncio.sleep(0.01)
        return reply


async def test_job_claimed_while_it_is_requeued_runs(store_url: str) -> None:
    """A job that is due again before its worker has the reply to its finish starts at once."""
    tries: list[int] = []

    async def work(context: dict[str, Any]) -> None:
        tries.append(context["job_try"])
        if len(tries) == 1:
            raise Retry(defer=DUE_S)

    meeting = Meeting(store_url)
    async with meeting as store:
        queue = keys.queue("noop")
        meeting.engine = engine = build(Engine, store, work)
        await engine.pool.enqueue_job("run", _job_id="a", _queue_name=queue)
        working = asyncio.create_task(engine.async_run())
        async with asyncio.timeout(WAIT_S):
            while len(tries) < 2 or engine.tasks:
                await asyncio.sleep(0.01)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await engine.close()


class StoppedBeforeBegin(Engine):
    """Stops when its job's task exists and has not begun."""

    def _start_job(self, job_id: str, score: int, payload: bytes | None, job_try: int) -> None:
        super()._start_job(job_id, score, payload, job_try)
        assert self.main_task is not None
        self.tasks[job_id].cancel()
        self.main_task.cancel()


async def test_stop_gives_back_the_jobs_of_a_claim_under_way(store_url: str) -> None:
    """A worker that stops before the reply to its claim leaves no job to its lease."""
    stopping = Stopping(store_url)
    async with stopping as store:
        stopping.engine = stopped = build(Engine, store, work_never)
        await check_given_back(store, stopped)


async def test_stop_gives_back_a_job_that_has_not_begun(store_url: str) -> None:
    """A job whose task is cancelled before it runs is not left to its lease."""
    async with Store(store_url) as store:
        await check_given_back(store, build(StoppedBeforeBegin, store, work_never))


async def work_never(_: dict[str, Any]) -> None:
    """Fail: the job must not run here."""
    raise AssertionError


async def check_given_back(store: Store, stopped: Engine) -> None:
    """Check that another worker gets a job at once from an engine that stops by itself."""
    began: list[int] = []

    async def work(context: dict[str, Any]) -> None:
        began.append(context["job_try"])

    await stopped.pool.enqueue_job("run", _job_id="a", _queue_name=keys.queue("noop"))
    await asyncio.gather(stopped.async_run(), return_exceptions=True)
    await stopped.close()
    next_one = build(Engine, store, work)
    working = asyncio.create_task(next_one.async_run())
    async with asyncio.timeout(WAIT_S):
        while not began:
            await asyncio.sleep(0.01)
    working.cancel()
    await asyncio.gather(working, return_exceptions=True)
    await next_one.close()
    assert [1] == began
