"""The engine: an arq.Worker that claims jobs in batches, waits on a bell, and rescues the jobs of dead workers.

Everything else is arq's: keys, settings, cron, Job and `run_job`. The claim's reply answers the opening pipeline of
`run_job`, so that a job costs no round trip of its own. Pinned to arq 0.28, whose private methods are overridden.
"""

import asyncio
import contextlib
import os
import socket
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any
from uuid import uuid4

import arq.worker
import structlog
from arq.connections import ArqRedis
from arq.utils import to_ms
from arq.worker import Function, Retry, Worker
from redis.exceptions import RedisError

from shared.domain.errors import StoreDown, StoreError
from shared.ops import clock, metrics, redaction
from shared.ops.background import keep_running
from shared.store.connect import Store
from workers.claimed_pool import FedPool
from workers.finish_queue import Finish, FinishQueue
from workers.leases import Leases
from workers.running_tasks import RunningTasks

CLAIM_MAX = 250  # jobs in one script
BELL_S = 0.5  # a job without a bell is found after this long; finish.lua relies on it
MOMENT_S = 0.01  # jobs due within it are claimed together
STORE_RETRY_S = 0.2  # between two claims while the store is down
HOUSEKEEPING_S, REASON_CHARS_MAX = 0.5, 200
BELL_ANSWER_S = 1.0  # a wait for the bell that is overdue by this long has lost its connection
DEQUEUED = "dequeued"  # in the context of a run: a verb has put its job back, or taken it off the queue
LEAVE_S = 4.0  # a stopping worker's wait for the ends of its jobs to reach the store

# run_job derives the score of a deferred job from this function, and the claim compares scores with the store's time.
arq.worker.timestamp_ms = clock.now_ms  # type: ignore[attr-defined]

log = structlog.get_logger()


def describe(error: BaseException) -> str:
    """Return an error of the store's client for a log line."""
    return redaction.foreign().error(error, REASON_CHARS_MAX)


class PutBack(Retry):
    """Raised by a job that a verb has put back into its queue already: the worker only lets go of it."""


