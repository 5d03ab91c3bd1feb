"""The order of routes under each policy: catalogue order, cheapest, fastest, weighted."""

import random
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

import pytest

from shared.domain.catalogue import Model, Policy, Route
from shared.domain.price_rule import flat
from shared.domain.routing import EXPLORED, ranked

DEAR = Route(provider="dear", model="m", cost=flat(90))
CHEAP = Route(provider="cheap", model="m", cost=flat(10), weight=3)
UNKNOWN = Route(provider="unknown", model="m", weight=6)
ROUTES = (UNKNOWN, DEAR, CHEAP)
MODEL = Model(id="m", name="M", kind="image", price=flat(100), timeout_s=60, input={}, routes=ROUTES)


def ordered(
    policy: Policy, routes: Sequence[Route], took_ms: Mapping[str, float], dice: Callable[[], float]
) -> list[Route]:
    return [route for _, route in ranked(policy, [(MODEL, route) for route in routes], took_ms=took_ms, dice=dice)]


def names(policy: Policy, dice: float = 0.5, **took_ms: float) -> list[str]:
    """Return the providers in the order to try them."""
    return [route.provider for route in ordered(policy, ROUTES, took_ms, lambda: dice)]


@pytest.mark.parametrize(
    ("policy", "expected"),
    [("order", ["unknown", "dear", "cheap"]), ("cheapest", ["cheap", "dear", "unknown"])],
)
def test_order_and_cheapest_use_the_catalogue(policy: Policy, expected: list[str]) -> None:
    """The order is the catalogue's, or by cost with unknown costs last."""
    assert expected == names(policy)


def test_fastest_comes_first_when_all_are_measured() -> None:
    """Routes without a measurement come first, in the catalogue's order, then the shortest time."""
    assert ["unknown", "dear", "cheap"] == names("fastest")
    assert ["dear", "cheap", "unknown"] == names("fastest", cheap=80, unknown=90)
    assert ["cheap", "unknown", "dear"] == names("fastest", cheap=80, unknown=90, dear=100)


def test_slower_route_is_explored_sometimes() -> None:
    """A small share of generations tries a slower route first, so that its measurement stays current."""
    rolls = iter([EXPLORED / 2, 0.9])
    took_ms = {"cheap": 1.0, "dear": 2.0, "unknown": 3.0}
    found = ordered("fastest", ROUTES, took_ms, lambda: next(rolls))
    assert ["unknown", "cheap", "dear"] == [route.provider for route in found]
    assert ROUTES[:1] == tuple(ordered("fastest", ROUTES[:1], {}, lambda: 0.0))


def test_weight_is_share_of_first_choices() -> None:
    """Each route comes first as often as its weight says, and every order has all routes."""
    chance = random.Random(7)
    orders = [ordered("weighted", ROUTES, {}, chance.random) for _ in range(5_000)]
    firsts = Counter(order[0].provider for order in orders)
    assert all(abs(firsts[route.provider] / 5_000 - route.weight / 10) < 0.03 for route in ROUTES)
    assert all(len(ROUTES) == len({route.provider for route in order}) for order in orders)
