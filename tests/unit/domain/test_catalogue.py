from pathlib import Path

import pytest

from shared.domain.catalogue import Catalogue, Provider, Route
from shared.domain.catalogue_file import parse
from shared.domain.inputs import validated

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
    for kind, model_id in (("image", "local/artist"), ("video", "local/film")):
        model = shipped.default_for(kind)
        assert model is not None
        assert model_id == model.id
        assert ["local"] == [route.provider for route in model.routes]


def test_the_default_image_model_takes_the_documented_call(shipped: Catalogue) -> None:
    """Every field of the contract's sample body that belongs into `input`."""
    sample = {"mode": "pixel", "tool": "generate", "width": 512, "height": 512, "seed": 42, "quality": "standard"}
    model = shipped.default_for("image")
    assert model is not None
    assert sample == validated(model, sample)


def test_the_shipped_catalogue_needs_no_key(shipped: Catalogue) -> None:
    """It runs as it comes."""
    assert {"local": Provider(name="local")} == shipped.providers
