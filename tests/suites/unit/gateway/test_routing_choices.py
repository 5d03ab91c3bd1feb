"""What a request may be served by, in which order: the policies of the catalogue, the provider that was named."""

from types import SimpleNamespace
from typing import Any

import pytest

from gateway import routing
from shared.domain import catalogue_file
from shared.domain.catalogue import Catalogue
from shared.domain.errors import Refused
from tests.harness.factories import DOUBLES

MODEL = """
[[models]]
id = "test/many"
name = "Many"
kind = "music"
price_cents = 1
{routing}
routes = [
  {{ provider = "noop", model = "a", cost_cents = 3 }},
  {{ provider = "groq", model = "b", cost_cents = 0.5 }},
  {{ provider = "kinds", model = "c", cost_cents = 1 }},
  {{ provider = "paid", model = "d", cost_cents = 2, weight = 1000000 }},
]
"""
TEXT = (DOUBLES / "catalogue.toml").read_text().replace("PAID_URL", "http://127.0.0.1:1")


def write_catalogue(routing: str = "", default: str = "") -> Catalogue:
    """The tests' catalogue with a model of many routes."""
    return catalogue_file.parse(f"{default}\n{TEXT}{MODEL.format(routing=routing)}")


def a_desk(catalogue: Catalogue, **took_ms: float) -> Any:
    """A gateway that has everybody's key but one's."""
    able = frozenset(catalogue.providers) - {"groq"}
    return SimpleNamespace(catalogue=catalogue, configured=able, speeds=SimpleNamespace(of=lambda kind: took_ms))


@pytest.mark.parametrize(
    ("policy", "expected"),
    [
        ("order", ["noop", "kinds", "paid"]),
        ("cheapest", ["kinds", "paid", "noop"]),
        ("fastest", ["paid", "noop", "kinds"]),
    ],
)
def test_a_models_routes_are_tried_by_its_policy(policy: str, expected: list[str], monkeypatch: Any) -> None:
    """Its own policy counts, or else the file's; whoever has no key is not there."""
    monkeypatch.setattr(routing, "random", lambda: 0.5)
    own, default = write_catalogue(f'routing = "{policy}"'), write_catalogue(default=f'routing = "{policy}"')
    for catalogue in (own, default):
        choices = routing.of_model(a_desk(catalogue, noop=20, kinds=30, paid=10), "test/many")
        assert expected == [choice.route.provider for choice in choices]


def test_weights_decide_by_chance() -> None:
    """A route of a million times the weight of the others is as good as always first."""
    desk = a_desk(write_catalogue('routing = "weighted"'))
    assert ["paid"] * 20 == [routing.of_model(desk, "test/many")[0].route.provider for _ in range(20)]


def test_a_named_provider_goes_before_the_policy() -> None:
    """Who names a provider gets it first, and the others as the policy has them; `auto` is the policy alone."""
    desk = a_desk(write_catalogue('routing = "cheapest"'))
    asked = {name: [c.route.provider for c in routing.of_kind(desk, "music", name)] for name in ("auto", "noop")}
    many = [provider for provider in asked["auto"] if provider != "kinds"][-2:]
    assert ["paid", "noop"] == many
    assert ("noop", asked["auto"][0]) == (asked["noop"][0], "kinds")


def test_speeds_are_read_where_they_decide() -> None:
    """Only providers of models that go by speed are asked about, and none if there is no such model."""
    assert frozenset() == routing.measured(write_catalogue())
    assert {"noop", "groq", "kinds", "paid"} == routing.measured(write_catalogue('routing = "fastest"'))


@pytest.mark.parametrize(
    ("own", "default", "message"),
    [
        ('routing = "dearest"', "", "model 'test/many': routing must be one of cheapest, fastest, order, weighted"),
        ("", 'routing = "best"', "routing must be one of cheapest, fastest, order, weighted"),
    ],
)
def test_an_unknown_policy_stops_the_start(own: str, default: str, message: str) -> None:
    """A policy that does not exist is named with its line and the known ones."""
    with pytest.raises(catalogue_file.CatalogueError, match=message) as caught:
        write_catalogue(own, default)
    assert caught.value.line


def test_an_unknown_provider_is_refused() -> None:
    """A name that the catalogue does not have is told with those that it has."""
    with pytest.raises(Refused) as caught:
        routing.of_kind(a_desk(write_catalogue()), "music", "nobody")
    assert "unknown_provider" == caught.value.code
