"""A model of the job queues, their leases and holders: arq's keys in plain Python."""

from collections.abc import Sequence

from msgspec import Struct, field

Claimed = tuple[str, int, bool]  # job, try, whether its payload is there


class Queues(Struct):
    """Jobs by queue. A missing entry is a missing key."""

    entries: dict[str, dict[str, bool]] = field(default_factory=dict)  # queue: job: whether it is due
    leases: dict[str, dict[str, bool]] = field(default_factory=dict)  # queue: job: whether it still runs
    payloads: set[str] = field(default_factory=set)
    holders: dict[str, str] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    rung: set[str] = field(default_factory=set)  # queues whose bell must be heard after this action

    def queued(self, queue: str) -> dict[str, bool]:
        """Return a queue's entries: job to whether it is due."""
        return self.entries.setdefault(queue, {})

    def leased(self, queue: str) -> dict[str, bool]:
        """Return a queue's leases: job to whether the lease is valid."""
        return self.leases.setdefault(queue, {})

    def has(self, queue: str, job: str) -> bool:
        """Return whether a worker can find the job and its payload."""
        return job in self.queued(queue) and job in self.payloads

    def enqueue(self, queue: str, job: str) -> None:
        """Enqueue a job, or make it due if it is queued already."""
        self.payloads.add(job)
        self.queued(queue)[job] = True
        self.rung.add(queue)

    def hasten(self, queue: str, job: str) -> None:
        """Make a job due unless a worker holds it."""
        if job not in self.leased(queue):
            self.rung.add(queue)
            if job in self.queued(queue):
                self.queued(queue)[job] = True

    def hold(self, queue: str, job: str) -> None:
        """Put a job back for later, as a run that lets go of it."""
        self.holders.pop(job, None)
        self.tries.pop(job, None)
        self.leased(queue).pop(job, None)
        if job in self.queued(queue):
            self.queued(queue)[job] = False

    def dequeue(self, queue: str, job: str) -> None:
        """Remove a job, no matter which worker holds it."""
        self.payloads.discard(job)
        self.holders.pop(job, None)
        self.tries.pop(job, None)
        self.queued(queue).pop(job, None)
        self.leased(queue).pop(job, None)

    def claim(self, queue: str, worker: str, count: int, order: Sequence[str]) -> list[Claimed]:
        """Claim at most `count` jobs: first those with an expired lease, then due ones in `order`."""
        taken: list[Claimed] = []
        leases = self.leased(queue)
        for job in sorted(job for job, runs in leases.items() if not runs)[:count]:
            if job in self.queued(queue):
                taken.append(self._take(queue, worker, job))
            else:
                del leases[job]
        due = [job for job in order if self.queued(queue).get(job)]
        for job in due[: count - len(taken)]:
            if job in self.holders:
                self.queued(queue)[job] = False
            else:
                taken.append(self._take(queue, worker, job))
        if any(self.queued(queue).values()) or not all(leases.values()):
            self.rung.add(queue)
        return taken

    def _take(self, queue: str, worker: str, job: str) -> Claimed:
        self.holders[job] = worker
        self.queued(queue)[job] = False
        self.leased(queue)[job] = True
        self.tries[job] = self.tries.get(job, 0) + 1
        return job, self.tries[job], job in self.payloads

    def renew(self, queue: str, worker: str, jobs: Sequence[str]) -> list[str]:
        """Renew leases and return the jobs that the worker no longer holds."""
        for job in jobs:
            if self.holders.get(job) == worker and job in self.leased(queue):
                self.leased(queue)[job] = True
        return [job for job in jobs if self.holders.get(job) != worker]

    def finish(self, queue: str, worker: str, job: str, *, end: bool, soon: bool, clean: bool) -> bool:
        """End or release a job, due soon or later. Return whether the worker held it."""
        if self.holders.get(job) != worker:
            return False
        if end:
            self.dequeue(queue, job)
            return True
        del self.holders[job]
        self.leased(queue).pop(job, None)
        if clean:
            self.tries.pop(job, None)
        if job in self.queued(queue):
            self.queued(queue)[job] = soon
        if soon:
            self.rung.add(queue)
        return True

    def expire(self, queue: str, job: str) -> None:
        """Expire a job's lease and remove its holder's mark."""
        self.holders.pop(job, None)
        if job in self.leased(queue):
            self.leased(queue)[job] = False
