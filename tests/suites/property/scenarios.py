"""Directed histories: each walks one part of the verbs to its corners. The world checks every step by itself.

A scenario only says what is done; what must come of it is in the books and the laws.
"""

from tests.suites.property.books import ANYTHING, Order
from tests.suites.property.passing import Passing as World
from tests.suites.property.world import GUEST, KEYS_MAX

SMALL_WAITS, SMALL_DAY = 3, 2  # ada's plan: one at once, three waiting, two a day
FULL = 2  # what fits on the queue of `paid`


def a_generation_is_paid_once(world: World) -> None:
    """Settled in full, in part, at no cost; a second settlement moves nothing, whoever comes with it."""
    for cost in (None, 5_000, 0):
        name = world.accept("ada", price=10_000, twice=True)
        world.settle(name, "completed", cost, twice=True)
        world.settle(name, "failed", 0)
    name = world.accept("ada", price=0)
    world.settle(name, "failed")
    world.settle_at_once(world.accept("bob"))
    world.settle("00000000-0000-7000-8000-999999999999", "failed", 0)


def no_cost_is_outside_the_reservation(world: World) -> None:
    """More than was reserved, and less than nothing, is refused; the generation stays open."""
    name = world.accept("ada", price=10_000)
    world.settle(name, "completed", 10_001)
    world.settle(name, "completed", -1)
    world.settle(name, "completed", 10_000)


def the_balance_is_the_limit(world: World) -> None:
    """What the balance does not pay for is refused, to the last micro-dollar; a top-up counts once per reference."""
    for price in (150_001, 149_999, 2, 1, 1):
        world.accept("bob", price=price)
    world.top_up("bob", 5, "p1", twice=True)
    world.top_up("bob", 5, "p1")
    world.accept("bob", price=6)
    world.accept("bob", price=5)
    world.top_up("bob", 10**15, "p2")
    world.top_up("nobody", 5, "p1")


def an_idempotency_key_orders_once(world: World) -> None:
    """A replay is free and answers the first order, also on an empty balance; another body is refused."""
    name = world.accept("bob", price=150_000, replay="k1", body="b1", twice=True)
    world.accept("bob", price=150_000, replay="k1", body="b1")
    world.accept("bob", price=1, replay="k1", body="b2")
    world.settle(name, "failed", 0)
    world.accept("bob", price=150_000, replay="k1", body="b1")
    world.accept("eve", price=150_000, replay="k1", body="b1")


def an_order_with_a_known_id_is_that_order(world: World) -> None:
    """The same id again, even much later, charges nothing."""
    key = next(iter(world.books.accounts["ada"].keys.values()))
    name = world.accept("ada")
    world.settle(name)
    world.order(Order(id=name, key=key, price=10_000, provider="local"))


def an_account_asked_for_again_is_the_same(world: World) -> None:
    """Nothing of an account changes when the answer to its making was lost and it is asked for again, even late."""
    world.accept("ada")
    world.verb(["created", ANYTHING], "create_account", "ada", "Ada", "small")
    world.check()


def a_payment_and_an_order_share_no_key(world: World) -> None:
    """An Idempotency-Key that looks like a payment's reference has nothing to do with it."""
    world.accept("ada", replay="top-up:p1", body="b1")
    world.top_up("ada", 5, "p1")
    world.top_up("ada", 5, "p2")
    world.accept("ada", replay="top-up:p2", body="b1")


def keys_are_few_and_end_at_once(world: World) -> None:
    """Up to a number of active keys; a revoked one orders nothing."""
    for _ in range(KEYS_MAX):
        world.create_key("ada", twice=True)
    keys = dict(world.books.accounts["ada"].keys)
    for name, hashed in keys.items():
        world.revoke_key("ada", name, twice=True)
        world.accept("ada", key=hashed)
    world.create_key("ada")
    world.accept("ada")


def a_backlog_moves_up_in_order(world: World) -> None:
    """What is too much waits, past that it is refused; each end, also of one that waits, lets the next one on."""
    names = [world.accept("ada", price=1) for _ in range(SMALL_WAITS + 2)]
    world.accept("ada", "paid")
    first, second, third, fourth, refused = names
    world.settle(third, "failed", 0, guarded=True)
    for name in (first, second, fourth):
        world.settle(name)
    assert not refused


