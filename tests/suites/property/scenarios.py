"""Directed histories, each for the edge cases of one part of the verbs.

A scenario only lists actions. The world checks each of them against the model and the invariants.
"""

from tests.suites.property.model import ANYTHING, REQUESTS_MAX, Order
from tests.suites.property.timed_world import TimedWorld as World
from tests.suites.property.world import GUEST, KEYS_MAX

SMALL_WAITS, SMALL_DAY = 3, 2  # ada's plan: concurrency 1, backlog 3, daily quota 2
FULL = 2  # slots of `paid`


def settle_a_generation_once(world: World) -> None:
    """Settle in full, in part and at no cost. A second settlement moves nothing, whoever sends it."""
    for cost in (None, 5_000, 0):
        name = world.accept("ada", price=10_000, twice=True)
        world.settle(name, "completed", cost, twice=True)
        world.settle(name, "failed", 0)
    name = world.accept("ada", price=0)
    world.settle(name, "failed")
    world.settle_concurrently(world.accept("bob"))
    world.settle("00000000-0000-7000-8000-999999999999", "failed", 0)


def refuse_a_cost_outside_the_reservation(world: World) -> None:
    """Refuse a cost above the reservation and a negative one. The generation stays open."""
    name = world.accept("ada", price=10_000)
    world.settle(name, "completed", 10_001)
    world.settle(name, "completed", -1)
    world.settle(name, "completed", 10_000)


def refuse_an_order_above_the_balance(world: World) -> None:
    """Refuse orders above the balance, to the last micro-dollar. A top-up counts once per reference."""
    for price in (150_001, 149_999, 2, 1, 1):
        world.accept("bob", price=price)
    world.top_up("bob", 5, "p1", twice=True)
    world.top_up("bob", 5, "p1")
    world.accept("bob", price=6)
    world.accept("bob", price=5)
    world.top_up("bob", 10**15, "p2")
    world.top_up("nobody", 5, "p1")


def correct_a_mistaken_top_up(world: World) -> None:
    """Take back what is neither spent nor reserved, to the last micro-dollar, once per reference."""
    world.top_up("bob", 90_000, "typo")
    world.accept("bob", price=200_000)
    world.top_up("bob", -40_001, "fix")
    world.top_up("bob", -40_000, "fix", twice=True)
    world.top_up("bob", -1, "more")
    world.accept("bob", price=1)
    world.top_up("bob", 1, "again")
    world.accept("bob", price=1)


def take_a_dispute_above_the_balance(world: World) -> None:
    """Take disputes of spent money. No order is accepted below zero, and a won dispute gives its amount back once."""
    name = world.accept("ada", price=90_000)
    held = world.model.accounts["ada"].topup
    world.top_up("ada", -held, "dp1", "dispute", twice=True)
    world.accept("ada", price=0)
    world.accept("ada", price=0, payer="quota")
    world.top_up("ada", -1, "fix")
    world.top_up("ada", 70_000, "dp2 undone", "dispute", "dp2", twice=True)
    world.top_up("ada", -70_000, "dp2", "dispute")
    world.settle(name, "failed", 0)
    world.settle(world.accept("ada", price=0))
    world.top_up("ada", held, "dp1 undone", "dispute", "dp1", twice=True)
    world.settle(world.accept("ada", price=held), "completed", held)
    world.top_up("ada", -world.model.accounts["ada"].balance - 5, "dp3", "dispute")
    world.close_account("ada")


def replay_an_idempotency_key(world: World) -> None:
    """Replay the first order without a charge, also on an empty balance. Refuse the key with another body."""
    name = world.accept("bob", price=150_000, replay="k1", body="b1", twice=True)
    world.accept("bob", price=150_000, replay="k1", body="b1")
    world.accept("bob", price=1, replay="k1", body="b2")
    world.settle(name, "failed", 0)
    world.accept("bob", price=150_000, replay="k1", body="b1")
    world.accept("eve", price=150_000, replay="k1", body="b1")


def place_no_order_that_comes_too_late(world: World) -> None:
    """Place no order after its caller has stopped waiting. One that is placed already is repeated and replayed."""
    key = next(iter(world.model.accounts["ada"].keys.values()))
    world.order(world.make_order("ada", late=True), twice=True)
    world.order(world.make_order("ada", replay="k1", body="b1", late=True))
    name = world.accept("ada", replay="k1", body="b1")
    world.order(Order(id=name, key=key, price=10_000, provider="local", late=True))
    world.order(world.make_order("ada", replay="k1", body="b1", late=True))


def repeat_an_order_by_its_id(world: World) -> None:
    """Repeat an order under its id, also after its end, without a charge."""
    key = next(iter(world.model.accounts["ada"].keys.values()))
    name = world.accept("ada")
    world.settle(name)
    world.order(Order(id=name, key=key, price=10_000, provider="local"))


def repeat_the_creation_of_an_account(world: World) -> None:
    """Create an account again after a lost reply, even late. Nothing of the account changes."""
    world.accept("ada")
    world.call(["created", ANYTHING], "create_account", "ada", "Ada", "small")
    world.check()


def separate_idempotency_keys_from_payment_references(world: World) -> None:
    """Use an Idempotency-Key that equals a payment's reference. The two do not affect each other."""
    world.accept("ada", replay="top-up:p1", body="b1")
    world.top_up("ada", 5, "p1")
    world.top_up("ada", 5, "p2")
    world.accept("ada", replay="top-up:p2", body="b1")


def limit_and_revoke_keys(world: World) -> None:
    """Create keys up to the limit. A revoked key orders nothing."""
    for _ in range(KEYS_MAX):
        world.create_key("ada", twice=True)
    keys = dict(world.model.accounts["ada"].keys)
    for name, hashed in keys.items():
        world.revoke_key("ada", name, twice=True)
        world.accept("ada", key=hashed)
    world.create_key("ada")
    world.accept("ada")


