"""The ends of jobs, sent to the store in batches. The next batch has all jobs that ended while the last was sent."""

import asyncio
from typing import Any, NamedTuple

import structlog

from shared.domain.errors import StoreDown
from shared.store.connect import Store

FINISH_MAX = 250  # jobs in one script
FINISH_PATIENCE_S = 30.0  # a finished job outlives a store that restarts

log = structlog.get_logger()


class Finish(NamedTuple):
    """One job's arguments of the finish script, in its order."""

    job_id: str
    end: str
    result: bytes
    result_ms: int | str
    keep_ms: int | str
    due_ms: int
    clean: str


Batch = list[tuple[asyncio.Future[bool], Finish]]


class FinishQueue:
    """The ends of a worker's jobs on the way to the store. Every job gets an answer, whatever happens to the others."""

    def __init__(self, store: Store, queue: str, token: str) -> None:
        self._store, self._queue, self._token = store, queue, token
        self._waiting: Batch = []
        self._flusher: asyncio.Task[None] | None = None

    async def commit(self, finish: Finish) -> bool:
        """Send the end of a job. Return whether the worker still held it; False if the store did not say so."""
        future: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self._waiting.append((future, finish))
        if self._flusher is None:
            self._flusher = asyncio.create_task(self._flush())
        return await future

    async def close(self) -> None:
        """End what the store has not taken yet: the leases run out, and other workers get the jobs."""
        flusher, self._flusher = self._flusher, None
        unsent, self._waiting = self._waiting, []
        if flusher is not None:
            flusher.cancel()
            await asyncio.gather(flusher, return_exceptions=True)
        for future, _ in unsent:
            if not future.done():
                future.set_result(False)

    async def _flush(self) -> None:
        try:
            while self._waiting:
                batch, self._waiting = self._waiting[:FINISH_MAX], self._waiting[FINISH_MAX:]
                await self._send(batch)
        finally:
            self._flusher = asyncio.create_task(self._flush()) if self._waiting else None

    async def _send(self, batch: Batch) -> None:
        """Send one batch. A job that cannot be sent does not take others along."""
        held: list[Any] = []
        try:
            args = (value for _, finish in batch for value in finish)
            _, *held = await self._store.run("finish", self._queue, self._token, *args, patience_s=FINISH_PATIENCE_S)
        except StoreDown:
            pass  # the leases run out and the jobs come back
        except Exception:
            log.exception("engine.finish_failed", queue=self._queue, jobs=len(batch))
            for one in batch if len(batch) > 1 else ():
                await self._send([one])
        finally:
            for number, (future, _) in enumerate(batch):
                if not future.done():
                    future.set_result(number < len(held) and bool(held[number]))
