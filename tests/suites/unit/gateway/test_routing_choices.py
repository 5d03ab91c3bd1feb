"""The order of routes: the policies of the catalogue and the named provider."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway import routing
from shared.domain import catalogue_file
from shared.domain.catalogue import Catalogue
from shared.domain.errors import Refused
from shared.ops.settings import Settings
from tests.harness.factories import DOUBLES

MODEL = """
[[models]]
id = "test/many"
name = "Many"
kind = "music"
price_cents = 3
{routing}
routes = [
  {{ provider = "noop", model = "a", cost_cents = 3 }},
  {{ provider = "groq", model = "b", cost_cents = 0.5 }},
  {{ provider = "kinds", model = "c", cost_cents = 1 }},
  {{ provider = "paid", model = "d", cost_cents = 2, weight = 1000000 }},
]
"""
TEXT = (DOUBLES / "catalogue.toml").read_text().replace("PAID_URL", "http://127.0.0.1:1")


def make_catalogue(routing: str = "", default: str = "") -> Catalogue:
    """Return the tests' catalogue with a model of many routes."""
    return catalogue_file.parse(f"{default}\n{TEXT}{MODEL.format(routing=routing)}")


def make_context(catalogue: Catalogue, **took_ms: float) -> Any:
    """Return a context that has the keys of every provider but one."""
    able = frozenset(catalogue.providers) - {"groq"}
    speeds = SimpleNamespace(of=lambda kind: took_ms)
    live = SimpleNamespace(current=SimpleNamespace(catalogue=catalogue, of_model={}))
    return SimpleNamespace(catalogue=catalogue, configured=able, speeds=speeds, settings=Settings(), live=live)


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("order", ["noop", "kinds", "paid"]),
        ("cheapest", ["kinds", "paid", "noop"]),
        ("fastest", ["paid", "noop", "kinds"]),
    ],
)
def test_routes_follow_the_policy_of_their_model(policy: str, expected: list[str], monkeypatch: Any) -> None:
    """The model's own policy orders its routes, or else the file's, and a provider without a key has no route."""
    monkeypatch.setattr(routing, "random", lambda: 0.5)
    own, default = make_catalogue(f'routing = "{policy}"'), make_catalogue(default=f'routing = "{policy}"')
    for catalogue in (own, default):
        choices = routing.of_model(make_context(catalogue, noop=20, kinds=30, paid=10), "test/many")
        assert expected == [choice.route.provider for choice in choices]


def test_routes_with_more_weight_come_first() -> None:
    """A route with a million times the weight of the others practically always comes first."""
    desk = make_context(make_catalogue('routing = "weighted"'))
    assert ["paid"] * 20 == [routing.of_model(desk, "test/many")[0].route.provider for _ in range(20)]


def test_named_provider_comes_before_the_policy() -> None:
    """A named provider comes first and the policy orders the others, while `auto` leaves it to the policy alone."""
    desk = make_context(make_catalogue('routing = "cheapest"'))
    asked = {name: [c.route.provider for c in routing.of_kind(desk, "music", name)] for name in ("auto", "noop")}
    many = [provider for provider in asked["auto"] if provider != "kinds"][-2:]
    assert ["paid", "noop"] == many
    assert ("noop", asked["auto"][0]) == (asked["noop"][0], "kinds")


def test_speeds_are_read_only_for_fastest_routing() -> None:
    """Only providers of models with the fastest policy are measured, and none without such a model."""
    assert frozenset() == routing.measured(make_catalogue())
    assert {"noop", "groq", "kinds", "paid"} == routing.measured(make_catalogue('routing = "fastest"'))


@pytest.mark.parametrize(
    ("own", "default", "message"),
    [
        ('routing = "dearest"', "", "model 'test/many': routing must be one of cheapest, fastest, order, weighted"),
        ("", 'routing = "best"', "routing must be one of cheapest, fastest, order, weighted"),
    ],
)
def test_catalogue_is_refused_when_a_policy_is_unknown(own: str, default: str, message: str) -> None:
    """An unknown policy is refused with its line and the known policies."""
    with pytest.raises(catalogue_file.CatalogueError, match=message) as caught:
        make_catalogue(own, default)
    assert caught.value.line


def test_unknown_provider_is_refused_with_the_known_ones() -> None:
    """A provider that the catalogue does not have is refused, and the message lists the known ones."""
    with pytest.raises(Refused) as caught:
        routing.of_kind(make_context(make_catalogue()), "music", "nobody")
    assert "unknown_provider" == caught.value.code