def move_an_account_to_a_larger_plan(world: World) -> None:
    """Change the plan. The used quota stays used, and generations that wait get the new slots at once."""
    for _ in range(SMALL_DAY + 1):
        world.accept("ada", price=1, payer="quota")
    world.accept("ada", "paid", price=1)
    waits = world.accept("ada", "paid", price=1)
    world.change_account("ada", "plan", "large", twice=True)
    assert waits in world.model.queues.queued("paid"), "a larger plan has more slots"
    world.grant_included("ada", twice=True)
    world.grant_included("bob")
    for _ in range(3):
        world.accept("ada", price=1, payer="quota")
    world.change_account("bob", "plan", "large")
    world.grant_included("bob", "2026-11", twice=True)
    world.grant_included("bob", twice=True)
    world.change_account("bob", "name", "Bobby")


def suspend_an_account(world: World) -> None:
    """Suspend. Orders are refused and running ones end; a resumed account orders again."""
    name = world.accept("ada", replay="k1", body="b1")
    waits = world.accept("ada")
    world.change_account("ada", "state", "suspended", twice=True)
    world.accept("ada")
    world.accept("ada", payer="quota")
    world.accept("ada", replay="k1", body="b1")
    world.settle(name)
    assert waits in world.model.queues.queued("local"), "an accepted generation goes on"
    world.change_account("ada", "state", "")
    world.accept("ada")
    world.change_account("ada", "plan", "large")
    world.change_account("ada", "state", "suspended")
    world.grant_included("ada")


def follow_a_subscription(world: World) -> None:
    """Apply the plan of a subscription to the orders that wait, and end it. A late answer changes nothing."""
    names = [world.accept("ada", "local") for _ in range(4)]
    late, first = world.note_customer("ada", "c1"), world.note_customer("ada", "c2")
    world.subscribe_account("ada", first, "large", twice=True)
    world.subscribe_account("ada", late, "", twice=True)
    for name in names:
        world.settle(name)
    world.subscribe_account("ada", world.note_customer("ada"), "wide")
    world.subscribe_account("ada", world.note_customer("ada"), twice=True)
    for _ in range(2):
        world.accept("ada", "local")
    world.close_account("eve")
    world.subscribe_account("eve", world.note_customer("eve"), "large")


def close_an_account(world: World) -> None:
    """Close, once its generations have ended. Its keys and its balance go, and nothing is added or changed later."""
    name = world.accept("ada", price=10_000)
    world.close_account("ada")
    world.settle(name, "completed", 4_000)
    world.close_account("ada", twice=True)
    world.accept("ada", price=0)
    world.top_up("ada", 5, "late")
    world.grant_included("ada")
    world.change_account("ada", "state", "")
    world.credit(name, 1_000)
    world.settle(world.accept("bob", price=150_000))
    world.close_account("bob")


def give_trial_credit(world: World) -> None:
    """Give trial credit, once to an account, and to nobody once that of the day is used up."""
    for account in ("ada", "bob", "eve", "ada"):
        world.grant_trial(account, twice=True)


def redeem_vouchers(world: World) -> None:
    """Redeem each voucher once, and one of a batch by an account unless it is repeatable. Expired ones are unknown."""
    world.create_vouchers("b1", ("v1", "v2"))
    world.create_vouchers("b2", ("v3", "v4", "v5"), once=False)
    world.create_vouchers("b3", ("v6",), days=-1)
    for account, code in (("ada", "v1"), ("bob", "v1"), ("ada", "v2"), ("bob", "v2"), ("ada", "v3"), ("ada", "v4")):
        world.redeem_voucher(account, code, twice=True)
    for code in ("v6", "v7"):
        world.redeem_voucher("eve", code, twice=True)
    world.revoke_vouchers("b2")
    world.revoke_vouchers("b9")
    for account, code in (("eve", "v5"), ("ada", "v4")):
        world.redeem_voucher(account, code)
    world.close_account("eve")
    world.redeem_voucher("eve", "v2")


def stop_at_the_cap_of_a_key(world: World) -> None:
    """Spend the budget of a key to the last micro-dollar, in each period. A refund can be spent again."""
    for caps in ((30_000, None, None), (None, 30_000, None), (None, None, 30_000)):
        key = world.create_limited_key("eve", caps) or ""
        hashed = world.model.accounts["eve"].keys[key]
        names = [world.accept("eve", price=10_000, key=hashed, twice=True) for _ in range(2)]
        world.accept("eve", price=10_001, key=hashed)
        world.accept("eve", price=10_000, key=hashed)
        world.accept("eve", price=1, key=hashed)
        world.settle(names[0], "failed", 0, twice=True)
        world.settle(names[1], "completed", 6_000)
        world.credit(names[1], 1_000, twice=True)
        world.accept("eve", price=15_001, key=hashed)
        last = world.accept("eve", price=15_000, key=hashed)
        world.change_caps("eve", key, caps, fresh=True)
        world.settle(last, "failed", 0)
        world.settle(world.accept("eve", price=30_000, key=hashed))
        world.revoke_key("eve", key)


def count_an_order_in_every_budget(world: World) -> None:
    """Order with a key below another budget, on an account with caps. The tightest one decides."""
    world.set_spend_caps("ada", (50_000, None, None))
    key = world.create_limited_key("ada", (None, None, 40_000)) or ""
    below = world.create_limited_key("ada", (None, None, 30_000), above=key) or ""
    keys = world.model.accounts["ada"].keys
    hashed = keys[below]
    first = world.accept("ada", price=30_000, key=hashed)
    world.accept("ada", price=1, key=hashed)
    world.accept("ada", price=10_001, key=keys[key])
    world.accept("ada", price=10_000, key=keys[key])
    world.accept("ada", price=10_001)
    world.accept("ada", price=10_000)
    world.accept("ada", price=1)
    world.revoke_key("ada", key)
    world.settle(first, "failed", 0)
    world.accept("ada", price=30_000, key=hashed)
    world.set_spend_caps("ada", (None, None, None), twice=True)
    world.accept("ada", price=1)
    world.set_spend_caps("ada", (None, 1, None), twice=True)
    world.accept("ada", price=2)
    world.revoke_key("ada", below)


