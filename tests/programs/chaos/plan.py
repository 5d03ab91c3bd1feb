"""The plan of a run, from one seed: the orders with their times, and the faults with their targets."""

from random import Random

from msgspec import Struct

RATE_PER_S = 28  # orders
QUIET_S = 1.5  # at the start, before the first fault
STARTING_S = 4.0  # no fault hits a process this soon after its start
PARTITIONED = 0.2  # partitions for each other fault
LONG_S = 60.0  # a load of this length also covers late results, a minute after a timeout

# Instructions to the provider: their share, and the end of the generation if no fault interferes.
BEHAVIOURS = {
    "a boat": (40, "completed"),
    "polls=3": (14, "completed"),
    "polls=4 wait=0.4": (10, "completed"),
    "polls=2 wait=1.5": (6, "completed"),
    "busy": (6, "completed"),
    "fail": (5, "provider_failed"),
    "refuse": (5, "content_policy"),
    "hangup-after": (2, "outcome_unknown"),
    "hangup-after call=once": (2, "completed"),
    "hangup-after call=forged": (1, "outcome_unknown"),
    "hangup-after call=late": (1, "outcome_unknown"),
    "polls=2 wait=3 call=once": (4, "completed"),
    "polls=2 wait=3 call=twice": (3, "completed"),
    "polls=1 wait=3 call=early": (3, "completed"),
    "polls=2 wait=1 call=forged": (2, "completed"),
    "polls=3 wait=1 call=late": (2, "completed"),
    "hangup-before": (3, "outcome_unknown"),
    "garbage": (2, "outcome_unknown"),
    "garbage call=twice": (2, "completed"),
    "slow": (2, "outcome_unknown"),
    "stuck": (2, "timeout"),
}
DOWN, LATE = "down", "polls=2 wait=60"  # an outage for every generation; a result after the timeout
BUSY_MODEL = "chaos/odd-busy"
ODD = 0.1  # of the orders: their model and behaviour, all equally frequent
ODDITIES = (
    *(("chaos/odd", f"odd={word}") for word in ("html", "cut", "surrogate", "huge", "nan", "emoji", "half", "none")),
    *(("chaos/odd", "a boat"), (BUSY_MODEL, "a busy model"), ("chaos/odd-forbidden", "a forbidden model")),
)
MODELS = {"chaos/paid": 58, "chaos/video": 10, "chaos/either": 8, "chaos/image": 18, "chaos/free": 6}
WOKGEN = 0.3  # of the orders
WOKGEN_WAIT_S = 3
CALLS = {"generate": 50, "text": 10, "voice": 8, "music": 8, "enhance": 10, "upscale": 7, "interrogate": 7}
EVERYTHING = "everything"
TARGETS = {
    "gateway": 2,
    "gateway-2": 2,
    "run-paid": 4,
    "run-paid-2": 4,
    "run-kinds": 2,
    "run-kinds-2": 2,
    "run-odd": 2,
    "deliver": 3,
    "sweep": 1,
    "archive": 2,
}
DATABASE, DATABASE_EVERY_S = "database", 12.0  # PostgreSQL is killed so often
SHIFTS_S = (0, -2, 90, -86_400)  # how far the clocks of processes are wrong
PARTITIONS = ("silence", "strand", "cut")  # see Fault
PAUSED = {**TARGETS, "run-paid": 8, "run-paid-2": 8}  # two workers on one generation: the hardest case for the ledger


class Buyer(Struct, frozen=True, kw_only=True):
    """A customer: its share of the orders, its money and its limits."""

    weight: int
    cents: int = 10_000_000
    concurrency: int = 1000
    backlog_max: int = 1000


BUYERS = (
    *(Buyer(weight=16) for _ in range(5)),
    *(Buyer(weight=7, concurrency=3, backlog_max=30) for _ in range(2)),
    Buyer(weight=6, cents=400),  # runs out of money, and tops up a little now and then
)


class Order(Struct, frozen=True, kw_only=True):
    """One generation that a client orders. Times are seconds after the start."""

    number: int
    at_s: float
    buyer: int
    model: str
    behaviour: str
    call: str = ""  # one of WokGen's seven; empty: WOWFLOW's one
    provider: str = "paid"  # for the calls of WokGen that have a choice
    detached: bool = False  # WokGen's `async`
    key: str = ""  # Idempotency-Key; an order that has one is sent until there is a response
    twin: bool = False  # sent twice at once
    wait_s: int = 0
    cancel_after_s: float | None = None

    @property
    def prompt(self) -> str:
        """Return the prompt, which instructs the provider and identifies the order in the store."""
        return f"order {self.number}: {self.behaviour}"


class Fault(Struct, frozen=True, kw_only=True):
    """One fault: kill (SIGKILL), stop (SIGTERM) or pause (SIGSTOP). It ends after `for_s` with a restart or SIGCONT.

    Partitions hit the connections to the store, without FIN or RST. `silence` passes everything on late. `strand` never
    does, and new connections work at once. `cut` allows neither, and resets all connections at the end.
    """

    at_s: float
    action: str
    target: str
    for_s: float


class Plan(Struct, frozen=True, kw_only=True):
    """A whole run. `shifts_s` has the error of each process's clock; the store's is right."""

    seed: int
    load_s: float
    shifts_s: dict[str, int]
    orders: tuple[Order, ...]
    faults: tuple[Fault, ...]


