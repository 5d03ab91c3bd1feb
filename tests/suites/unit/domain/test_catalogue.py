from pathlib import Path

import pytest

from shared.domain.catalogue import KINDS, Catalogue, Model, Route
from shared.domain.inputs import validate_input
from shared.domain.money import MICROS_PER_CENT
from shared.ops import catalogue_files

SHIPPED = Path(__file__).parents[4] / "deploy" / "catalogue.toml"


def default_for(catalogue: Catalogue, kind: str) -> Model | None:
    """Return the model of a call that names none: the first of its kind that is not hidden."""
    return next((model for model in catalogue.models.values() if model.kind == kind and not model.hidden), None)


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return catalogue_files.load(str(SHIPPED))


def test_the_shipped_catalogue_has_the_documented_example(shipped: Catalogue) -> None:
    """The entry that the contract shows, at its documented price."""
    model = shipped.models["google/nano-banana-2-pro-1k"]
    assert ("Nano Banana Pro 1K", "image", "1K", None) == (model.name, model.kind, model.resolution, model.duration_s)
    assert (100_000, 110_000) == (model.ui_price_micros, model.price_micros)
    assert Route(provider="local", model="artist") == model.routes[-1]
    assert 1 < len(model.routes)
    assert {"width": 1024, "height": 1024, "quality": "standard"} == validate_input(model, None)


def test_the_shipped_plans_are_the_documented_ones(shipped: Catalogue) -> None:
    """Guest 10, free 50, plus 500 a day, pro unlimited."""
    quotas = {name: plan.daily_quota for name, plan in shipped.plans.items()}
    assert {"guest": 10, "free": 50, "plus": 500, "pro": None} == quotas


def test_the_shipped_defaults_are_cheap_and_local(shipped: Catalogue) -> None:
    """A call that names no model is drawn here for a cent or a few: guests do not pay for it."""
    defaults = {kind: default_for(shipped, kind) for kind in KINDS}
    assert {
        "image": "local/artist",
        "video": "local/film",
        "text": "local/writer",
        "voice": "local/voice",
        "music": "local/band",
        "upscale": "local/enlarger",
        "interrogate": "local/eye",
        "enhance": "local/enhancer",
    } == {kind: model.id for kind, model in defaults.items() if model}
    for model in filter(None, defaults.values()):
        assert ["local"] == [route.provider for route in model.routes]
        assert 5 * MICROS_PER_CENT >= model.ui_price_micros


def test_the_default_image_model_takes_the_documented_call(shipped: Catalogue) -> None:
    """Every field of the contract's sample body that belongs into `input`."""
    sample = {"mode": "pixel", "tool": "generate", "width": 512, "height": 512, "seed": 42, "quality": "standard"}
    model = default_for(shipped, "image")
    assert model is not None
    assert sample | {"count": 1} == validate_input(model, sample)


@pytest.mark.parametrize("name", ["pixel", "business", "vector", "emoji", "ui", "uiux"])
def test_the_default_image_model_takes_the_style_of_a_mode(shipped: Catalogue, name: str) -> None:
    """The words of a mode fit the field that carries them."""
    model = default_for(shipped, "image")
    assert model is not None
    style = shipped.modes[name].style
    assert style == validate_input(model, {"style": style, "mode": name})["style"]


def test_models_for_trying_out_are_not_chosen_for_anybody(shipped: Catalogue) -> None:
    """What refuses or dawdles is made only for those who name it."""
    local = [name for name, model in shipped.models.items() if model.hidden and name.startswith("local/")]
    assert ["local/refuse", "local/slow"] == local


def test_only_what_is_made_here_needs_no_key(shipped: Catalogue) -> None:
    """Each provider but the local one is configured by a variable of its own."""
    keys = {name: one.key_env for name, one in shipped.providers.items()}
    assert keys.pop("local") is None
    assert all(keys.values())
    assert len(keys) == len(set(keys.values()))


def test_without_a_key_the_local_provider_serves_every_kind(shipped: Catalogue) -> None:
    """Whoever has no key has the local models and the documented one, of every kind at least one."""
    served = [model for model in shipped.models.values() if any(route.provider == "local" for route in model.routes)]
    assert set(KINDS) == {model.kind for model in served}
    assert {"google/nano-banana-2-pro-1k"} == {model.id for model in served if not model.id.startswith("local/")}


def test_nothing_is_sold_below_its_cost(shipped: Catalogue) -> None:
    """The UI price of a model is above what any of its routes is known to cost."""
    losses = [
        (model.id, route.provider)
        for model in shipped.models.values()
        for route in model.routes
        if (route.cost_micros or 0) >= model.ui_price_micros
    ]
    assert [] == losses


def test_who_names_no_model_gets_the_providers_cheapest(shipped: Catalogue) -> None:
    """For each provider and kind the first model that may be chosen is the cheapest of them."""
    for provider in shipped.providers:
        for kind in KINDS:
            prices = [
                model.ui_price_micros
                for model in shipped.models.values()
                if model.kind == kind and not model.hidden and provider in [route.provider for route in model.routes]
            ]
            assert prices[:1] == sorted(prices)[:1], (provider, kind)


def test_every_kind_is_served_by_a_provider_with_a_key(shipped: Catalogue) -> None:
    """Of each kind there is a model that is not made here."""
    far = {model.kind for model in shipped.models.values() for route in model.routes if route.provider != "local"}
    assert set(KINDS) == far


def test_every_provider_sells_something(shipped: Catalogue) -> None:
    """A key that is set brings at least one model."""
    assert set(shipped.providers) == {route.provider for model in shipped.models.values() for route in model.routes}
