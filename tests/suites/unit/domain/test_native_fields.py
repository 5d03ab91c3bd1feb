"""Native fields: the schemas of routes, the orders that use them, and the prices that must cover them."""

import json
from collections.abc import Mapping

import pytest
from msgspec import structs

from gateway.offers import Candidate, GenerationRequest, build_offers
from shared.domain import catalogue_file
from shared.domain.catalogue import Catalogue
from shared.domain.catalogue_file import CatalogueError
from shared.domain.errors import Refused
from shared.domain.generation import FallbackRoute, Spec, decode_spec, encode_spec
from shared.domain.inputs import InvalidInput
from shared.domain.margins import inputs_at_limits
from shared.domain.native_input import NativeInput
from shared.domain.native_order import BYTES_MAX, NativeFields, check_native, fit_order
from shared.domain.native_schema import BadSchema, read_schema
from workers.reroute import remaining_routes

FIELDS: dict[str, object] = {
    "text": {"type": "string", "maxLength": 50, "x-wokflow": "prompt"},
    "start": {"type": "string", "format": "uri", "pattern": "^https://", "x-wokflow": "first_frame"},
    "duration": {"type": "string", "enum": ["5", "10"], "default": "5", "x-wokflow": "seconds"},
    "resolution": {"type": "string", "enum": ["1K", "4K"], "default": "1K", "x-wokflow-cost": True},
    "strength": {"type": "number", "minimum": 0, "maximum": 1},
    "shots": {"type": "array", "items": {"type": "object", "properties": {"s": {"type": "integer"}}}},
}
SCHEMA = {"type": "object", "properties": FIELDS, "required": ["text", "duration"]}
TEXT = """
[plans.guest]
daily_quota = 10
concurrency = 1
backlog_max = 1
[providers.fal]
[providers.kie]
[providers.runway]
[[models]]
id = "a/clip"
name = "Clip"
kind = "video"
duration_s = 10
routes = [
  { provider = "fal", model = "f", native = "fal.json", cost = COST },
  { provider = "runway", model = "r" },
  { provider = "kie", model = "k", native = "kie.json" },
]
[models.price]
parts = [{ per = "second", cents = 4, rows = [{ when = { "native.resolution" = "1K" }, cents = 2 }] }]
[models.input]
seconds = { default = 5, choices = [5, 10] }
image_url = {}
"""
COST = '{ parts = [{ per = "second", cents = 3, rows = [{ when = { "native.resolution" = "1K" }, cents = 1 }] }] }'


def changed(**fields: object) -> bytes:
    """Return the schema as JSON with other or, if None, without some fields."""
    properties = {name: field for name, field in {**FIELDS, **fields}.items() if field is not None}
    return json.dumps({**SCHEMA, "properties": properties}).encode()


KIE = changed(text=None, duration={"type": "integer", "x-wokflow": "seconds"}, words={"x-wokflow": "prompt"}, extra={})
KIE = json.dumps({**json.loads(KIE), "required": []}).encode()

MEASURED = changed(duration=None, clip={"type": "string", "x-wokflow": "video", "x-wokflow-measured": True})
MEASURED = json.dumps({**json.loads(MEASURED), "required": ["text", "resolution"]}).encode()


def parse(old: str = "", new: str = "", *, cost: str = COST, **files: bytes) -> Catalogue:
    """Return the catalogue, after a replacement in its text, with files next to it."""
    found: dict[str, bytes] = {"fal.json": changed(), "kie.json": KIE, **{f"{n}.json": raw for n, raw in files.items()}}
    text = TEXT.replace("COST", cost)
    assert old in text

    def read(file: str | None, name: str) -> bytes:
        if name not in found:
            raise FileNotFoundError(2, "No such file or directory", name)
        return found[name]

    return catalogue_file.parse(text.replace(old, new), natives=read)


def request(native: Mapping[str, object], given: object = None, **more: object) -> GenerationRequest:
    """Return a request for the model at all of its routes."""
    model = parse().models["a/clip"]
    candidates = [Candidate(model, route) for route in model.routes]
    fields = {
        "dialect": "wowflow",
        "candidates": candidates,
        "prompt": "a boat",
        "input": given,
        "body": b"",
        "address": "",
    }
    return GenerationRequest(**{**fields, "native": native, **more})


