"""wokflow catalogue import: the catalogues of doubles become files that load, and the next run shows what changed."""

import asyncio
import json
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from operate.cli.main import main
from shared.domain.catalogue import Catalogue
from shared.ops import catalogue_files
from tests.harness.doubles import fal, kie, kie_catalogue, replicate
from tests.harness.doubles.double import Double, Response

CATALOGUE = """
include = [INCLUDED]
models = []
[plans.guest]
daily_quota = 10
concurrency = 2
backlog_max = 5
"""
NUMBER = 240  # of models in kie's catalogue: 200 or more of them have a price with a bound
Import = Callable[..., Coroutine[Any, Any, dict[str, Any]]]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder for the catalogue."""
    return tmp_path


@pytest.fixture
def run_import(folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Import:
    """Return a coroutine function that imports from a double, and returns the facts that the command printed."""
    monkeypatch.setenv("CATALOGUE", str(folder / "catalogue.toml"))
    monkeypatch.setenv("A_KEY", "a-key")

    async def run_it(provider: str, double: Double, *words: str, fails: bool = False) -> dict[str, Any]:
        write_catalogue(folder, provider, double.base_url)
        capsys.readouterr()
        arguments = ["catalogue", "import", provider, "--per-second", "100000", "--json", *words]
        status = await asyncio.to_thread(main, arguments)
        printed = capsys.readouterr()
        assert (1 if fails else 0) == status, printed
        facts: dict[str, Any] = json.loads(printed.err if fails else printed.out)
        return facts

    return run_it


def write_catalogue(folder: Path, provider: str, url: str, included: str = "") -> None:
    """Write a catalogue with a provider at a URL, which includes the imported file if that is named."""
    entry = f'[providers.{provider}]\nkey_env = "A_KEY"\nbase_url = "{url}"\n'
    names = json.dumps(included) if included else ""
    (folder / "catalogue.toml").write_text(CATALOGUE.replace("INCLUDED", names) + entry)


def load_included(folder: Path, provider: str) -> Catalogue:
    """Return the catalogue with the imported file, all of its schemas compiled."""
    write_catalogue(folder, provider, "http://127.0.0.1:1", f"catalogue/imported_{provider}.toml")
    assert 0 == main(["catalogue", "check", "--json"])
    return catalogue_files.load(str(folder / "catalogue.toml"))


async def test_kie_catalogue_is_imported_and_its_changes_are_shown(run_import: Import, folder: Path) -> None:
    """200 models and more are imported in one run and load; after changes the next run shows exactly those."""
    async with kie.Double() as double:
        double.listed = kie_catalogue.entries(NUMBER)
        first = await run_import("kie", double)
        assert 200 <= first["models"] == len(first["added"]) == NUMBER - len(first["skipped"])
        reasons = ("its price does not say what", "its price is per second, but its length is not an input")
        assert all(reason.startswith(reasons) for reason in first["skipped"].values())
        assert {"list"} == set(double.counts)
        document = double.listed["nano-banana-pro"]["schema"]
        document["components"]["schemas"]["the input"]["properties"]["a_flag"] = {"type": "boolean"}
        double.listed["z-image"]["pricingDesc"] = "9 credits per image"
        del double.listed["qwen2/text-to-image"]
        double.listed["new/image"] = kie_catalogue.entry("new/image", ["prompt*"])
        shown = await run_import("kie", double, "--match", "z-*", "--dry-run")
        assert (False, ["kie/z-image"], []) == (shown["written"], shown["changed"], shown["removed"])
        changes = await run_import("kie", double)
        assert (["kie/new/image"], ["kie/qwen2/text-to-image"], ["kie/nano-banana-pro", "kie/z-image"]) == (
            changes["added"],
            changes["removed"],
            changes["changed"],
        )
        z_image = [line for line in shown["diff"] if line[:1] in "+-"]
        marks = [line[:2] for line in z_image if line[:3] not in ("---", "+++")]
        assert ["+#", "+p", "+r", "-#", "-p", "-r"] == sorted(marks)
        others = [line for line in changes["diff"] if line not in shown["diff"] and line[:1] in "+-"]
        assert ['+    "a_flag": {', '+      "type": "boolean"', "+    },"] == others[2:]
        only = await run_import("kie", double, "--match", "kling*")
        assert ([], [], [], []) == tuple(only[name] for name in ("added", "removed", "changed", "diff"))
    found = load_included(folder, "kie")
    assert first["models"] == len(found.models)
    kling = found.models["kie/kling-2.6/text-to-video"]
    assert (120_000, 126_000) == (kling.ui_price_micros, kling.price_micros)  # `sound` has no default: the dearest
    assert not list(folder.glob("catalogue/native/kie/qwen2--text-to-image.json"))


async def test_kie_model_without_a_bound_is_left_out(run_import: Import) -> None:
    """No model is imported whose price, length or schema is not known, and each reason is shown."""
    image = kie_catalogue.entry("a/image", ["prompt*"])
    odd: dict[str, dict[str, Any]] = {
        "no/schema": {"schema": None},
        "no/price": {"pricingDesc": "ask us"},
        "by/token": {"pricingDesc": "3 credits per 1M tokens"},
        "per/second": {"pricingDesc": "3 credits per second"},
        "two/units": {"pricingDesc": "3 credits per second, 4 credits per image"},
        "no/kind": {"taskType": ["Speech to Text"]},
        "no/fields": {"schema": kie_catalogue.document("no/fields", {}, [])},
        "odd/schema": {"schema": kie_catalogue.document("odd/schema", {"prompt": {"enum": 7}}, [])},
        "../../escape": {},
        "in/words": {"pricingDesc": "Each image costs 7.5 credits (0.0375 USD)."},
        "from/to": {"pricingDesc": "From 40 credits ($0.20) up to 160 credits ($0.80) per image"},
    }
    async with kie.Double() as double:
        double.listed = {name: {**image, "model": name, **facts} for name, facts in odd.items()}
        facts = await run_import("kie", double)
        assert ["kie/in/words"] == facts["added"]
        assert {
            "no/schema": "kie has no schema of it",
            "no/price": "its price is not known: name it in --prices",
            "from/to": "its price is not known: name it in --prices",
            "by/token": "its price is per '1m tokens', which an order does not bound",
            "per/second": "its price is per second, but its length is not an input with a limit",
            "two/units": "its price has several units: image, second",
            "no/kind": "its task 'speech-to-text' is none of our kinds",
            "no/fields": "its schema has no properties",
            "odd/schema": "its schema has a form that is not known",
            "../../escape": "its name cannot be part of a model id",
        } == facts["skipped"]

        double.overrides["list"].append(Response(200, {"code": 401, "msg": "You do not have access permissions"}))
        refused = await run_import("kie", double, fails=True)
        assert "check the API key" in refused["error"]["message"]
        double.overrides["list"].append(Response(200, "<html>"))
        broken = await run_import("kie", double, fails=True)
        assert "its format has changed" in broken["error"]["message"]


def rate_row(words: str, credits: str, unit: str, model: str = "", page: str = "page") -> dict[str, Any]:
    """Return a row of kie's price page; its link names a model, or only the page of several ones."""
    link = f"https://kie.ai/{page}" + (f"?model={quote(model, safe='')}" if model else "")
    facts = {"modelDescription": words, "creditPrice": credits, "creditUnit": unit, "anchor": link}
    return {**facts, "interfaceType": "video", "usdPrice": str(float(credits.replace(",", ".")) / 200)}


