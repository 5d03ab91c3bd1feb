"""Models with native fields, imported, shipped and invented, ordered over real HTTP up to their results."""

import asyncio
import base64
import io
import json
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from gateway.body import BODY_BYTES_MAX
from operate.importing.files import ImportFiles
from operate.importing.kie import list_models
from operate.importing.listing import CatalogueClient, Listing
from operate.importing.model import build_model
from shared.ops.settings import ROOT, Settings
from tests.harness.doubles import fal, kie, kie_catalogue, replicate
from tests.harness.doubles.double import Double
from tests.harness.doubles.provider import a_png
from tests.harness.media import a_wav, an_mp4
from tests.harness.processes import make_folder
from tests.suites.e2e.caller import Caller, Place, deploy

pytestmark = pytest.mark.asyncio(loop_scope="module")

NAME = "nano-banana-pro"
MODEL = f"kie/{NAME}"
SHIPPED = ROOT / "deploy" / "catalogue" / "videos-from-media.toml"
CATALOGUE = f"""
include = ["imported.toml", "{SHIPPED}", "exact.toml"]
models = []
[plans.guest]
daily_quota = 0
concurrency = 2
backlog_max = 5
[providers.kie]
key_env = "KIE_API_KEY"
base_url = "KIE_URL"
[providers.fal]
key_env = "FAL_KEY"
"""
NATIVE: dict[str, Any] = {"resolution": "4K", "aspect_ratio": "21:9"}
PNG, WAV, MP4 = a_png(), a_wav(2), an_mp4(2)
PICTURE = "data:image/png;base64," + base64.b64encode(PNG).decode()
BODY: dict[str, Any] = {
    "model": MODEL,
    "prompt": "a fox — im Schnee 🦊",
    "native": {**NATIVE, "image_input": ["https://example.com/1.png", PICTURE]},
}
# Each JSON type, and notations that a parser would replace by shorter ones.
WRITTEN = {
    "size": "512.0",
    "power": "1e3",
    "count": "5",
    "tenth": "0.1",
    "digits": "0.1000000000000000055511151231257827021",
    "small": "-0.0",
    "largest": "18446744073709551615",
    "text": r'"\u00e9\/\ud83e\udd8a \" é🦊"',
    "nothing": "null",
    "yes": "true",
    "list": "[ 1.0,\t2E0, [] ]",
    "object": '{"b" : 1.50, "a": {"c":false} }',
}
EXACT = {"kie": ("somebody/exact", kie.Double), "fal": ("somebody/app", fal.Double)}
EXACT |= {"replicate": ("somebody/model", replicate.Double)}
EXACT_MODEL = """
[providers.exact_{name}]
adapter = "{name}"
base_url = "{base_url}"
key_env = "KIE_API_KEY"
[[models]]
id = "exact/{name}"
name = "Exact"
kind = "image"
routes = [{{ provider = "exact_{name}", model = "{model}", native = "exact.json", cost_cents = 1 }}]
[models.price]
parts = [{{ per = "output", cents = 4, rows = [{{ when = {{ "native.size" = 512 }}, cents = 2 }}] }}]
"""
EXACT_SCHEMA = {
    "properties": {
        **{name: {} for name in WRITTEN},
        "size": {"type": "integer", "enum": [512, 1024], "x-wokflow-cost": True},
        "prompt": {"x-wokflow": "prompt"},
    }
}
SPOKEN = "she says hello"
# A model, its seconds and native fields, the fields that kie gets, and the price.
SHIPPED_ORDERS: list[tuple[str, int, dict[str, Any], dict[str, Any], int]] = [
    ("kwaivgi/kling-avatar", 2, {"audio_url": WAV}, {"image_url": PNG, "audio_url": WAV, "prompt": SPOKEN}, 115_500),
    (
        "meigen/infinitalk",
        3,
        {"audio_url": WAV, "resolution": "720p"},
        {"image_url": PNG, "audio_url": WAV, "resolution": "720p", "prompt": SPOKEN},
        252_000,
    ),
    ("topaz/video-upscale", 2, {"video_url": MP4}, {"video_url": MP4}, 168_000),
    (
        "topaz/video-upscale",
        2,
        {"video_url": MP4, "upscale_factor": "4"},
        {"video_url": MP4, "upscale_factor": "4"},
        199_500,
    ),
    (
        "kwaivgi/kling-2.6-motion-control",
        3,
        {"video_urls": [MP4], "mode": "1080p"},
        {
            "input_urls": [PNG],
            "video_urls": [MP4],
            "mode": "1080p",
            "character_orientation": "video",
            "prompt": SPOKEN,
        },
        378_000,
    ),
    (
        "alibaba/wan-2.7-frames",
        2,
        {"last_frame_url": PNG, "driving_audio_url": WAV},
        {
            "first_frame_url": PNG,
            "last_frame_url": PNG,
            "driving_audio_url": WAV,
            "duration": 2,
            "resolution": "720p",
            "prompt": SPOKEN,
        },
        210_000,
    ),
    (
        "alibaba/wan-2.7-references",
        2,
        {"reference_image": [PNG, PNG], "resolution": "1080p"},
        {
            "reference_image": [PNG, PNG],
            "duration": 2,
            "resolution": "1080p",
            "aspect_ratio": "16:9",
            "prompt": SPOKEN,
        },
        315_000,
    ),
    (
        "alibaba/wan-2.7-edit",
        2,
        {"video_url": MP4, "reference_image": PNG},
        {"video_url": MP4, "reference_image": PNG, "duration": 2, "resolution": "720p", "prompt": SPOKEN},
        420_000,
    ),
]


