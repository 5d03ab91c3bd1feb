import ast
import json
import re
import shlex
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec import structs
from openapi_spec_validator import OpenAPIV31SpecValidator
from referencing import Registry
from referencing.jsonschema import DRAFT202012

from gateway import errors
from gateway.api.admin import operations as admin
from gateway.app import build_admin_app, build_app
from gateway.dialects.error_bodies import dialect_of, error_body, error_shape, is_public_api, status_in
from gateway.openapi.document import admin_document, build_document, document
from gateway.openapi.snippets import VERIFYING
from gateway.routes import operations, unlisted_routes
from shared.domain import events, signing
from shared.domain.catalogue import Catalogue
from shared.domain.inputs import InvalidInput, validate_input
from shared.ops.settings import Settings
from tests.harness.factories import load_shipped_catalogue

BASE_URL = "https://gateway.example"
URN = "urn:example:document"
CATALOGUE = load_shipped_catalogue()
EMPTY = structs.replace(CATALOGUE, models={})
TABLE = (*operations(CATALOGUE), *admin.OPERATIONS)  # both documents, which each test checks as one
DOCUMENT: dict[str, Any] = json.loads(json.dumps(build_document(TABLE, CATALOGUE, BASE_URL)))
SCHEMAS = DOCUMENT["components"]["schemas"]
OUTCOME = events.GenerationEvent(
    id="019e07f2-aa18-7c3e-9f21-6b1f0c9d2e47",
    type=events.GENERATION_COMPLETED,
    kind="image",
    prompt="a dragon",
    model="local/artist",
    provider="local",
    urls=("https://gateway.example/assets/a.png",),
    text="once upon a time",
    cost_micros=110_000,
    created_ms=1_778_250_191_000,
    closed_ms=1_778_250_212_000,
)


def operation_objects() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Return method, path and Operation Object of every operation."""
    for path, item in DOCUMENT["paths"].items():
        yield from ((method, path, told) for method, told in item.items() if method != "parameters")


def nodes(value: object) -> Iterator[dict[str, Any]]:
    """Return every object inside a JSON value."""
    if isinstance(value, dict):
        yield value
    for inner in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from nodes(inner)


def absolute(schema: object) -> Any:
    """Copy a schema whose references name the document."""
    return json.loads(json.dumps(schema).replace('"#/components/', f'"{URN}#/components/'))


@cache
def components_registry(*, closed: bool) -> Registry[Any]:
    """Index the document's components for `$ref`. If `closed`, objects have only the fields that it names."""
    components = absolute(DOCUMENT["components"])
    if closed:
        for node in nodes(components):
            if "properties" in node:
                node.setdefault("additionalProperties", False)
    return Registry().with_resource(URN, DRAFT202012.create_resource({"components": components})).crawl()


def faults(schema: dict[str, Any], value: object, *, closed: bool = False) -> list[str]:
    """Return the faults of a value. If `closed`, fields that the document does not name are faults too."""
    checker = Draft202012Validator.FORMAT_CHECKER
    registry = components_registry(closed=closed)
    validator = Draft202012Validator(absolute(schema), format_checker=checker, registry=registry)
    return [error.message for error in validator.iter_errors(value)]


def test_documents_describe_the_tags_of_their_operations() -> None:
    """Describe each tag that an operation has: /docs shows the operations of described tags."""
    for built in (document(CATALOGUE, BASE_URL), admin_document(BASE_URL)):
        shown = json.loads(json.dumps(built))
        items = [*shown["paths"].values(), *shown["webhooks"].values()]
        used = {tag for item in items for name, told in item.items() if name != "parameters" for tag in told["tags"]}
        assert used == {tag["name"] for tag in shown["tags"]}


@pytest.mark.parametrize("catalogue", [CATALOGUE, EMPTY], ids=["default", "without models"])
def test_document_is_valid(catalogue: Catalogue) -> None:
    """The document follows the OpenAPI 3.1 schema, with and without models."""
    found = OpenAPIV31SpecValidator(json.loads(json.dumps(document(catalogue, BASE_URL)))).iter_errors()
    assert [] == [str(error) for error in found]


def test_document_has_every_route(tmp_path: Path) -> None:
    """The document has the application's routes, except for HEAD and those whose URLs the API hands out."""
    settings = Settings(data_dir=str(tmp_path))
    app = build_app(settings)
    served = [*app.router.routes(), *build_admin_app(app, settings).router.routes()]
    routes = {(route.method.lower(), route.resource.canonical) for route in served if route.resource}
    unlisted = {(route.method.lower(), re.sub(":[^}]+}", "}", route.path)) for route in unlisted_routes()}
    assert {route for route in routes if route[0] != "head"} - unlisted == {
        (method, path) for method, path, _ in operation_objects()
    }