def a_full_provider_makes_everybody_wait(world: World) -> None:
    """A provider's own limit holds over all accounts, and every place that falls vacant is given away."""
    held = [world.accept(account, "paid", price=1) for account in ("bob", "bob", "ada", "eve", "eve", "bob", "ada")]
    for name in held:
        world.settle(name)


def accounts_take_turns(world: World) -> None:
    """Of two accounts that wait, each gets every other place."""
    world.accept("ada", "paid", price=1)
    order = [world.accept(account, "paid", price=1) for account in ("bob", "bob", "bob", "bob", "eve", "eve")]
    queue = world.books.queues.on("paid")
    world.settle(order[0])
    assert order[1] in queue, "bob waited first"
    world.settle(order[1])
    assert order[4] in queue, "then it is eve's turn"
    world.settle(order[4])
    assert order[2] in queue, "and bob's again"


def a_vacant_place_is_for_who_waited(world: World) -> None:
    """A new place goes to the account in front, not to whoever orders next; a lost job makes none."""
    first, _, waits = [world.accept(account, "paid", price=1) for account in ("bob", "bob", "eve")]
    world.lose("paid", first, ["place", "payload"])
    world.raise_limit("paid", FULL + 1)
    world.accept("ada", "paid", price=1)
    assert waits in world.books.queues.on("paid"), "eve waited"


def a_late_look_takes_nobodys_place(world: World) -> None:
    """A look at a refunded generation is on the queue of a full provider, and the next order does not wait for it."""
    name, other = world.accept("ada", "paid"), world.accept("bob", "paid")
    world.start(name, "w1-a")
    world.submitted(name, "w1-a")
    world.settle(name, "failed", 0)
    world.hand_out_late()
    assert world.accept("eve", "paid") in world.books.queues.on("paid"), "there is room"
    world.settle(other)


def a_submit_is_permitted_once(world: World) -> None:
    """A second worker waits, then gives up as uncertain; a reference that turns up late is followed all the same."""
    name = world.accept("ada", "paid")
    world.start(name, "w1-a", twice=True)
    world.start(name, "w2-a")
    world.patience_passes(name)
    world.claim("paid", "w2", 1)
    world.start(name, "w2-b", twice=True)
    world.start(name, "w3-a")
    world.finish("paid", "w2", [name], end=False, soon=False)
    world.submitted(name, "w1-a", twice=True)
    world.start(name, "w3-b")
    world.settle(name)
    world.start(name, "w1-b")


def a_refused_submit_is_tried_again(world: World) -> None:
    """Only the worker whose submit was refused takes it back, once; its second word does not touch the next submit."""
    name = world.accept("ada", "paid")
    world.start(name, "w1-a")
    world.withdraw(name, "w1-a", twice=True)
    world.start(name, "w2-a")
    world.withdraw(name, "w1-a")
    world.start(name, "w3-a")
    world.withdraw(name, "w2-a", pause=True)
    world.start(name, "w3-b")
    world.provider_recovers("paid")
    world.start(name, "w3-c")


def a_put_off_submit_that_is_canceled_is_not_sent_again(world: World) -> None:
    """A provider's no ends what its owner wanted stopped meanwhile: it is neither submitted nor handed on again."""
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
    world.submitted(name, "w1-c")
    world.start(name, "w2-c")


def a_stale_no_pauses_only_who_said_it(world: World) -> None:
    """A provider that the generation was taken from does not pause the one that has it now."""
    name = world.accept("ada", "local")
    world.start(name, "w1-a")
    world.start(name, "w2-a")
    world.reroute(name, "w2-a", "paid")
    world.withdraw(name, "w1-a", pause=True)
    world.start(name, "w3-a")
    world.start(world.accept("bob", "local"), "w1-b")