async def write_catalogue(double: kie.Double, exact: Mapping[str, Double], session: aiohttp.ClientSession) -> Path:
    """Import the model into a new folder, and return the path of a catalogue that includes it and others."""
    folder = make_folder("imported")
    models = (EXACT_MODEL.format(name=name, base_url=exact[name].base_url, model=EXACT[name][0]) for name in exact)
    (folder / "exact.toml").write_text("".join(models))
    (folder / "exact.json").write_text(json.dumps(EXACT_SCHEMA))
    (folder / "catalogue.toml").write_text(CATALOGUE.replace("KIE_URL", double.base_url))
    client = CatalogueClient(session, double.base_url, {"Authorization": "Bearer k"}, 1_000)
    listings: list[Listing] = [one async for one in list_models(client, lambda name: name == NAME)]
    ImportFiles(folder / "imported.toml", "kie").write([build_model("kie", one, 20) for one in listings], [])
    return folder / "catalogue.toml"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def double() -> AsyncIterator[kie.Double]:
    """Provide kie."""
    async with kie.Double() as double:
        yield double


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def exact() -> AsyncIterator[dict[str, Double]]:
    """Provide a double of each provider whose adapter sends native fields."""
    async with AsyncExitStack() as stack:
        yield {name: await stack.enter_async_context(double()) for name, (_, double) in EXACT.items()}


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def place(double: kie.Double, exact: dict[str, Double]) -> AsyncIterator[Place]:
    """Run a gateway and workers with an imported model, the shipped ones that take other media, and `exact/...`."""
    double.listed = {NAME: kie_catalogue.entry(NAME, kie.INPUTS[NAME])}
    async with aiohttp.ClientSession() as session:
        catalogue = await write_catalogue(double, exact, session)
    env = {"CATALOGUE": str(catalogue), "ADAPTERS": Settings().adapters, "KIE_API_KEY": "a-key"}
    async with deploy(workers=("kie", *(f"exact_{name}" for name in exact)), env=env) as place:
        yield place


async def finish(caller: Caller, body: dict[str, Any]) -> dict[str, Any]:
    """Order, and return the generation when it has ended."""
    created = await caller.request("POST", "/api/v1/generations", json=body)
    assert 201 == created.status, created
    return await asyncio.wait_for(caller.wait_for_end(created.body["id"], limit_s=30), 40)


async def store(caller: Caller, data: bytes) -> str:
    """Upload a file, and return its URL for orders."""
    upload = (await caller.request("POST", "/api/v1/uploads", json={})).body
    sent = await caller.request("PUT", upload["upload_url"], data=data, headers={"Authorization": ""})
    assert 204 == sent.status, sent
    return str(upload["url"])


def submits(double: kie.Double) -> list[dict[str, Any]]:
    """Return the inputs of the tasks that kie got."""
    return [request.json["input"] for request in double.requests if request.role == "submit"]


def replaced(value: Any, names: dict[Any, Any]) -> Any:
    """Return a JSON value with other media in its fields and lists."""
    if isinstance(value, dict):
        return {name: replaced(item, names) for name, item in value.items()}
    if isinstance(value, list):
        return [replaced(item, names) for item in value]
    return names.get(value, value)


