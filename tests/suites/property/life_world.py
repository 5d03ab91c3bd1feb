"""The actions of operators on the life of accounts, and the credit that accounts get."""

from tests.suites.property.key_world import KeyWorld
from tests.suites.property.model import ANYTHING
from tests.suites.property.world import PLANS

GIFT, DAY_MS, KEEP_MS = 50_000, 86_400_000, 864_000_000
TRIAL, TRIALS_MAX = 9_000, 20_000


class LifeWorld(KeyWorld):
    """A world whose accounts change their plans, are suspended and closed, and get credit."""

    trials = 0

    def create_vouchers(self, batch: str, codes: tuple[str, ...], *, days: int = 1, once: bool = True) -> None:
        """Create a batch of vouchers. A repetition creates none."""
        expires_ms = self.snapshot.now_ms + days * DAY_MS
        self.model.vouchers.update({code: [batch, "", days > 0, once] for code in codes})
        facts = (batch, "Launch", GIFT, expires_ms, KEEP_MS, "1" if once else "")
        again = ["created", ANYTHING]
        self.call(["created", ANYTHING], "create_vouchers", *facts, *codes, again=again)
        self.check()

    def redeem_voucher(self, account: str, code: str, *, twice: bool = False) -> None:
        """Redeem a voucher as an account."""
        known, voucher = self.model.accounts[account], self.model.vouchers.get(code)
        reference, mark = f"voucher {code}", f"voucher batch {voucher[0]}" if voucher else ""
        if known.state == "closed":
            expected: list[str | int] = ["closed"]
        elif voucher is None or (voucher[1] not in ("", account)):
            expected = ["unknown"]
        elif voucher[1]:
            expected = ["already", GIFT, known.balance]
        elif not voucher[2]:
            expected = ["unknown"]
        elif voucher[3] and mark in known.references:
            expected = ["second"]
        else:
            voucher[1] = account
            known.references.add(mark)
            self.model.add_money(known, GIFT, reference)
            expected = ["redeemed", GIFT, known.balance]
        again = ["already", GIFT, known.balance] if expected[0] == "redeemed" else expected
        self.call(expected, "redeem_voucher", account, code, reference, again=again if twice else None)
        self.check()

    def revoke_vouchers(self, batch: str) -> None:
        """Revoke the vouchers of a batch that nobody has redeemed."""
        own = [voucher for voucher in self.model.vouchers.values() if voucher[0] == batch]
        left = sum(not voucher[1] for voucher in own)
        expected = ["revoked", left] if own else ["missing"]
        for voucher in own:
            voucher[2] = False
        self.call(expected, "revoke_vouchers", batch, again=expected)
        self.check()

    def change_account(self, account: str, field: str, value: str, *, twice: bool = False) -> None:
        """Change the name, the plan or the state of an account. A new plan admits what waits."""
        known = self.model.accounts[account]
        expected = ["closed" if known.state == "closed" else "changed"]
        if expected == ["changed"]:
            if field == "plan":
                known.plan = PLANS[value]
            elif field == "state":
                known.state = value
            for provider in self.model.providers:
                self.model.allow_admission(provider)
        self.call(expected, "change_account", account, field, value, again=expected if twice else None)
        self.check()

    def note_customer(self, account: str, customer: str = "") -> int:
        """Record a customer, once. Return the number of the question."""
        known = self.model.accounts[account]
        known.customer, known.asked = known.customer or customer, known.asked + 1
        self.call(["known", known.customer, known.asked], "note_customer", account, customer)
        self.check()
        return known.asked

    def subscribe_account(self, account: str, number: int, plan: str = "", *, twice: bool = False) -> None:
        """Set the plan of a subscription, or end it."""
        known = self.model.accounts[account]
        if known.state == "closed":
            expected = "closed"
        elif number < known.answered:
            expected = "stale"
        else:
            known.answered, before = number, known.plan
            known.plan = PLANS[plan] if plan else known.plan_before or known.plan
            known.plan_before = (known.plan_before or before) if plan else None
            expected = "same" if known.plan == before else "changed"
            for provider in self.model.providers if expected == "changed" else ():
                self.model.allow_admission(provider)
        again = ["same" if expected == "changed" else expected] if twice else None
        self.call([expected], "subscribe_account", account, number, plan, again=again)
        self.check()

    def close_account(self, account: str, *, twice: bool = False) -> None:
        """Close an account without open generations. Its keys and its balance go."""
        known, (by, actor) = self.model.accounts[account], self.pick_actor(account)
        held = sum(one.account == account and one.open for one in self.model.generations.values())
        if known.state == "closed":
            expected: list[str | int] = ["already"]
        else:
            expected = ["open", held] if held else ["closed", known.balance]
        self.call(
            expected,
            "close_account",
            account,
            "closed, forfeited",
            by,
            again=["already"] if twice and not held else None,
        )
        if expected[0] == "closed":
            for name, hashed in list(known.keys.items()):
                del known.keys[name]
                self.model.budgets.drop_key(hashed)
                self.model.note_security(known, "key.revoked", name, actor)
            if known.balance:
                self.model.add_money(known, -known.balance, "closed, forfeited", "close")
            known.state = "closed"
        self.check()

    def grant_included(self, account: str, month: str = "2026-12", *, twice: bool = False) -> None:
        """Add the credit of a month that the plan includes."""
        known = self.model.accounts[account]
        missing = 0 if known.state else known.plan.included - known.included.get(month, 0)
        expected = ["granted", missing] if missing > 0 else ["nothing"]
        if missing > 0:
            known.included = {month: known.plan.included}
            self.model.add_money(known, missing, f"included {month} {known.plan.included}")
        self.call(expected, "grant_included", account, month, again=["nothing"] if twice else None)
        self.check()

    def grant_trial(self, account: str, *, twice: bool = False) -> None:
        """Add the trial credit, once, up to the most of a day."""
        known = self.model.accounts[account]
        if "trial" in known.references:
            expected: list[str | int] = ["already"]
        elif self.trials + TRIAL > TRIALS_MAX:
            expected = ["exhausted", TRIALS_MAX - self.trials]
        else:
            self.trials += TRIAL
            self.model.add_money(known, TRIAL, "trial")
            expected = ["granted", known.balance]
        again = ["already"] if expected[0] == "granted" else expected
        self.call(expected, "grant_trial", account, TRIAL, TRIALS_MAX, again=again if twice else None)
        self.check()