def another_provider_takes_over(world: World) -> None:
    """A refused generation moves on with its price and its place in the account; a stale word does not move it."""
    world.accept("ada", "paid", price=1)
    name, other = world.accept("eve", "paid"), world.accept("bob", "paid")
    world.claim("paid", "w1", 2)
    world.start(name, "w1-a", twice=True)
    world.reroute(name, "w2-a", "local")
    world.reroute(name, "w1-a", "local", twice=True)
    world.finish("paid", "w1", [name], end=True)
    world.start(name, "w2-b")
    world.submitted(name, "w2-b")
    world.reroute(name, "w2-b", "paid")
    world.start(other, "w1-c")
    world.reroute(other, "w1-c", "paid")
    world.settle(name)


def a_stale_worker_of_another_provider_has_no_say(world: World) -> None:
    """Who is late with a job that moved on neither submits nor reports, be it waiting, running or closed elsewhere."""
    for account in ("bob", "bob"):
        world.accept(account, "paid", price=1)
    name = world.accept("ada", "local", price=100_000)
    world.start(name, "w1-a")
    world.start(name, "w2-a")
    world.reroute(name, "w2-a", "paid")
    world.submitted(name, "w1-a", twice=True)
    world.start(name, "w3-a", at="local")
    world.settle(name, "failed", 0)
    for other in list(world.books.active[("bob", "paid")]):
        world.settle(other)
    world.settle(name, "failed", 0)
    name = world.accept("eve", "local")
    world.start(name, "w1-b")
    world.reroute(name, "w1-b", "paid")
    world.start(name, "w2-b", at="local")
    world.start(name, "w3-b")


def a_provider_calls(world: World) -> None:
    """A callback makes a parked look due, settles a doubt at once, and is kept for who finds no reference."""
    name = world.accept("ada", "paid")
    world.callback(name, "local")
    world.claim("paid", "w1", 1)
    world.start(name, "w1-a")
    world.callback(name, "paid", twice=True)
    world.start(name, "w2-a", twice=True)
    world.submitted(name, "w1-a", twice=True)
    world.finish("paid", "w1", [name], end=False, soon=False)
    world.callback(name, "paid", twice=True)
    world.claim("paid", "w2", 1)
    world.settle(name, "failed", 0)
    world.callback(name, "paid")
    world.callback("00000000-0000-7000-8000-999999999999", "paid")


def a_fact_comes_late(world: World) -> None:
    """A reference that comes after the end is kept, after a refund looked at once; one that comes while it waits for a
    retry is followed.
    """
    for state, called in (("failed", False), ("failed", True), ("completed", True)):
        name = world.accept("ada", "paid")
        world.start(name, f"w1-{state}")
        world.settle(name, state, 0)
        if called:
            world.callback(name, "paid", twice=True)
        world.submitted(name, f"w1-{state}", twice=True)
        world.looked(name, found=False, again=False)
        world.submitted(name, f"w1-{state}")
        world.callback(name, "paid")
        world.looked(name, found=True, again=True, twice=True)
    name = world.accept("ada", "paid")
    world.settle(name, "failed", 0)
    world.callback(name, "paid")
    name = world.accept("ada", "local")
    world.start(name, "w1-b")
    world.start(name, "w2-b")
    world.submitted(name, "w1-b")
    world.start(name, "w3-b")


def a_result_after_the_refund_is_free(world: World) -> None:
    """A failed generation that a provider has is looked at again, and its result attached without a charge."""
    for state, looks_later in (("failed", True), ("failed", False), ("completed", True)):
        name = world.accept("ada", "paid")
        world.start(name, f"w1-{world.number()}")
        world.submitted(name, f"w1-{world.count}")
        world.settle(name, state, 0, looks_later=looks_later)
        world.hand_out_late()
        [job] = world.claim("paid", "w1", 1) or [""]
        world.looked(name, found=False, again=True, twice=True)
        world.looked(name, found=True, again=False, twice=True)
        if job:
            world.finish("paid", "w1", [job], end=True)


def an_owner_cancels(world: World) -> None:
    """Free while no provider can have it; afterwards it is noted, and a parked look is made due."""
    waits = [world.accept("ada", "paid") for _ in range(2)]
    for name in waits[::-1]:
        world.settle(name, "failed", 0, guarded=True)
    name = world.accept("ada", "paid")
    world.claim("paid", "w1", 1)
    world.start(name, "w1-a")
    world.settle(name, "failed", 0, guarded=True, twice=True)
    world.submitted(name, "w1-a")
    world.finish("paid", "w1", [name], end=False, soon=False)
    world.cancel(name, twice=True)
    world.claim("paid", "w2", 1)
    world.start(name, "w2-a")
    world.settle(name, "failed", 0)
    world.cancel(name)