def test_every_field_is_described() -> None:
    """Each field of each schema has a description."""
    silent = [
        f"{name}.{field}"
        for name, schema in SCHEMAS.items()
        for field, shown in schema.get("properties", {}).items()
        if "description" not in shown
    ]
    assert [] == silent


def test_patterns_are_portable() -> None:
    """No pattern uses features that only Python's regular expressions have, and all of them compile."""
    patterns = [node["pattern"] for node in nodes(DOCUMENT) if isinstance(node.get("pattern"), str)]
    assert len(patterns) > 5
    assert [] == [pattern for pattern in patterns if re.search(r"\\[AZz]|\(\?[a-zP]", pattern)]
    for pattern in patterns:
        re.compile(pattern)


def test_examples_fit_their_schemas() -> None:
    """Every example of a body or a response is valid, and uses no field that the document does not name."""
    checked = 0
    for media in nodes([DOCUMENT["paths"], DOCUMENT["webhooks"]]):
        values = [entry["value"] for entry in media.get("examples", {}).values()] if "schema" in media else []
        values += [media["example"]] if "schema" in media and "in" not in media and "example" in media else []
        for value in values:
            assert [] == faults(media["schema"], value, closed=True)
            checked += 1
    assert checked > 50


def test_example_bodies_suit_their_models() -> None:
    """The example of each model has an input that the model accepts."""
    given = DOCUMENT["paths"]["/api/v1/generations"]["post"]["requestBody"]["content"]["application/json"]["examples"]
    for entry in DOCUMENT["x-models"]:
        body = given[entry["id"]]["value"]
        assert entry["id"] == body["model"]
        assert [] == faults(entry["input"], body["input"])


def test_refusals_are_listed_at_their_status() -> None:
    """Every error code of an operation is listed under the HTTP status that the gateway gives it."""
    for operation in operations(CATALOGUE):
        responses = DOCUMENT["paths"][operation.path][operation.method]["responses"]
        for code in operation.refusals:
            status = status_in(dialect_of(operation.path), code, errors.CODES[code].status)
            assert code in responses[str(status)]["content"]["application/json"]["examples"]


def test_every_code_is_explained() -> None:
    """The table of errors has every code that the gateway knows, with its status and a sentence."""
    assert [(code.status, name, code.message) for name, code in errors.CODES.items()] == [
        (entry["status"], entry["code"], entry["message"]) for entry in DOCUMENT["x-errors"]
    ]


WITHOUT_SESSION = {f"/api/v1/account/{name}" for name in ("sign-up", "verify", "sign-in", "reset", "reset/confirm")}


def test_calls_list_the_keys_they_need() -> None:
    """Calls under /api/ list their key and both refusals, WokGen calls also allow guests, and people have sessions."""
    for method, path, operation in operation_objects():
        if operation["tags"] == ["People"]:
            assert ([] if path in WITHOUT_SESSION else [{"session": []}]) == operation["security"], f"{method} {path}"
            assert path in WITHOUT_SESSION or "401" in operation["responses"]
            continue
        keyed = (is_public_api(path) and path != "/api/v1/models/{id}") or path.startswith("/api/admin/")
        guests = [{}] if dialect_of(path) == "wokgen" else []
        scheme = "adminKey" if path.startswith("/api/admin/") else "apiKey"
        assert ([{scheme: []}, *guests] if keyed else []) == operation["security"], f"{method} {path}"
        assert keyed == ("401" in operation["responses"])


def test_required_fields_are_marked() -> None:
    """The required fields of a request and the constant fields of a response are required in their schemas."""
    assert ["model", "prompt"] == SCHEMAS["CreateGeneration"]["required"]
    assert ["url"] == SCHEMAS["CreateEndpoint"]["required"]
    assert {"refunded_cents", "stage"} <= set(SCHEMAS["GenerationEntry"]["required"])
    assert not {"result_url", "error", "queue_position"} & set(SCHEMAS["GenerationEntry"]["required"])
    assert {
        "listJobs": 50,
        "listAssetsV1": 20,
        "readGenerations": 50,
        "replicateListPredictions": 50,
        "listTransactions": 50,
        "listAccountEvents": 50,
        "listDeliveries": 50,
        "adminAccountEvents": 50,
        "adminAccountList": 50,
        "adminAuditList": 50,
        "adminDeadletterList": 50,
        "adminVoucherList": 50,
        "adminLedgerShow": 50,
        "adminUncertainList": 50,
    } == {
        told["operationId"]: one["schema"]["default"]
        for _, _, told in operation_objects()
        for one in told["parameters"]
        if one["name"] == "limit"
    }


