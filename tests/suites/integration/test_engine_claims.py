"""The engine claims a job that it is just requeueing: the end of one run and the start of the next meet."""

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
        meeting.engine = engine = Engine(
            [func(work, name="run")],
            store=store,
            lease_s=LEASE_S,
            queue_name=queue,
            redis_pool=arq_pool(store_url, "noop"),
            handle_signals=False,
            keep_result=0,
            job_serializer=encode_job,
            job_deserializer=decode_job,
        )
        await engine.pool.enqueue_job("run", _job_id="a", _queue_name=queue)
        working = asyncio.create_task(engine.async_run())
        async with asyncio.timeout(WAIT_S):
            while len(tries) < 2 or engine.tasks:
                await asyncio.sleep(0.01)
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
        await engine.close()