def gateways_are_woken_once(world: World) -> None:
    """Each gateway that waits is told of the end once, whatever its name begins with."""
    name = world.accept("ada", waiter="g12")
    for gateway in ("g1", "g2", "g1", "2"):
        world.watch(name, gateway, twice=True)
    world.settle(name)
    world.watch(name, "g3")
    world.settle(name, "failed", 0)


def a_job_has_one_worker(world: World) -> None:
    """Nobody gets what another holds; a silent worker's job goes to the next, and its last word counts nothing."""
    names = [world.accept(account) for account in ("bob", "bob", "eve", "eve", "ada")]
    world.claim("local", "w1", 2)
    world.claim("local", "w2", 1)
    world.claim("local", "w2", 4)
    world.claim("local", "w3", 3)
    for job in names[:3]:
        world.lease_passes("local", job)
    world.renew("local", "w1", names)
    world.claim("local", "w3", 2)
    world.finish("local", "w1", names, end=True)
    world.renew("local", "w3", names)
    world.finish("local", "w3", names, end=False, soon=False)
    world.claim("local", "w1", 1)
    world.parking_passes("local", list(world.books.queues.on("local")))
    world.claim("local", "w1", 5)


def a_claim_hands_out_what_was_asked_for(world: World) -> None:
    """One free slot takes one job, two take two: never more, and never none while some are due."""
    for account in ("bob", "bob", "eve", "eve", "ada"):
        world.accept(account)
    for count in (1, 2):
        world.claim("local", "w1", count)
    for job in list(world.books.queues.leased("local")):
        world.lease_passes("local", job)
    world.claim("local", "w2", 4)


def a_running_job_that_is_due_stays_with_its_worker(world: World) -> None:
    """A job that was put back while it runs is not handed out a second time."""
    name = world.accept("ada")
    world.claim("local", "w1", 3)
    world.lose("local", name, ["payload", "place"])
    world.looks_fall_due([name])
    world.sweep_and_settle()
    world.claim("local", "w2", 3)
    world.finish("local", "w1", [name], end=False)
    world.claim("local", "w2", 3)


def what_was_lost_is_found(world: World) -> None:
    """A generation without a job is put back, one that waits or has a job is left alone, and all end."""
    lost, found, waits = world.accept("ada"), world.accept("ada", "paid"), world.accept("ada")
    for losses in (["payload"], ["place"], ["payload", "place", "lease", "holder"]):
        world.lose("local", lost, losses)
        world.looks_fall_due([lost, found, waits])
        world.sweep_and_settle()
        world.claim("local", "w1", 3)
    world.settle(lost)


def a_deadline_ends_it(world: World) -> None:
    """Past its deadline a generation is named until it is settled, also one that waits."""
    names = [world.accept("ada"), world.accept("ada"), world.accept("bob", "paid")]
    world.start(names[2], "w1-a")
    for name in names:
        world.deadline_passes(name)
    for _ in range(2):
        world.sweep()
        world.looks_fall_due(names)
    world.sweep_and_settle()


def an_event_reaches_each_endpoint_that_wants_it(world: World) -> None:
    """One delivery for each endpoint of that type, each attempt counted once, none after the last."""
    world.create_endpoint("ada", "generation.completed")
    for state in ("completed", "failed"):
        world.settle(world.accept("ada"), state)
        world.settle(world.accept("bob"), state)
    first, second, *others = world.books.deliveries
    world.attempt(first, 1, "pending", twice=True)
    world.attempt(first, 2, "delivered", "well", twice=True)
    world.attempt(first, 3, "dead")
    world.attempt(second, 1, "dead", "gone")
    world.settle(world.accept("ada"))
    other = others.pop()
    world.attempt(other, 1, "pending")
    world.attempt(other, 1, "dead")
    world.attempt(other, 1, "delivered", "well", twice=True)
    for name in others:
        world.lose("webhooks", f"deliver:{name}", ["place"])
    world.sweep_deliveries()
    world.claim("webhooks", "w1", 9)