def test_wokgen_required_fields_are_marked() -> None:
    """The required fields of WokGen requests and jobs are required in their schemas, and no job fits two kinds."""
    needed = {"Voice": "text", "Upscale": "imageUrl", "Interrogate": "imageUrl"}
    for kind in ("Image", "Text", "Voice", "Music", "Upscale", "Interrogate", "Enhance"):
        assert [needed.get(kind, "prompt")] == SCHEMAS[f"{kind}Request"]["required"]
        required = set(SCHEMAS[f"{kind}Job"]["required"])
        assert {"jobId", "status", "kind", "prompt", "provider", "model", "createdAt", "simulated"} == required
    answer = DOCUMENT["paths"]["/api/jobs/{jobId}"]["get"]["responses"]["200"]["content"]["application/json"]
    assert 8 == len(answer["schema"]["oneOf"])
    for example in answer["examples"].values():
        assert [] == faults(answer["schema"], example["value"], closed=True)
        assert faults(answer["schema"], example["value"] | {"kind": "nothing"})


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"model": "m"},
        {"model": "m", "prompt": ""},
        {"model": "m", "prompt": " \n"},
        {"model": "m", "prompt": "a\0b"},
        {"model": None, "prompt": "a"},
        {"model": "m", "prompt": "a", "input": []},
        {"model": "m", "prompt": "a", "input": {"width": "512"}},
        {"model": "m", "prompt": "a", "input": {"nonsense": 1}},
        {"model": "m", "prompt": "a", "input": {"style": "a\0b"}},
        {"model": "m", "prompt": "a", "seed": 7},
    ],
)
def test_bodies_are_valid_only_if_accepted(body: dict[str, object]) -> None:
    """A body that the gateway refuses is not valid, and a body that it accepts is."""
    schema = {"$ref": "#/components/schemas/CreateGeneration"}
    assert faults(schema, body)
    assert [] == faults(schema, {"model": "m", "prompt": "a\nb", "input": {"seed": None, "width": 512}})


GIVEN: tuple[dict[str, object], ...] = (
    {},
    {"width": None, "seed": -5},
    {"width": 64, "height": 1280},
    {"width": 63},
    {"width": 1281},
    {"width": 5000},
    {"width": "512"},
    {"quality": "hd"},
    {"quality": "best"},
    {"aspect_ratio": "16:9"},
    {"aspect_ratio": "7:5"},
    {"aspect_ratio": "wide"},
    {"seconds": 10},
    {"seconds": 11},
    {"image_urls": ["HTTPS://example.com/a.png", "data:image/png;base64,AAAA"]},
    {"image_urls": ["http://example.com/a.png"]},
    {"image_urls": ["https://example.com/a.png"] * 15},
    {"image_url": "https://example.com/a.png"},
    {"image_url": None},
    {"nonsense": 1},
)


@pytest.mark.parametrize("model", CATALOGUE.models.values(), ids=lambda model: model.id)
def test_input_schema_accepts_the_same_as_the_model(model: Any) -> None:
    """The document allows for a model exactly the input that the gateway accepts."""
    schema = next(entry["input"] for entry in DOCUMENT["x-models"] if entry["id"] == model.id)
    assert [] == [given for given in GIVEN if is_taken(model, given) != (faults(schema, given) == [])]


def is_taken(model: Any, given: dict[str, object]) -> bool:
    """Return whether the gateway accepts this input of a model."""
    try:
        validate_input(model, given)
    except InvalidInput:
        return False
    return True


@pytest.mark.parametrize("kind", events.RESULT_FIELDS)
@pytest.mark.parametrize("prompt", ["a dragon", "x" * 30_000], ids=["short", "cut short"])
@pytest.mark.parametrize("event", [events.GENERATION_COMPLETED, events.GENERATION_FAILED])
def test_webhook_bodies_are_as_described(event: str, prompt: str, kind: str) -> None:
    """The posted body of each event and kind is valid, and has no field that the document does not name."""
    failed = {"urls": (), "text": None, "provider": None, "error": "no", "error_code": "content_policy"}
    changes = failed if event == events.GENERATION_FAILED else {}
    body = events.generation_body(structs.replace(OUTCOME, type=event, kind=kind, prompt=prompt, **changes))
    content = DOCUMENT["webhooks"][event]["post"]["requestBody"]["content"]["application/json"]
    assert [] == faults(content["schema"], json.loads(body), closed=True)


