"""The shipped catalogue against the doubles: a provider accepts every input that its models offer."""

from importlib import import_module
from typing import Any

import pytest
from msgspec import inspect as types
from msgspec import structs

from gateway.dialects.wowflow.examples import input_of, native_of
from shared.domain.catalogue import Limit, Model, Provider, Route
from shared.domain.kind import kind_of
from shared.domain.native_order import fit_order
from tests.harness.doubles.double import Double
from tests.harness.factories import load_shipped_catalogue
from tests.suites.conformance.case import FAR_MS, fetch_image, fetch_media, required_media
from tests.suites.conformance.cases import CASES
from workers.adapters.contract import Call, Done, Pending, Setup, load

SHIPPED = load_shipped_catalogue()
ROUTES = [
    pytest.param(model, route, id=f"{model.id}@{route.provider}")
    for model in SHIPPED.models.values()
    for route in model.routes
    if route.provider != "local"
]
IMAGE_URL = "https://example.com/a.png"
MESSAGES = [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Who are you?"}]
VALUES = {
    **{"image_url": IMAGE_URL, "aspect_ratio": "16:9", "language": "en", "mode": "pixel", "tool": "generate"},
    **{"messages": MESSAGES, "stop": ["END"]},
}


def adapter_of(provider: Provider) -> str:
    """Return the adapter's module in workers/providers."""
    return provider.adapter or provider.name


def double_of(provider: Provider, kind: str) -> type[Double]:
    """Return the double of the provider's conformance case, preferably of this kind, else of its adapter."""
    cases = [case for case in CASES if (case.provider or case.adapter or case.name.partition("-")[0]) == provider.name]
    cases.sort(key=lambda case: case.call.kind != kind)
    double: type[Double] = import_module(f"tests.harness.doubles.{adapter_of(provider)}").Double
    return cases[0].double if cases else double


def fill_fields(model: Model, *, most: bool) -> dict[str, object]:
    """Return every field that the model offers, at its lowest or highest value."""
    return {name: _value(model, name, limit, most=most) for name, limit in model.input.items()}


def _value(model: Model, name: str, limit: Limit, *, most: bool) -> object:
    kind = kind_of(model.kind)
    bounds = kind.fields[name].bounds or (0, 0)
    low, high = bounds[0] if limit.min is None else limit.min, bounds[1] if limit.max is None else limit.max
    value: object = high if most else low
    if limit.choices:
        value = limit.choices[-1 if most else 0]
    elif name == "image_urls":
        value = [IMAGE_URL] * int(high if most else max(low, 1))
    elif name in VALUES:
        value = VALUES[name]
    else:
        match type_of(kind.input, name):
            case types.LiteralType(values=values):
                value = values[-1 if most else 0]
            case types.StrType():
                value = limit.default or "text"
            case types.BoolType():
                value = most
    return value


def type_of(shape: Any, name: str) -> types.Type:
    """Return a field's type without None and metadata."""
    [field] = [field for field in structs.fields(shape) if field.name == name]
    info = without_metadata(types.type_info(field.type))
    inner = info.types if isinstance(info, types.UnionType) else (info,)
    [found] = [one for one in inner if not isinstance(one, types.NoneType)]
    return without_metadata(found)


def without_metadata(info: types.Type) -> types.Type:
    """Return a type without its description."""
    return info.type if isinstance(info, types.Metadata) else info


@pytest.mark.parametrize(("model", "route"), ROUTES)
async def test_provider_accepts_every_offered_input(model: Model, route: Route) -> None:
    """Each route's provider accepts a model's defaults, its lowest and its highest values."""
    required = {name: _value(model, name, limit, most=False) for name, limit in model.input.items() if limit.required}
    levels = (required, fill_fields(model, most=False), fill_fields(model, most=True))
    provider = SHIPPED.providers[route.provider]
    async with double_of(provider, model.kind)() as double:
        setup = Setup(
            name=provider.name, base_url=double.base_url, key="a-key", fetch=fetch_image, fetch_media=fetch_media
        )
        adapter = load(adapter_of(provider))(setup)
        try:
            for values in levels:
                given, native = fit_order(model, route.native, values, "a red fox", required_media(route.native))
                call = Call(
                    generation_id="3f2a1c5e-0000-4000-8000-000000000001",
                    kind=model.kind,
                    model=route.model,
                    prompt="a red fox",
                    input=given,
                    native=native,
                    deadline_ms=FAR_MS,
                )
                assert isinstance(await adapter.submit(call), Pending | Done)
        finally:
            await adapter.close()
    assert len(levels) == double.accepted
    assert [] == [request.raw_path for request in double.requests if request.role == "unrouted"]


def test_documented_order_of_each_model_is_valid() -> None:
    """The sample of each model in the API's document fits the model and the native schema of its first route."""
    for model in SHIPPED.models.values():
        native = native_of(model) or {}
        fit_order(model, model.routes[0].native, input_of(model), "a red fox", native)
