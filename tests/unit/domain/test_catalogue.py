from pathlib import Path

import pytest

from shared.domain.catalogue import KINDS, Catalogue, Route
from shared.domain.catalogue_file import parse
from shared.domain.inputs import validated
from shared.domain.money import MICROS_PER_CENT

SHIPPED = Path(__file__).parents[3] / "deploy" / "catalogue.toml"


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return parse(SHIPPED.read_text())


def test_the_shipped_catalogue_has_the_documented_example(shipped: Catalogue) -> None:
    """The entry that the contract shows, at its documented price."""
    model = shipped.models["google/nano-banana-2-pro-1k"]
    assert ("Nano Banana Pro 1K", "image", "1K", None) == (model.name, model.kind, model.resolution, model.duration_s)
    assert (100_000, 110_000) == (model.ui_price_micros, model.price_micros)
    assert (Route(provider="local", model="artist"),) == model.routes
    assert {"width": 1024, "height": 1024, "quality": "standard"} == validated(model, None)


def test_the_shipped_plans_are_the_documented_ones(shipped: Catalogue) -> None:
    """Guest 10, free 50, plus 500 a day, pro unlimited."""
    quotas = {name: plan.daily_quota for name, plan in shipped.plans.items()}
    assert {"guest": 10, "free": 50, "plus": 500, "pro": None} == quotas


def test_the_shipped_defaults_are_cheap_and_local(shipped: Catalogue) -> None:
    """A call that names no model is drawn here for a cent or a few: guests do not pay for it."""
    defaults = {kind: shipped.default_for(kind) for kind in KINDS}
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
    model = shipped.default_for("image")
    assert model is not None
    assert sample | {"count": 1} == validated(model, sample)


@pytest.mark.parametrize("name", ["pixel", "business", "vector", "emoji", "ui", "uiux"])
def test_the_default_image_model_takes_the_style_of_a_mode(shipped: Catalogue, name: str) -> None:
    """The words of a mode fit the field that carries them."""
    model = shipped.default_for("image")
    assert model is not None
    style = shipped.modes[name].style
    assert style == validated(model, {"style": style, "mode": name})["style"]


def test_models_for_trying_out_are_not_chosen_for_anybody(shipped: Catalogue) -> None:
    """What refuses or dawdles is made only for those who name it."""
    assert ["local/refuse", "local/slow"] == [name for name, model in shipped.models.items() if model.hidden]


def test_the_shipped_catalogue_needs_no_key(shipped: Catalogue) -> None:
    """Every model is served by the provider that needs no key; the one of the documentation is known by its name."""
    assert {"local": None, "groq": "GROQ_API_KEY"} == {name: one.key_env for name, one in shipped.providers.items()}
    assert {"local"} == {route.provider for model in shipped.models.values() for route in model.routes}