def share_a_budget_after_a_rotation(world: World) -> None:
    """Rotate a key with a budget and one without limits. Both keys work, and count together."""
    key = world.create_limited_key("bob", (20_000, None, None)) or ""
    keys = world.model.accounts["bob"].keys
    world.rotate_key("bob", key, twice=True)
    for hashed in list(keys.values())[1:]:
        world.accept("bob", price=10_000, key=hashed)
    world.accept("bob", price=1, key=keys[key])
    world.revoke_key("bob", key)
    world.accept("bob", price=1, key=list(keys.values())[-1])
    world.rotate_key("bob", next(iter(keys)))
    world.rotate_key("bob", next(iter(keys)))
    for hashed in keys.values():
        world.accept("bob", price=0, key=hashed)


def forbid_what_a_key_does_not_allow(world: World) -> None:
    """Order with keys that are expired, or made for other scopes, addresses, kinds or models."""
    for limits, expected in (
        ({"expires_ms": "1"}, ["expired_key"]),
        ({"scopes": "read manage"}, ["forbidden", "scope", "generate"]),
        ({"networks": "1 01"}, ["forbidden", "address", ""]),
        ({"kinds": "video music"}, ["forbidden", "kind", "image"]),
        ({"models": "test/noop2 test/noo"}, ["forbidden", "model", "test/noop"]),
    ):
        key = world.create_limited_key("ada", **limits) or ""
        world.order_forbidden("ada", key, expected)
        world.revoke_key("ada", key)
    allowed = {"expires_ms": str(10**15), "networks": "1 00", "kinds": "video image", "models": "test/noop"}
    key = world.create_limited_key("ada", **allowed) or ""
    world.accept("ada", key=world.model.accounts["ada"].keys[key])


def admit_a_backlog_in_order(world: World) -> None:
    """Fill the backlog and refuse what exceeds it. Every settlement, also of a waiting generation, admits the next."""
    names = [world.accept("ada", price=1) for _ in range(SMALL_WAITS + 2)]
    world.accept("ada", "paid")
    first, second, third, fourth, refused = names
    world.settle(third, "failed", 0, unsubmitted_only=True)
    for name in (first, second, fourth):
        world.settle(name)
    assert not refused


def share_the_concurrency_of_a_provider(world: World) -> None:
    """Fill a provider's concurrency across accounts. Every freed slot goes to a waiting generation."""
    held = [world.accept(account, "paid", price=1) for account in ("bob", "bob", "ada", "eve", "eve", "bob", "ada")]
    for name in held:
        world.settle(name)


def alternate_between_accounts(world: World) -> None:
    """Free slots while two accounts wait. Each account gets every other slot."""
    world.accept("ada", "paid", price=1)
    order = [world.accept(account, "paid", price=1) for account in ("bob", "bob", "bob", "bob", "eve", "eve")]
    queue = world.model.queues.queued("paid")
    world.settle(order[0])
    assert order[1] in queue, "bob waited first"
    world.settle(order[1])
    assert order[4] in queue, "then it is eve's turn"
    world.settle(order[4])
    assert order[2] in queue, "then bob's again"


def give_a_new_slot_to_the_backlog(world: World) -> None:
    """Raise a limit. The slot goes to the account in front, not to the next order; a lost job frees none."""
    first, _, waits = [world.accept(account, "paid", price=1) for account in ("bob", "bob", "eve")]
    world.drop_keys("paid", first, ["entry", "payload"])
    world.raise_limit("paid", FULL + 1)
    world.accept("ada", "paid", price=1)
    assert waits in world.model.queues.queued("paid"), "eve waited longer"


def poll_late_without_a_slot(world: World) -> None:
    """Enqueue a late poll at a full provider. It takes no slot, so the next order does not wait."""
    name, other = world.accept("ada", "paid"), world.accept("bob", "paid")
    world.start(name, "w1-a")
    world.store_reference(name, "w1-a")
    world.settle(name, "failed", 0)
    world.enqueue_late()
    assert world.accept("eve", "paid") in world.model.queues.queued("paid"), "a slot is free"
    world.settle(other)


def permit_a_submit_once(world: World) -> None:
    """Start a second worker. It waits, then reports uncertain; a late reference is still polled."""
    name = world.accept("ada", "paid")
    world.start(name, "w1-a", twice=True)
    world.start(name, "w2-a")
    world.time_out_submit(name)
    world.claim("paid", "w2", 1)
    world.start(name, "w2-b", twice=True)
    world.start(name, "w3-a")
    world.finish("paid", "w2", [name], end=False, soon=False)
    world.store_reference(name, "w1-a", twice=True)
    world.start(name, "w3-b")
    world.settle(name)
    world.start(name, "w1-b")


def retry_a_refused_submit(world: World) -> None:
    """Withdraw a refused submit. Only its own worker may, once; a repeat does not affect the next submit."""
    name = world.accept("ada", "paid")
    world.start(name, "w1-a")
    world.withdraw(name, "w1-a", twice=True)
    world.start(name, "w2-a")
    world.withdraw(name, "w1-a")
    world.start(name, "w3-a")
    world.withdraw(name, "w2-a", pause=True)
    world.start(name, "w3-b")
    world.recover_provider("paid")
    world.start(name, "w3-c")


