"""A provider's schema of a model's input, as a native schema: local, bounded, and annotated with our fields."""

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

import msgspec

from shared.domain.foreign_text import ForeignText
from shared.domain.native_schema import ROLE, BadSchema, compiled

DEPTH_MAX = 24
REFERENCES_MAX = 20
DESCRIPTION_CHARS_MAX = 200
PLAIN = ("type", "enum", "const", "default", "format", "minItems", "maxItems", "uniqueItems", "required")
NUMBERS = ("minimum", "maximum", "multipleOf", "minLength", "maxLength")
EXCLUSIVE = {"exclusiveMinimum": "minimum", "exclusiveMaximum": "maximum"}
PROMPTS = ("prompt", "text", "text_prompt", "input_text")
COUNTS = ("num_images", "max_images", "num_outputs", "number_of_images", "n")
SECONDS = ("duration", "seconds", "duration_seconds", "video_length", "music_length_seconds")
OURS = {**dict.fromkeys(COUNTS, "count"), **dict.fromkeys(SECONDS, "seconds")}
OURS |= {"seed": "seed", "negative_prompt": "negative_prompt", "aspect_ratio": "aspect_ratio"}
MEDIA_NAMES = frozenset(
    {
        *("image", "images", "video", "audio", "mask", "input_image", "image_input", "input_images"),
        *("start_image", "end_image", "first_frame", "last_frame", "first_frame_image", "last_frame_image"),
        *("image_prompt", "reference_images", "reference_image", "input_video", "input_audio"),
    }
)
MEDIA = (
    (re.compile(r"mask"), "mask"),
    (re.compile(r"(last|tail|end)_"), "last_frame"),
    (re.compile(r"(first|start)_"), "first_frame"),
    (re.compile(r"video"), "video"),
    (re.compile(r"audio|voice|speech|sound"), "audio"),
    (re.compile(r"reference|ref_"), "reference"),
    (re.compile(r"image|img|input_urls?"), "image"),
)
FILLED = ("image", "images", "first_frame")  # media that an input image of ours fills: at most one field


def resolve(document: Mapping[str, Any], node: object) -> dict[str, Any]:
    """Return a node with its reference followed, within the document. A reference that leads nowhere is empty."""
    found: Any = node if isinstance(node, dict) else {}
    for _ in range(REFERENCES_MAX):
        reference = found.get("$ref")
        if not isinstance(reference, str):
            return dict(found)
        target: Any = document if reference.startswith("#") else None
        for part in reference.removeprefix("#").strip("/").split("/"):
            name = unquote(part).replace("~1", "/").replace("~0", "~")
            target = target.get(name) if isinstance(target, dict) else None
        found = target if isinstance(target, dict) else {}
    return {}


def native_schema(document: Mapping[str, Any], schema: Mapping[str, Any], inputs: frozenset[str]) -> dict[str, Any]:
    """Return the native schema of an input, with roles for the prompt, media, and the input fields of our kind."""
    root = _merged(document, resolve(document, schema))
    properties = {name: _clean(document, node, 0) for name, node in root.get("properties", {}).items()}
    required = [name for name in root.get("required", ()) if name in properties]
    _set_roles(properties, inputs)
    found = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**found, **({"required": sorted(set(required))} if required else {})}


def plain_types(node: Mapping[str, Any]) -> set[str]:
    """Return the types that a schema itself names."""
    kinds = node.get("type")
    return {str(kind) for kind in (kinds if isinstance(kinds, list) else [kinds]) if kind}


def _merged(document: Mapping[str, Any], root: dict[str, Any]) -> dict[str, Any]:
    """Return an object with the properties of all its variants. Only what all of them require stays required."""
    for key in ("oneOf", "anyOf", "allOf"):
        options = [resolve(document, one) for one in root.get(key, ()) if isinstance(one, dict)]
        if not options or root.get("properties"):
            continue
        properties: dict[str, list[object]] = {}
        for option in options:
            for name, node in option.get("properties", {}).items():
                properties.setdefault(name, []).append(node)
        sets = [set(option.get("required", ())) for option in options]
        required = set.union(*sets) if key == "allOf" else set.intersection(*sets)
        merged = {name: nodes[0] if _same(nodes) else {"anyOf": nodes} for name, nodes in properties.items()}
        return {"properties": merged, "required": sorted(required)}
    return root


