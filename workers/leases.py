"""The leases of a worker's running jobs: renewed in parts, so that no other call waits for a long script."""

import asyncio
import time
from itertools import islice
from math import ceil

import structlog

from shared.domain.errors import StoreDown, StoreError
from shared.ops import metrics, redaction
from shared.store.connect import Store

PART = 150  # jobs in one script
ROUNDS = 3  # renewals of a lease in its time
REASON_CHARS_MAX = 200

log = structlog.get_logger()


class Leases:
    """The leases that one worker has. `scores` are those of its running jobs in the queue.

    The job whose lease was renewed longest ago is the first one.
    """

    def __init__(self, store: Store, queue: str, token: str, lease_ms: int) -> None:
        self.scores: dict[str, int] = {}
        self.renewed_s = time.monotonic()  # when a turn of the renewals last ended
        self._store, self._queue, self._token, self._lease_ms = store, queue, token, lease_ms

    async def renew_forever(self) -> None:
        """Renew each lease once in a third of its time, spread over it."""
        while True:
            parts = max(ceil(len(self.scores) / PART), 1)
            await asyncio.sleep(self._lease_ms / 1000 / ROUNDS / parts)
            await self._renew_oldest(ceil(len(self.scores) / parts))
            self.renewed_s = time.monotonic()

    async def _renew_oldest(self, count: int) -> None:
        oldest = list(islice(self.scores, count))
        for job_id in oldest:
            self.scores[job_id] = self.scores.pop(job_id)
        for start in range(0, count, PART):
            try:
                await self._renew(oldest[start : start + PART])
            except StoreDown:
                pass  # a later turn renews them, or the leases run out
            except StoreError as error:
                reason = redaction.foreign().error(error, REASON_CHARS_MAX)
                log.error("engine.renewal_rejected", queue=self._queue, error=reason)

    async def _renew(self, job_ids: list[str]) -> None:
        """Renew the leases. A lost one is only counted, because the job's result is recorded all the same."""
        _, *lost = await self._store.run("renew", self._queue, self._token, self._lease_ms, *job_ids)
        for raw in lost:
            if self.scores.pop(raw.decode(), None) is not None:
                metrics.of(metrics.LEASES_LOST, self._queue.rpartition(":")[2]).inc()
                log.warning("engine.lease_lost", queue=self._queue, job_id=raw.decode())