def test_every_event_is_described() -> None:
    """The document has a body for each event that can be subscribed to, with a real body as example."""
    assert set(events.EVENT_TYPES) == DOCUMENT["webhooks"].keys()
    for event, item in DOCUMENT["webhooks"].items():
        content = item["post"]["requestBody"]["content"]["application/json"]
        assert event == content["example"]["event"] == content["example"]["type"]
        assert [] == faults(content["schema"], content["example"], closed=True)


def test_webhook_headers_are_as_sent() -> None:
    """The headers of a webhook are those that the signature covers."""
    sent = signing.headers([signing.new_secret(bytes(32))], "evt_1", 1, b"{}")
    for item in DOCUMENT["webhooks"].values():
        assert list(sent) == [parameter["name"] for parameter in item["post"]["parameters"]]


def test_verifying_sample_accepts_only_our_signature() -> None:
    """The Python sample accepts our signature, and rejects another body, another secret and an old event."""
    names: dict[str, Any] = {}
    exec(VERIFYING["Python"], names)
    secret, other = signing.new_secret(bytes(32)), signing.new_secret(bytes(range(32)))
    now_s = int(time.time())
    headers = signing.headers([other, secret], "evt_1", now_s, b"{}")
    names["verify"](secret, headers, b"{}")
    for bad in [(secret, headers, b"{ }"), (signing.new_secret(b"x" * 32), headers, b"{}")]:
        with pytest.raises(ValueError, match="wrong signature"):
            names["verify"](*bad)
    with pytest.raises(ValueError, match="too old"):
        names["verify"](secret, signing.headers([secret], "evt_1", now_s - 1000, b"{}"), b"{}")


def test_samples_send_the_request_of_their_operation() -> None:
    """Each operation has code in three languages with its method, its URL and, if needed, the key."""
    for method, path, operation in operation_objects():
        sources = {sample["label"]: sample["source"] for sample in operation["x-codeSamples"]}
        assert ["curl", "Python", "JavaScript"] == list(sources)
        ast.parse(sources["Python"])
        for source in sources.values():
            assert BASE_URL + path.partition("{")[0] in source
            key = "WOKGEN_KEY" if dialect_of(path) == "wokgen" else "WOWFLOW_KEY"
            key = "WOKFLOW_ADMIN_KEY" if path.startswith("/api/admin/") else key
            key = "WOKFLOW_SESSION" if operation["tags"] == ["People"] else key
            assert bool(operation["security"]) == (key in source)
        words = shlex.split(sources["curl"].replace("\\\n", ""))
        given = words[words.index("-d") + 1] if "-d" in words else None
        assert ("requestBody" in operation) == (given is not None)
        assert ("-X" in words) == (method in ("patch", "delete") or (method == "post" and given is None))
        if given:
            assert [] == faults(operation["requestBody"]["content"]["application/json"]["schema"], json.loads(given))


@pytest.mark.parametrize("path", ["/api/v1/models", "/api/generate", "/api/v1/me", "/v1/models", "/healthz"])
def test_error_shape_matches_the_rendered_body(path: str) -> None:
    """The type of an error has exactly the fields of the body that is rendered for the path."""
    body = error_body(dialect_of(path), errors.UNAVAILABLE, 503)
    assert body == msgspec.to_builtins(msgspec.convert(body, error_shape(path)))


def test_admin_calls_have_a_document_of_their_own() -> None:
    """The public document names no admin call and no admin key, and the admin API's own document no other call."""
    public, own = (json.loads(json.dumps(made)) for made in (document(CATALOGUE, BASE_URL), admin_document(BASE_URL)))
    OpenAPIV31SpecValidator(own).validate()
    assert ["apiKey", "session"] == list(public["components"]["securitySchemes"])
    assert ["adminKey"] == list(own["components"]["securitySchemes"])
    assert not [path for path in public["paths"] if path.startswith("/api/admin")]
    assert {"/docs", "/healthz", "/openapi.json", "/pages/{name}"} == {
        path for path in own["paths"] if not path.startswith("/api/admin/")
    }
