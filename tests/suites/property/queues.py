"""The queues as they should be: who stands where, who holds what. A mirror of arq's keys, in plain Python."""

from collections.abc import Sequence

from msgspec import Struct, field

Claimed = tuple[str, int, bool]  # job, try, whether its payload is there


class Queues(Struct):
    """Jobs by queue. A key that is gone is an entry that is missing."""

    places: dict[str, dict[str, bool]] = field(default_factory=dict)  # queue: job: whether it is due
    leases: dict[str, dict[str, bool]] = field(default_factory=dict)  # queue: job: whether it still runs
    payloads: set[str] = field(default_factory=set)
    holders: dict[str, str] = field(default_factory=dict)
    tries: dict[str, int] = field(default_factory=dict)
    rung: set[str] = field(default_factory=set)  # queues whose bell must be heard after this action

    def on(self, queue: str) -> dict[str, bool]:
        """The places of a queue."""
        return self.places.setdefault(queue, {})

    def leased(self, queue: str) -> dict[str, bool]:
        """The leases of a queue."""
        return self.leases.setdefault(queue, {})

    def has(self, queue: str, job: str) -> bool:
        """Whether a worker will find the job."""
        return job in self.on(queue) and job in self.payloads

    def put(self, queue: str, job: str) -> None:
        """Enqueue, or make due what stands there already."""
        self.payloads.add(job)
        self.on(queue)[job] = True
        self.rung.add(queue)

    def drop(self, queue: str, job: str) -> None:
        """Dequeue, whoever holds it."""
        self.payloads.discard(job)
        self.holders.pop(job, None)
        self.tries.pop(job, None)
        self.on(queue).pop(job, None)
        self.leased(queue).pop(job, None)

    def claim(self, queue: str, worker: str, count: int, order: Sequence[str]) -> list[Claimed]:
        """What a claim hands out: jobs whose lease ran out, then due ones in `order`, never more than `count`."""
        taken: list[Claimed] = []
        leases = self.leased(queue)
        for job in sorted(job for job, runs in leases.items() if not runs)[:count]:
            if job in self.on(queue):
                taken.append(self._take(queue, worker, job))
            else:
                del leases[job]
        due = [job for job in order if self.on(queue).get(job)]
        for job in due[: count - len(taken)]:
            if job in self.holders:
                self.on(queue)[job] = False
            else:
                taken.append(self._take(queue, worker, job))
        if any(self.on(queue).values()) or not all(leases.values()):
            self.rung.add(queue)
        return taken

    def _take(self, queue: str, worker: str, job: str) -> Claimed:
        self.holders[job] = worker
        self.on(queue)[job] = False
        self.leased(queue)[job] = True
        self.tries[job] = self.tries.get(job, 0) + 1
        return job, self.tries[job], job in self.payloads

    def renew(self, queue: str, worker: str, jobs: Sequence[str]) -> list[str]:
        """The lost ones."""
        for job in jobs:
            if self.holders.get(job) == worker and job in self.leased(queue):
                self.leased(queue)[job] = True
        return [job for job in jobs if self.holders.get(job) != worker]

    def finish(self, queue: str, worker: str, job: str, *, end: bool, soon: bool, clean: bool) -> bool:
        """Whether the worker held the job, which then ends or is given back, due soon or later."""
        if self.holders.get(job) != worker:
            return False
        if end:
            self.drop(queue, job)
            return True
        del self.holders[job]
        self.leased(queue).pop(job, None)
        if clean:
            self.tries.pop(job, None)
        if job in self.on(queue):
            self.on(queue)[job] = soon
        if soon:
            self.rung.add(queue)
        return True

    def expire(self, queue: str, job: str) -> None:
        """A lease runs out, and the mark of its holder with it."""
        self.holders.pop(job, None)
        if job in self.leased(queue):
            self.leased(queue)[job] = False
