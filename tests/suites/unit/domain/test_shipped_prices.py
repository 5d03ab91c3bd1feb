"""The prices of the whole shipped catalogue, for many inputs of every model."""

import random
from collections.abc import Iterator
from typing import Any

from msgspec import inspect as types

from shared.domain.catalogue import KINDS, Limit, Model
from shared.domain.inputs import prompt_chars_max, validate_input
from shared.domain.kind import kind_of
from tests.harness.factories import load_shipped_catalogue

SHIPPED = load_shipped_catalogue()
INPUTS = 24
MODELS_MIN = 120
IMAGE = "https://example.com/a.png"
TALK = [{"role": "user", "content": "x" * 50_000}, {"role": "assistant", "content": "y"}]
TEXTS = {"image_url": IMAGE, "aspect_ratio": "1:1", "image_urls": [IMAGE], "messages": TALK, "stop": ["END"]}


def list_values(model: Model, name: str, limit: Limit) -> list[Any]:
    """Return values of a field, among them those at its limits."""
    low, high = kind_of(model.kind).fields[name].bounds or (None, None)
    low, high = low if limit.min is None else limit.min, high if limit.max is None else limit.max
    literals = types.type_info(kind_of(model.kind).input.__annotations__[name])
    if limit.choices:
        return list(limit.choices)
    if name in TEXTS:
        return [TEXTS[name]]
    if "Literal" in str(literals):
        return [value for value in find_literals(literals) if value is not None]
    if "BoolType" in str(literals):
        return [False, True]
    if "StrType" in str(literals) or low is None or high is None:
        return ["text"]
    return [int(low) if low == int(low) else float(low), int((low + high) / 2) or 1, int(high)]


def find_literals(info: Any) -> list[Any]:
    """Return the values of a literal type within others."""
    if isinstance(info, types.LiteralType):
        return list(info.values)
    inner = info.types if isinstance(info, types.UnionType) else [getattr(info, "type", None)]
    return [value for one in inner if one is not None for value in find_literals(one)]


def list_orders(model: Model) -> Iterator[tuple[dict[str, object], str]]:
    """Yield valid inputs of a model with prompts of several lengths, the same at each run."""
    dice = random.Random(model.id)
    values = {name: list_values(model, name, limit) for name, limit in model.input.items()}
    lengths = (1, 17, 1_000, prompt_chars_max(model))
    for number in range(INPUTS):
        kept = {name for name in values if model.input[name].required or dice.random() < number / INPUTS + 0.1}
        chosen = {name: dice.choice(found) for name, found in values.items() if name in kept}
        yield validate_input(model, chosen), "x" * min(dice.choice(lengths), prompt_chars_max(model))


def test_catalogue_is_broad() -> None:
    """At least 120 models are sold, some of each kind, and each but the local ones by a provider with a key."""
    assert MODELS_MIN <= len(SHIPPED.models)
    assert set(KINDS) == {model.kind for model in SHIPPED.models.values()}
    own = [model.id for model in SHIPPED.models.values() if all(route.provider == "local" for route in model.routes)]
    assert [] == [name for name in own if not name.startswith("local/")]


def test_order_is_charged_its_ui_price_and_five_percent() -> None:
    """For 24 inputs of each model, the charge is its UI price and 5 %, to the micro-dollar, or its own API price."""
    wrong = []
    for model in SHIPPED.models.values():
        for given, prompt in list_orders(model):
            ui = model.priced(model.price, given, prompt).reserved_micros
            expected = -(-ui * 105 // 100) if model.api_price_micros is None else model.api_price_micros
            if expected != model.sale(given, prompt).reserved_micros or ui <= 0:
                wrong.append((model.id, given, len(prompt)))
    assert [] == wrong


def test_no_order_costs_more_than_its_price() -> None:
    """For 24 inputs of each model, the UI price is at least the cost of its dearest route."""
    losses = []
    for model in SHIPPED.models.values():
        costs = [route.cost for route in model.routes if route.cost is not None and not route.below_cost]
        for given, prompt in list_orders(model):
            dearest = max((model.priced(cost, given, prompt).reserved_micros for cost in costs), default=0)
            if model.priced(model.price, given, prompt).reserved_micros < dearest:
                losses.append((model.id, given, len(prompt)))
    assert [] == losses


def test_most_routes_have_a_known_cost() -> None:
    """Three of four real routes have a cost, so that the checks of prices are about most of them."""
    real = [route for model in SHIPPED.models.values() for route in model.routes if route.provider != "local"]
    assert len([route for route in real if route.cost is not None]) >= len(real) * 3 / 4