def make_plan(seed: int, count: int, load_s: float | None = None) -> Plan:
    """Plan `count` orders over `load_s` seconds, and the faults meanwhile. Equal arguments give equal plans."""
    load_s = count / RATE_PER_S if load_s is None else load_s
    return Plan(
        seed=seed,
        load_s=load_s,
        shifts_s=_plan_shifts(Random(f"{seed} clocks")),
        orders=tuple(_plan_orders(Random(f"{seed} wishes"), count, load_s)),
        faults=tuple(_plan_faults(Random(f"{seed} strikes"), load_s)),
    )


def _plan_shifts(dice: Random) -> dict[str, int]:
    """Plan the clocks of all processes: each shift occurs at least twice."""
    shifts = [SHIFTS_S[number % len(SHIFTS_S)] for number in range(len(TARGETS))]
    dice.shuffle(shifts)
    return dict(zip(TARGETS, shifts, strict=True))


def _plan_orders(dice: Random, count: int, load_s: float) -> list[Order]:
    downs = set(dice.sample(range(count), count // 2000)) if count >= 2000 else set()
    times = sorted(dice.uniform(0, load_s) for _ in range(count))
    return [_plan_order(dice, number, at_s, load_s, number in downs) for number, at_s in enumerate(times)]


def _plan_order(dice: Random, number: int, at_s: float, load_s: float, down: bool) -> Order:
    [model] = dice.choices([*MODELS], [*MODELS.values()])
    [behaviour] = dice.choices([*BEHAVIOURS], [share for share, _ in BEHAVIOURS.values()])
    [buyer] = dice.choices(range(len(BUYERS)), [buyer.weight for buyer in BUYERS])
    if load_s >= LONG_S and at_s < load_s / 3 and dice.random() < 0.03:
        behaviour = LATE
    odd = not down and dice.random() < ODD
    if odd:
        model, behaviour = dice.choice(ODDITIES)
    keyed = dice.random() < 0.75
    [call] = dice.choices([*CALLS], [*CALLS.values()]) if dice.random() < WOKGEN and not (down or odd) else [""]
    return Order(
        number=number,
        at_s=round(at_s, 3),
        buyer=buyer,
        model="chaos/paid" if down else model,
        behaviour=DOWN if down else behaviour,
        key=f"key-{number}-{dice.getrandbits(32):08x}" if keyed else "",
        twin=keyed and dice.random() < 0.06,
        wait_s=dice.randint(2, 8) if dice.random() < 0.12 else 0,
        call=call,
        provider=dice.choice(("paid", "kinds")),
        detached=dice.random() < 0.5,
        cancel_after_s=round(dice.uniform(0, 2), 2) if dice.random() < 0.06 else None,
    )


def _plan_faults(dice: Random, load_s: float) -> list[Fault]:
    count = max(8, round(load_s / 3.2))
    stores = max(2, round(count * 0.08)) if load_s >= 20 else 1
    actions = ["pause"] * max(1, round(count * 0.2)) + ["stop"] * max(1, round(count * 0.12))
    actions += ["kill"] * (count - stores - len(actions))
    actions += [PARTITIONS[number % len(PARTITIONS)] for number in range(max(2, round(count * PARTITIONED)))]
    dice.shuffle(actions)
    gap_s = (load_s - QUIET_S) / count
    free_s: dict[str, float] = {}
    faults = _plan_store_faults(dice, stores, load_s)
    for number, action in enumerate(actions):
        at_s = QUIET_S + (number + dice.uniform(0, 0.9)) * gap_s * count / len(actions)
        away = action in ("pause", *PARTITIONS)
        for_s = dice.uniform(3.3, 6.5) if away else dice.uniform(0.1, 2.5)
        shares = PAUSED if away else TARGETS
        target = _target(dice, {name: share for name, share in shares.items() if free_s.get(name, 0) <= at_s})
        if target:
            free_s[target] = at_s + for_s + STARTING_S
            faults.append(Fault(at_s=round(at_s, 3), action=action, target=target, for_s=round(for_s, 3)))
    if load_s >= LONG_S:  # one power cut, between two faults of the store
        at_s = QUIET_S + (dice.randrange(stores) + dice.uniform(0.75, 0.9)) * (load_s - QUIET_S) / stores
        for_s = round(dice.uniform(0.5, 3.0), 3)
        faults.append(Fault(at_s=round(at_s, 3), action="kill", target=EVERYTHING, for_s=for_s))
    faults += _plan_database_faults(dice, load_s)
    return sorted(faults, key=lambda fault: fault.at_s)


def _plan_store_faults(dice: Random, count: int, load_s: float) -> list[Fault]:
    """Plan the faults of the store, evenly spread: kill, stop, pause, and so on."""
    every_s = (load_s - QUIET_S) / count
    return [
        Fault(
            at_s=round(QUIET_S + (number + dice.uniform(0.1, 0.5)) * every_s, 3),
            action=("kill", "stop", "pause")[number % 3],
            target="store",
            for_s=round(dice.uniform(0.2, 2.0) if number % 3 < 2 else dice.uniform(0.8, 3.5), 3),
        )
        for number in range(count)
    ]


def _plan_database_faults(dice: Random, load_s: float) -> list[Fault]:
    """Plan the kills of the database, evenly spread. A run with SQLite has no process to kill."""
    return [
        Fault(
            at_s=round((number + dice.uniform(0.2, 0.8)) * DATABASE_EVERY_S, 3),
            action="kill",
            target=DATABASE,
            for_s=round(dice.uniform(0.2, 4.0), 3),
        )
        for number in range(int(load_s / DATABASE_EVERY_S))
    ]


def _target(dice: Random, free: dict[str, int]) -> str:
    return dice.choices([*free], [*free.values()])[0] if free else ""