def _same(nodes: list[object]) -> bool:
    return all(node == nodes[0] for node in nodes)


def _clean(document: Mapping[str, Any], node: object, depth: int) -> dict[str, Any]:
    """Return a schema without references, foreign keywords and unsafe patterns, as the current draft has it."""
    own = resolve(document, node)
    if depth > DEPTH_MAX:
        return {}
    found = {key: own[key] for key in PLAIN if key in own}
    found |= {key: own[key] for key in NUMBERS if isinstance(own.get(key), int | float)}
    found |= {
        key: [_clean(document, one, depth + 1) for one in own[key]]
        for key in ("anyOf", "oneOf", "allOf")
        if isinstance(own.get(key), list) and own[key]
    }
    if isinstance(own.get("items"), dict):
        found["items"] = _clean(document, own["items"], depth + 1)
    if isinstance(own.get("properties"), dict):
        found["properties"] = {name: _clean(document, one, depth + 1) for name, one in own["properties"].items()}
    if isinstance(own.get("pattern"), str) and _is_safe(own["pattern"]):
        found["pattern"] = own["pattern"]
    if isinstance(own.get("description"), str) and own["description"]:
        found["description"] = ForeignText().line(own["description"], DESCRIPTION_CHARS_MAX)
    return _convert_keywords(own, found)


def _convert_keywords(own: Mapping[str, Any], found: dict[str, Any]) -> dict[str, Any]:
    """Return a schema with the keywords of OpenAPI 3.0 in the current draft's form, and without a bad default."""
    for key, plain in EXCLUSIVE.items():
        if isinstance(own.get(key), int | float) and not isinstance(own[key], bool):
            found[key] = own[key]
        elif own.get(key) is True and plain in found:
            found[key] = found.pop(plain)
    if own.get("nullable") is True and isinstance(found.get("type"), str):
        found["type"] = [found["type"], "null"]
        found |= {"enum": [*found["enum"], None]} if "enum" in found else {}
    if found.get("default", 0) is None or ("enum" in found and found.get("default") not in found["enum"]):
        found.pop("default", None)
    return found


def _is_safe(pattern: str) -> bool:
    try:
        compiled(msgspec.json.encode({"type": "string", "pattern": pattern}))
    except BadSchema:
        return False
    return True


def _set_roles(properties: dict[str, dict[str, Any]], inputs: frozenset[str]) -> None:
    prompt = next((name for name in PROMPTS if name in properties), None)
    taken: set[str] = set()
    for name, node in properties.items():
        role = "prompt" if name == prompt else _media_role(name, node) or OURS.get(name, "")
        if role in FILLED and taken & set(FILLED):
            role = "references" if role == "images" else "reference"
        if role in OURS.values() and (role not in inputs or role in taken):
            continue
        if role:
            node[ROLE] = role
            taken.add(role)


def _media_role(name: str, node: Mapping[str, Any]) -> str:
    several = _types(node) >= {"array"}
    item = node.get("items", {}) if several else node
    texts = "string" in _types(item) and "enum" not in item
    named = name in MEDIA_NAMES or re.search(r"ur[li]s?$", name) or item.get("format") == "uri"
    if not (texts and named):
        return ""
    role = next((role for pattern, role in MEDIA if pattern.search(name)), "image")
    return f"{role}s" if several and role in ("image", "reference") else role


def _types(node: Mapping[str, Any]) -> set[str]:
    options = [one for key in ("anyOf", "oneOf", "allOf") for one in node.get(key, ()) if isinstance(one, dict)]
    return plain_types(node) | {kind for one in options for kind in _types(one)}