def a_deleted_endpoint_stays_deleted(world: World) -> None:
    """What is on its way to it ends, and does not bring it back."""
    world.settle(world.accept("ada"))
    [name] = world.books.deliveries
    [endpoint] = world.books.accounts["ada"].endpoints
    world.create_endpoint("ada", "*", twice=True)
    world.create_endpoint("ada", "*")
    world.delete_endpoint("ada", endpoint)
    world.delete_endpoint("ada", endpoint)
    world.attempt(name, 1, "dead", "gone")
    world.settle(world.accept("ada"))


def an_endpoint_that_fails_for_long_is_switched_off(world: World) -> None:
    """Five days without a success, or a Gone, switch it off and tell the others; what it missed is posted later."""
    world.create_endpoint("ada", "*")
    names = [world.accept("ada") for _ in range(3)]
    world.settle(names[0])
    first, other = (f"evt_{names[0]}:{endpoint}" for endpoint in world.books.accounts["ada"].endpoints)
    endpoint = first.partition(":")[2]
    world.attempt(first, 1, "pending", "ill", twice=True)
    world.five_days_pass("ada", endpoint)
    world.attempt(first, 2, "pending", "")
    world.attempt(other, 1, "dead", "ill")
    world.a_long_silence_passes("ada", endpoint)
    world.attempt(first, 3, "pending", "ill", twice=True)
    world.five_days_pass("ada", endpoint)
    world.attempt(first, 4, "pending", "ill", twice=True)
    world.attempt(first, 5, "dead", "ill")
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
    world.attempt(first, 1, "pending", "ill")
    world.attempt(first, 2, "delivered", "well")
    world.attempt(f"evt_{names[1]}:{endpoint}", 1, "pending", "ill")
    world.attempt(f"evt_{names[1]}:{endpoint}", 2, "dead", "gone")
    world.settle(names[2])
    world.delete_endpoint("ada", endpoint)
    world.create_endpoint("ada", "generation.failed")
    world.replay("ada", list(world.books.accounts["ada"].endpoints)[-1], "missing")


def a_delivery_is_posted_once_more(world: World) -> None:
    """Its owner may have it posted again, however it ended, and sooner while it waits; nobody else may."""
    world.settle(world.accept("ada"))
    [name] = world.books.deliveries
    endpoint = name.partition(":")[2]
    world.claim("webhooks", "w1", 1)
    world.attempt(name, 1, "pending", "ill")
    world.redeliver("ada", endpoint, name, twice=True)
    world.finish("webhooks", "w1", [f"deliver:{name}"], end=False, soon=False)
    world.redeliver("ada", endpoint, name, twice=True)
    world.attempt(name, 2, "delivered", "well")
    world.redeliver("bob", endpoint, name)
    world.redeliver("ada", endpoint, f"evt_0:{endpoint}")
    world.redeliver("ada", endpoint, name, twice=True)
    world.attempt(name, 1, "dead", "ill")
    world.rotate_secret("ada", endpoint, twice=True)
    world.rotate_secret("ada", endpoint)
    world.rotate_secret("bob", endpoint)


def a_low_balance_is_told_once(world: World) -> None:
    """An order that takes the balance below the threshold is told; none after it, until a top-up goes above it."""
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


def an_outage_stops_submits(world: World) -> None:
    """While a provider is down nothing is accepted or submitted; then one probe goes out, and the others wait."""
    names = [world.accept("bob", "paid"), world.accept("eve", "paid"), world.accept("ada", "paid")]
    world.down("paid", twice=True)
    world.accept("ada", "paid")
    world.start(names[0], "w1-a")
    world.provider_recovers("paid")
    world.start(names[0], "w1-b", twice=True)
    world.start(names[1], "w2-a")
    world.down("paid")
    world.provider_recovers("paid")
    world.start(names[1], "w2-b")
    world.up("paid")
    world.settle(names[0])
    world.start(names[2], "w3-a")


