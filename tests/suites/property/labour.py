"""What workers, dispatchers and the sweeper do in the world."""

from collections.abc import Sequence

import msgspec

from tests.suites.property.books import Generation
from tests.suites.property.mail import Mail
from tests.suites.property.world import COUNT_MAX, LONG_MS, SPECS

LOSSES = ("payload", "place", "lease", "holder")


class Labour(Mail):
    """A world at work."""

    def start(self, name: str, token: str, *, at: str = "", twice: bool = False) -> str:
        """A worker, by default one of its provider, has the job and asks for its next step; the step's word."""
        made = self.books.generations[name]
        at = at or made.provider
        expected = self.steps.start(name, token, at)
        repeatable = "1" if self.books.providers[at].repeatable else ""
        reply = self.verb(expected, "start", name, repeatable, LONG_MS, token, at, again=expected if twice else None)
        if reply[0] == "submit":
            self._only_one(made, token)
        self.check()
        return str(reply[0])

    def _only_one(self, made: Generation, token: str) -> None:
        """Rule 3: no second submit to a provider that never refused the first, unless it does not mind."""
        for other, flight in made.flights.items():
            if other != token and flight.fate != "refused" and not self.books.providers[flight.provider].repeatable:
                self.fail(f"{made.id}: {token} may submit, and {flight.provider} never refused {other}")

    def submitted(self, name: str, token: str, *, twice: bool = False) -> None:
        """The provider took what was submitted under that token."""
        flight = self.books.generations[name].flights[token]
        flight.fate = "accepted"
        expected = self.steps.submitted(name, f"task-{token}", flight.provider)
        again = ["stored", ""] if expected[0] == "stored" else expected
        self.verb(expected, "store_reference", name, f"task-{token}", flight.provider, again=again if twice else None)
        self.check()

    def withdraw(self, name: str, token: str, *, pause: bool = False, twice: bool = False) -> None:
        """The provider said no to what was submitted under that token."""
        flight = self.books.generations[name].flights[token]
        flight.fate = "refused"
        expected = self.steps.withdraw(name, token, flight.provider, pause=pause)
        again = ["kept"] if expected[0] == "withdrawn" else expected
        args = (name, token, LONG_MS if pause else 0, flight.provider, "busy")
        self.verb(expected, "withdraw", *args, again=again if twice else None)
        self.check()

    def reroute(
        self, name: str, token: str, *providers: str, said: str = "down", pause: bool = False, twice: bool = False
    ) -> None:
        """The provider said no, and another one takes over."""
        flights = self.books.generations[name].flights
        if token in flights:
            flights[token].fate = "refused"
        expected = self.books.reroute(name, token, said, list(providers), pause=pause)
        routes = (part for provider in providers for part in (provider, SPECS[provider]))
        args = (name, token, said, LONG_MS if pause else 0, *routes)
        again = ["rerouted", expected[2], expected[2]] if expected[0] == "rerouted" else expected
        self.verb(expected, "reroute", *args, again=again if twice else None)
        self.check()

    def callback(self, name: str, provider: str, *, twice: bool = False) -> None:
        """A provider calls."""
        expected = self.steps.callback(name, provider)
        self.verb(expected, "store_callback", name, provider, b"called", again=expected if twice else None)
        self.check()

    def cancel(self, name: str, *, twice: bool = False) -> None:
        """The owner wants it stopped."""
        expected = self.steps.cancel(name)
        self.verb(expected, "cancel", name, again=expected if twice else None)
        self.check()

    def watch(self, name: str, gateway: str, *, twice: bool = False) -> None:
        """A gateway waits for the end."""
        expected = self.steps.watch(name, gateway)
        self.verb(expected, "watch", name, gateway, again=expected if twice else None)
        self.check()

    def looked(self, name: str, *, found: bool, again: bool, twice: bool = False) -> None:
        """A look at what the provider may have finished after the refund."""
        expected = self.steps.looked(name, found=found, again=again)
        args = (name, b"late" if found else b"", LONG_MS if again else "")
        self.verb(expected, "store_late_result", *args, again=expected if twice else None)
        self.check()

    def hand_out_late(self) -> None:
        """The sweeper hands out all looks at failed generations."""
        due = sorted(self.books.late)
        if due:
            self.bench.write(("ZADD", "gw:late", *(part for name in due for part in (1, name))))
        for name in due:
            provider, job = self.books.generations[name].provider, f"late:{name}"
            self.books.queues.put(provider, job)
        self.verb(["handed", len(due)], "enqueue_late", COUNT_MAX)
        self.check()

    def retry(self, name: str, *, twice: bool = False) -> None:
        """An operator wants it taken up now."""
        expected = self.steps.retry(name)
        self.verb(expected, "retry", name, again=expected if twice else None)
        self.check()

    def set_mode(self, provider: str, mode: str, *, twice: bool = False) -> None:
        """Pause, drain or resume a provider, as an operator does."""
        expected = self.steps.set_mode(provider, mode)
        self.verb(expected, "set_mode", provider, mode, again=[expected[0], mode] if twice else None)
        self.check()

    def credit(self, name: str, amount: int | None = None, *, twice: bool = False) -> None:
        """An operator gives money back."""
        expected = self.books.credit(name, amount)
        again = ["already", expected[1]] if expected[0] == "credited" else expected
        self.verb(expected, "credit", name, "" if amount is None else amount, again=again if twice else None)
        self.check()

    def down(self, provider: str, *, twice: bool = False) -> None:
        """The provider cannot serve anybody; for as long as the story wants."""
        expected = self.steps.down(provider)
        self.verb(expected, "open_breaker", provider, "out of credit", again=expected if twice else None)
        self.bench.write(("HSET", f"gw:provider:{provider}", "down_until_ms", self.seen.now_ms + LONG_MS))
        self.check()

    def up(self, provider: str) -> None:
        """It served again."""
        self.verb(self.steps.up(provider), "close_breaker", provider)
        self.check()

    def sweep(self) -> list[str]:
        """The sweeper looks at what is due; names what is past its deadline."""
        due = [name for name, score in self.seen.zsets.get("gw:open", {}).items() if score <= self.seen.now_ms]
        back, overdue = self.books.sweep(due)
        reply = self.verb(["swept", len(due)], "sweep", COUNT_MAX)
        if (back, overdue) != (set(reply[2]), set(reply[3])):
            self.fail(f"put back {reply[2]}, expected {sorted(back)}; overdue {reply[3]}, expected {sorted(overdue)}")
        seen = self.check()
        if any(seen.zsets["gw:open"].get(name, LONG_MS) <= seen.now_ms for name in due):
            self.fail("the sweeper would look at the same again at once")
        return sorted(overdue)

    def sweep_and_settle(self) -> None:
        """The whole of the sweeper's round over generations."""
        for name in self.sweep():
            self.settle(name, "failed", 0)

    def claim(self, queue: str, worker: str, count: int) -> list[str]:
        """A worker was rung for and takes up to `count` jobs."""
        self.bench.write(("DEL", f"arq:queue:{queue}:bell"))
        order = list(self.seen.zsets.get(f"arq:queue:{queue}", ()))
        expected = self.books.queues.claim(queue, worker, count, order)
        reply = self.verb(["claimed"], "claim", f"arq:queue:{queue}", count, LONG_MS, 2 * LONG_MS, worker)
        claimed = [(job, number, payload is not None) for job, _, payload, number, _ in reply[2:]]
        if expected != claimed:
            self.fail(f"{worker} got {claimed}, expected {expected}")
        for job, _, payload, _, _ in reply[2:]:
            self._legible(job, payload)
        self.check()
        return [job for job, _, _ in claimed]

    def _legible(self, job: str, payload: str | None) -> None:
        """A payload names the function and the job."""
        prefix = job.partition(":")[0] if ":" in job else "run"
        decoded = msgspec.msgpack.decode(payload.encode("latin-1")) if payload is not None else None
        if decoded is not None and (decoded["f"], decoded["a"]) != (prefix, [job]):
            self.fail(f"the payload of {job} is {decoded}")

    def queue_of(self, job: str) -> str:
        """The queue that a job belongs on."""
        if job.startswith("deliver:"):
            return "webhooks"
        return self.books.generations[job.removeprefix("late:")].provider

    def one_run(self, queue: str, worker: str, job: str, steps: int, fate: str) -> None:
        """A worker with a job in hand: start, bring the fact, close, finish; and no more than so many `steps` of it."""
        name = job.removeprefix("late:")
        made = self.books.generations[name]
        token = f"{worker}-{self.number()}"
        word = self.start(name, token) if name == job else "late"
        if steps > 1 and word == "submit" and fate in ("accepted", "refused"):
            (self.submitted if fate == "accepted" else self.withdraw)(name, token)
        if steps > 2 and word in ("submit", "poll") and fate == "done" and made.open:
            self.settle(name)
        if steps > 2 and word == "canceled":
            self.settle(name, "failed", 0)
        if steps > 3:
            self.finish(queue, worker, [job], end=not made.open, soon=fate != "accepted")

    def renew(self, queue: str, worker: str, jobs: Sequence[str]) -> None:
        """A worker keeps what it believes to have."""
        lost = self.books.queues.renew(queue, worker, jobs)
        reply = self.verb(["renewed"], "renew", f"arq:queue:{queue}", worker, LONG_MS, *jobs)
        if lost != reply[1:]:
            self.fail(f"{worker} lost {reply[1:]}, expected {lost}")
        self.check()

    def finish(
        self, queue: str, worker: str, jobs: Sequence[str], *, end: bool, soon: bool = True, clean: bool = True
    ) -> None:
        """A worker ends its jobs, or gives them back for soon or for later."""
        held = []
        for job in jobs:
            held.append(int(self.books.queues.finish(queue, worker, job, end=end, soon=soon, clean=clean)))
        due_ms = 1 if soon else self.seen.now_ms + 2 * LONG_MS
        args = [part for job in jobs for part in (job, "1" if end else "", "", "", "", due_ms, "1" if clean else "")]
        self.verb(["finished", *held], "finish", f"arq:queue:{queue}", worker, *args)
        self.check()

    def lose(self, queue: str, job: str, losses: Sequence[str]) -> None:
        """Some of arq's keys of a job are gone."""
        queues = self.books.queues
        gone = {
            "payload": ("DEL", f"arq:job:{job}"),
            "place": ("ZREM", f"arq:queue:{queue}", job),
            "lease": ("ZREM", f"arq:queue:{queue}:leases", job),
            "holder": ("DEL", f"arq:in-progress:{job}"),
        }
        self.story.append(f"lost of {job}: {' '.join(losses)}")
        self.bench.write(*(gone[loss] for loss in losses))
        if "payload" in losses:
            queues.payloads.discard(job)
        if "place" in losses:
            queues.on(queue).pop(job, None)
        if "lease" in losses:
            queues.leased(queue).pop(job, None)
        if "holder" in losses:
            queues.holders.pop(job, None)
        self.check()