def cancel_a_refused_submit(world: World) -> None:
    """Cancel before the provider refuses. The generation is neither submitted nor rerouted again."""
    for other in ("", "local"):
        name = world.accept("ada", "paid")
        world.start(name, f"w1-{other}")
        world.cancel(name)
        if other:
            world.reroute(name, f"w1-{other}", other)
        world.withdraw(name, f"w1-{other}", twice=True)
        world.start(name, f"w2-{other}", twice=True)
        world.settle(name, "failed", 0)
    name = world.accept("ada", "paid")
    world.start(name, "w1-c")
    world.cancel(name)
    world.store_reference(name, "w1-c")
    world.start(name, "w2-c")


def pause_only_the_provider_that_refused(world: World) -> None:
    """Refuse late, after a reroute. Only the old provider is paused."""
    name = world.accept("ada", "local")
    world.start(name, "w1-a")
    world.start(name, "w2-a")
    world.reroute(name, "w2-a", "paid")
    world.withdraw(name, "w1-a", pause=True)
    world.start(name, "w3-a")
    world.start(world.accept("bob", "local"), "w1-b")


def reroute_a_refused_generation(world: World) -> None:
    """Reroute with the same price and account slot. A stale worker cannot reroute."""
    world.accept("ada", "paid", price=1)
    name, other = world.accept("eve", "paid"), world.accept("bob", "paid")
    world.claim("paid", "w1", 2)
    world.start(name, "w1-a", twice=True)
    world.reroute(name, "w2-a", "local")
    world.reroute(name, "w1-a", "local", twice=True)
    world.finish("paid", "w1", [name], end=True)
    world.start(name, "w2-b")
    world.store_reference(name, "w2-b")
    world.reroute(name, "w2-b", "paid")
    world.start(other, "w1-c")
    world.reroute(other, "w1-c", "paid")
    world.settle(name)


def ignore_a_stale_worker_of_another_provider(world: World) -> None:
    """Report late from the old provider. It changes nothing, whether the generation waits, runs or is settled."""
    for account in ("bob", "bob"):
        world.accept(account, "paid", price=1)
    name = world.accept("ada", "local", price=100_000)
    world.start(name, "w1-a")
    world.start(name, "w2-a")
    world.reroute(name, "w2-a", "paid")
    world.store_reference(name, "w1-a", twice=True)
    world.start(name, "w3-a", at="local")
    world.settle(name, "failed", 0)
    for other in list(world.model.active[("bob", "paid")]):
        world.settle(other)
    world.settle(name, "failed", 0)
    name = world.accept("eve", "local")
    world.start(name, "w1-b")
    world.reroute(name, "w1-b", "paid")
    world.start(name, "w2-b", at="local")
    world.start(name, "w3-b")


def deliver_callbacks(world: World) -> None:
    """Call back. A parked poll is due, an unknown submit is uncertain at once, and an early callback is stored."""
    name = world.accept("ada", "paid")
    world.store_callback(name, "local")
    world.claim("paid", "w1", 1)
    world.start(name, "w1-a")
    world.store_callback(name, "paid", twice=True)
    world.start(name, "w2-a", twice=True)
    world.store_reference(name, "w1-a", twice=True)
    world.finish("paid", "w1", [name], end=False, soon=False)
    world.store_callback(name, "paid", twice=True)
    world.claim("paid", "w2", 1)
    world.settle(name, "failed", 0)
    world.store_callback(name, "paid")
    world.store_callback("00000000-0000-7000-8000-999999999999", "paid")


def store_a_late_reference(world: World) -> None:
    """Store a reference after the end: a failed generation is polled once. During a retry it is polled as usual."""
    for state, called_back in (("failed", False), ("failed", True), ("completed", True)):
        name = world.accept("ada", "paid")
        world.start(name, f"w1-{state}")
        world.settle(name, state, 0)
        if called_back:
            world.store_callback(name, "paid", twice=True)
        world.store_reference(name, f"w1-{state}", twice=True)
        world.store_late_result(name, found=False, again=False)
        world.store_reference(name, f"w1-{state}")
        world.store_callback(name, "paid")
        world.store_late_result(name, found=True, again=True, twice=True)
    name = world.accept("ada", "paid")
    world.settle(name, "failed", 0)
    world.store_callback(name, "paid")
    name = world.accept("ada", "local")
    world.start(name, "w1-b")
    world.start(name, "w2-b")
    world.store_reference(name, "w1-b")
    world.start(name, "w3-b")


def attach_a_late_result(world: World) -> None:
    """Poll a failed generation late. Its result is attached without a charge."""
    for state, poll_late in (("failed", True), ("failed", False), ("completed", True)):
        name = world.accept("ada", "paid")
        world.start(name, f"w1-{world.take_number()}")
        world.store_reference(name, f"w1-{world.count}")
        world.settle(name, state, 0, poll_late=poll_late)
        world.enqueue_late()
        [job] = world.claim("paid", "w1", 1) or [""]
        world.store_late_result(name, found=False, again=True, twice=True)
        world.store_late_result(name, found=True, again=False, twice=True)
        if job:
            world.finish("paid", "w1", [job], end=True)


def cancel_as_the_owner(world: World) -> None:
    """Cancel for free before a submit. Afterwards the cancel is noted and a parked poll is due."""
    waits = [world.accept("ada", "paid") for _ in range(2)]
    for name in waits[::-1]:
        world.settle(name, "failed", 0, unsubmitted_only=True)
    name = world.accept("ada", "paid")
    world.claim("paid", "w1", 1)
    world.start(name, "w1-a")
    world.settle(name, "failed", 0, unsubmitted_only=True, twice=True)
    world.store_reference(name, "w1-a")
    world.finish("paid", "w1", [name], end=False, soon=False)
    world.cancel(name, twice=True)
    world.claim("paid", "w2", 1)
    world.start(name, "w2-a")
    world.settle(name, "failed", 0)
    world.cancel(name)


def wake_each_gateway_once(world: World) -> None:
    """Watch from gateways whose names share a prefix. The end wakes each of them once."""
    name = world.accept("ada", waiter="g12")
    for gateway in ("g1", "g2", "g1", "2"):
        world.watch(name, gateway, twice=True)
    world.settle(name)
    world.watch(name, "g3")
    world.settle(name, "failed", 0)


