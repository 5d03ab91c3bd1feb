"""fal's catalogue: the platform's own list of models, with an OpenAPI document and a price per unit for each."""

import re
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

from operate.importing.listing import (
    CENTS_PER_USD,
    CatalogueClient,
    Listing,
    PriceLine,
    is_name,
    objects,
    request_schema,
    text,
)

PER_SECOND = 5.0
PAGE, BATCH = 100, 10  # models of a list, and of a request with documents
PAGES_MAX = 100
UNITS = {"1000 characters": "1000 characters", "1k characters": "1000 characters"}


async def list_models(client: CatalogueClient, wanted: Callable[[str], bool]) -> AsyncIterator[Listing]:
    """Yield the wanted models that are active. fal answers about invented ids too, but without a status."""
    cursor = ""
    for _ in range(PAGES_MAX):
        query = [("status", "active"), ("limit", str(PAGE)), *([("cursor", cursor)] if cursor else [])]
        page = await client.get("/v1/models", query) or {}
        active = [entry for entry in objects(page.get("models")) if _metadata(entry).get("status") == "active"]
        names = [name for entry in active if wanted(name := text(entry.get("endpoint_id"))) and is_name(name)]
        for start in range(0, len(names), BATCH):
            async for listing in _read_batch(client, names[start : start + BATCH]):
                yield listing
        cursor = text(page.get("next_cursor"))
        if not cursor:
            return


async def _read_batch(client: CatalogueClient, names: list[str]) -> AsyncIterator[Listing]:
    query = [("endpoint_id", name) for name in names]
    documents = await client.get("/v1/models", [*query, ("expand", "openapi-3.0")]) or {}
    prices = await client.get("/v1/models/pricing", query) or {}
    priced = {text(price.get("endpoint_id")): price for price in objects(prices.get("prices"))}
    for entry in objects(documents.get("models")):
        name = text(entry.get("endpoint_id"))
        if name in names:
            yield _read_model(name, entry, priced.get(name, {}))


def _read_model(name: str, entry: dict[str, Any], price: dict[str, Any]) -> Listing:
    facts, document = _metadata(entry), entry.get("openapi")
    document = document if isinstance(document, dict) else {}
    line = _read_price(price)
    return Listing(
        model=name,
        name=text(facts.get("display_name")) or name,
        tasks=(text(facts.get("category")).lower(),),
        schema=request_schema(document),
        document=document,
        prices=(line,) if line else (),
        source=f"${price.get('unit_price')} per unit of {price.get('unit')}" if price else "",
        why_not="" if document else "fal has no schema of it",
    )


def _read_price(price: dict[str, Any]) -> PriceLine | None:
    number, unit = str(price.get("unit_price")), text(price.get("unit")).lower()
    if price.get("currency") != "USD" or not re.fullmatch(r"\d{1,6}(\.\d{1,10})?", number):
        return None
    unit = UNITS.get(unit, unit.removesuffix("s"))
    return PriceLine(cents=Decimal(number) * CENTS_PER_USD, unit=unit)


def _metadata(entry: dict[str, Any]) -> dict[str, Any]:
    facts = entry.get("metadata")
    return facts if isinstance(facts, dict) else {}