def test_native_order_goes_only_to_routes_that_know_its_fields() -> None:
    """A route without a schema gets no native order, first or as fallback, and each route gets its own names."""
    native = {"resolution": "1K", "shots": [{"s": 1}, {"s": 2}], "strength": 0.25}
    offers = build_offers(request(native, {"seconds": 10, "image_url": "https://a.example/1.png"}))
    assert ["fal", "kie"] == [offer.provider for offer in offers]
    first, second = (offer.spec.native for offer in offers)
    assert first is not None
    assert second is not None
    assert {**native, "duration": "10", "start": "https://a.example/1.png"} == first.values
    assert {**native, "duration": 10, "start": "https://a.example/1.png"} == second.values
    assert ({"text": "prompt", "start": "first_frame"}, {"words": "prompt", "start": "first_frame"}) == (
        first.roles,
        second.roles,
    )
    assert [("kie", second)] == [(route.provider, route.native) for route in offers[0].spec.routes]
    [(provider, rerouted)] = remaining_routes("fal", offers[0].spec)
    assert ("kie", second, ()) == (provider, rerouted.native, rerouted.routes)

    assert ["kie"] == [offer.provider for offer in build_offers(request({**native, "extra": 1}))]
    portable = build_offers(request({}))
    assert ["fal", "kie"] == [offer.provider for offer in portable if offer.spec.native]
    assert ["fal", "runway", "kie"] == [offer.provider for offer in portable]
    bare = structs.replace(request(native), candidates=request({}).candidates[1:2])
    with pytest.raises(Refused, match="`native` must be left out: no route of this model has native fields"):
        build_offers(bare)


def test_native_fields_change_the_price() -> None:
    """The price depends on the caller's value, on the provider's default without one, and on our field."""
    micros = {
        name: build_offers(request(native))[0].price_micros
        for name, native in {
            "plain": {},
            "other": {"strength": 1},
            "4K": {"resolution": "4K"},
            "10 s": {"duration": "10"},
        }.items()
    }
    assert {"plain": 105_000, "other": 105_000, "4K": 210_000, "10 s": 210_000} == micros
    model = parse().models["a/clip"]
    assert (100_000, 105_000) == (model.ui_price_micros, model.price_micros)
    offer = build_offers(request({"duration": "10"}))[0]
    assert {"seconds": 10} == offer.spec.input
    facts = list(inputs_at_limits(model, model.price, native=model.routes[0].native))
    assert {"1K", "4K"} == {given["native.resolution"] for given in facts}


@pytest.mark.parametrize(
    ("native", "given", "field", "words"),
    [
        ({"colour": 1}, None, "/native/colour", "is not a native field of a/clip: use one of text, start"),
        ({"text": "x"}, None, "/native/text", "is filled from `prompt`: leave it out"),
        ({"resolution": "8K"}, None, "/native/resolution", 'is not one of "1K" or "4K"'),
        ({"strength": 2}, None, "/native/strength", "is greater than the maximum of 1"),
        ({"shots": [{"s": 1}, {"s": "x"}]}, None, "/native/shots/1/s", 'is not of type "integer"'),
        ({"duration": "7"}, None, "/native/duration", "must be one of 5, 10"),
        ({"duration": "long"}, None, "/native/duration", "must be a number here, because the price depends on it"),
        ({"duration": "5"}, {"seconds": 5}, "/native/duration", "is the same as `seconds` of `input`: send one"),
        ({"start": "http://a.example/1.png"}, None, "/native/start", 'does not match "^https://"'),
        ({}, {"image_url": "ftp://x"}, "image_url", "must be an https URL"),
        ({"a/b~c": 1}, None, "/native/a~1b~0c", "is not a native field"),
    ],
)
def test_bad_native_field_is_named_by_its_pointer(
    native: dict[str, object], given: object, field: str, words: str
) -> None:
    """A refusal names the place in the body by its JSON pointer, and never repeats the value."""
    with pytest.raises(Refused) as refused:
        build_offers(request(native, given))
    assert ("invalid_input", field) == (refused.value.code, refused.value.field)
    assert words in refused.value.message


