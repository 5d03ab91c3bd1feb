"""Every input field that the shipped catalogue advertises changes the request of each of its routes."""

import hashlib
from collections.abc import Iterator
from typing import Any

import aiohttp
import msgspec
import pytest

from shared.domain.catalogue import Limit, Model, Provider, Route
from shared.domain.inputs import InvalidInput, validate_input
from shared.domain.kind import kind_of
from shared.domain.native_order import fit_order
from tests.harness.factories import load_shipped_catalogue
from tests.suites.conformance.case import fetch_media, required_media
from workers.adapters.contract import Adapter, Blob, Call, ProviderError, Setup, load
from workers.adapters.http import Http
from workers.adapters.responses import PollFailed, ProviderResponse

CATALOGUE = load_shipped_catalogue()
DEADLINE_MS = 4_102_444_800_000
IMAGE, OTHER_IMAGE = "https://images.example/one.png", "https://images.example/two.png"
OURS = ("local",)  # makes its outputs itself
# Values to try, besides those that the catalogue names as choices or bounds.
VALUES: dict[str, tuple[object, ...]] = {
    "width": (512, 768, 1024, 1280),
    "height": (512, 768, 1024, 1280),
    "seconds": (4, 5, 6, 8, 10, 12),
    "seed": (7, 8),
    "scale": (2, 4),
    "count": (1, 2),
    "fps": (12, 24),
    "speed": (0.8, 1.2),
    "guidance": (2, 5),
    "words_max": (50, 900),
    "length": ("short", "long"),
    "quality": ("standard", "hd"),
    "format": ("wav", "mp3"),
    "sound": (False, True),
    "aspect_ratio": ("1:1", "16:9", "9:16"),
    "image_url": (IMAGE, OTHER_IMAGE),
    "image_urls": ([IMAGE], [OTHER_IMAGE]),
    "language": ("en", "de"),
    "messages": tuple([{"role": "user", "content": text}] for text in ("one", "two")),
    "max_tokens": (100, 200),
    "temperature": (0.2, 0.8),
    "top_p": (0.2, 0.8),
    "stop": (["one"], ["two"]),
    "mode": ("image", "video"),
}
WORDS: tuple[object, ...] = ("JBFqnCBsd6RMkjVDRZzb", "aaaaaaaaaaaaaaaaaaaa", "default")


def list_routes() -> Iterator[tuple[Model, Route]]:
    """Yield every route of the shipped catalogue that a provider's API serves."""
    for model in CATALOGUE.models.values():
        for route in model.routes:
            if route.provider not in OURS:
                yield model, route


def build_adapter(provider: Provider) -> Adapter:
    """Return a provider's adapter with a key, whose input images are made here."""

    async def fetch(url: str) -> Blob:
        return Blob(hashlib.sha256(url.encode()).digest(), "image/png")

    setup = Setup(
        name=provider.name,
        adapter=provider.adapter,
        base_url=provider.base_url,
        key="k",
        fetch=fetch,
        fetch_media=fetch_media,
    )
    return load(provider.adapter or provider.name)(setup)


@pytest.fixture
def requests(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return the requests that adapters send from now on; each is refused."""
    sent: list[str] = []

    async def send(
        _: Http, method: str, path: str, options: dict[str, Any], on_data: object = None
    ) -> ProviderResponse:
        data = options.get("data")
        shown = options | ({"data": data._fields} if isinstance(data, aiohttp.FormData) else {})
        if path == "/v2/voices":
            return ProviderResponse(200, {}, b'{"voices": [{"voice_id": "a-voice"}]}')
        if path.endswith("/api/file-stream-upload"):
            return ProviderResponse(200, {}, b'{"code": 200, "data": {"downloadUrl": "https://example.com/uploaded"}}')
        sent.append(f"{method} {path} {shown}")
        return ProviderResponse(500, {}, b"")

    monkeypatch.setattr(Http, "_send", send)
    return sent


async def record_request(
    adapter: Adapter, model: Model, route: Route, given: dict[str, object], sent: list[str]
) -> str:
    """Submit a call with this input, and return the requests that it caused, or the refusal of its input."""
    sent.clear()
    values, native = fit_order(model, route.native, given, "a boat", required_media(route.native))
    call = Call(
        generation_id="00000000-0000-7000-8000-000000000000",
        kind=model.kind,
        model=route.model,
        prompt="a boat",
        input=values,
        native=native,
        deadline_ms=DEADLINE_MS,
    )
    try:
        await adapter.submit(call)
    except (ProviderError, PollFailed) as error:
        return "\n".join(sent) or repr(error)
    raise AssertionError("a refused submit returned")


def values_of(name: str, limit: Limit) -> list[object]:
    """Return values to try for a field."""
    bounds = [value for value in (limit.min, limit.max) if isinstance(value, int | float)]
    tried = [*limit.choices, *VALUES.get(name, WORDS)]
    return tried if isinstance(tried[0], str | list) else [*tried, *bounds]


def required_input(model: Model) -> dict[str, object]:
    """Return the input that a model needs at least."""
    return {name: values_of(name, limit)[0] for name, limit in model.input.items() if limit.required}


async def check_sent(adapter: Adapter, model: Model, route: Route, name: str, sent: list[str]) -> bool:
    """Check that two values of a field cause different requests, or that it allows one value only."""
    tried = set()
    for beside in ({}, {"image_url": IMAGE}, {"image_urls": [IMAGE]}, {"width": 1024}, {"height": 1024}):
        if not beside.keys() <= model.input.keys():
            continue
        seen = set()
        for value in values_of(name, model.input[name]):
            try:
                given = {**required_input(model), **beside, name: value}
                tried.add(repr(validate_input(model, given)[name]))
                seen.add(await record_request(adapter, model, route, given, sent))
            except InvalidInput:
                continue
        if len(seen) > 1:
            return True
    return len(tried) == 1


async def test_every_advertised_field_changes_the_request(requests: list[str]) -> None:
    """For each route of each model, each field has two values whose requests differ."""
    ignored = []
    for model, route in list_routes():
        adapter = build_adapter(CATALOGUE.providers[route.provider])
        for name in model.input:
            assert name in kind_of(model.kind).fields
            if name == "seconds" and route.native and route.native.measured:
                continue  # it bounds the length of an input
            if not await check_sent(adapter, model, route, name, requests):
                ignored.append(f"{model.id}: {route.provider} ignores {name}")
        await adapter.close()
    assert [] == ignored, msgspec.json.encode(ignored).decode()