def a_free_provider_goes_first(world: World) -> None:
    """Of several the first that is free takes it; one that is paused only if it must; none while all are down."""
    busy, served = world.accept("eve", "paid"), world.accept("bob", "local", price=1)
    world.start(busy, "w1-a")
    world.withdraw(busy, "w1-a", pause=True)
    world.settle(world.accept("ada", "paid", others=("local",), twice=True))
    world.start(served, "w2-a")
    world.reroute(served, "w2-a", "paid", said="busy")
    world.down("local")
    world.settle(world.accept("ada", "local", others=("paid",), twice=True))
    world.reroute(served, "w2-a", "paid", said="down", pause=True, twice=True)
    world.down("paid")
    world.accept("ada", "paid", others=("local",))


def a_day_has_so_many_places(world: World) -> None:
    """A place is taken at accept and given back on failure alone; past the day's it costs, or is refused."""
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


def an_operator_gives_money_back_once(world: World) -> None:
    """A credit is of what has ended and cost something, once, and never more than it cost; the books take it in."""
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


def an_operator_retries_only_what_no_provider_may_have(world: World) -> None:
    """What waits is due at once and starts counting anew; what may be with a provider is left alone."""
    name = world.accept("ada", "paid")
    world.claim("paid", "w1", 1)
    world.retry(name)
    world.start(name, "w1-a")
    world.retry(name)
    world.withdraw(name, "w1-a")
    world.finish("paid", "w1", [name], end=False, soon=False, clean=False)
    world.retry(name, twice=True)
    world.lose("paid", name, ["payload", "place"])
    world.retry(name)
    world.start(name, "w1-b")
    world.patience_passes(name)
    world.start(name, "w2-b")
    world.retry(name)
    world.submitted(name, "w1-b")
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


def an_operator_resolves_only_a_doubt(world: World) -> None:
    """A generation that nobody is in doubt about is not resolved."""
    name = world.accept("ada", "paid")
    world.settle(name, "failed", 0, doubted=True)
    world.start(name, "w1-a")
    world.settle(name, "completed", doubted=True)
    world.patience_passes(name)
    world.start(name, "w2-a")
    world.settle(name, "completed", doubted=True, twice=True)
    world.settle(name, "failed", 0, doubted=True)
    for doubted in (True, False):
        name = world.accept("ada", "paid")
        world.start(name, f"w1-{doubted}")
        world.patience_passes(name)
        world.start(name, f"w2-{doubted}")
        world.settle(name, "failed", 0, doubted=doubted)


def an_operator_pauses_a_provider(world: World) -> None:
    """While a provider is paused nothing is submitted to it, and what it has is looked at."""
    name, other = world.accept("bob", "paid"), world.accept("eve", "paid")
    world.start(name, "w1-a")
    world.set_mode("paid", "pause", twice=True)
    world.accept("ada", "paid", others=("local",))
    world.submitted(name, "w1-a")
    world.start(name, "w1-b")
    world.start(other, "w2-a")
    world.down("paid")
    world.start(other, "w2-b")
    world.up("paid")
    world.set_mode("paid", "")
    world.start(other, "w2-c")


def an_operator_drains_a_provider(world: World) -> None:
    """A drained provider gets no new order and nothing that another one hands on; what it has goes on."""
    name = world.accept("bob", "paid")
    world.set_mode("paid", "drain", twice=True)
    world.accept("ada", "paid")
    world.accept("ada", "paid", others=("local",))
    world.start(name, "w1-a")
    other = world.accept("eve", "local")
    world.start(other, "w2-a")
    world.reroute(other, "w2-a", "paid")
    world.submitted(name, "w1-a")
    world.settle(name)
    world.set_mode("paid", "")
    world.accept("ada", "paid")


def what_was_given_up_is_listed_until_it_begins_anew(world: World) -> None:
    """A delivery that is dead stands among the dead, and leaves them when it is posted again."""
    world.settle(world.accept("ada"))
    name = next(iter(world.books.deliveries))
    world.attempt(name, 1, "dead", "ill", twice=True)
    world.redeliver("ada", name.rpartition(":")[2], name)


SCENARIOS = tuple(
    scenario
    for scenario in list(globals().values())
    if callable(scenario) and getattr(scenario, "__module__", "") == __name__
)