def test_long_prompt_is_refused_by_the_native_schema() -> None:
    """A limit of the prompt in the schema names `prompt`, where the caller sent it."""
    with pytest.raises(Refused, match="`prompt` is longer than 50 characters"):
        build_offers(request({}, prompt="x" * 51))


def deep(levels: int) -> object:
    """Return lists within lists."""
    return [deep(levels - 1)] if levels else 1


@pytest.mark.parametrize(
    ("native", "field"),
    [
        ([], "native"),
        ({"a": deep(9)}, "native"),
        ({"a": [0] * 1_000}, "native"),
        ({"a": ["x" * 16_000] * 3}, "native"),
        ({"a": "x" * 20_001}, "/native/a"),
        ({"a": ["b", "\0"]}, "/native/a/1"),
        ({"a": {"b": "\ud800"}}, "/native/a/b"),
        ({"a": {"\0": 1}}, "/native/a"),
        ({"x" * 101: 1}, "/native"),
        ({"a": 2**64}, "/native/a"),
        ({"a": float("inf")}, "/native/a"),
    ],
)
def test_native_fields_are_bounded(native: object, field: str) -> None:
    """Size, depth, number, texts and numbers of native fields have limits, whatever a schema says."""
    with pytest.raises(InvalidInput) as invalid:
        check_native(native, {})
    assert field == invalid.value.field
    assert BYTES_MAX < 58_000


def test_long_notation_of_native_fields_is_bounded() -> None:
    """The limit counts the bytes that the provider would get, also spaces and escapes."""
    assert {"a": 1} == check_native({"a": 1}, {"a": b"1.0"})
    with pytest.raises(InvalidInput, match="must have at most 32000 bytes"):
        check_native({"a": [1]}, {"a": b"[" + b" " * BYTES_MAX + b"1]"})


def test_native_values_keep_their_text_unless_something_replaces_them() -> None:
    """The provider gets the text of a value, but not of media or of a null that our input fills."""
    model = parse().models["a/clip"]
    texts = {"strength": b"0.50", "duration": b"null", "start": b'"https:\\/\\/a.example"', "resolution": b'"4\\u004b"'}
    given = NativeFields({"strength": 0.5, "duration": None, "start": "https://a.example", "resolution": "4K"}, texts)
    _, found = fit_order(model, model.routes[0].native, {"seconds": 10}, "a boat", given)
    assert found is not None
    kept = {"strength": texts["strength"], "resolution": texts["resolution"]}
    assert {**kept, "duration": "10", "start": "https://a.example"} == found.values
    assert {"native.resolution": "4K"} == found.costs


def test_upload_fits_a_pattern_for_urls() -> None:
    """An upload has no URL yet; the schema sees a stand-in, and the worker gets the upload's own name."""
    model = parse().models["a/clip"]
    _, found = fit_order(model, model.routes[0].native, None, "a boat", {"start": "asset:2026/x.png"})
    assert found is not None
    assert "asset:2026/x.png" == found.values["start"]


def test_measured_media_may_be_as_long_as_the_order_pays_for() -> None:
    """The worker gets the length of the order, and the provider the default of a field that it requires."""
    model = parse(fal=MEASURED).models["a/clip"]
    _, found = fit_order(model, model.routes[0].native, {"seconds": 10}, "a boat", {"clip": "asset:2026/x.mp4"})
    assert found is not None
    assert ({"clip": 10}, "1K") == (found.seconds_max, found.values["resolution"])
    _, other = fit_order(model, model.routes[0].native, {"seconds": 10}, "a boat", {})
    assert other is not None
    assert {} == other.seconds_max


