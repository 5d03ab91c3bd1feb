"""Time in the world: it passes only here, by moving what the verbs compare with their clock."""

from collections.abc import Sequence

from tests.suites.property.labour import Labour
from tests.suites.property.world import PROVIDERS, QUEUES

ROUNDS_MAX = 60


class Passing(Labour):
    """A world in which waits end, and which comes to an end itself."""

    def lease_passes(self, queue: str, job: str) -> None:
        """A worker falls silent: its lease of a job and the mark on it run out together."""
        self.story.append(f"the lease of {job} runs out")
        self.books.queues.expire(queue, job)
        leases = f"arq:queue:{queue}:leases"
        self.bench.write(("DEL", f"arq:in-progress:{job}"), ("ZADD", leases, "XX", 1, job))
        self.check()

    def parking_passes(self, queue: str, jobs: Sequence[str]) -> None:
        """What was given back for later is due."""
        self.story += [f"due: {', '.join(jobs)}"] if jobs else []
        for job in jobs:
            self.books.queues.on(queue)[job] = True
        self.bench.write(*(("ZADD", f"arq:queue:{queue}", "XX", 1, job) for job in jobs))
        self.check()

    def patience_passes(self, name: str) -> None:
        """The time that a submit may take is over."""
        self.story.append(f"the submit of {name} has had its time")
        self.books.generations[name].patient = False
        self._set(f"gw:generation:{name}", "intent_ms")
        self.check()

    def deadline_passes(self, name: str) -> None:
        """A generation is past its deadline, and the sweeper's look at it is due."""
        self.story.append(f"{name} is past its deadline")
        self.books.generations[name].overdue = True
        self.bench.write(("HSET", f"gw:generation:{name}", "deadline_ms", 1), ("ZADD", "gw:open", "XX", 1, name))
        self.check()

    def looks_fall_due(self, names: Sequence[str]) -> None:
        """The sweeper's looks at these are due."""
        self.story += [f"looks due: {', '.join(names)}"] if names else []
        self.bench.write(*(("ZADD", "gw:open", "XX", 1, name) for name in names))
        self.check()

    def provider_recovers(self, name: str) -> None:
        """A provider's pause, outage and probe are over."""
        self.story.append(f"the pauses of {name} are over")
        provider = self.books.providers[name]
        provider.paused = provider.down = provider.probing = False
        for field in ("paused_until_ms", "down_until_ms", "probe_until_ms"):
            self._set(f"gw:provider:{name}", field)
        self.set_mode(name, "")

    def _set(self, key: str, field: str) -> None:
        """A time that is in the hash is long past."""
        group, name = key.rsplit(":", 1)
        if field in self.bench.look().hashes.get(f"{group}:{name}", {}):
            self.bench.write(("HSET", key, field, 1))

    def long_time_passes(self) -> None:
        """All leases, pauses and waits are over; no deadline is."""
        queues = self.books.queues
        for queue in QUEUES:
            for job in list(queues.leased(queue)):
                self.lease_passes(queue, job)
            self.parking_passes(queue, list(queues.on(queue)))
        for job in list(queues.holders):
            self.lose("local", job, ["holder"])
        for name, made in self.books.generations.items():
            if made.state == "submitting":
                self.patience_passes(name)
        for provider in PROVIDERS:
            self.provider_recovers(provider)
        self.looks_fall_due([name for name, made in self.books.generations.items() if made.open])

    def ends(self) -> None:
        """Whatever happened before: one worker, one dispatcher and the sweeper bring all of it to an end."""
        for _ in range(ROUNDS_MAX):
            self.long_time_passes()
            self.sweep_and_settle()
            self.sweep_deliveries()
            self._one_round()
            if not any(made.open for made in self.books.generations.values()) and not self._on_any_queue():
                break
        else:
            self.fail("this never ends")
        for account in self.books.accounts.values():
            own = [made for made in self.books.generations.values() if made.account == account.id]
            costs = sum((made.cost or 0) - (made.credit or 0) for made in own)
            if account.balance != account.topup - costs:
                self.fail(f"{account.id} has {account.balance} of {account.topup} after costs of {costs}")

    def _on_any_queue(self) -> bool:
        return any(self.books.queues.on(queue) for queue in QUEUES)

    def _one_round(self) -> None:
        for provider in PROVIDERS:
            for job in self.claim(provider, "last", 3):
                self.finish(provider, "last", [job], end=self._run_one(job))
        for job in self.claim("webhooks", "last", 3):
            delivery = job.removeprefix("deliver:")
            self.attempt(delivery, self.books.deliveries[delivery].attempts + 1, "delivered", "well")
            self.finish("webhooks", "last", [job], end=True)

    def _run_one(self, job: str) -> bool:
        """Whether the job is done with."""
        name = job.removeprefix("late:")
        if name != job:
            self.looked(name, found=True, again=False)
            return True
        token = f"last-{self.number()}"
        word = self.start(name, token)
        if word in ("wait", "paused"):
            return False
        if word == "submit":
            self.submitted(name, token)
        lost = word in ("uncertain", "down", "canceled")
        self.settle(name, "failed" if lost else "completed", 0 if lost else None)
        return True
