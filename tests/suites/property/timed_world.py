"""Time in the world. It passes only here: actions move the times that verbs compare with their clock."""

from collections.abc import Sequence

from tests.suites.property.worker_world import WorkerWorld
from tests.suites.property.world import PROVIDERS, QUEUES

ROUNDS_MAX = 60


class TimedWorld(WorkerWorld):
    """A world with all actions, in which time can pass."""

    def expire_lease(self, queue: str, job: str) -> None:
        """Expire a job's lease and the holder's mark together, as when its worker dies."""
        self.history.append(f"the lease of {job} runs out")
        self.model.queues.expire(queue, job)
        leases = f"arq:queue:{queue}:leases"
        self.store.write(("DEL", f"arq:in-progress:{job}"), ("ZADD", leases, "XX", 1, job))
        self.check()

    def make_due(self, queue: str, jobs: Sequence[str]) -> None:
        """Make jobs due that were released for later."""
        self.history += [f"due: {', '.join(jobs)}"] if jobs else []
        for job in jobs:
            self.model.queues.queued(queue)[job] = True
        self.store.write(*(("ZADD", f"arq:queue:{queue}", "XX", 1, job) for job in jobs))
        self.check()

    def time_out_submit(self, name: str) -> None:
        """Let a submit exceed its time limit."""
        self.history.append(f"the submit of {name} exceeds its time limit")
        self.model.generations[name].within_submit_timeout = False
        self._set_past(f"gw:generation:{name}", "intent_ms")
        self.check()

    def pass_deadline(self, name: str) -> None:
        """Let a generation's deadline pass and make it due for the sweeper."""
        self.history.append(f"{name} is past its deadline")
        self.model.generations[name].overdue = True
        self.store.write(("HSET", f"gw:generation:{name}", "deadline_ms", 1), ("ZADD", "gw:open", "XX", 1, name))
        self.check()

    def make_sweep_due(self, names: Sequence[str]) -> None:
        """Make generations due for the sweeper."""
        self.history += [f"sweep due: {', '.join(names)}"] if names else []
        self.store.write(*(("ZADD", "gw:open", "XX", 1, name) for name in names))
        self.check()

    def recover_provider(self, name: str) -> None:
        """End a provider's pause, outage, probe and mode."""
        self.history.append(f"the pauses of {name} are over")
        provider = self.model.providers[name]
        for key, one in provider.by_key(name).items():
            one.paused = one.down = one.probing = False
            for field in ("paused_until_ms", "down_until_ms", "probe_until_ms"):
                self._set_past(key, field)
        self.set_mode(name, "")

    def pass_breakers(self) -> None:
        """Let the breakers of silent endpoints be half open."""
        self.history.append("the breakers of endpoints are half open")
        for account in self.model.accounts.values():
            for name, endpoint in account.endpoints.items():
                endpoint.open = False
                self._set_past(f"gw:endpoint:{name}", "open_until_ms")
        self.check()

    def pass_slots(self) -> None:
        """Let the slots of posts lapse, as when their dispatchers died."""
        self.history.append("the slots of posts lapse")
        slots = {key: names for key, names in self.snapshot.zsets.items() if key.startswith("gw:posts")}
        self.store.write(*(("ZADD", key, "XX", 1, name) for key, names in slots.items() for name in names))
        self.check()

    def _set_past(self, key: str, field: str) -> None:
        """Move a time into the past if the hash has it."""
        group, name = key.rsplit(":", 1)
        if field in self.store.take_snapshot().hashes.get(f"{group}:{name}", {}):
            self.store.write(("HSET", key, field, 1))

    def expire_all_waits(self) -> None:
        """End all leases, pauses and waits, but let no deadline pass."""
        queues = self.model.queues
        self.pass_breakers()
        self.pass_slots()
        for queue in QUEUES:
            for job in list(queues.leased(queue)):
                self.expire_lease(queue, job)
            self.make_due(queue, list(queues.queued(queue)))
        for job in list(queues.holders):
            self.drop_keys("local", job, ["holder"])
        for name, generation in self.model.generations.items():
            if generation.state == "submitting":
                self.time_out_submit(name)
        for provider in PROVIDERS:
            self.recover_provider(provider)
        self.make_sweep_due([name for name, generation in self.model.generations.items() if generation.open])

    def run_to_end(self) -> None:
        """Settle everything with one worker, one dispatcher and the sweeper, then check the balances."""
        for _ in range(ROUNDS_MAX):
            self.expire_all_waits()
            self.sweep_and_settle()
            self.sweep_deliveries()
            self._run_one_round()
            if not any(generation.open for generation in self.model.generations.values()) and not self._on_any_queue():
                break
        else:
            self.fail(f"open generations or jobs remain after {ROUNDS_MAX} rounds")
        for account in self.model.accounts.values():
            own = [generation for generation in self.model.generations.values() if generation.account == account.id]
            costs = sum((generation.cost or 0) - (generation.credit or 0) for generation in own)
            if account.balance != account.topup - costs:
                self.fail(f"{account.id} has {account.balance} of {account.topup} after costs of {costs}")

    def _on_any_queue(self) -> bool:
        return any(self.model.queues.queued(queue) for queue in QUEUES)

    def _run_one_round(self) -> None:
        for provider in PROVIDERS:
            for job in self.claim(provider, "last", 3):
                self.finish(provider, "last", [job], end=self._run_one(job))
        for job in self.claim("webhooks", "last", 3):
            delivery = job.removeprefix("deliver:")
            if self.start_post(delivery) == "held":
                continue
            self.record_attempt(delivery, self.model.deliveries[delivery].attempts + 1, "delivered", "well")
            self.finish("webhooks", "last", [job], end=True)

    def _run_one(self, job: str) -> bool:
        """Run a job to the end of its step and return whether it is finished."""
        name = job.removeprefix("late:")
        if name != job:
            self.store_late_result(name, found=True, again=False)
            return True
        token = f"last-{self.take_number()}"
        word = self.start(name, token)
        if word in ("wait", "paused"):
            return False
        if word == "submit":
            self.store_reference(name, token)
        lost = word in ("uncertain", "down", "canceled")
        self.settle(name, "failed" if lost else "completed", 0 if lost else None)
        return True
