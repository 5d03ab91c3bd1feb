"""The document as programs see it, compared with the one recorded in openapi_baseline.json.

A change that is meant is recorded by `python -m tests.suites.unit.gateway.test_openapi_baseline`.
"""

import json
from pathlib import Path
from typing import Any

from gateway.openapi.document import document
from gateway.openapi.samples import LANGUAGES
from tests.harness.factories import load_shipped_catalogue

BASELINE = Path(__file__).with_name("openapi_baseline.json")
BASE_URL = "https://gateway.example"
TEXTS = ("description", "summary", "title", "message")


def normalised(node: Any) -> Any:
    """Return a JSON value without the texts for people; an example keeps only the names of its fields."""
    if isinstance(node, list):
        return [normalised(item) for item in node]
    if not isinstance(node, dict):
        return node
    if "value" in node:
        return sorted(node["value"])
    if node.keys() == {"application/json"}:  # nearly all bodies are; the recording has to stay small
        return normalised(node["application/json"])
    if node.keys() == {"$ref"}:
        return node["$ref"].rpartition("/")[2]
    shown = {
        key: [sample["label"] for sample in value] if key == "x-codeSamples" else normalised(value)
        for key, value in sorted(node.items())
        if not (key == "example" or (key in TEXTS and isinstance(value, str)))
    }
    if shown.get("x-codeSamples") == [*LANGUAGES]:
        del shown["x-codeSamples"]
    if "content" in shown and "headers" in shown:
        shown |= {"headers": other_headers(shown.pop("headers"))}
        shown = {key: value for key, value in shown.items() if value != []}
    return list(shown) if shown and all(key == value for key, value in shown.items()) else shown


def other_headers(names: list[str]) -> list[str]:
    """Return the headers of a response without X-Request-Id, which all have; the recording has to stay small."""
    return [name for name in names if name != "X-Request-Id"] if "X-Request-Id" in names else [*names, "-X-Request-Id"]


def current_document() -> str:
    """Return the document of the shipped catalogue with its own models alone, normalised, as compact JSON."""
    catalogue = load_shipped_catalogue()
    made = json.loads(json.dumps(document(catalogue, BASE_URL)))
    del made["info"]["version"]
    made["x-models"] = [model for model in made["x-models"] if model["id"].startswith("local/")]
    order = made["paths"]["/api/v1/generations"]["post"]["requestBody"]["content"]["application/json"]
    order["examples"] = {name: one for name, one in order["examples"].items() if "/" not in name or "local/" in name}
    for model in made["x-models"]:
        del model["name"]
    return json.dumps(normalised(made), separators=(",", ":"), sort_keys=True) + "\n"


def test_document_changes_only_in_its_texts() -> None:
    """Every path, field, limit, code and example field of the document is as recorded."""
    assert json.loads(BASELINE.read_text()) == json.loads(current_document())


if __name__ == "__main__":
    BASELINE.write_text(current_document())
