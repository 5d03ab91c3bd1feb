"""The requests that Luma receives for each kind, its results and the search for a lost generation."""

from collections.abc import AsyncIterator

import pytest
from msgspec import structs

from tests.harness.doubles.double import Fault, Response
from tests.harness.doubles.luma import KINDS, Double
from tests.harness.doubles.typed import models
from tests.suites.conformance.case import a_call, fetch_image
from workers.adapters.contract import Call, Done, Down, Link, Pending, Rejected, Setup, Unknown
from workers.providers.luma import LIST_MAX, PAGES_MAX, Adapter

FOX = "https://example.com/fox.png"
CALLBACK_URL = "https://us.example/callbacks/luma/token"


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """Yield a running double."""
    async with Double() as double:
        yield double


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """Yield an adapter that calls the double."""
    adapter = Adapter(
        Setup(name="luma", base_url=double.base_url, key="luma-1", callback_secret="s", fetch=fetch_image)
    )
    yield adapter
    await adapter.close()


def with_callback(call: Call, url: str = CALLBACK_URL) -> Call:
    """Return the call with a callback URL."""
    return structs.replace(call, callback_url=url)


@pytest.mark.parametrize(
    ("call", "path", "sent"),
    [
        (
            a_call("video", "ray-2", seconds=9, width=1920, height=1080),
            "video",
            {"prompt": "a red fox", "duration": "9s", "resolution": "1080p", "aspect_ratio": "16:9"},
        ),
        (
            with_callback(a_call("video", "ray-flash-2", "", image_url=FOX, aspect_ratio="auto")),
            "video",
            {"keyframes": {"frame0": {"type": "image", "url": FOX}}, "callback_url": CALLBACK_URL},
        ),
        (
            a_call("video", "ray-2", width=600, height=900),
            "video",
            {"prompt": "a red fox", "resolution": "540p", "aspect_ratio": "3:4"},
        ),
        (
            a_call("image", "photon-1", style="ink", width=1000, height=1000, image_urls=[FOX, FOX]),
            "image",
            {"prompt": "a red fox, ink", "aspect_ratio": "1:1", "image_ref": [{"url": FOX}, {"url": FOX}]},
        ),
        (
            with_callback(a_call("image", "photon-flash-1", aspect_ratio="2:1", seed=7, count=1)),
            "image",
            {"prompt": "a red fox", "aspect_ratio": "16:9", "callback_url": CALLBACK_URL},
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_generation_has_the_path_and_names_of_its_kind(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path and Luma's names for its fields, and receives only supported fields."""
    assert isinstance(await adapter.submit(call), Pending)
    [request] = double.requests
    assert ("POST", f"/dream-machine/v1/generations/{path}") == (request.method, request.path)
    assert {"model": call.model, **sent} == request.json
    assert ("Bearer luma-1", "application/json") == (request.headers["authorization"], request.headers["content-type"])


@pytest.mark.parametrize("kind", KINDS)
async def test_every_model_of_the_client_accepts_its_request(double: Double, adapter: Adapter, kind: str) -> None:
    """Every model that Luma's client knows accepts the submitted fields."""
    for model in models(KINDS[kind]):
        for size in ({}, {"aspect_ratio": "5:4"}, {"width": 1000, "height": 400}):
            await adapter.submit(a_call(kind, model, **size))
    assert len(double.requests) == double.accepted


@pytest.mark.parametrize("url", ["asset:2026/11/a.png", "data:image/png;base64,AA=="])
async def test_image_is_rejected_when_it_has_no_public_url(double: Double, adapter: Adapter, url: str) -> None:
    """An image that Luma cannot fetch itself is refused without a request."""
    for call in (a_call("video", "ray-2", image_url=url), a_call("image", "photon-1", image_urls=[FOX, url])):
        with pytest.raises(Rejected, match="https URL") as caught:
            await adapter.submit(call)
        assert "invalid_input" == caught.value.code
    assert [] == double.requests


@pytest.mark.parametrize(("kind", "model", "file"), [("video", "ray-2", "out.mp4"), ("image", "photon-1", "out.png")])
async def test_result_is_the_asset_of_its_kind(
    double: Double, adapter: Adapter, kind: str, model: str, file: str
) -> None:
    """The output of a video call is the video, and that of an image call is the image."""
    call = a_call(kind, model)
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    assert Done((Link(double.link(file)),)) == await adapter.poll(call, pending.ref)


async def test_lost_generation_is_found_by_its_callback_url(double: Double, adapter: Adapter) -> None:
    """A submit with a lost answer is found in the list by its unique callback URL."""
    call = with_callback(a_call("video", "ray-2"))
    await adapter.submit(with_callback(call, "https://us.example/another"))
    double.overrides["submit"].append(Fault.LOST_AFTER)
    with pytest.raises(Unknown):
        await adapter.submit(call)
    await adapter.submit(a_call("video", "ray-2"))
    ref = await adapter.find(call)
    assert ref is not None
    assert CALLBACK_URL == double.generations[ref]["request"]["callback_url"]
    assert isinstance(await adapter.poll(call, ref), Done)
    assert 3 == double.counts["submit"]


@pytest.mark.parametrize(("newer", "found"), [(LIST_MAX, True), (PAGES_MAX * LIST_MAX, False)])
async def test_search_reads_a_bounded_number_of_pages(
    double: Double, adapter: Adapter, newer: int, found: bool
) -> None:
    """A generation on a later page of the list is found, within a bounded number of pages."""
    call = with_callback(a_call("video", "ray-2"))
    await adapter.submit(call)
    double.generations |= {str(number): {"id": str(number), "request": None} for number in range(newer)}
    assert found == (await adapter.find(call) is not None)
    assert double.counts["find"] <= PAGES_MAX


@pytest.mark.parametrize(
    "answer", [Response(200, {}), Response(200, {"generations": [None, {"request": {}}]}), Response(200, "[]")]
)
async def test_search_finds_nothing_in_a_malformed_list(double: Double, adapter: Adapter, answer: Response) -> None:
    """A malformed list contains no generation."""
    double.overrides["find"].append(answer)
    assert await adapter.find(with_callback(a_call("video", "ray-2"))) is None


async def test_search_sends_nothing_without_a_callback_url(double: Double, adapter: Adapter) -> None:
    """A call without a callback URL cannot be identified, so the list is not requested."""
    assert await adapter.find(a_call("video", "ray-2")) is None
    assert [] == double.requests


async def test_unsigned_callback_has_no_reference(double: Double, adapter: Adapter) -> None:
    """Luma does not sign its callbacks, so no reference is read from them."""
    call = with_callback(a_call("video", "ray-2"))
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    request = double.callback(pending.ref)
    assert adapter.callback(request) is None


@pytest.mark.parametrize("kind", ["text", "enhance", "interrogate", "voice", "music", "upscale"])
async def test_unserved_kind_is_down_without_a_request(double: Double, adapter: Adapter, kind: str) -> None:
    """A kind that Luma does not serve raises Down and sends nothing."""
    with pytest.raises(Down, match=f"luma does not serve {kind}"):
        await adapter.submit(a_call(kind, "x"))
    assert [] == double.requests