def give_a_job_to_one_worker(world: World) -> None:
    """Claim with several workers. A silent worker's job goes to the next, and its late finish has no effect."""
    names = [world.accept(account) for account in ("bob", "bob", "eve", "eve", "ada")]
    world.claim("local", "w1", 2)
    world.claim("local", "w2", 1)
    world.claim("local", "w2", 4)
    world.claim("local", "w3", 3)
    for job in names[:3]:
        world.expire_lease("local", job)
    world.renew("local", "w1", names)
    world.claim("local", "w3", 2)
    world.finish("local", "w1", names, end=True)
    world.renew("local", "w3", names)
    world.finish("local", "w3", names, end=False, soon=False)
    world.claim("local", "w1", 1)
    world.make_due("local", list(world.model.queues.queued("local")))
    world.claim("local", "w1", 5)


def claim_by_free_slots(world: World) -> None:
    """Claim as many jobs as there are free slots: never more, and never none while some are due."""
    for account in ("bob", "bob", "eve", "eve", "ada"):
        world.accept(account)
    for count in (1, 2):
        world.claim("local", "w1", count)
    for job in list(world.model.queues.leased("local")):
        world.expire_lease("local", job)
    world.claim("local", "w2", 4)


def leave_a_running_job_with_its_worker(world: World) -> None:
    """Enqueue a job again while it runs. No other worker can claim it."""
    name = world.accept("ada")
    world.claim("local", "w1", 3)
    world.drop_keys("local", name, ["payload", "entry"])
    world.make_sweep_due([name])
    world.sweep_and_settle()
    world.claim("local", "w2", 3)
    world.finish("local", "w1", [name], end=False)
    world.claim("local", "w2", 3)


def sweep_lost_jobs(world: World) -> None:
    """Sweep after losses. Lost jobs are enqueued again, the others are untouched, and all generations end."""
    lost, found, waits = world.accept("ada"), world.accept("ada", "paid"), world.accept("ada")
    for losses in (["payload"], ["entry"], ["payload", "entry", "lease", "holder"]):
        world.drop_keys("local", lost, losses)
        world.make_sweep_due([lost, found, waits])
        world.sweep_and_settle()
        world.claim("local", "w1", 3)
    world.settle(lost)


def sweep_past_deadlines(world: World) -> None:
    """Let deadlines pass, also in a backlog. The sweep reports each generation until it is settled."""
    names = [world.accept("ada"), world.accept("ada"), world.accept("bob", "paid")]
    world.start(names[2], "w1-a")
    for name in names:
        world.pass_deadline(name)
    for _ in range(2):
        world.sweep()
        world.make_sweep_due(names)
    world.sweep_and_settle()


def deliver_an_event_to_each_subscribed_endpoint(world: World) -> None:
    """Deliver once to each endpoint of the type. Each attempt counts once, and none after the last."""
    world.create_endpoint("ada", "generation.completed")
    for state in ("completed", "failed"):
        world.settle(world.accept("ada"), state)
        world.settle(world.accept("bob"), state)
    first, second, *others = world.model.deliveries
    world.record_attempt(first, 1, "pending", twice=True)
    world.record_attempt(first, 2, "delivered", "well", twice=True)
    world.record_attempt(first, 3, "dead")
    world.record_attempt(second, 1, "dead", "gone")
    world.settle(world.accept("ada"))
    other = others.pop()
    world.record_attempt(other, 1, "pending")
    world.record_attempt(other, 1, "dead")
    world.record_attempt(other, 1, "delivered", "well", twice=True)
    for name in others:
        world.drop_keys("webhooks", f"deliver:{name}", ["entry"])
    world.sweep_deliveries()
    world.claim("webhooks", "w1", 9)


def limit_the_posts_to_an_endpoint(world: World) -> None:
    """Post once at a time to a new or silent endpoint, four times to a proven one. Each end lets the next one go."""
    endpoint = create_deliveries(world, "ada", 7)[0]
    names = [name for name in world.model.deliveries if name.endswith(endpoint)]
    assert ["pending", "held", "held"] == [world.start_post(name, twice=True) for name in names[:3]]
    world.record_attempt(names[0], 1, "delivered", "well", took_ms=500, twice=True)
    assert ["pending"] * 4 == [world.start_post(name) for name in names[1:5]]
    assert ["held", "held"] == [world.start_post(name) for name in names[5:7]]
    world.record_attempt(names[1], 1, "pending", "ill", silent=True)
    world.record_attempt(names[2], 1, "delivered", "well")
    world.start_post(names[2])
    world.record_attempt(names[3], 1, "delivered", "well", took_ms=20_000)
    world.delete_endpoint("ada", endpoint)
    world.record_attempt(names[4], 1, "dead", "ill", silent=True)
    assert "pending" == world.start_post(names[6])


def post_more_at_once_to_a_fast_endpoint(world: World) -> None:
    """Post sixteen times at once to an endpoint that answers fast."""
    endpoint = create_deliveries(world, "ada", 18)[0]
    first, *names = [name for name in world.model.deliveries if name.endswith(endpoint)]
    world.start_post(first)
    world.record_attempt(first, 1, "delivered", "well", took_ms=250)
    assert ["pending"] * 16 + ["held"] == [world.start_post(name) for name in names]


