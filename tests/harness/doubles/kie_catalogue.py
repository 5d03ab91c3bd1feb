"""kie's catalogue in the form of its own API, from the inputs in kie_models.txt: entries with OpenAPI documents.

The form is that of kie's skill `kie-models` (2026-09). Its one example of a price is a video that "costs" credits.
Credits per unit are the form of kie's price page.
"""

from itertools import product
from typing import Any

from tests.harness.doubles.kie import INPUTS

TASKS = (("text-to-speech", "Text to Speech"), ("sound-effect", "Text to Audio"), ("upscale", "Image Upscale"))
GRADES = ("resolution", "image_resolution", "quality", "mode")
VIDEOS = ("video", "kling", "hailuo", "seedance", "wan/2-6", "wan/2-7-t", "wan/2-7-im", "happyhorse")


def entries(number: int) -> dict[str, dict[str, Any]]:
    """Return this many models by name: the known ones, then variants of them."""
    found: dict[str, dict[str, Any]] = {}
    for round_ in range(1 + number // len(INPUTS)):
        for model, words in INPUTS.items():
            name = model if round_ == 0 else f"{model}-v{round_}"
            if len(found) < number:
                found[name] = entry(name, words)
    return found


def entry(model: str, words: list[str]) -> dict[str, Any]:
    """Return the entry of a model whose price covers every field that changes the cost."""
    task = next((task for word, task in TASKS if word in model), "")
    task = task or ("Text to Video" if any(word in model for word in VIDEOS) else "Text to Image")
    fields = dict(field(word) for word in words)
    return {
        "model": model,
        "slug": model,
        "title": f"{model} API",
        "description": None,
        "provider": model.partition("/")[0],
        "taskType": [task],
        "pricingDesc": price(task, fields),
        "schema": document(model, fields, [word.partition("*")[0] for word in words if "*" in word]),
    }


def field(word: str) -> tuple[str, dict[str, Any]]:
    """Return the name and schema of a field in the notation of kie_models.txt."""
    name = word.translate(str.maketrans("*<[:=", "     ")).split()[0]
    rest = word.removeprefix(name).removeprefix("*")
    match rest[:1]:
        case "=":
            return name, {"type": "string", "enum": rest[1:].split("|"), "default": rest[1:].split("|")[0]}
        case "<":
            return name, {"type": "string", "maxLength": int(rest[1:])}
        case "[":
            link = {"type": "string", "format": "uri"}
            return name, {"type": "array", "maxItems": int(rest[1:-1] or 100), "items": link}
    kinds = {":int": "integer", ":number": "number", ":bool": "boolean", "": "string"}
    return name, {"type": kinds[rest], **({"minimum": 5, "maximum": 10} if name == "duration" else {})}


def price(task: str, fields: dict[str, Any]) -> str:
    """Return a price in words that names each combination of the values that change the cost."""
    per_second = fields.get("duration", {}).get("type") in ("integer", "number")
    unit = "second" if per_second else "video" if task == "Text to Video" else "image"
    graded = [fields[name]["enum"] for name in GRADES if "enum" in fields.get(name, {})]
    lengths = [[f"{value}s" for value in fields.get("duration", {}).get("enum", ())] or [""]]
    sounds = [["with audio", "without audio"] if {"sound", "audio", "generate_audio"} & fields.keys() else [""]]
    lines = [" ".join(filter(None, one)) for one in product(*graded, *lengths, *sounds)]
    return ", ".join(f"{line}: {8 + 4 * n} credits per {unit}".lstrip(": ") for n, line in enumerate(lines))


def document(model: str, fields: dict[str, Any], required: list[str]) -> dict[str, Any]:
    """Return the OpenAPI document of a model, whose input is behind a reference."""
    own = {"type": "object", "properties": fields, "required": required}
    body = {
        "type": "object",
        "properties": {
            "model": {"type": "string", "enum": [model]},
            "callBackUrl": {"type": "string", "format": "uri"},
            "input": {"$ref": "#/components/schemas/the%20input"},
        },
    }
    content = {"application/json": {"schema": body}}
    return {
        "openapi": "3.1.0",
        "paths": {"/api/v1/jobs/createTask": {"post": {"requestBody": {"content": content}}}},
        "components": {"schemas": {"the input": own}},
    }
