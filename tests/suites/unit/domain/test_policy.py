"""Which route is tried first: the catalogue's order, the cheapest, the fastest, or by weight."""

import random
from collections import Counter

import pytest

from shared.domain.catalogue import Policy, Route
from shared.domain.routing import EXPLORED, ranked

DEAR = Route(provider="dear", model="m", cost_micros=90)
CHEAP = Route(provider="cheap", model="m", cost_micros=10, weight=3)
UNKNOWN = Route(provider="unknown", model="m", weight=6)
ROUTES = (UNKNOWN, DEAR, CHEAP)


def names(policy: Policy, dice: float = 0.5, **took_ms: float) -> list[str]:
    """Who is tried, in order."""
    return [route.provider for route in ranked(ROUTES, policy, took_ms=took_ms, dice=lambda: dice)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("order", ["unknown", "dear", "cheap"]), ("cheapest", ["cheap", "dear", "unknown"])],
)
def test_a_policy_of_the_catalogue_alone(policy: Policy, expected: list[str]) -> None:
    """The order is the file's, or by what a route costs us, with those that say nothing last."""
    assert expected == names(policy)


def test_the_fastest_goes_first_once_all_are_measured() -> None:
    """What was never measured goes first, in the catalogue's order; then the shortest time counts."""
    assert ["unknown", "dear", "cheap"] == names("fastest")
    assert ["dear", "cheap", "unknown"] == names("fastest", cheap=80, unknown=90)
    assert ["cheap", "unknown", "dear"] == names("fastest", cheap=80, unknown=90, dear=100)


def test_a_small_part_of_the_work_goes_to_the_slower() -> None:
    """Now and then another than the fastest is tried, so that its figure does not grow old."""
    rolls = iter([EXPLORED / 2, 0.9])
    took_ms = {"cheap": 1.0, "dear": 2.0, "unknown": 3.0}
    found = ranked(ROUTES, "fastest", took_ms=took_ms, dice=lambda: next(rolls))
    assert ["unknown", "cheap", "dear"] == [route.provider for route in found]
    assert ROUTES[:1] == tuple(ranked(ROUTES[:1], "fastest", took_ms={}, dice=lambda: 0.0))


def test_weights_are_shares_of_the_work() -> None:
    """Of many, each route is first as often as its weight says, and all of them are in every order."""
    chance = random.Random(7)
    orders = [ranked(ROUTES, "weighted", took_ms={}, dice=chance.random) for _ in range(5_000)]
    firsts = Counter(order[0].provider for order in orders)
    assert all(abs(firsts[route.provider] / 5_000 - route.weight / 10) < 0.03 for route in ROUTES)
    assert all(len(ROUTES) == len({route.provider for route in order}) for order in orders)