def hold_the_posts_of_a_silent_endpoint(world: World) -> None:
    """Open a breaker after five posts without an answer. Send one probe when its time is over; an answer closes it."""
    endpoint = create_deliveries(world, "ada", 4)[0]
    first, *names = [name for name in world.model.deliveries if name.endswith(endpoint)]
    for number in range(1, 6):
        assert "pending" == world.start_post(first)
        world.record_attempt(first, number, "pending", "ill", silent=True, twice=True)
    world.claim("webhooks", "w1", 9)
    assert "held" == world.start_post(names[0], twice=True)
    assert "held" == world.start_post(names[1])
    world.pass_breakers()
    assert ["pending", "held"] == [world.start_post(name) for name in names[:2]]
    world.record_attempt(names[0], 1, "pending", "ill", silent=True)
    assert "held" == world.start_post(names[1])
    world.redeliver("ada", endpoint, names[1])
    assert "pending" == world.start_post(names[1])
    world.record_attempt(names[1], 1, "pending", "ill")
    assert "pending" == world.start_post(names[2])


def share_the_posts_to_slow_endpoints(world: World) -> None:
    """Share two slots among new endpoints. A third one waits for the end of another post; a lapsed slot is free."""
    world.create_endpoint("ada", "*")
    mine, other = create_deliveries(world, "ada", 2)
    (theirs,) = create_deliveries(world, "bob", 2)
    names = [next(name for name in world.model.deliveries if name.endswith(one)) for one in (mine, other, theirs)]
    assert ["pending", "pending", "held"] == [world.start_post(name) for name in names]
    world.record_attempt(names[0], 1, "delivered", "well")
    assert "pending" == world.start_post(names[2])
    last = next(name for name in reversed(world.model.deliveries) if name.endswith(other))
    assert "held" == world.start_post(last)
    world.pass_slots()
    assert "pending" == world.start_post(last)


def limit_the_posts_of_an_account(world: World) -> None:
    """Post 24 times at once for an account, to however many endpoints. Each end lets another endpoint go on."""
    for _ in range(2):
        world.create_endpoint("ada", "*")
    endpoints = create_deliveries(world, "ada", 11)
    lists = [[name for name in world.model.deliveries if name.endswith(one)][-11:] for one in endpoints]
    for first, *_ in lists:
        world.start_post(first)
        world.record_attempt(first, 1, "delivered", "well")
    started = [world.start_post(name) for _, *names in lists for name in names]
    assert ["pending"] * 24 + ["held"] * 6 == started
    world.record_attempt(lists[0][1], 1, "delivered", "well")
    assert "held" == world.start_post(lists[2][6])
    assert "pending" == world.start_post(lists[2][5])


def create_deliveries(world: World, account: str, count: int) -> list[str]:
    """Fail generations of an account, and return the endpoints that have at least so many deliveries."""
    for _ in range(count):
        world.settle(world.accept(account, price=0), "failed")
    return list(world.model.accounts[account].endpoints)


def delete_an_endpoint(world: World) -> None:
    """Delete an endpoint. Its pending deliveries end and do not restore it."""
    world.settle(world.accept("ada"))
    [name] = world.model.deliveries
    [endpoint] = world.model.accounts["ada"].endpoints
    world.create_endpoint("ada", "*", twice=True)
    world.create_endpoint("ada", "*")
    world.delete_endpoint("ada", endpoint)
    world.delete_endpoint("ada", endpoint)
    world.record_attempt(name, 1, "dead", "gone")
    world.settle(world.accept("ada"))


def disable_a_failing_endpoint(world: World) -> None:
    """Fail for five days or answer 410. The endpoint is disabled, others are notified, and a replay sends the rest."""
    world.create_endpoint("ada", "*")
    names = [world.accept("ada") for _ in range(3)]
    world.settle(names[0])
    first, other = (f"evt_{names[0]}:{endpoint}" for endpoint in world.model.accounts["ada"].endpoints)
    endpoint = first.partition(":")[2]
    world.record_attempt(first, 1, "pending", "ill", twice=True)
    world.pass_five_days("ada", endpoint)
    world.record_attempt(first, 2, "pending", "")
    world.record_attempt(other, 1, "dead", "ill")
    world.pass_silence("ada", endpoint)
    world.record_attempt(first, 3, "pending", "ill", twice=True)
    world.pass_five_days("ada", endpoint)
    world.record_attempt(first, 4, "pending", "ill", twice=True)
    world.record_attempt(first, 5, "dead", "ill")
    world.settle(names[1], "failed")
    for which in ("failed", "missing"):
        world.replay("ada", endpoint, which)
    world.redeliver("ada", endpoint, first)
    world.enable_endpoint("ada", endpoint, twice=True)
    world.enable_endpoint("bob", endpoint)
    world.replay("ada", endpoint, "missing", twice=True)
    world.replay("ada", endpoint, "failed", twice=True)
    world.replay("bob", endpoint, "failed")
    world.redeliver("ada", endpoint, other)
    world.record_attempt(first, 1, "pending", "ill")
    world.record_attempt(first, 2, "delivered", "well")
    world.record_attempt(f"evt_{names[1]}:{endpoint}", 1, "pending", "ill")
    world.record_attempt(f"evt_{names[1]}:{endpoint}", 2, "dead", "gone")
    world.settle(names[2])
    world.delete_endpoint("ada", endpoint)
    world.create_endpoint("ada", "generation.failed")
    world.replay("ada", list(world.model.accounts["ada"].endpoints)[-1], "missing")


def redeliver_as_the_owner(world: World) -> None:
    """Redeliver an ended or a pending delivery. Only the endpoint's owner may."""
    world.settle(world.accept("ada"))
    [name] = world.model.deliveries
    endpoint = name.partition(":")[2]
    world.claim("webhooks", "w1", 1)
    world.record_attempt(name, 1, "pending", "ill")
    world.redeliver("ada", endpoint, name, twice=True)
    world.finish("webhooks", "w1", [f"deliver:{name}"], end=False, soon=False)
    world.redeliver("ada", endpoint, name, twice=True)
    world.record_attempt(name, 2, "delivered", "well")
    world.redeliver("bob", endpoint, name)
    world.redeliver("ada", endpoint, f"evt_0:{endpoint}")
    world.redeliver("ada", endpoint, name, twice=True)
    world.record_attempt(name, 1, "dead", "ill")
    world.rotate_secret("ada", endpoint, twice=True)
    world.rotate_secret("ada", endpoint)
    world.rotate_secret("bob", endpoint)


