"""What becomes of events in the world: dispatchers that post them, the sweeper, owners who want them once more."""

from typing import Any

from tests.suites.property.world import COUNT_MAX, LONG_MS, World


class Mail(World):
    """A world that tells what happens in it."""

    def attempt(self, name: str, number: int, state: str, health: str = "", *, twice: bool = False) -> None:
        """A dispatcher posted and says how it went."""
        expected = self.steps.attempt(name, number, state, health)
        again = ["ended"] if state != "pending" and expected == ["recorded"] else expected
        again = ["already"] if state == "pending" and expected == ["recorded"] else again
        args = (name, number, state, "{}", LONG_MS, health)
        self.verb(expected, "record_attempt", *args, again=again if twice else None)
        self.check()

    def redeliver(self, account: str, endpoint: str, name: str, *, twice: bool = False) -> None:
        """The owner wants a delivery posted now."""
        expected = self.steps.redeliver(account, endpoint, name)
        self.verb(expected, "redeliver", account, endpoint, name, again=expected if twice else None)
        self.check()

    def replay(self, account: str, endpoint: str, which: str, *, twice: bool = False) -> None:
        """The owner wants what an endpoint did not get."""
        expected = self.steps.replay(account, endpoint, which)
        again: list[Any] = [*expected[:2], 0] if expected[0] == "scanned" else expected
        self.verb(expected, "replay", account, endpoint, which, 1, 0, COUNT_MAX, again=again if twice else None)
        self.check()

    def enable_endpoint(self, account: str, endpoint: str, *, twice: bool = False) -> None:
        """The owner has mended an endpoint."""
        known = self.books.accounts[account].endpoints.get(endpoint)
        if known is not None:
            known.failing = known.long = known.disabled = False
        expected = ["enabled" if known else "missing"]
        self.verb(expected, "enable_endpoint", account, endpoint, again=expected if twice else None)
        self.check()

    def rotate_secret(self, account: str, endpoint: str, *, twice: bool = False) -> None:
        """The owner wants another secret."""
        known, secret = self.books.accounts[account].endpoints.get(endpoint), f"secret{self.number()}"
        if known is not None:
            known.secret, known.old = secret, known.secret
        expected = ["rotated" if known else "missing"]
        self.verb(expected, "rotate_secret", account, endpoint, secret, LONG_MS, again=expected if twice else None)
        self.check()

    def five_days_pass(self, account: str, endpoint: str) -> None:
        """An endpoint has failed for as long as it may."""
        self.story.append(f"five days pass at {endpoint}")
        known = self.books.accounts[account].endpoints[endpoint]
        if known.failing:
            known.long = True
            now = self.seen.now_ms
            self.bench.write(("HSET", f"gw:endpoint:{endpoint}", "failing_ms", 1, "failed_ms", now))
        self.check()

    def a_long_silence_passes(self, account: str, endpoint: str) -> None:
        """Nothing was posted to an endpoint for days: whether it would still fail nobody knows."""
        self.story.append(f"days pass without a post to {endpoint}")
        known = self.books.accounts[account].endpoints[endpoint]
        if known.failing:
            known.long = False
            self.bench.write(("HSET", f"gw:endpoint:{endpoint}", "failed_ms", 1))
        self.check()

    def sweep_deliveries(self) -> None:
        """The sweeper looks at all open deliveries."""
        open_ones = [name for name, one in self.books.deliveries.items() if one.state == "pending"]
        if open_ones:
            self.bench.write(("ZADD", "gw:deliveries:open", *(part for name in open_ones for part in (1, name))))
        back = {name for name in open_ones if self.steps.undelivered(name, self.books.deliveries[name])}
        for name in back:
            self.books.queues.put("webhooks", f"deliver:{name}")
        reply = self.verb(["swept", len(open_ones)], "sweep_deliveries", COUNT_MAX)
        if back != set(reply[2]):
            self.fail(f"put back {reply[2]}, expected {sorted(back)}")
        self.check()
