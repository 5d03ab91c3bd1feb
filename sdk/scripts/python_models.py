"""Write the models of the Python SDK from the OpenAPI document: `.venv/bin/python sdk/scripts/python_models.py`."""

import re
import sys
import textwrap
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT))

from gateway.api.events.bodies import StreamedEvent  # noqa: E402 - needs the line above
from gateway.openapi.document import document  # noqa: E402
from gateway.openapi.schemas import components  # noqa: E402
from shared.ops import catalogue_files  # noqa: E402

Schema = dict[str, Any]
FOLDER = ROOT / "sdk/python/wokflow/models"
WIDTH = 120

# The modules, and the classes of each: the name of the schema by the name of the class.
MODULES: dict[str, dict[str, str]] = {
    "generations": {"Generation": "GenerationEntry", "QuoteLine": "QuoteLine", "Quote": "Quote"},
    "catalogue": {
        "PricingRow": "PricingRow",
        "PricingPart": "PricingPart",
        "Pricing": "Pricing",
        "Model": "ModelEntry",
    },
    "account": {
        "SpendCaps": "SpendCapsBody",
        "Account": "AccountEntry",
        "Balance": "Balance",
        "Transaction": "Transaction",
        "UsageTotal": "UsageTotal",
        "UsageEntry": "UsageEntry",
        "Usage": "Usage",
    },
    "uploads": {"Upload": "UploadEntry"},
    "endpoints": {
        "DeliveryAttempt": "AttemptEntry",
        "WebhookDelivery": "DeliveryEntry",
        "WebhookEndpoint": "EndpointEntry",
    },
    "keys": {"SpentAmounts": "SpentEntry", "ApiKey": "KeyEntry"},
    "events": {"StreamedEvent": "StreamedEvent"},
    "webhooks": {
        "GenerationCompletedEvent": "GenerationCompleted",
        "GenerationFailedEvent": "GenerationFailed",
        "BalanceLowEvent": "BalanceLow",
        "EndpointDisabledEvent": "EndpointDisabled",
        "EndpointChangedEvent": "EndpointChanged",
        "KeyChangedEvent": "KeyChanged",
    },
    "receipts": {
        "Proof": "Proof",
        "ReceiptGeneration": "ReceiptGeneration",
        "ReceiptLine": "ReceiptLine",
        "DayTree": "DayTree",
        "SignedDay": "SignedDay",
        "ReceiptDay": "ReceiptDay",
        "Receipt": "Receipt",
        "ReceiptKey": "PublicKey",
        "ReceiptKeys": "PublicKeys",
    },
}
CLASSES = {schema: name for classes in MODULES.values() for name, schema in classes.items()}
PLACES = {name: module for module, classes in MODULES.items() for name in classes}
SECRETS = ("key", "secret", "upload_url")  # no repr shows them
SCALARS = {"string": "str", "integer": "int", "number": "float", "boolean": "bool", "null": "None"}


def read_schemas() -> dict[str, Schema]:
    """Return the named schemas of the document, and that of the data of streamed events."""
    catalogue = catalogue_files.load(str(ROOT / "deploy/catalogue.toml"))
    named: dict[str, Schema] = document(catalogue, "http://127.0.0.1:8080")["components"]["schemas"]  # type: ignore[index,call-overload]
    return named | {"StreamedEvent": components([StreamedEvent], ())["StreamedEvent"]}


def write_modules(schemas: Mapping[str, Schema]) -> dict[str, str]:
    """Return the text of each module by its name."""
    return {module: "\n".join(_write_module(module, schemas)) + "\n" for module in MODULES}


def type_of(schema: Schema) -> str:
    """Return the type of a value, in Python."""
    if "$ref" in schema:
        return CLASSES[schema["$ref"].rpartition("/")[2]]
    if "anyOf" in schema:
        return " | ".join(type_of({"format": schema.get("format")} | one) for one in schema["anyOf"])
    if "enum" in schema or "const" in schema:
        words = schema.get("enum", [schema.get("const")])
        return f"Literal[{', '.join(repr(word).replace(chr(39), chr(34)) for word in words)}]"
    if schema["type"] in ("array", "object"):
        inner = type_of(schema.get("items") or schema["additionalProperties"])
        return f"tuple[{inner}, ...]" if schema["type"] == "array" else f"dict[str, {inner}]"
    return "datetime" if schema.get("format") == "date-time" else SCALARS[schema["type"]]


def snake(name: str) -> str:
    """Return the snake_case of a name."""
    return re.sub(r"(?<=[a-z])([A-Z])", lambda found: f"_{found[1].lower()}", name)


def _write_module(module: str, schemas: Mapping[str, Schema]) -> Iterator[str]:
    bodies = [line for name, schema in MODULES[module].items() for line in _write_class(name, schemas[schema])]
    text = "\n".join(bodies)
    yield f'"""The JSON of the API: {module}. Generated from the OpenAPI document by sdk/scripts/python_models.py."""'
    yield ""
    yield f"from dataclasses import dataclass{', field' if '= field(' in text else ''}"
    if "datetime" in text:
        yield "from datetime import datetime"
    if "Literal[" in text:
        yield "from typing import Literal"
    types = "\n".join(line for line in bodies if re.match(r"    \w+: ", line))
    used = [name for name in PLACES if PLACES[name] != module and re.search(rf"\b{name}\b", types)]
    if used:
        yield ""
    for name in used:
        yield f"from wokflow.models.{PLACES[name]} import {name}"
    yield from bodies


def _write_class(name: str, schema: Schema) -> Iterator[str]:
    yield from ("", "", "@dataclass(frozen=True, kw_only=True)", f"class {name}:")
    yield from _write_text(schema["description"])
    for field, described in schema["properties"].items():
        kind = type_of(described)
        if field not in schema.get("required", ()):
            default = "field(default=None, repr=False)" if field in SECRETS else "None"
            kind = f"{kind.removesuffix(' | None')} | None = {default}"
        yield ""
        yield f"    {snake(field)}: {kind}"
        yield from _write_text(described["description"])


def _write_text(text: str) -> Iterator[str]:
    quoted = f'"""{text}"""'
    yield from textwrap.wrap(
        quoted, WIDTH, initial_indent="    ", subsequent_indent="    ", break_long_words=False, break_on_hyphens=False
    )


def write_all() -> None:
    """Write the modules."""
    for module, text in write_modules(read_schemas()).items():
        (FOLDER / f"{module}.py").write_text(text)


if __name__ == "__main__":
    write_all()