def notify_of_a_low_balance_once(world: World) -> None:
    """Order below the threshold. Only the first order notifies, until a top-up exceeds the threshold."""
    world.set_low("ada", 100_000)
    world.accept("ada", "local", 50_000, twice=True)
    name = world.accept("ada", "local", 10_000, twice=True)
    world.settle(name, "failed", 0)
    world.settle(world.accept("ada", "local", 20_000))
    world.top_up("ada", 19_999, "p1")
    world.accept("ada", "local", 1)
    world.top_up("ada", 100_000, "p2")
    world.accept("ada", "paid", 150_000)
    world.set_low("ada", 0, twice=True)
    world.accept("ada", "paid", 10_000)
    world.set_low("ada", 150_000)
    world.accept("ada", payer="quota")
    world.accept("ada", "local", 1)


def open_and_probe_a_breaker(world: World) -> None:
    """Open the breaker: nothing is accepted or submitted. Then one probe goes out, and the others wait."""
    names = [world.accept("bob", "paid"), world.accept("eve", "paid"), world.accept("ada", "paid")]
    world.open_breaker("paid", twice=True)
    world.accept("ada", "paid")
    world.start(names[0], "w1-a")
    world.recover_provider("paid")
    world.start(names[0], "w1-b", twice=True)
    world.start(names[1], "w2-a")
    world.open_breaker("paid")
    world.recover_provider("paid")
    world.start(names[1], "w2-b")
    world.close_breaker("paid")
    world.settle(names[0])
    world.start(names[2], "w3-a")


def keep_outages_of_one_route_apart(world: World) -> None:
    """Open the breaker of one route: others are served. A second one, or proof, closes the provider to all."""
    name = world.accept("bob", "paid")
    world.open_breaker("paid", "other", twice=True)
    world.start(name, "w1-a")
    world.withdraw(name, "w1-a", pause=True)
    world.recover_provider("paid")
    world.start(name, "w1-b")
    world.withdraw(name, "w1-b", refusal="ours", twice=True)
    world.open_breaker("paid", "other")
    world.open_breaker("paid", twice=True)
    world.accept("ada", "paid")
    world.recover_provider("paid")
    world.start(name, "w1-c")
    world.withdraw(name, "w1-c", refusal="ours")
    world.start(name, "w1-d")
    world.open_breaker("paid")
    world.accept("eve", "paid")
    world.close_breaker("paid", "third")
    world.open_breaker("paid", "third", scope="provider", twice=True)
    world.start(name, "w2-a")
    world.close_breaker("paid", "third")
    world.close_breaker("paid")
    world.start(name, "w2-b")
    world.close_breaker("paid", "other")
    world.open_breaker("paid")
    world.recover_provider("paid")
    world.open_breaker("paid", "other")
    world.open_breaker("paid")


def close_a_route_whose_model_is_gone(world: World) -> None:
    """Close the route of a model that is gone. It proves nothing about others, also after its own outage."""
    name = world.accept("bob", "paid")
    world.open_breaker("paid", "other", scope="gone", twice=True)
    world.open_breaker("paid")
    world.recover_provider("paid")
    world.start(name, "w1-a")
    world.open_breaker("paid", scope="gone", twice=True)
    world.accept("ada", "paid")
    world.open_breaker("paid")
    world.recover_provider("paid")
    world.open_breaker("paid")
    world.close_breaker("paid")
    world.close_breaker("paid", "other")


def abandon_a_removed_provider(world: World) -> None:
    """Abandon orders of a provider that was removed. A submit in flight is uncertain, all others stay as they are."""
    queued, asked, accepted = (world.accept("eve", "paid"), world.accept("bob", "paid"), world.accept("ada", "local"))
    world.abandon(queued, "paid", twice=True)
    world.start(asked, "w1-a")
    world.abandon(asked, "local")
    world.abandon(asked, "paid", twice=True)
    world.start(asked, "w2-a")
    world.start(accepted, "w1-b")
    world.store_reference(accepted, "w1-b")
    world.abandon(accepted, "local", twice=True)
    world.store_reference(asked, "w1-a")
    world.settle(asked)


def prefer_a_free_provider(world: World) -> None:
    """Offer several providers. The first free one gets the order, a paused one only if no other is up."""
    busy, served = world.accept("eve", "paid"), world.accept("bob", "local", price=1)
    world.start(busy, "w1-a")
    world.withdraw(busy, "w1-a", pause=True)
    world.settle(world.accept("ada", "paid", others=("local",), twice=True))
    world.start(served, "w2-a")
    world.reroute(served, "w2-a", "paid", reason="busy")
    world.open_breaker("local")
    world.settle(world.accept("ada", "local", others=("paid",), twice=True))
    world.reroute(served, "w2-a", "paid", reason="down", pause=True, twice=True)
    world.open_breaker("paid")
    world.accept("ada", "paid", others=("local",))


def use_up_the_daily_quota(world: World) -> None:
    """Order by quota. Only a failure returns the unit; past the quota an order is charged or refused."""
    for account in ("ada", GUEST):
        names = [world.accept(account, payer="quota", twice=True) for _ in range(SMALL_DAY)]
        world.accept(account, payer="quota")
        world.settle(names[0], "completed", twice=True)
        world.accept(account, payer="quota")
        if names[1]:
            world.settle(names[1], "failed", twice=True)
        world.settle(world.accept(account, payer="quota"))
    names = [world.accept("bob", payer="quota", price=100_000) for _ in range(3)]
    world.settle(names[1], "failed", 0)


