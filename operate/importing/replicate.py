"""Replicate's catalogue: its collection of official models. It has no prices: they come from the operator's file."""

from collections.abc import AsyncIterator, Callable
from typing import Any

from operate.importing.listing import CatalogueClient, ListError, Listing, is_name, objects, text

PER_SECOND = 5.0
COLLECTION = "/collections/official"
OUTPUTS = (("video", "text-to-video"), ("image", "text-to-image"), ("audio", "text-to-audio"))
SPOKEN = ("speech", "voice", "tts")


async def list_models(client: CatalogueClient, wanted: Callable[[str], bool]) -> AsyncIterator[Listing]:
    """Yield the wanted official models. Raises ListError."""
    collection = await client.get(COLLECTION)
    entries = objects(collection.get("models") if isinstance(collection, dict) else None)
    if not entries:
        raise ListError("Replicate lists no official models: the format of its catalogue has changed")
    for entry in entries:
        name = f"{text(entry.get('owner'))}/{text(entry.get('name'))}"
        if wanted(name) and is_name(name):
            yield _read_model(name, entry, await client.get(f"/models/{name}"))


def _read_model(name: str, entry: dict[str, Any], model: Any) -> Listing:
    node: Any = model
    for key in ("latest_version", "openapi_schema"):
        node = node.get(key) if isinstance(node, dict) else None
    document = node if isinstance(node, dict) else {}
    schemas = document.get("components", {}).get("schemas", {})
    schema = schemas.get("Input") if isinstance(schemas, dict) else None
    about = f"{name} {text(entry.get('description'))}".lower()
    spoken = any(word in about for word in SPOKEN)
    task = "text-to-speech" if spoken else next((task for word, task in OUTPUTS if word in about), "")
    if "upscale" in about and task == "text-to-image":
        task = "image-upscale"
    return Listing(
        model=name,
        name=text(entry.get("name")).replace("-", " ").title() or name,
        tasks=(task,),
        schema=schema if isinstance(schema, dict) else {},
        document=document,
        why_not="" if isinstance(schema, dict) else "Replicate has no schema of it",
    )
