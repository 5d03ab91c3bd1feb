"""What exactly Luma is sent for each kind, how what it brings is read, and how a lost generation is found."""

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
BACK = "https://us.example/callbacks/luma/token"


@pytest.fixture
async def double() -> AsyncIterator[Double]:
    """A double of its own."""
    async with Double() as one:
        yield one


@pytest.fixture
async def adapter(double: Double) -> AsyncIterator[Adapter]:
    """The adapter, talking to it."""
    one = Adapter(Setup(name="luma", base_url=double.base_url, key="luma-1", callback_secret="s", fetch=fetch_image))
    yield one
    await one.close()


def calling_back(call: Call, url: str = BACK) -> Call:
    """The call with a callback address."""
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
            calling_back(a_call("video", "ray-flash-2", "", image_url=FOX, aspect_ratio="auto")),
            "video",
            {"keyframes": {"frame0": {"type": "image", "url": FOX}}, "callback_url": BACK},
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
            calling_back(a_call("image", "photon-flash-1", aspect_ratio="2:1", seed=7, count=1)),
            "image",
            {"prompt": "a red fox", "aspect_ratio": "16:9", "callback_url": BACK},
        ),
    ],
    ids=lambda value: f"{value.kind}-{value.model}" if isinstance(value, Call) else "",
)
async def test_a_generation_has_its_path_and_names(
    double: Double, adapter: Adapter, call: Call, path: str, sent: dict[str, object]
) -> None:
    """Each kind has its path, its fields the names that Luma has, and nothing is sent that it does not take."""
    assert isinstance(await adapter.submit(call), Pending)
    [request] = double.requests
    assert ("POST", f"/dream-machine/v1/generations/{path}") == (request.method, request.path)
    assert {"model": call.model, **sent} == request.json
    assert ("Bearer luma-1", "application/json") == (request.headers["authorization"], request.headers["content-type"])


@pytest.mark.parametrize("kind", KINDS)
async def test_every_model_of_the_client_is_asked_as_it_wants(double: Double, adapter: Adapter, kind: str) -> None:
    """Every model that Luma's client knows takes what it is sent."""
    for model in models(KINDS[kind]):
        for size in ({}, {"aspect_ratio": "5:4"}, {"width": 1000, "height": 400}):
            await adapter.submit(a_call(kind, model, **size))
    assert len(double.requests) == double.accepted


@pytest.mark.parametrize("url", ["asset:2026/11/a.png", "data:image/png;base64,AA=="])
async def test_a_picture_without_an_address_is_refused(double: Double, adapter: Adapter, url: str) -> None:
    """Luma fetches pictures itself: one that it cannot reach is refused, and nothing is asked."""
    for call in (a_call("video", "ray-2", image_url=url), a_call("image", "photon-1", image_urls=[FOX, url])):
        with pytest.raises(Rejected, match="https URL") as caught:
            await adapter.submit(call)
        assert "invalid_input" == caught.value.code
    assert [] == double.requests


@pytest.mark.parametrize(("kind", "model", "file"), [("video", "ray-2", "out.mp4"), ("image", "photon-1", "out.png")])
async def test_the_result_is_the_asset_of_its_kind(
    double: Double, adapter: Adapter, kind: str, model: str, file: str
) -> None:
    """A film brings its film and a picture its picture."""
    call = a_call(kind, model)
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    assert Done((Link(double.link(file)),)) == await adapter.poll(call, pending.ref)


async def test_a_lost_generation_is_found_by_its_callback_address(double: Double, adapter: Adapter) -> None:
    """A submit whose answer was lost is in the list, with the address that no other has."""
    call = calling_back(a_call("video", "ray-2"))
    await adapter.submit(calling_back(call, "https://us.example/another"))
    double.overrides["submit"].append(Fault.LOST_AFTER)
    with pytest.raises(Unknown):
        await adapter.submit(call)
    await adapter.submit(a_call("video", "ray-2"))
    ref = await adapter.find(call)
    assert ref is not None
    assert BACK == double.generations[ref]["request"]["callback_url"]
    assert isinstance(await adapter.poll(call, ref), Done)
    assert 3 == double.counts["submit"]


@pytest.mark.parametrize(("newer", "found"), [(LIST_MAX, True), (PAGES_MAX * LIST_MAX, False)])
async def test_the_search_goes_back_a_bounded_way(double: Double, adapter: Adapter, newer: int, found: bool) -> None:
    """One that is not on the first page of the list is found on a later one, and no more than some are read."""
    call = calling_back(a_call("video", "ray-2"))
    await adapter.submit(call)
    double.generations |= {str(number): {"id": str(number), "request": None} for number in range(newer)}
    assert found == (await adapter.find(call) is not None)
    assert double.counts["find"] <= PAGES_MAX


@pytest.mark.parametrize(
    "answer", [Response(200, {}), Response(200, {"generations": [None, {"request": {}}]}), Response(200, "[]")]
)
async def test_a_strange_list_finds_nothing(double: Double, adapter: Adapter, answer: Response) -> None:
    """A list that is none names no generation."""
    double.overrides["find"].append(answer)
    assert await adapter.find(calling_back(a_call("video", "ray-2"))) is None


async def test_nothing_is_looked_for_without_an_address(double: Double, adapter: Adapter) -> None:
    """A call that was given no callback address cannot be told from others, so the list is not asked for."""
    assert await adapter.find(a_call("video", "ray-2")) is None
    assert [] == double.requests


async def test_an_unsigned_callback_names_nothing(double: Double, adapter: Adapter) -> None:
    """What Luma posts has no signature: it is reason to look, and no reference is taken from it."""
    call = calling_back(a_call("video", "ray-2"))
    pending = await adapter.submit(call)
    assert isinstance(pending, Pending)
    request = double.callback(pending.ref)
    assert adapter.callback(request) is None


@pytest.mark.parametrize("kind", ["text", "enhance", "interrogate", "voice", "music", "upscale"])
async def test_what_it_does_not_serve_goes_elsewhere(double: Double, adapter: Adapter, kind: str) -> None:
    """A kind that Luma does not have is not asked for."""
    with pytest.raises(Down, match=f"luma does not serve {kind}"):
        await adapter.submit(a_call(kind, "x"))
    assert [] == double.requests