def reach_the_bounds_of_a_day(world: World) -> None:
    """Order by quota and fail. Each order is an attempt, and past the attempts or our money all are refused."""
    for account in (GUEST, "ada"):
        attempts = world.model.accounts[account].plan.daily_attempts
        for _ in range(attempts):
            world.settle(world.accept(account, payer="quota", twice=True), "failed", 0)
        world.accept(account, payer="quota", twice=True)
    for _ in range(3):
        for account in ("bob", "eve"):
            name = world.accept(account, payer="quota", price=1)
            world.settle(name, "failed", 0) if name else None
    world.accept("ada")


def reach_the_requests_of_a_day(world: World) -> None:
    """Order above the balance. Each refusal is a request, and past the requests even an order with money is refused."""
    for _ in range(REQUESTS_MAX - 1):
        world.accept("bob", price=10**9)
    world.settle(world.accept("bob"))
    world.accept("bob", twice=True)


def hold_a_generation_until_its_uploads_are_stored(world: World) -> None:
    """Order with uploads. No worker gets the generation until its release, and its uploads are deleted at the end."""
    name, canceled, waits = (world.accept("ada", uploads=f"{word}-0 {word}-1", twice=True) for word in "abc")
    world.claim("local", "w1", 3)
    world.release(name, twice=True)
    world.claim("local", "w1", 3)
    world.settle(canceled, "failed", 0)
    world.release(canceled, twice=True)
    world.settle(name, twice=True)
    world.claim("local", "w1", 3)
    world.release(waits)
    world.claim("local", "w1", 3)
    world.release("00000000-0000-7000-8000-999999999999")


def credit_a_settled_generation_once(world: World) -> None:
    """Credit a generation that ended and cost something: once, at most its cost, and with a ledger entry."""
    name = world.accept("ada", price=50_000)
    world.credit(name)
    world.settle(name, "completed", 30_000)
    world.credit(name, 30_001)
    world.credit(name, 20_000, twice=True)
    world.credit(name, 10_000)
    world.credit(name)
    whole = world.accept("bob", price=40_000)
    world.settle(whole)
    world.credit(whole, twice=True)
    for price, state in ((0, "completed"), (10_000, "failed")):
        free = world.accept("eve", price=price)
        world.settle(free, state, 0)
        world.credit(free)
    world.credit("00000000-0000-7000-8000-999999999999")


def retry_as_an_operator(world: World) -> None:
    """Retry. A queued job is due with fresh counts; a generation that a provider may have is untouched."""
    name = world.accept("ada", "paid")
    world.claim("paid", "w1", 1)
    world.retry(name)
    world.start(name, "w1-a")
    world.retry(name)
    world.withdraw(name, "w1-a")
    world.finish("paid", "w1", [name], end=False, soon=False, clean=False)
    world.retry(name, twice=True)
    world.drop_keys("paid", name, ["payload", "entry"])
    world.retry(name)
    world.start(name, "w1-b")
    world.time_out_submit(name)
    world.start(name, "w2-b")
    world.retry(name)
    world.store_reference(name, "w1-b")
    world.retry(name)
    waits = world.accept("ada", "paid")
    world.retry(waits, twice=True)
    world.settle(name)
    world.retry(name)
    for account in ("bob", "eve"):
        world.accept(account, "paid")
    waits = world.accept("bob", "paid")
    world.raise_limit("paid", 9)
    world.retry(waits)
    world.retry("00000000-0000-7000-8000-999999999999")


def resolve_an_uncertain_generation(world: World) -> None:
    """Resolve generations. The verb refuses those that are not uncertain."""
    name = world.accept("ada", "paid")
    world.settle(name, "failed", 0, uncertain_only=True)
    world.start(name, "w1-a")
    world.settle(name, "completed", uncertain_only=True)
    world.time_out_submit(name)
    world.start(name, "w2-a")
    world.settle(name, "completed", uncertain_only=True, twice=True)
    world.settle(name, "failed", 0, uncertain_only=True)
    for uncertain_only in (True, False):
        name = world.accept("ada", "paid")
        world.start(name, f"w1-{uncertain_only}")
        world.time_out_submit(name)
        world.start(name, f"w2-{uncertain_only}")
        world.settle(name, "failed", 0, uncertain_only=uncertain_only)


def pause_a_provider(world: World) -> None:
    """Pause a provider. It gets no submits, but its running generations are still polled."""
    name, other = world.accept("bob", "paid"), world.accept("eve", "paid")
    world.start(name, "w1-a")
    world.set_mode("paid", "pause", twice=True)
    world.accept("ada", "paid", others=("local",))
    world.store_reference(name, "w1-a")
    world.start(name, "w1-b")
    world.start(other, "w2-a")
    world.open_breaker("paid")
    world.start(other, "w2-b")
    world.close_breaker("paid")
    world.set_mode("paid", "")
    world.start(other, "w2-c")


def drain_a_provider(world: World) -> None:
    """Drain a provider. It gets no orders and no reroutes; its running generations continue."""
    name = world.accept("bob", "paid")
    world.set_mode("paid", "drain", twice=True)
    world.accept("ada", "paid")
    world.accept("ada", "paid", others=("local",))
    world.start(name, "w1-a")
    other = world.accept("eve", "local")
    world.start(other, "w2-a")
    world.reroute(other, "w2-a", "paid")
    world.store_reference(name, "w1-a")
    world.settle(name)
    world.set_mode("paid", "")
    world.accept("ada", "paid")


def list_dead_deliveries(world: World) -> None:
    """Let a delivery die. It is listed as dead until it is redelivered."""
    world.settle(world.accept("ada"))
    name = next(iter(world.model.deliveries))
    world.record_attempt(name, 1, "dead", "ill", twice=True)
    world.redeliver("ada", name.rpartition(":")[2], name)


SCENARIOS = tuple(
    scenario
    for scenario in list(globals().values())
    if callable(scenario) and getattr(scenario, "__module__", "") == __name__ and scenario is not create_deliveries
)
