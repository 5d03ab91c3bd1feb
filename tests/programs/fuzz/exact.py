"""The document made as exact as this deployment is, so that what fits it must be taken, and nothing else.

The gateway's own document cannot say which pictures there are, that a provider has to be one of those that there are,
and which input goes with which model; the fuzzer is told.
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
STOOD_FOR = {  # in the document's examples, and by what: something that is there, or surely nowhere
    "https://example.com/hooks/wokflow": "https://hooks.invalid/wokflow",
    "wait=5": "wait=1",
}
SCRIPTED = ["slow=0.3 polls=6", "refuse", "fail"]  # prompts that tell the doubles how to behave


class Facts(Struct):
    """What is there in the deployment under test."""

    picture: str  # a data: URL
    asset: str  # the path of a picture below /assets/
    generation: str  # one that is completed
    account: str  # whose it is
    callback: str  # a token of a generation of provider paid


def exact(document: Schema, known: Facts) -> Schema:
    """The document, narrowed to this deployment."""
    text = json.dumps(document)
    for shown, instead in {**STOOD_FOR, IMAGE_URL: known.picture}.items():
        text = text.replace(shown, instead)
    narrowed: Schema = json.loads(text)
    schemas, paths = narrowed["components"]["schemas"], narrowed["paths"]
    schemas["CreateGeneration"] = orders(narrowed)
    schemas["CreateEndpoint"]["properties"]["url"] = {"type": "string", "pattern": NOWHERE}
    providers = [*load_catalogue().providers, "auto", None]
    ours = [known.picture, f"{narrowed['servers'][0]['url']}/assets/{known.asset}"]
    for name in requests(paths, schemas):
        fields = schemas[name].get("properties", {})
        if "provider" in fields:
            fields["provider"] = {"enum": providers}
        if "imageUrl" in fields:
            fields["imageUrl"] = {"anyOf": [{"enum": ours}, {"type": "string", "pattern": NOWHERE}]}
    schemas["VoiceRequest"]["properties"]["format"] = {"enum": ["wav", None]}  # the one model's only
    schemas["CreateAccount"]["properties"] |= {"plan": {"enum": [*load_catalogue().plans]}, "name": NAME}
    schemas["TopUp"]["properties"]["reference"] = {"anyOf": [NAME, {"type": "null"}]}
    for told in (one for path in paths if path.startswith("/api/admin/") for one in operations({path: paths[path]})):
        pin(told, account=known.account, id=known.generation, provider="noop")
    pin(paths["/assets/{path}"]["get"], path=known.asset)
    pin(paths["/callbacks/{provider}/{token}"]["post"], provider="paid", token=known.callback)
    close(narrowed)
    return narrowed


def orders(document: Schema) -> Schema:
    """The body of POST /api/v1/generations for each model there is, its input as the document tells it."""
    prompt = document["components"]["schemas"]["CreateGeneration"]["properties"]["prompt"]
    return {"anyOf": [order(model, prompt) for model in document["x-models"]]}


def order(model: Schema, prompt: Schema) -> Schema:
    """The body for one model."""
    needed = ["input"] if model["input"]["required"] else []
    return {
        "type": "object",
        "required": ["model", "prompt", *needed],
        "properties": {
            "model": {"const": model["id"]},
            "prompt": {"anyOf": [{"enum": SCRIPTED}, prompt | {"maxLength": model["prompt_chars_max"]}]},
            "input": model["input"] if needed else {"anyOf": [model["input"], {"type": "null"}]},
        },
    }


def pin(operation: Schema, **values: str) -> None:
    """Let the operation's parameters be these values too, which nobody can guess."""
    for parameter in operation["parameters"]:
        value = values.get(parameter["name"])
        if value is not None:
            parameter |= {"example": value, "schema": {"anyOf": [{"const": value}, parameter["schema"]]}}


def close(document: Schema) -> None:
    """Refuse fields of answers that the document does not name."""
    schemas = document["components"]["schemas"]
    for name in answers(document["paths"], schemas):
        if "properties" in schemas[name]:
            schemas[name].setdefault("additionalProperties", False)


def requests(paths: Schema, schemas: Schema) -> set[str]:
    """Names of the schemas that bodies are made of."""
    return reached([told.get("requestBody") for told in operations(paths)], schemas)


def answers(paths: Schema, schemas: Schema) -> set[str]:
    """Names of the schemas that answers are made of."""
    return reached([told["responses"] for told in operations(paths)], schemas)


def operations(paths: Schema) -> list[Schema]:
    """Every operation of the document."""
    return [told for item in paths.values() for method, told in item.items() if method != "parameters"]


def reached(node: object, schemas: Schema) -> set[str]:
    """Names of the schemas that a piece of the document refers to, directly or not."""
    found: set[str] = set()
    new = names(node)
    while new:
        found |= new
        new = {name for known in new for name in names(schemas[known])} - found
    return found


def names(node: object) -> set[str]:
    """Names of the schemas that a piece of the document refers to."""
    return set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(node)))