def rate_card(sold: str) -> list[dict[str, Any]]:
    """Return rows of kie's price page: of `sold`, of other models, of none, and on more than one page."""
    lengths = [
        ("5.0", "without", "55.0"),
        ("5.0", "with", "110.0"),
        ("10.0", "without", "110.0"),
        ("10.0", "with", "220"),
    ]
    return [
        *(rate_row(f"Chat {n}, Chat, Output", "280", "per milion tokens") for n in range(95)),
        rate_row("Typo", "0,325", "per image", "with/typo"),
        rate_row("With 5 Pro, input image, First image free", "0.5", "per image", page=""),
        rate_row("With 5 Pro, text-to-image", "7", "per image", "with/inputs"),
        *(rate_row(f"maker/by-name, {size} no logo", "3", "per image") for size in ("1K", "2K", "4K")),
        rate_row("Google nano banana pro, 4K", "24.0", "per image", page="nano-banana-pro"),
        rate_row("Google nano banana pro, 1/2K", "18.0", "per image", page="nano-banana-pro"),
        *(
            rate_row(f"kling 2.6, text-to-video, {sound} audio-{length}s", credits, " per video", sold)
            for length, sound, credits in lengths
        ),
    ]


async def test_kie_prices_come_from_the_price_page_where_the_words_are_not_read(
    run_import: Import, folder: Path
) -> None:
    """Rows belong to a model by their link or name; a price of which input files are a part is not imported."""
    sold = "kling-2.6/text-to-video"
    image = kie_catalogue.entry("", ["prompt*", "resolution=1K|2K|4K"])
    models = {sold: kie_catalogue.entry(sold, ["prompt*", "sound:bool", "duration=5|10"])}
    models |= dict.fromkeys(("nano-banana-pro", "maker/by-name"), image)
    models |= dict.fromkeys(("with/inputs", "with/typo", "no/rows"), kie_catalogue.entry("", ["prompt*"]))
    words = {"pricingDesc": "A 5-second video costs 160 credits, …"}
    async with kie.Double() as double:
        double.listed = {name: {**entry, **words, "model": name} for name, entry in models.items()}
        double.rate_card = rate_card(sold)
        double.overrides["list"].append(Response(200, {"code": 429, "msg": "Too many requests"}))
        facts = await run_import("kie", double)
        assert [f"kie/{sold}", "kie/maker/by-name", "kie/nano-banana-pro"] == facts["added"]
        assert {
            "with/inputs": "its price depends on its input files: name it in --prices",
            "with/typo": "its price is not known: name it in --prices",
            "no/rows": "its price is not known: name it in --prices",
        } == facts["skipped"]
        pages = [request.json for request in double.requests if request.method == "POST"]
        assert [{"pageNum": 1, "pageSize": 100}, {"pageNum": 2, "pageSize": 100}] == pages
    found = load_included(folder, "kie")
    kling, pro = found.models[f"kie/{sold}"], found.models["kie/nano-banana-pro"]
    costs = [kling.price.agreed({"native.sound": s, "seconds": n}).cost({}) for s in (False, True) for n in (5, 10)]
    assert [330_000, 660_000, 660_000, 1_320_000] == costs
    sizes = [pro.price.agreed({"native.resolution": size}).cost({"output": 1}) for size in ("1K", "2K", "4K")]
    assert [108_000, 108_000, 144_000] == sizes
    quoted = "text-to-video, with audio-10.0s: 220 credits per video"
    assert quoted in (folder / "catalogue/imported_kie.toml").read_text()


