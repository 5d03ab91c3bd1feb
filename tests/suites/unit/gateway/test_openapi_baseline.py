"""The document as programs see it, compared with the one recorded in openapi_baseline/.

A change that is meant is recorded by `python -m tests.suites.unit.gateway.test_openapi_baseline`.
"""

import json
import re
import shutil
from pathlib import Path
from typing import Any

from gateway.openapi.document import document
from gateway.openapi.samples import LANGUAGES
from tests.harness.factories import load_shipped_catalogue

BASELINE = Path(__file__).with_name("openapi_baseline")
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


def current_document() -> dict[str, Any]:
    """Return the document of the shipped catalogue with its own models alone, normalised."""
    catalogue = load_shipped_catalogue()
    made = json.loads(json.dumps(document(catalogue, BASE_URL)))
    del made["info"]["version"]
    made["x-models"] = [model for model in made["x-models"] if model["id"].startswith("local/")]
    order = made["paths"]["/api/v1/generations"]["post"]["requestBody"]["content"]["application/json"]
    order["examples"] = {name: one for name, one in order["examples"].items() if "/" not in name or "local/" in name}
    for model in made["x-models"]:
        del model["name"]
    return dict(normalised(made))


def split(made: dict[str, Any]) -> dict[str, Any]:
    """Return the parts of a document by the file that records each: its calls by tag, its schemas by first letter."""
    parts: dict[str, Any] = {}
    for path, calls in made.pop("paths").items():
        for method, call in calls.items():
            tag = call["tags"][0] if isinstance(call, dict) else "other"
            file = "paths-" + "-".join(re.findall(r"\w+", tag)).lower()
            parts.setdefault(file, {}).setdefault(path, {})[method] = call
    for name, schema in made["components"].pop("schemas").items():
        parts.setdefault(f"schemas-{name[0].lower()}", {})[name] = schema
    return parts | {name: made.pop(name) for name in ("components", "webhooks", "x-models")} | {"other": made}


def current_files() -> dict[str, str]:
    """Return the text of each file of the recording, by its name."""
    parts = split(current_document()).items()
    return {f"{name}.json": json.dumps(part, indent=1, sort_keys=True) + "\n" for name, part in parts}


def test_document_changes_only_in_its_texts() -> None:
    """Every path, field, limit, code and example field of the document is as recorded."""
    assert {file.name: file.read_text() for file in BASELINE.iterdir()} == current_files()


if __name__ == "__main__":
    shutil.rmtree(BASELINE, ignore_errors=True)
    BASELINE.mkdir()
    for name, text in current_files().items():
        (BASELINE / name).write_text(text)