def test_native_input_survives_the_store_and_ends_with_the_generation() -> None:
    """A stored specification has every native input, also its fallback's; the part that stays has none."""
    own = NativeInput({"a": [1, "x", {"b": 0.5}]}, {"p": "prompt"}, {"native.a": 1}, seconds_max={"c": 5})
    spec = Spec("wowflow", "image", "a", "b", "c", {"style": "x"}, (FallbackRoute("k", "t", "m", own),), native=own)
    other = structs.replace(spec, native=None, input={}, routes=(*spec.routes, FallbackRoute("l", "t", "m")))
    assert [spec, other] == [decode_spec(encode_spec(one)) for one in (spec, other)]
    raw = encode_spec(spec)
    kept = decode_spec(raw[5 : 5 + int.from_bytes(raw[1:5], "big")])
    assert (None, None, {}) == (kept.native, kept.routes[0].native, kept.input)


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        (b"x" * 200_001, "is larger than 200 kB"),
        (b"{", "is not valid JSON"),
        (b"[]", "must be a JSON Schema of an object"),
        (b'{"properties": {}}', "must be a JSON Schema of an object with 1 to 200 `properties`"),
        (changed(a={"type": "string", "pattern": "^(?=a)b"}), "is not a valid schema"),
        (changed(a={"type": "string", "pattern": "(a)\\1"}), "is not a valid schema"),
        (changed(a={"type": "string", "pattern": "(((x{99}){99}){99}){99}"}), "is not a valid schema"),
        (changed(a={"$ref": "http://127.0.0.1:9/x"}), "only references within the file are followed"),
        (changed(a={"$ref": "file:///etc/passwd"}), "only references within the file are followed"),
        (changed(a={"$ref": "#/nowhere"}), "which is not in the file"),
        (changed(a={"$ref": "#/properties/a"}), "lead in circles"),
        (changed(a={"x-wokflow": "prompt"}), "fills two fields with 'prompt'"),
        (changed(a={"x-wokflow": 7}), "is not a text"),
        (changed(a={"type": "object", "x-wokflow-cost": True}), "has a cost-changing field 'a'"),
        (changed(a={"enum": [1], "default": 2}), "has a default of 'a'"),
        (changed(a={"x-wokflow": "image", "x-wokflow-measured": True}), "measures 'a', which is not one video"),
        (changed(a={"type": "array", "x-wokflow": "video", "x-wokflow-measured": True}), "measures 'a', which is not"),
    ],
)
def test_bad_schema_does_not_load(raw: bytes, words: str) -> None:
    """A schema that is too large, refers to elsewhere or has a pattern that needs backtracking does not load."""
    with pytest.raises(BadSchema, match=words.replace("(", r"\(")):
        read_schema(raw)


@pytest.mark.parametrize(
    ("old", "new", "files", "words"),
    [
        ("fal.json", "lost.json", {}, "cannot read lost.json (No such file or directory)"),
        ('native = "fal.json"', "native = 7", {}, "native must be the path of a JSON file"),
        ("", "", {"fal": changed(a={"x-wokflow": "colour"})}, "'a' is filled with 'colour', which is not an input"),
        ("", "", {"fal": changed(duration=None)}, "no field is filled with the model's input 'seconds'"),
        ("", "", {"fal": changed(a={"type": "boolean", "x-wokflow-cost": True})}, "'a' changes the cost, but"),
        ("default = 5, ", "", {"fal": MEASURED, "kie": MEASURED}, "'clip' is measured, so the model needs an input"),
        (
            'per = "second", cents = 4',
            'per = "order", cents = 400',
            {"fal": MEASURED, "kie": MEASURED},
            "'clip' is measured, but",
        ),
        ("default = 5, ", "", {}, "'duration' is counted, so its input 'seconds' needs a default"),
        ('kind = "video"', 'kind = "video"\napi_price_cents = 90', {}, "'duration' changes the cost, but the price"),
        (
            '"native.resolution" = "1K" }, cents = 2',
            '"native.colour" = "1K" }, cents = 2',
            {},
            "no route's native schema",
        ),
        ('"native.resolution" = "1K" }, cents = 2', '"native.resolution" = "2K" }, cents = 2', {}, "is never '2K'"),
        (
            '"native.resolution" = "1K" }, cents = 2',
            '"native.resolution" = "4K" }, cents = 2',
            {},
            "below its cost at fal",
        ),
    ],
)
def test_catalogue_refuses_a_price_that_does_not_cover_native_fields(
    old: str, new: str, files: dict[str, bytes], words: str
) -> None:
    """A schema that cannot be filled, or whose costs the price does not depend on, stops the load with its line."""
    with pytest.raises(CatalogueError) as error:
        parse(old, new, **files)
    assert words in str(error.value)
    assert error.value.line is not None
