"""From choices to the ways of one order: a bounded number, each through another provider."""

import pytest
from msgspec import structs

from gateway.accept import OFFERS_MAX, Choice, Wanted, offers_of
from shared.domain.catalogue import Model, Route
from shared.domain.errors import Refused
from tests.harness.factories import load_catalogue


def a_choice(provider: str, name: str = "image", **changes: object) -> Choice:
    """A model of the tests' catalogue through a provider."""
    model: Model = structs.replace(load_catalogue().models[f"test/{name}"], **changes)
    return Choice(model, Route(provider=provider, model=f"{provider}-{name}"))


def wanted(*choices: Choice, **changes: object) -> Wanted:
    """An order for a picture."""
    order = Wanted(dialect="wokgen", choices=choices, prompt="a boat", input={"seed": 7}, body=b"", payer="quota")
    return structs.replace(order, **changes)


def test_each_way_knows_the_others() -> None:
    """Every way has its own target, and the others in their order for a worker to hand it on to."""
    ways = offers_of(wanted(a_choice("one"), a_choice("two"), a_choice("three")))
    assert [("one", "one-image"), ("two", "two-image"), ("three", "three-image")] == [
        (way.provider, way.spec.target) for way in ways
    ]
    assert [["two", "three"], ["one", "three"], ["one", "two"]] == [
        [route.provider for route in way.spec.routes] for way in ways
    ]
    assert [("a boat", 7)] * 3 == [(way.spec.prompt, way.spec.input["seed"]) for way in ways]


def test_a_provider_is_tried_with_its_first_model() -> None:
    """What a provider's second model could do too is no other way, and the ways of one order are bounded."""
    many = [a_choice(f"p{number // 3}") for number in range(60)]
    ways = offers_of(wanted(*many))
    assert [f"p{number}" for number in range(OFFERS_MAX)] == [way.provider for way in ways]


def test_money_reserved_for_one_model_does_not_buy_a_dearer_one() -> None:
    """Paid from the balance, a generation moves on only at the same price; paid by the plan, to any."""
    dear = a_choice("two", price_micros=50_000)
    ways = offers_of(wanted(a_choice("one"), dear, a_choice("three"), payer="balance"))
    assert [["three"], [], ["one"]] == [[route.provider for route in way.spec.routes] for way in ways]
    assert [20_000, 50_000, 20_000] == [way.price_micros for way in ways]
    assert ["two", "three"] == [
        r.provider for r in offers_of(wanted(a_choice("one"), dear, a_choice("three")))[0].spec.routes
    ]


def test_what_the_first_cannot_do_is_refused() -> None:
    """An input that the first choice does not know is an error; a later choice that does not know it is left out."""
    bare = a_choice("two", "noop")
    assert ["one"] == [way.provider for way in offers_of(wanted(a_choice("one"), bare))]
    with pytest.raises(Refused) as caught:
        offers_of(wanted(bare, a_choice("one")))
    assert "invalid_input" == caught.value.code
