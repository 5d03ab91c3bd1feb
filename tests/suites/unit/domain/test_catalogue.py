import re
from decimal import Decimal
from itertools import islice
from pathlib import Path

import pytest

from shared.domain.catalogue import KINDS, Catalogue, Model, Route
from shared.domain.inputs import prompt_chars_max, validate_input
from shared.domain.margins import inputs_at_limits, losing_input
from shared.domain.money import MICROS_PER_CENT
from shared.ops import catalogue_files
from workers.providers.elevenlabs import FAMILIES as ELEVENLABS_FAMILIES
from workers.providers.kie.inputs import MODELS as KIE_MODELS

SHIPPED = Path(__file__).parents[4] / "deploy" / "catalogue.toml"

# Model names that providers no longer serve, or stop serving within weeks, as of 2026-11-30.
RETIRED = re.compile(
    r"dall-e-|gpt-image-1$|gpt-image-1-mini|sora-|imagen-?4|llama-3\.3-70b-versatile|llama-4-scout|gpt-5-mini|Qwen3-32B",
    re.IGNORECASE,
)


def default_for(catalogue: Catalogue, kind: str) -> Model | None:
    """Return the model of a call that names none: the first of its kind that is not hidden."""
    return next((model for model in catalogue.models.values() if model.kind == kind and not model.hidden), None)


@pytest.fixture(scope="module")
def shipped() -> Catalogue:
    return catalogue_files.load(str(SHIPPED))


def test_shipped_catalogue_has_documented_example(shipped: Catalogue) -> None:
    """The shipped catalogue has the contract's example at its documented price."""
    model = shipped.models["google/nano-banana-2-pro-1k"]
    assert ("Nano Banana Pro 1K", "image", "1K", None) == (model.name, model.kind, model.resolution, model.duration_s)
    assert (100_000, 110_000) == (model.ui_price_micros, model.price_micros)
    assert Route(provider="local", model="artist", simulated=True) == model.routes[-1]
    assert 1 < len(model.routes)
    assert {"width": 1024, "height": 1024} == validate_input(model, None)


def test_shipped_plans_have_documented_quotas(shipped: Catalogue) -> None:
    """The daily quotas are 10 for guests, 50 for free, 500 for plus, and unlimited for pro."""
    quotas = {name: plan.daily_quota for name, plan in shipped.plans.items()}
    assert {"guest": 10, "free": 50, "plus": 500, "pro": None} == quotas


def test_shipped_default_models_are_local_and_cheap(shipped: Catalogue) -> None:
    """A call that names no model is served locally for a few cents, so that guests do not cost us anything."""
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


def test_default_image_model_accepts_documented_input(shipped: Catalogue) -> None:
    """The default image model accepts every input field of the contract's sample body."""
    sample = {"mode": "pixel", "tool": "generate", "width": 512, "height": 512, "seed": 42, "quality": "standard"}
    model = default_for(shipped, "image")
    assert model is not None
    assert sample | {"count": 1} == validate_input(model, sample)


@pytest.mark.parametrize("name", ["pixel", "business", "vector", "emoji", "ui", "uiux"])
def test_default_image_model_accepts_style_of_mode(shipped: Catalogue, name: str) -> None:
    """A mode's style words fit the field that carries them."""
    model = default_for(shipped, "image")
    assert model is not None
    style = shipped.modes[name].style
    assert style == validate_input(model, {"style": style, "mode": name})["style"]


def test_test_models_are_hidden(shipped: Catalogue) -> None:
    """Models that refuse or delay on purpose serve only calls that name them."""
    local = [name for name, model in shipped.models.items() if model.hidden and name.startswith("local/")]
    assert ["local/refuse", "local/slow"] == local


def test_only_local_provider_needs_no_key(shipped: Catalogue) -> None:
    """Each provider except the local one is configured by its own variable."""
    keys = {name: one.key_env for name, one in shipped.providers.items()}
    assert keys.pop("local") is None
    assert all(keys.values())
    assert len(keys) == len(set(keys.values()))