class Engine(Worker):
    """An arq worker that claims in batches, waits on a bell and renews leases.

    A worker that is silent for `lease_s` loses its jobs. A deferred job has not failed: its tries start again, so
    `max_tries` bounds crashes. `on_dropped` is called with the id of a job that exceeded them.
    """

    def __init__(
        self,
        *args: Any,
        store: Store,
        lease_s: float = 3.0,
        on_dropped: Callable[[str], Awaitable[None]] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **(kwargs | {"poll_delay": 0}))
        self.store, self.job_tasks = store, RunningTasks()
        self.lease_ms = int(lease_s * 1000)
        self.token = f"{socket.gethostname()}:{os.getpid()}:{uuid4().hex[:8]}"
        self._name = str(self.queue_name).rpartition(":")[2]
        self._on_dropped = on_dropped
        self._ending: set[asyncio.Task[Any]] = set()  # runs whose end is being sent to the store
        self._raised: dict[str, Exception] = {}  # the error that ended each run
        self._let_go_of: set[str] = set()  # jobs that a verb put back or dequeued, before their run has ended
        self._leases = Leases(store, str(self.queue_name), self.token, self.lease_ms)
        self._finishes = FinishQueue(store, str(self.queue_name), self.token)
        self._bell = Store(store.url, name="bell", timeout_s=BELL_S + BELL_ANSWER_S)
        self._renewer: asyncio.Task[None] | None = None
        self._freed = asyncio.Event()
        self._housekeeping_due_s = self._health_due_s = 0.0
        self.turned_s = self.loop.time()  # the last turn of the main loop
        self._fed: FedPool | None = None
        for name, function in self.functions.items():
            if isinstance(function, Function):
                self.functions[name] = replace(function, coroutine=self._record_error(function.coroutine))

    def _record_error(self, coroutine: Callable[..., Awaitable[Any]]) -> Any:
        async def step(ctx: dict[str, Any], *args: Any, **kwargs: Any) -> Any:
            try:
                return await coroutine(ctx, *args, **kwargs)
            except Exception as error:
                self._raised[ctx["job_id"]] = error
                ctx[DEQUEUED] = isinstance(error, PutBack)
                raise
            finally:
                if ctx.get(DEQUEUED):
                    self._let_go(ctx["job_id"])

        return step

    def _let_go(self, job_id: str) -> None:
        """Forget the lease of a job that a verb has put back into its queue, or taken out of it."""
        self._let_go_of.add(job_id)
        self._leases.scores.pop(job_id, None)
        if job_id in self.tasks:
            self._ending.add(self.tasks[job_id])

    @property
    def pool(self) -> ArqRedis:
        """Return arq's connection. The first pipeline of a job's task is answered from the claim."""
        return self._feed_pool(super().pool)  # type: ignore[return-value]

    def _feed_pool(self, real: ArqRedis) -> "FedPool":
        if self._fed is None or self._fed.real is not real:
            self._fed = FedPool(real)
        return self._fed

    async def async_run(self) -> None:
        """Run jobs until stopped; with `burst` until none is left. Unlike arq's, it needs no connection of redis-py."""
        self.main_task = self.loop.create_task(self._claim_forever())
        await self.main_task

    async def _claim_forever(self) -> None:
        self.ctx["redis"] = self.pool
        if self.on_startup:
            await self.on_startup(self.ctx)
        async with self._bell:
            while True:
                await self._poll_iteration()
                self.turned_s = self.loop.time()
                if not self.burst:
                    continue
                has_all = 0 <= self.max_burst_jobs <= self._jobs_started()
                if has_all or not await self.store.call("ZCARD", self.queue_name):
                    await asyncio.gather(*self.tasks.values())
                    return

    @property
    def silent_s(self) -> float:
        """Return for how long the main loop or the renewal of leases has stood still."""
        return self.loop.time() - min(self.turned_s, self._leases.renewed_s)

    async def _poll_iteration(self) -> None:
        if self.main_task is not None and self.main_task.cancelling():  # before Python 3.12 wait_for may lose it
            raise asyncio.CancelledError
        if self._renewer is None:
            self._renewer = asyncio.create_task(keep_running("renew_leases", self._leases.renew_forever))
        try:
            wait_s = await self._claim()
            if self.loop.time() >= self._housekeeping_due_s:
                self._housekeeping_due_s = self.loop.time() + HOUSEKEEPING_S
                if self.allow_abort_jobs:
                    await self._cancel_aborted_jobs()
                await self.heart_beat()
            await self._wait(wait_s)
        except (StoreDown, RedisError, OSError) as error:
            log.warning("engine.store_unavailable", queue=self.queue_name, error=describe(error))
            await asyncio.sleep(STORE_RETRY_S)
        except StoreError as error:
            log.error("engine.claim_rejected", queue=self.queue_name, error=describe(error))
            await asyncio.sleep(STORE_RETRY_S)

    async def _claim(self) -> float:
        """Start due jobs in the free slots. Return the seconds until the next claim."""
        free = min(self.max_jobs - self.job_counter, CLAIM_MAX)
        if self.burst and self.max_burst_jobs >= 0:
            free = min(free, self.max_burst_jobs - self._jobs_started())
        if not self.allow_pick_jobs or free <= 0:
            return BELL_S
        due_ms, jobs = await self._claim_jobs(free)
        for raw, score, payload, job_try, rescued in jobs:
            job_id = raw.decode()
            if job_id in self.tasks and self.tasks[job_id] not in self._ending:
                self._leases.scores[job_id] = score  # our own lease expired while we stalled; the job still runs here
            else:
                self._start_job(job_id, score, payload, job_try)
                metrics.of(metrics.RESCUED, self._name).inc(rescued)
        limit_s = 0.05 if self.burst else BELL_S
        return limit_s if due_ms < 0 else min(limit_s, due_ms / 1000)

    async def _claim_jobs(self, count: int) -> tuple[int, list[Any]]:
        """Return the ms until the next job is due, and claimed jobs. A stop meanwhile leaves them to `close`."""
        park_ms = int(self.in_progress_timeout_s * 1000)
        call = self.store.run("claim", self.queue_name, count, self.lease_ms, park_ms, self.token)
        claim = asyncio.ensure_future(call)
        try:
            _, due_ms, *jobs = await asyncio.shield(claim)
        except asyncio.CancelledError:
            with contextlib.suppress(StoreDown, StoreError):  # the call has a time limit of its own
                self._leases.scores |= {raw.decode(): score for raw, score, *_ in (await claim)[2:]}
            raise
        return due_ms, jobs

    def _start_job(self, job_id: str, score: int, payload: bytes | None, job_try: int) -> None:
        self.job_counter += 1
        self._leases.scores[job_id] = score
        task = self.loop.create_task(self.run_job(job_id, score))
        opening = (payload, job_try, True, 0) if self.allow_abort_jobs else (payload, job_try, True)
        assert isinstance(self.pool, FedPool)  # noqa: S101  # for the type checker
        self.pool.openings[task] = opening
        self.tasks[job_id] = task
        task.add_done_callback(lambda done: self._release_job(job_id, done))

    def _release_job(self, job_id: str, task: "asyncio.Task[Any]") -> None:
        self.job_counter -= 1
        self._ending.discard(task)
        if self.tasks.get(job_id) is task:  # else it was claimed again while its last run was ending
            del self.tasks[job_id]
            if not task.cancelled():  # one that was cancelled may never have begun: `close` gives its job back
                self._leases.scores.pop(job_id, None)
        self._freed.set()
        if job_id in self._raised:
            # arq's frame holds the task, the task its error, and the error's traceback the frame. Without this each
            # parked generation leaves its objects to the garbage collector, which took a third of a worker's time.
            self._raised.pop(job_id).__traceback__ = None
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("engine.job_crashed", job_id=job_id, error=describe(error), exc_info=error)

    async def _wait(self, wait_s: float) -> None:
        if self.job_counter >= self.max_jobs or not self.allow_pick_jobs:
            self._freed.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(BELL_S):
                    await self._freed.wait()
        elif wait_s > 0:
            await self._bell.call("BLPOP", f"{self.queue_name}:bell", max(wait_s, MOMENT_S))

    async def finish_job(  # noqa: PLR0917  # arq's own signature
        self,
        job_id: str,
        finish: bool,
        result_data: bytes | None,
        result_timeout_s: float | None,
        keep_result_forever: bool,
        incr_score: int | None,
        keep_in_progress: float | None,
    ) -> None:
        """End or requeue the job, in one script with all that finish meanwhile. Do nothing if its lease was lost."""
        if job_id in self._let_go_of:
            return self._let_go_of.discard(job_id)
        keep = result_data if keep_result_forever or (result_timeout_s or 0) > 0 else None
        score = self._leases.scores.pop(job_id, 0)
        if job_id in self.tasks:
            self._ending.add(self.tasks[job_id])
        await self._finishes.commit(
            Finish(
                job_id,
                "1" if finish else "",
                keep or b"",
                "" if keep_result_forever else to_ms(result_timeout_s) or "",
                to_ms(keep_in_progress) or "",
                score + (incr_score or 0),
                "1" if incr_score else "",
            )
        )

    async def finish_failed_job(self, job_id: str, result_data: bytes | None) -> None:
        """Drop a job before it runs: it crashed too often, lost its payload, or names an unknown function."""
        metrics.of(metrics.DROPPED, self._name).inc()
        if self._on_dropped is not None:
            await self._on_dropped(job_id)
        await self.finish_job(job_id, True, result_data, self.keep_result_s, self.keep_result_forever, None, None)

    async def record_health(self) -> None:
        """Record arq's health line. It goes over our own connection, so that one client alone has to reconnect."""
        if self.loop.time() >= self._health_due_s:
            self._health_due_s = self.loop.time() + self.health_check_interval
            line = f"j_complete={self.jobs_complete} j_failed={self.jobs_failed} j_ongoing={len(self.tasks)}"
            await self.store.call("PSETEX", self.health_check_key, int(self.health_check_interval + 1) * 1000, line)

    async def _give_back(self) -> None:
        """Give back the jobs that were claimed and have not begun, so that nobody waits for their leases."""
        waiting = [(job_id, score) for job_id, score in self._leases.scores.items() if job_id not in self.tasks]
        ends = (self._finishes.commit(Finish(job_id, "", b"", "", "", score, "1")) for job_id, score in waiting)
        await asyncio.wait([asyncio.gather(*ends)], timeout=LEAVE_S)

    async def close(self) -> None:
        """Wait a bounded time for the cancelled jobs, then close: a store that is away keeps no process alive."""
        if not self._handle_signals:
            for task in self.tasks.values():
                task.cancel()
        runs = set(self.tasks.values())
        if runs:
            await asyncio.wait(runs, timeout=LEAVE_S)
        await self._give_back()
        await self._finishes.close()
        for task in (*runs, *([self._renewer] if self._renewer is not None else [])):
            task.cancel()
        if self.on_shutdown:
            await self.on_shutdown(self.ctx)
        with contextlib.suppress(StoreDown, StoreError):
            await self.store.call("DEL", self.health_check_key, patience_s=0)
        if self._pool is not None:
            await self._pool.aclose(close_connection_pool=True)
            self._pool = None
