"""The actions of owners on API keys with limits, their budgets, and the spend caps of accounts."""

from tests.suites.property.budgets import NO_CAPS, Caps, words_of
from tests.suites.property.model import ANYTHING
from tests.suites.property.world import KEYS_MAX, World

PAST_MS, FUTURE_MS = 1, 10**15


class KeyWorld(World):
    """A world with keys that have limits."""

    def create_limited_key(self, account: str, caps: Caps = NO_CAPS, *, above: str = "", **limits: str) -> str | None:
        """Create a key with a budget of its own if it has caps, below the budget of another if one is given."""
        known, (by, actor) = self.model.accounts[account], self.pick_actor(account)
        number = self.take_number()
        name, hashed = f"key{number}", f"hash{number}"
        too_many = len(known.keys) >= KEYS_MAX
        expected = ["too_many", len(known.keys)] if too_many else ["created", ANYTHING]
        budget = name if caps != NO_CAPS else ""
        given = {"budget": budget, "above": above, "scopes": "generate read", **limits}
        facts = (account, name, hashed, "wokgen", "hint", KEYS_MAX, by, "A name")
        fields = (part for pair in given.items() for part in pair)
        self.call(expected, "create_key", *facts, words_of(caps) if budget else "", *fields)
        if not too_many:
            known.keys[name] = hashed
            self.model.budgets.of_keys[hashed] = tuple(filter(None, (budget, above)))
            if budget:
                self.model.budgets.set_caps(budget, caps, fresh=True)
            self.model.note_security(known, "key.created", name, actor)
        self.check()
        return None if too_many else name

    def change_caps(self, account: str, key: str, caps: Caps, *, fresh: bool = False, twice: bool = False) -> None:
        """Change the caps of the budget that a key has, or gets now."""
        known, (by, actor) = self.model.accounts[account], self.pick_actor(account)
        hashed = known.keys.get(key, "")
        budgets = self.model.budgets.of_keys.get(hashed, ())
        budget, above = (budgets or (key,))[0], " ".join(budgets[1:])
        facts = (account, key, by, "", budget, words_of(caps), "1" if fresh else "")
        for _ in range(1 + (twice and not fresh)):
            fields = ("budget", budget, "above", above)
            self.call(["changed" if hashed else "missing"], "change_key", *facts, *fields)
            if hashed:
                self.model.budgets.of_keys[hashed] = (budget, *budgets[1:])
                self.model.budgets.set_caps(budget, caps, fresh=fresh)
                self.model.note_security(known, "key.changed", key, actor)
        self.check()

    def rotate_key(self, account: str, key: str, *, overlap_ms: int = FUTURE_MS, twice: bool = False) -> None:
        """Replace a key by one with the same budgets. Without an overlap it has expired at once."""
        known, (by, actor) = self.model.accounts[account], self.pick_actor(account)
        number, hashed = self.take_number(), known.keys.get(key)
        name, fresh = f"key{number}", f"hash{number}"
        facts = (account, key, name, fresh, "hint", overlap_ms, KEYS_MAX, by)
        if hashed is None:
            expected = ["missing"]
        else:
            expected = ["too_many", len(known.keys)] if len(known.keys) >= KEYS_MAX else ["rotated", ANYTHING]
        self.call(expected, "rotate_key", *facts, again=expected if twice else None)
        if expected[0] == "rotated" and hashed is not None:
            known.keys[name] = fresh
            self.model.budgets.of_keys[fresh] = self.model.budgets.of_keys.setdefault(hashed, ())
            self.model.note_security(known, "key.rotated", key, actor)
        self.check()

    def set_spend_caps(self, account: str, caps: Caps, *, fresh: bool = False, twice: bool = False) -> None:
        """Set the spend caps of an account. The first ones count from zero."""
        known = self.model.accounts[account]
        again = ["set"] if twice and known.capped else None
        self.call(["set"], "set_spend_caps", account, words_of(caps), "1" if fresh else "")
        self.model.budgets.set_caps(account, caps, fresh=fresh or not known.capped)
        known.capped = caps != NO_CAPS
        if again and not fresh and known.capped:
            self.call(["set"], "set_spend_caps", account, words_of(caps), "")
        self.check()

    def order_forbidden(self, account: str, key: str, expected: list[str]) -> None:
        """Order with a key whose limits forbid it. Nothing changes, and a new id is not known later."""
        order = self.make_order(account, key=self.model.accounts[account].keys[key])
        self.call(expected, "accept", *self.accept_args(order), again=expected)
        self.check()