def test_local_provider_serves_every_kind_without_keys(shipped: Catalogue) -> None:
    """Without any key, every kind has at least one local model, and the documented model is served."""
    served = [model for model in shipped.models.values() if any(route.provider == "local" for route in model.routes)]
    assert set(KINDS) == {model.kind for model in served}
    assert {"google/nano-banana-2-pro-1k"} == {model.id for model in served if not model.id.startswith("local/")}


def test_typical_order_earns_money(shipped: Catalogue) -> None:
    """The UI price of a model's defaults and a short prompt is above the known cost of each of its routes."""
    prompt = "a red fox in the snow"
    losses = [
        (model.id, route.provider)
        for model in shipped.models.values()
        for route in model.routes
        if route.cost is not None
        and model.priced(route.cost, model.typical_input(), prompt).reserved_micros
        >= model.priced(model.price, model.typical_input(), prompt).reserved_micros
    ]
    assert [] == losses


def test_default_model_of_provider_is_its_cheapest(shipped: Catalogue) -> None:
    """For each provider and kind, the first model that is not hidden is the cheapest."""
    for provider in shipped.providers:
        for kind in KINDS:
            prices = [
                model.ui_price_micros
                for model in shipped.models.values()
                if model.kind == kind and not model.hidden and provider in [route.provider for route in model.routes]
            ]
            assert prices[:1] == sorted(prices)[:1], (provider, kind)


def test_every_kind_has_external_provider(shipped: Catalogue) -> None:
    """Each kind has a model of a provider with a key."""
    far = {model.kind for model in shipped.models.values() for route in model.routes if route.provider != "local"}
    assert set(KINDS) == far


def test_no_retired_model_is_routed(shipped: Catalogue) -> None:
    """No route, and no row of an adapter's table, names a model that its provider retired."""
    routed = [route.model for model in shipped.models.values() for route in model.routes]
    gone = [
        f"Llama-3.3 at {route.provider}"
        for model in shipped.models.values()
        for route in model.routes
        if "llama-3.3" in route.model.lower() and route.provider in ("groq", "together")
    ]
    assert [] == gone + [name for name in (*routed, *KIE_MODELS, *ELEVENLABS_FAMILIES) if RETIRED.search(name)]


def test_documented_model_is_routed_to_the_model_of_its_name(shipped: Catalogue) -> None:
    """Every real route of Nano Banana Pro is Nano Banana Pro, and costs less than the price."""
    model = shipped.models["google/nano-banana-2-pro-1k"]
    real = [route for route in model.routes if route.provider != "local"]
    assert ["kie"] == [route.provider for route in real]
    for route in real:
        assert "nano-banana-pro" in route.model
        assert 0 < (model.route_micros(route) or 0) < model.ui_price_micros


def test_every_provider_serves_a_model(shipped: Catalogue) -> None:
    """A configured key makes at least one model available."""
    assert set(shipped.providers) == {route.provider for model in shipped.models.values() for route in model.routes}


def test_each_order_is_charged_its_ui_price_and_the_exact_mark_up(shipped: Catalogue) -> None:
    """For inputs at the limits of every model, the API price is the UI price plus 5 %, to the micro-dollar."""
    assert Decimal(5) == shipped.markup_percent
    for model in shipped.models.values():
        for given in islice(inputs_at_limits(model, model.price), 40):
            for prompt in ("x", "x" * prompt_chars_max(model)):
                ui = model.priced(model.price, given, prompt).reserved_micros
                charged = model.sale(given, prompt).reserved_micros
                assert charged == (model.api_price_micros or -(-ui * 105 // 100)), (model.id, given)


def test_no_input_is_sold_below_its_cost(shipped: Catalogue) -> None:
    """No input of any model makes its UI price fall below the cost of one of its routes."""
    losses = [
        (model.id, route.provider, losing_input(model, route, 0))
        for model in shipped.models.values()
        for route in model.routes
        if losing_input(model, route, 0) is not None
    ]
    assert [] == losses