async def test_native_order_of_an_imported_model_reaches_the_provider(place: Place, double: kie.Double) -> None:
    """kie gets the native fields value by value; bad ones are refused by pointer, and the price follows the fields."""
    caller = await place.create_caller(cents=100)
    listed = (await caller.request("GET", "/api/v1/models")).body["data"]
    [model] = [one for one in listed if one["id"] == MODEL]
    assert {*NATIVE, "image_input"} <= set(model["native_fields"])
    refused = await caller.request("POST", "/api/v1/generations", json={**BODY, "native": {"resolution": "8K"}})
    assert (400, "invalid_input") == (refused.status, refused.body["error"]["code"])
    assert refused.body["error"]["message"].startswith('`/native/resolution` is not one of "1K"')
    quote = await caller.request("POST", "/api/v1/generations/quote", json=BODY)
    least = await caller.request("POST", "/api/v1/generations/quote", json={**BODY, "native": {}})
    assert 1 < quote.body["price_micros"] / least.body["price_micros"]
    assert 100 == await caller.check_balance()

    done = await finish(caller, BODY)
    assert ("completed", quote.body["price_micros"]) == (done["status"], done["cost_micros"])
    given = submits(double)[-1]
    link, uploaded = given.pop("image_input")
    assert ("https://example.com/1.png", PNG) == (link, double.files[uploaded.rpartition("/")[2]][0])
    assert json.dumps({**NATIVE, "prompt": BODY["prompt"]}, sort_keys=True) == json.dumps(given, sort_keys=True)


async def test_native_fields_reach_each_provider_byte_for_byte(
    place: Place, exact: dict[str, Double], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The text of each value is in the provider's request as the caller sent it, and 512.0 has the price of 512."""
    monkeypatch.setitem(kie.INPUTS, EXACT["kie"][0], [])
    monkeypatch.setattr(kie, "refuse_invalid", lambda *args, **known: None)
    caller = await place.create_caller(cents=100)
    native = ", ".join(f'"{name}" : {text}' for name, text in WRITTEN.items())
    bodies = {name: f'{{"model": "exact/{name}", "prompt": "a fox", "native": {{{native}}}}}' for name in exact}
    bodies["fal"] += " " * BODY_BYTES_MAX  # large bodies are parsed in a thread
    headers = {"Content-Type": "application/json"}
    sent = [
        caller.request("POST", "/api/v1/generations", data=io.BytesIO(body.encode()), headers=headers)
        for body in bodies.values()
    ]
    created = await asyncio.gather(*sent)
    ended = await asyncio.gather(*(caller.wait_for_end(answer.body["id"], limit_s=30) for answer in created))
    assert [("completed", 21_000)] * len(EXACT) == [(one["status"], one["cost_micros"]) for one in ended]
    for double in exact.values():
        [got] = [request for request in double.requests if request.role == "submit"]
        assert [] == [name for name, text in WRITTEN.items() if f'"{name}":{text}'.encode() not in got.body]
        fields = got.json.get("input", got.json)
        assert {"prompt": "a fox"} == {name: value for name, value in fields.items() if name not in WRITTEN}


async def test_media_of_shipped_models_reach_the_provider(place: Place, double: kie.Double) -> None:
    """Uploads become files at kie, in the fields of each model, for the price of the declared seconds."""
    caller = await place.create_caller(cents=1_000)
    names = {file: await store(caller, file) for file in (PNG, WAV, MP4)}
    double.links = [double.link("film.mp4")]
    bodies = []
    for model, seconds, native, sent, _ in SHIPPED_ORDERS:
        image = {"image_url": names[PNG]} if {"image_url", "input_urls", "first_frame_url"} & sent.keys() else {}
        body = {"model": model, "prompt": SPOKEN, "input": {"seconds": seconds, **image}}
        bodies.append({**body, "native": replaced(native, names)})
    done = await asyncio.gather(*(finish(caller, body) for body in bodies))
    double.links = None
    ends = [(one["status"], one["cost_micros"]) for one in done]
    assert [("completed", price_micros) for *_, price_micros in SHIPPED_ORDERS] == ends
    stored = {double.link(name): data for name, (data, _) in double.files.items()}
    found = [replaced(task, stored) for task in submits(double)]
    assert [] == [sent for *_, sent, _ in SHIPPED_ORDERS if sent not in found]


async def test_recording_longer_than_its_order_is_refused_and_not_charged(place: Place, double: kie.Double) -> None:
    """The declared seconds are the price, so a longer recording never reaches kie."""
    caller = await place.create_caller(cents=100)
    before = len(submits(double))
    given = {"seconds": 1, "image_url": await store(caller, PNG)}
    native = {"audio_url": await store(caller, WAV)}
    done = await finish(caller, {"model": "kwaivgi/kling-avatar", "prompt": "x", "input": given, "native": native})
    assert "failed" == done["status"]
    assert "is 2.00 s long, but `seconds` is 1" in done["error"]
    assert (100, before) == (await caller.check_balance(), len(submits(double)))
