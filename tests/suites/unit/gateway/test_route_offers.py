"""The offers of one order: a bounded number, each through another provider."""

import pytest
from msgspec import structs

from gateway.offers import OFFERS_MAX, Candidate, GenerationRequest, build_offers, find_plain
from shared.domain.catalogue import Model, Route
from shared.domain.errors import Refused
from shared.domain.price_rule import PricePart, PriceRule, Unit, flat
from tests.harness.factories import load_catalogue


def make_candidate(provider: str, name: str = "image", **changes: object) -> Candidate:
    """Return a model of the tests' catalogue through a provider."""
    model: Model = structs.replace(load_catalogue().models[f"test/{name}"], **changes)
    return Candidate(model, Route(provider=provider, model=f"{provider}-{name}"))


def make_request(*candidates: Candidate, payer: str = "quota") -> GenerationRequest:
    """Return a request for an image."""
    return GenerationRequest(
        dialect="wokgen", candidates=candidates, prompt="a boat", input={"seed": 7}, body=b"", address="", payer=payer
    )


def test_each_offer_has_the_others_as_fallbacks() -> None:
    """Every offer has its own target, and the other providers in their order as fallback routes."""
    offers = build_offers(make_request(make_candidate("one"), make_candidate("two"), make_candidate("three")))
    assert [("one", "one-image"), ("two", "two-image"), ("three", "three-image")] == [
        (offer.provider, offer.spec.target) for offer in offers
    ]
    assert [["two", "three"], ["one", "three"], ["one", "two"]] == [
        [route.provider for route in offer.spec.routes] for offer in offers
    ]
    assert [("a boat", 7)] * 3 == [(offer.spec.prompt, offer.spec.input["seed"]) for offer in offers]


def test_a_provider_gets_one_offer() -> None:
    """Only the first model of a provider becomes an offer, and an order has a bounded number of offers."""
    many = [make_candidate(f"p{number // 3}") for number in range(60)]
    offers = build_offers(make_request(*many))
    assert [f"p{number}" for number in range(OFFERS_MAX)] == [offer.provider for offer in offers]


def test_a_reservation_falls_back_only_to_the_same_price() -> None:
    """A generation paid by the balance falls back to models of the same price, one paid by the plan to any."""
    dear = make_candidate("two", api_price_micros=50_000)
    candidates = (make_candidate("one"), dear, make_candidate("three"))
    offers = build_offers(make_request(*candidates, payer="balance"))
    assert [["three"], [], ["one"]] == [[route.provider for route in offer.spec.routes] for offer in offers]
    assert [20_000, 50_000, 20_000] == [offer.price_micros for offer in offers]
    assert ["two", "three"] == [route.provider for route in build_offers(make_request(*candidates))[0].spec.routes]


def test_a_reservation_falls_back_only_to_the_same_quantities() -> None:
    """A model with the same price per second but a longer output costs more, so it is not a fallback."""
    rule = PriceRule(parts=(PricePart(per="second", micros=1_000),))
    per_second = {"price": rule, "api_price_micros": None}
    short, long = (make_candidate(name, duration_s=s, **per_second) for name, s in (("one", 5), ("two", 10)))
    offers = build_offers(make_request(short, long, payer="balance"))
    assert [(), ()] == [offer.spec.routes for offer in offers]
    assert offers[0].price_micros * 2 == offers[1].price_micros


def test_an_input_is_refused_when_the_first_candidate_rejects_it() -> None:
    """An input that the first candidate does not know is an error, and a later candidate without it is skipped."""
    bare = make_candidate("two", "noop")
    assert ["one"] == [offer.provider for offer in build_offers(make_request(make_candidate("one"), bare))]
    with pytest.raises(Refused) as caught:
        build_offers(make_request(bare, make_candidate("one")))
    assert "invalid_input" == caught.value.code


@pytest.mark.parametrize("per", ["order", "output", "1k_characters"])
@pytest.mark.parametrize("part", ["price", "cost"])
def test_price_of_a_plain_order_is_computed_once_unless_the_prompt_changes_it(per: Unit, part: str) -> None:
    """Orders without an input have the same offer each time, and one for a longer prompt if that costs more."""
    rules = {name: flat(1_000) for name in ("price", "cost")}
    rules[part] = PriceRule(parts=(PricePart(per=per, micros=1_000_000),))
    candidate = make_candidate("one", price=rules["price"], api_price_micros=None)
    candidate = structs.replace(candidate, route=structs.replace(candidate.route, cost=rules["cost"]))
    request = structs.replace(make_request(candidate, payer="balance"), input=None)
    fixed = per == "order" or (part == "cost" and per == "output")
    assert fixed == (find_plain(candidate.model, candidate.route) is not None)
    short, long = (build_offers(structs.replace(request, prompt=text))[0] for text in ("a boat", "a boat " * 400))
    assert ("a boat", "a boat " * 400) == (short.spec.prompt, long.spec.prompt)
    assert (part == "price" and per.startswith("1")) == (short.price_micros < long.price_micros)
    given = build_offers(structs.replace(request, prompt="a boat", input={"seed": None}))[0]
    assert given == short


def test_plain_order_with_an_invalid_prompt_is_refused() -> None:
    """The price that a model remembers says nothing about the prompt."""
    request = structs.replace(make_request(make_candidate("one")), input=None)
    assert build_offers(request)
    with pytest.raises(Refused, match="prompt"):
        build_offers(structs.replace(request, prompt="a\0b"))
