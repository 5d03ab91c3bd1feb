"""The actions of workers, operators and the sweeper on generations."""

from collections.abc import Sequence

import msgspec

from tests.suites.property.model import Generation
from tests.suites.property.webhook_world import WebhookWorld
from tests.suites.property.world import COUNT_MAX, LONG_MS, SPECS

LOSSES = ("payload", "entry", "lease", "holder")


class WorkerWorld(WebhookWorld):
    """A world with the verbs of workers, operators and the sweeper."""

    def start(self, name: str, token: str, *, at: str = "", twice: bool = False) -> str:
        """Start a run as a worker of provider `at`, by default the current one. Return the first word of the reply."""
        generation = self.model.generations[name]
        at = at or generation.provider
        expected = self.transitions.start(name, token, at)
        repeatable = "1" if self.model.providers[at].repeatable else ""
        reply = self.call(expected, "start", name, repeatable, LONG_MS, token, at, again=expected if twice else None)
        if reply[0] == "submit":
            self._check_single_submit(generation, token)
        self.check()
        return str(reply[0])

    def _check_single_submit(self, generation: Generation, token: str) -> None:
        """Check rule 3: a second submit needs a refusal of the first, or a provider where repeating it is safe."""
        for other, submit in generation.submits.items():
            if other != token and submit.outcome != "refused" and not self.model.providers[submit.provider].repeatable:
                self.fail(f"{generation.id}: {token} may submit although {submit.provider} never refused {other}")

    def store_reference(self, name: str, token: str, *, twice: bool = False) -> None:
        """Store the provider's reference for the submit of that token."""
        submit = self.model.generations[name].submits[token]
        submit.outcome = "accepted"
        expected = self.transitions.store_reference(name, f"task-{token}", submit.provider)
        again = ["stored", ""] if expected[0] == "stored" else expected
        self.call(expected, "store_reference", name, f"task-{token}", submit.provider, again=again if twice else None)
        self.check()

    def withdraw(
        self, name: str, token: str, *, pause: bool = False, refusal: str = "busy", twice: bool = False
    ) -> None:
        """Withdraw the submit of that token after the provider refused it."""
        submit = self.model.generations[name].submits[token]
        submit.outcome = "refused"
        expected = self.transitions.withdraw(name, token, submit.provider, pause=pause, refusal=refusal)
        again = ["kept"] if expected[0] == "withdrawn" else expected
        args = (name, token, LONG_MS if pause else 0, submit.provider, submit.provider, refusal)
        self.call(expected, "withdraw", *args, again=again if twice else None)
        self.check()

    def reroute(
        self, name: str, token: str, *providers: str, reason: str = "down", pause: bool = False, twice: bool = False
    ) -> None:
        """Reroute a generation after the provider refused the submit of that token."""
        submits = self.model.generations[name].submits
        if token in submits:
            submits[token].outcome = "refused"
        expected = self.model.reroute(name, token, reason, list(providers), pause=pause)
        routes = (part for provider in providers for part in (provider, provider, SPECS[provider]))
        args = (name, token, reason, LONG_MS if pause else 0, *routes)
        again = ["rerouted", expected[2], expected[2]] if expected[0] == "rerouted" else expected
        self.call(expected, "reroute", *args, again=again if twice else None)
        self.check()

    def store_callback(self, name: str, provider: str, *, twice: bool = False) -> None:
        """Deliver a provider's callback."""
        expected = self.transitions.store_callback(name, provider)
        self.call(expected, "store_callback", name, provider, b"called", again=expected if twice else None)
        self.check()

    def abandon(self, name: str, provider: str, *, twice: bool = False) -> None:
        """Abandon a submit whose provider was removed."""
        expected = self.transitions.abandon(name, provider)
        again = ["kept", "uncertain"] if expected == ["marked"] else expected
        self.call(expected, "abandon", name, provider, again=again if twice else None)
        self.check()

    def cancel(self, name: str, *, twice: bool = False) -> None:
        """Cancel a generation as its owner."""
        expected = self.transitions.cancel(name)
        self.call(expected, "cancel", name, again=expected if twice else None)
        self.check()

    def watch(self, name: str, gateway: str, *, twice: bool = False) -> None:
        """Wait for a generation's end as a gateway."""
        expected = self.transitions.watch(name, gateway)
        self.call(expected, "watch", name, gateway, again=expected if twice else None)
        self.check()

    def store_late_result(self, name: str, *, found: bool, again: bool, twice: bool = False) -> None:
        """Record a late poll of a failed generation, with or without a result."""
        expected = self.transitions.store_late_result(name, found=found, again=again)
        args = (name, b"late" if found else b"", LONG_MS if again else "")
        self.call(expected, "store_late_result", *args, again=expected if twice else None)
        self.check()

    def enqueue_late(self) -> None:
        """Make every late poll due and enqueue its job."""
        due = sorted(self.model.late)
        if due:
            self.store.write(("ZADD", "gw:late", *(part for name in due for part in (1, name))))
        for name in due:
            provider, job = self.model.generations[name].provider, f"late:{name}"
            self.model.queues.enqueue(provider, job)
        self.call(["handed", len(due)], "enqueue_late", COUNT_MAX)
        self.check()

    def retry(self, name: str, *, twice: bool = False) -> None:
        """Retry a generation now, as an operator."""
        expected = self.transitions.retry(name)
        self.call(expected, "retry", name, again=expected if twice else None)
        self.check()

    def set_mode(self, provider: str, mode: str, *, twice: bool = False) -> None:
        """Pause, drain or resume a provider, as an operator does."""
        expected = self.transitions.set_mode(provider, mode)
        self.call(expected, "set_mode", provider, mode, again=[expected[0], mode] if twice else None)
        self.check()

    def credit(self, name: str, amount: int | None = None, *, twice: bool = False) -> None:
        """Credit a generation as an operator."""
        expected = self.model.credit(name, amount)
        again = ["already", expected[1]] if expected[0] == "credited" else expected
        self.call(expected, "credit", name, "" if amount is None else amount, again=again if twice else None)
        self.check()

    def open_breaker(self, provider: str, target: str = "", *, scope: str = "route", twice: bool = False) -> None:
        """Open a breaker until the history recovers it, of the provider's own target by default."""
        target = target or provider
        expected = self.transitions.open_breaker(provider, target, scope)
        args = (provider, target, "out of credit", scope)
        self.call(expected, "open_breaker", *args, again=expected if twice else None)
        for key, breaker in self.model.providers[provider].by_key(provider).items():
            if breaker.down:
                self.store.write(("HSET", key, "down_until_ms", self.snapshot.now_ms + LONG_MS))
        self.check()

    def close_breaker(self, provider: str, target: str = "") -> None:
        """Close the breakers of a route and its provider after a success."""
        target = target or provider
        self.call(self.transitions.close_breaker(provider, target), "close_breaker", provider, target)
        self.check()

    def sweep(self) -> list[str]:
        """Sweep the due generations and return those past their deadline."""
        due = [name for name, score in self.snapshot.zsets.get("gw:open", {}).items() if score <= self.snapshot.now_ms]
        back, overdue = self.model.sweep(due)
        reply = self.call(["swept", len(due)], "sweep", COUNT_MAX)
        if (back, overdue) != (set(reply[2]), set(reply[3])):
            self.fail(
                f"enqueued {reply[2]} again, expected {sorted(back)}; overdue {reply[3]}, expected {sorted(overdue)}"
            )
        snapshot = self.check()
        if any(snapshot.zsets["gw:open"].get(name, LONG_MS) <= snapshot.now_ms for name in due):
            self.fail("a swept generation is due again at once")
        return sorted(overdue)

    def sweep_and_settle(self) -> None:
        """Sweep, and settle generations past their deadline as failed."""
        for name in self.sweep():
            self.settle(name, "failed", 0)

    def claim(self, queue: str, worker: str, count: int) -> list[str]:
        """Consume the queue's bell, claim up to `count` jobs and return them."""
        self.store.write(("DEL", f"arq:queue:{queue}:bell"))
        order = list(self.snapshot.zsets.get(f"arq:queue:{queue}", ()))
        expected = self.model.queues.claim(queue, worker, count, order)
        reply = self.call(["claimed"], "claim", f"arq:queue:{queue}", count, LONG_MS, 2 * LONG_MS, worker)
        claimed = [(job, number, payload is not None) for job, _, payload, number, _ in reply[2:]]
        if expected != claimed:
            self.fail(f"{worker} got {claimed}, expected {expected}")
        for job, _, payload, _, _ in reply[2:]:
            self._check_payload(job, payload)
        self.check()
        return [job for job, _, _ in claimed]

    def _check_payload(self, job: str, payload: str | None) -> None:
        """Check that a payload names the function and the job."""
        prefix = job.partition(":")[0] if ":" in job else "run"
        decoded = msgspec.msgpack.decode(payload.encode("latin-1")) if payload is not None else None
        if decoded is not None and (decoded["f"], decoded["a"]) != (prefix, [job]):
            self.fail(f"the payload of {job} is {decoded}")

    def queue_of(self, job: str) -> str:
        """Return the queue that a job belongs to."""
        if job.startswith("deliver:"):
            return "webhooks"
        return self.model.generations[job.removeprefix("late:")].provider

    def run_job(self, queue: str, worker: str, job: str, steps: int, outcome: str) -> None:
        """Run a claimed job: start, store the outcome, settle, finish. Stop after `steps` steps."""
        name = job.removeprefix("late:")
        generation = self.model.generations[name]
        token = f"{worker}-{self.take_number()}"
        word = self.start(name, token) if name == job else "late"
        if steps > 1 and word == "submit" and outcome in ("accepted", "refused"):
            (self.store_reference if outcome == "accepted" else self.withdraw)(name, token)
        if steps > 2 and word in ("submit", "poll") and outcome == "done" and generation.open:
            self.settle(name)
        if steps > 2 and word == "canceled":
            self.settle(name, "failed", 0)
        if steps > 3:
            self.finish(queue, worker, [job], end=not generation.open, soon=outcome != "accepted")

    def renew(self, queue: str, worker: str, jobs: Sequence[str]) -> None:
        """Renew the leases of jobs that a worker believes to hold."""
        lost = self.model.queues.renew(queue, worker, jobs)
        reply = self.call(["renewed"], "renew", f"arq:queue:{queue}", worker, LONG_MS, *jobs)
        if lost != reply[1:]:
            self.fail(f"{worker} lost {reply[1:]}, expected {lost}")
        self.check()

    def finish(
        self, queue: str, worker: str, jobs: Sequence[str], *, end: bool, soon: bool = True, clean: bool = True
    ) -> None:
        """End a worker's jobs, or release them to be due soon or later."""
        held = []
        for job in jobs:
            held.append(int(self.model.queues.finish(queue, worker, job, end=end, soon=soon, clean=clean)))
        due_ms = 1 if soon else self.snapshot.now_ms + 2 * LONG_MS
        args = [part for job in jobs for part in (job, "1" if end else "", "", "", "", due_ms, "1" if clean else "")]
        self.call(["finished", *held], "finish", f"arq:queue:{queue}", worker, *args)
        self.check()

    def drop_keys(self, queue: str, job: str, losses: Sequence[str]) -> None:
        """Delete some of arq's keys of a job."""
        queues = self.model.queues
        gone = {
            "payload": ("DEL", f"arq:job:{job}"),
            "entry": ("ZREM", f"arq:queue:{queue}", job),
            "lease": ("ZREM", f"arq:queue:{queue}:leases", job),
            "holder": ("DEL", f"arq:in-progress:{job}"),
        }
        self.history.append(f"{job} loses {' '.join(losses)}")
        self.store.write(*(gone[loss] for loss in losses))
        if "payload" in losses:
            queues.payloads.discard(job)
        if "entry" in losses:
            queues.queued(queue).pop(job, None)
        if "lease" in losses:
            queues.leased(queue).pop(job, None)
        if "holder" in losses:
            queues.holders.pop(job, None)
        self.check()
