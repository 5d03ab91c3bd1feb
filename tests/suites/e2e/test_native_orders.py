"""A model imported from kie's catalogue, ordered with kie's own fields over real HTTP, up to its result."""

import asyncio
import base64
import json
from pathlib import Path
from typing import Any

import aiohttp

from operate.importing.files import ImportFiles
from operate.importing.kie import list_models
from operate.importing.listing import CatalogueClient, Listing
from operate.importing.model import build_model
from shared.ops.settings import Settings
from tests.harness.doubles import kie, kie_catalogue
from tests.harness.doubles.provider import a_png
from tests.harness.processes import make_folder
from tests.suites.e2e.caller import deploy

NAME = "nano-banana-pro"
MODEL = f"kie/{NAME}"
CATALOGUE = """
include = ["imported.toml"]
models = []
[plans.guest]
daily_quota = 0
concurrency = 2
backlog_max = 5
[providers.kie]
key_env = "KIE_API_KEY"
base_url = "KIE_URL"
"""
NATIVE: dict[str, Any] = {"resolution": "4K", "aspect_ratio": "21:9"}
PICTURE = "data:image/png;base64," + base64.b64encode(a_png()).decode()
BODY: dict[str, Any] = {
    "model": MODEL,
    "prompt": "a fox — im Schnee 🦊",
    "native": {**NATIVE, "image_input": ["https://example.com/1.png", PICTURE]},
}


async def import_model(double: kie.Double, session: aiohttp.ClientSession) -> Path:
    """Import the model into a new folder, and return the path of a catalogue that includes it."""
    folder = make_folder("imported")
    (folder / "catalogue.toml").write_text(CATALOGUE.replace("KIE_URL", double.base_url))
    client = CatalogueClient(session, double.base_url, {"Authorization": "Bearer k"}, 1_000)
    listings: list[Listing] = [one async for one in list_models(client, lambda name: name == NAME)]
    ImportFiles(folder / "imported.toml", "kie").write([build_model("kie", one, 20) for one in listings], [])
    return folder / "catalogue.toml"


async def test_native_order_of_an_imported_model_reaches_the_provider() -> None:
    """kie gets the native fields value by value; bad ones are refused by pointer, and the price follows the fields."""
    async with kie.Double() as double:
        double.listed = {NAME: kie_catalogue.entry(NAME, kie.INPUTS[NAME])}
        async with aiohttp.ClientSession() as session:
            catalogue = await import_model(double, session)
        env = {"CATALOGUE": str(catalogue), "ADAPTERS": Settings().adapters, "KIE_API_KEY": "a-key"}
        async with deploy(workers=("kie",), env=env) as place:
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

            created = await caller.request("POST", "/api/v1/generations", json=BODY)
            done = await asyncio.wait_for(caller.wait_for_end(created.body["id"], limit_s=30), 40)
            assert ("completed", quote.body["price_micros"]) == (done["status"], done["cost_micros"])
        [sent] = [request for request in double.requests if request.role == "submit"]
        given = sent.json["input"]
        link, uploaded = given.pop("image_input")
        assert ("https://example.com/1.png", a_png()) == (link, double.files[uploaded.rpartition("/")[2]][0])
        assert json.dumps({**NATIVE, "prompt": BODY["prompt"]}, sort_keys=True) == json.dumps(given, sort_keys=True)
