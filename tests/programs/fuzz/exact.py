"""The OpenAPI document, narrowed to this deployment, so that the gateway must accept exactly what matches it.

The gateway's own document cannot list the existing images or the configured providers, or say which input belongs to
which model. This module adds those facts for the fuzzer.
"""

import json
import re
from typing import Any

from msgspec import Struct

from gateway.examples import IMAGE_URL
from tests.harness.factories import load_catalogue

Schema = dict[str, Any]
NOWHERE = r"^https://[a-z0-9]{1,20}\.invalid(:443)?(/[a-z0-9/]{0,40})?$"
NAME: Schema = {"type": "string", "pattern": "^[ -~]{1,200}$"}
FUTURE, NETWORKS = "2200-01-01T00:00:00Z", ["192.0.2.7", "192.0.2.0/24", "2001:db8::/32"]
LENGTH_MAX = 1_000  # of a string, where its limit is not tested
REPLACEMENTS = {  # examples of the document, and values that exist in the deployment or cannot exist anywhere
    "https://example.com/hooks/wokflow": "https://hooks.invalid/wokflow",
    "wait=5": "wait=1",
}
SCRIPTED = ["slow=0.3 polls=6", "refuse", "fail"]  # prompts that script the doubles


class Facts(Struct):
    """Facts about the deployment under test."""

    image: str  # a data: URL
    asset: str  # the path of an image below /assets/
    generation: str  # the id of a completed one
    account: str  # its owner
    callback: str  # a token of a generation of provider paid


def narrow(document: Schema, known: Facts) -> Schema:
    """Narrow the document to this deployment."""
    text = json.dumps(document)
    for example, replacement in {**REPLACEMENTS, IMAGE_URL: known.image}.items():
        text = text.replace(example, replacement)
    narrowed: Schema = json.loads(text)
    schemas, paths = narrowed["components"]["schemas"], narrowed["paths"]
    schemas["CreateGeneration"] = generation_bodies(narrowed)
    schemas["CreateEndpoint"]["properties"]["url"] = {"type": "string", "pattern": NOWHERE}
    providers = [*load_catalogue().providers, "auto", None]
    own_images = [known.image, f"{narrowed['servers'][0]['url']}/assets/{known.asset}"]
    for name in request_schemas(paths, schemas):
        fields = schemas[name].get("properties", {})
        if "provider" in fields:
            fields["provider"] = {"enum": providers}
        for hook in fields.keys() & {"webhook_url", "webhookUrl"}:
            fields[hook] = {"anyOf": [{"type": "string", "pattern": NOWHERE}, {"type": "null"}]}
        if "imageUrl" in fields:
            fields["imageUrl"] = {"anyOf": [{"enum": own_images}, {"type": "string", "pattern": NOWHERE}]}
    schemas["CreateImages"]["properties"]["model"] = {"enum": ["test/image", "test/noop"]}
    schemas["CreateCompletion"]["properties"]["model"] = {"enum": ["test/text"]}
    schemas["CreateResponse"]["properties"]["model"] = {"enum": ["test/text"]}
    schemas["CreateSpeech"]["properties"]["model"] = {"enum": ["test/voice"]}
    schemas["VoiceRequest"]["properties"]["format"] = {"enum": ["wav", None]}  # the only format of the one model
    schemas["ChangePlan"]["properties"]["plan"] = {"enum": [*load_catalogue().plans]}
    schemas["CreateAccount"]["properties"] |= {"plan": {"enum": [*load_catalogue().plans]}, "name": NAME}
    for name in ("TopUp", "AdjustAccount"):
        schemas[name]["properties"]["reference"] = {"anyOf": [NAME, {"type": "null"}]}
    schemas["AdjustAccount"]["properties"]["reason"] = NAME
    for name in ("CreateKey", "ChangeKey"):
        fields = schemas[name]["properties"]
        fields["expires_at"] = {"anyOf": [{"const": FUTURE}, {"type": "null"}]}
        fields["ip_addresses"]["items"] = {"enum": NETWORKS}
        fields["models"]["items"] = {"type": "string", "pattern": "^[!-~]{1,40}$"}
    for operation in operations({path: item for path, item in paths.items() if path.startswith("/api/admin/")}):
        pin(operation, account=known.account, id=known.generation, provider="noop")
    pin(paths["/assets/{path}"]["get"], path=known.asset)
    pin(paths["/callbacks/{provider}/{token}"]["post"], provider="paid", token=known.callback)
    close(narrowed)
    return narrowed


def loosen(document: object) -> object:
    """Return a copy without large length limits next to a pattern.

    The fuzzer makes one expression of the two, which takes it half a second to compile each time. Phase
    `coverage` tests the limits; the others need not.
    """
    if isinstance(document, list):
        return [loosen(item) for item in document]
    if not isinstance(document, dict):
        return document
    large = "pattern" in document and document.get("maxLength", 0) > LENGTH_MAX
    return {name: loosen(value) for name, value in document.items() if not (large and name == "maxLength")}


def generation_bodies(document: Schema) -> Schema:
    """Return the body of POST /api/v1/generations for each model, with the documented input."""
    prompt = document["components"]["schemas"]["CreateGeneration"]["properties"]["prompt"]
    return {"anyOf": [generation_body(model, prompt) for model in document["x-models"]]}


def generation_body(model: Schema, prompt: Schema) -> Schema:
    """Return the body for one model."""
    needed = ["input"] if model["input"]["required"] else []
    return {
        "type": "object",
        "required": ["model", "prompt", *needed],
        "additionalProperties": False,
        "properties": {
            "model": {"const": model["id"]},
            "prompt": {"anyOf": [{"enum": SCRIPTED}, prompt | {"maxLength": model["prompt_chars_max"]}]},
            "input": model["input"] if needed else {"anyOf": [model["input"], {"type": "null"}]},
        },
    }


def pin(operation: Schema, **values: str) -> None:
    """Add these values, which the fuzzer cannot guess, to the operation's parameters."""
    for parameter in operation["parameters"]:
        value = values.get(parameter["name"])
        if value is not None:
            parameter |= {"example": value, "schema": {"anyOf": [{"const": value}, parameter["schema"]]}}


def close(document: Schema) -> None:
    """Forbid response fields that the document does not name."""
    schemas = document["components"]["schemas"]
    for name in response_schemas(document["paths"], schemas):
        if "properties" in schemas[name]:
            schemas[name].setdefault("additionalProperties", False)


def request_schemas(paths: Schema, schemas: Schema) -> set[str]:
    """Return the names of the schemas in request bodies."""
    return reachable_names([operation.get("requestBody") for operation in operations(paths)], schemas)


def response_schemas(paths: Schema, schemas: Schema) -> set[str]:
    """Return the names of the schemas in responses."""
    return reachable_names([operation["responses"] for operation in operations(paths)], schemas)


def operations(paths: Schema) -> list[Schema]:
    """Return every operation of the document."""
    return [operation for item in paths.values() for method, operation in item.items() if method != "parameters"]


def reachable_names(node: object, schemas: Schema) -> set[str]:
    """Return the names of the schemas that a node refers to, directly or indirectly."""
    found: set[str] = set()
    new = referenced_names(node)
    while new:
        found |= new
        new = {name for known in new for name in referenced_names(schemas[known])} - found
    return found


def referenced_names(node: object) -> set[str]:
    """Return the names of the schemas that a node refers to."""
    return set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(node)))
