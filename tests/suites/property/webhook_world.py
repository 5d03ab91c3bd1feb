"""The actions of dispatchers, the sweeper and endpoint owners on webhook deliveries."""

from typing import Any

from tests.suites.property import lanes
from tests.suites.property.life_world import LifeWorld
from tests.suites.property.world import COUNT_MAX, LONG_MS


class WebhookWorld(LifeWorld):
    """A world with the verbs of webhook deliveries."""

    def start_post(self, name: str, *, twice: bool = False) -> str:
        """Start a post as a dispatcher. Return the reply's word."""
        delivery = self.model.deliveries.get(name)
        limit = delivery and lanes.find_limit(self.snapshot, name, delivery.endpoint, delivery.account)
        expected = self.transitions.start_post(name, limit)
        self.call(expected, "start_post", name, lanes.SLOW_MAX, again=expected if twice else None)
        self.posted = name
        self.check()
        return str(expected[0])

    def record_attempt(
        self,
        name: str,
        number: int,
        state: str,
        health: str = "",
        *,
        silent: bool = False,
        took_ms: int = 5,
        twice: bool = False,
    ) -> None:
        """Record an attempt as a dispatcher that posted the event."""
        expected = self.transitions.record_attempt(name, number, state, health, silent=silent)
        again = expected
        if expected[0] == "recorded":
            again = ["already" if state == "pending" else "ended"]
        args = (name, number, state, "{}", LONG_MS, health, took_ms, "1" if silent else "", lanes.SLOW_MAX)
        self.call(expected, "record_attempt", *args, again=again if twice else None)
        self.posted = name
        self.check()

    def redeliver(self, account: str, endpoint: str, name: str, *, twice: bool = False) -> None:
        """Redeliver a delivery as the endpoint's owner."""
        expected = self.transitions.redeliver(account, endpoint, name)
        self.call(expected, "redeliver", account, endpoint, name, again=expected if twice else None)
        self.check()

    def replay(self, account: str, endpoint: str, which: str, *, twice: bool = False) -> None:
        """Replay failed or missing deliveries as the endpoint's owner."""
        expected = self.transitions.replay(account, endpoint, which)
        again: list[Any] = [*expected[:2], 0] if expected[0] == "scanned" else expected
        self.call(expected, "replay", account, endpoint, which, 1, 0, COUNT_MAX, again=again if twice else None)
        self.check()

    def enable_endpoint(self, account: str, endpoint: str, *, twice: bool = False) -> None:
        """Enable an endpoint that its owner has repaired."""
        model, (by, actor) = self.model.accounts[account], self.pick_actor(account)
        known = model.endpoints.get(endpoint)
        was_disabled = known is not None and known.disabled
        if known is not None:
            known.failing = known.failing_long = known.disabled = known.open = False
            known.silent = 0
        expected = ["enabled" if known else "missing"]
        self.call(expected, "enable_endpoint", account, endpoint, by, again=expected if twice else None)
        if was_disabled:
            self.model.note_security(model, "endpoint.enabled", endpoint, actor)
        self.check()

    def rotate_secret(self, account: str, endpoint: str, *, twice: bool = False) -> None:
        """Rotate an endpoint's secret as its owner."""
        model, (by, actor) = self.model.accounts[account], self.pick_actor(account)
        known, secret = model.endpoints.get(endpoint), f"secret{self.take_number()}"
        if known is not None:
            known.secret, known.old_secret = secret, known.secret
        expected = ["rotated" if known else "missing"]
        args = (account, endpoint, secret, LONG_MS, by)
        self.call(expected, "rotate_secret", *args, again=expected if twice else None)
        if known is not None:
            self.model.note_security(model, "endpoint.rotated", endpoint, actor)
        self.check()

    def pass_five_days(self, account: str, endpoint: str) -> None:
        """Let a failing endpoint reach five days without a success."""
        self.history.append(f"five days pass at {endpoint}")
        known = self.model.accounts[account].endpoints[endpoint]
        if known.failing:
            known.failing_long = True
            now = self.snapshot.now_ms
            self.store.write(("HSET", f"gw:endpoint:{endpoint}", "failing_ms", 1, "failed_ms", now))
        self.check()

    def pass_silence(self, account: str, endpoint: str) -> None:
        """Let days pass without an attempt, so that earlier failures no longer count."""
        self.history.append(f"days pass without an attempt at {endpoint}")
        known = self.model.accounts[account].endpoints[endpoint]
        if known.failing:
            known.failing_long = False
            self.store.write(("HSET", f"gw:endpoint:{endpoint}", "failed_ms", 1))
        self.check()

    def sweep_deliveries(self) -> None:
        """Make all pending deliveries due and sweep them."""
        open_ones = [name for name, one in self.model.deliveries.items() if one.state == "pending"]
        if open_ones:
            self.store.write(("ZADD", "gw:deliveries:open", *(part for name in open_ones for part in (1, name))))
        back = {name for name in open_ones if self.transitions.has_lost_delivery(name, self.model.deliveries[name])}
        for name in back:
            self.model.queues.enqueue("webhooks", f"deliver:{name}")
        reply = self.call(["swept", len(open_ones)], "sweep_deliveries", COUNT_MAX)
        if back != set(reply[2]):
            self.fail(f"enqueued {reply[2]} again, expected {sorted(back)}")
        self.check()