def fal_app(category: str, price: dict[str, Any] | None, status: str = "active", **fields: Any) -> dict[str, Any]:
    """Return an app of fal's catalogue, with an OpenAPI 3.0 document."""
    own = {"type": "object", "properties": {"prompt": {"type": "string"}, **fields}, "required": ["prompt"]}
    body = {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/AppInput"}}}}
    document = {"paths": {"/app": {"post": {"requestBody": body}}}, "components": {"schemas": {"AppInput": own}}}
    facts = {"display_name": "An App", "category": category, "status": status}
    return {"metadata": facts, "openapi": document, **({"price": {**price, "currency": "USD"}} if price else {})}


async def test_fal_catalogue_is_imported(run_import: Import, folder: Path) -> None:
    """fal's pages are followed; prices per image, second and megapixel are bounded, and others are left out."""
    size = {
        "anyOf": [
            {"type": "object", "properties": {"width": {"type": "integer"}}},
            {"enum": ["square_hd", "landscape_4_3"]},
        ],
        "default": "landscape_4_3",
    }
    images = {"type": "integer", "minimum": 1, "maximum": 8, "default": 1}
    listed = {
        "a/image": fal_app("text-to-image", {"unit_price": 0.04, "unit": "images"}, num_images=images),
        "a/sized": fal_app(
            "text-to-image", {"unit_price": 0.025, "unit": "megapixels"}, image_size=size, num_images=images
        ),
        "a/clip": fal_app(
            "image-to-video",
            {"unit_price": 0.1, "unit": "seconds"},
            duration={"enum": ["4s", "8s", "auto"], "default": "auto"},
            image_url={"type": "string", "nullable": True, "format": "uri"},
            cfg={"type": "number", "minimum": 0, "exclusiveMinimum": True},
        ),
        "a/graded": fal_app("text-to-image", {"unit_price": 0.1, "unit": "images"}, resolution={"enum": ["1K", "4K"]}),
        "a/gpu": fal_app("text-to-image", {"unit_price": 0.001, "unit": "compute seconds"}),
        "a/free": fal_app("text-to-image", None),
        "a/old": fal_app("text-to-image", {"unit_price": 0.1, "unit": "images"}, status="deprecated"),
    }
    async with fal.Double() as double:
        double.listed = listed
        facts = await run_import("fal", double)
    assert ["fal/a/clip", "fal/a/image", "fal/a/sized"] == facts["added"]
    assert {
        "a/graded": "its price does not say what 'resolution' costs",
        "a/gpu": "its price is per 'compute second', which an order does not bound",
        "a/free": "its price is not known: name it in --prices",
    } == facts["skipped"]
    models = load_included(folder, "fal").models
    prices = {name.removeprefix("fal/a/"): model.ui_price_micros for name, model in models.items()}
    assert {"image": 48_000, "sized": 60_000, "clip": 480_000} == prices
    clip = models["fal/a/clip"]
    assert (4, (4, 8)) == (clip.input["seconds"].default, clip.input["seconds"].choices)
    assert "image_url" in clip.input


async def test_replicate_models_need_the_operator_s_prices(run_import: Import, folder: Path) -> None:
    """Replicate lists no prices: only models that the operator's file names are imported, and it may have tables."""
    own = {"type": "object", "properties": {"prompt": {"type": "string"}, "quality": {"enum": ["low", "high"]}}}
    plain = {"type": "object", "properties": {"prompt": {"type": "string"}}}
    image = {"description": "An image model."}
    prices = folder / "prices.toml"
    prices.write_text(
        '"a/plain" = 2.5\n"a/graded" = { parts = [{ per = "output", cents = 8, rows = '
        '[{ when = { "native.quality" = "low" }, cents = 2 }] }] }\n"a/half" = 3\n"a/odd" = "much"\n'
    )
    names = {"a/plain": plain, "a/graded": own, "a/half": own, "a/odd": plain, "a/unknown": plain}
    async with replicate.Double() as double:
        double.listed = {
            name: {**image, "openapi_schema": {"components": {"schemas": {"Input": schema}}}}
            for name, schema in names.items()
        }
        facts = await run_import("replicate", double, "--prices", str(prices), "--margin-percent", "100")
    assert ["replicate/a/graded", "replicate/a/plain"] == facts["added"]
    assert {
        "a/half": "its price does not say what 'quality' costs",
        "a/odd": "its price in --prices must be a number of cents, or a table with `parts`",
        "a/unknown": "its price is not known: name it in --prices",
    } == facts["skipped"]
    models = load_included(folder, "replicate").models
    assert [160_000, 50_000] == [models[f"replicate/a/{name}"].ui_price_micros for name in ("graded", "plain")]
