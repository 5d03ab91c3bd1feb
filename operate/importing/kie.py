"""kie's catalogue: the list with prices in words, and an OpenAPI document for each model.

Assumed: each price in `pricingDesc` is `<N> credits per <unit>`, with its variant in front or in brackets. The rows of
`/price` have the names of kie's price page. A model whose price has another form is not imported.
"""

import re
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

from operate.importing.listing import (
    BAD_NAME,
    CatalogueClient,
    ListError,
    Listing,
    PriceLine,
    is_name,
    objects,
    request_schema,
    text,
)
from operate.importing.schema import resolve

PER_SECOND = 1.0
CREDIT_CENTS = Decimal("0.5")
# "720p: 14 credits per second", "18 credits per image (1K/2K)". Each part is short, so no search is long.
LINE = re.compile(
    r"([^;,\n]{0,80}?)(\d{1,6}(?:\.\d{1,4})?) credits? ?(?:per|/) ?([a-z0-9 ]{1,30}?) ?(\([^();]{0,60}\))?$",
    re.IGNORECASE,
)
SPLIT = re.compile(r"[;\n]|, (?=[^();,]{0,80}?\d[\d.]{0,10} credits?)", re.IGNORECASE)


async def list_models(
    client: CatalogueClient, wanted: Callable[[str], bool], credit_cents: Decimal = CREDIT_CENTS
) -> AsyncIterator[Listing]:
    """Yield the wanted models. Raises ListError."""
    listed = _data(await client.get("/api/v1/models"))
    entries = objects(listed.get("models") or listed.get("records") if isinstance(listed, dict) else listed)
    if not entries:
        raise ListError("kie lists no models: the format of its catalogue has changed")
    for entry in entries:
        model = text(entry.get("model"))
        if not is_name(model):
            yield Listing(model=model, name=model, tasks=(), why_not=BAD_NAME)
        elif wanted(model):
            yield await _read_model(client, model, entry, credit_cents)


async def _read_model(client: CatalogueClient, model: str, entry: dict[str, Any], credit_cents: Decimal) -> Listing:
    tasks = entry.get("taskType")
    words = [text(task).lower().replace("_", "-") for task in (tasks if isinstance(tasks, list) else [tasks])]
    found = Listing(model=model, name=text(entry.get("name")) or model, tasks=tuple(words))
    document = _data(await client.get(f"/api/v1/models/{model}/schema"))
    if not isinstance(document, dict) or not document:
        return Listing(model=model, name=found.name, tasks=found.tasks, why_not="kie has no schema of it")
    body = resolve(document, request_schema(document))
    schema = _variant(document, body, model).get("properties", {}).get("input", body)
    source = text(entry.get("pricingDesc"))
    prices = read_prices(source, credit_cents)
    if not prices:
        rows = _data(await client.get(f"/api/v1/models/{model}/price"))
        prices, source = _read_rows(rows, credit_cents), source or "kie's price list"
    return Listing(
        model=model, name=found.name, tasks=found.tasks, schema=schema, document=document, prices=prices, source=source
    )


def read_prices(words: str, credit_cents: Decimal = CREDIT_CENTS) -> tuple[PriceLine, ...]:
    """Return the lines of a price in words; nothing if one of them has another form."""
    lines = []
    for part in SPLIT.split(words):
        found = LINE.fullmatch(part.strip())
        if part.strip() and found is None:
            return ()
        if found is not None:
            about = f"{found[1]} {found[4] or ''}".strip(" :()")
            lines.append(PriceLine(cents=Decimal(found[2]) * credit_cents, unit=found[3].strip().lower(), about=about))
    return tuple(lines)


def _read_rows(rows: object, credit_cents: Decimal) -> tuple[PriceLine, ...]:
    listed = objects(rows.get("records") if isinstance(rows, dict) else rows) or objects([rows])
    lines = []
    for row in listed:
        price = str(row.get("creditPrice", ""))
        if not re.fullmatch(r"\d{1,6}(\.\d{1,4})?", price):
            return ()
        unit = text(row.get("creditUnit")).lower().removeprefix("per ").strip()
        lines.append(PriceLine(cents=Decimal(price) * credit_cents, unit=unit, about=text(row.get("modelDescription"))))
    return tuple(lines)


def _variant(document: dict[str, Any], body: dict[str, Any], model: str) -> dict[str, Any]:
    """Return the one of several bodies that is for the model, or the only one."""
    options = [resolve(document, one) for key in ("oneOf", "anyOf") for one in objects(body.get(key))]
    for option in options:
        named = resolve(document, option.get("properties", {}).get("model", {}))
        if model in (named.get("const"), named.get("default"), *(named.get("enum") or ())):
            return option
    return options[0] if len(options) == 1 else body


def _data(envelope: object) -> Any:
    """Return the data in kie's envelope, None for an error in it, which has status 200 too."""
    if not isinstance(envelope, dict) or "code" not in envelope:
        return envelope
    if envelope["code"] in (401, 403):
        raise ListError(f"kie answered {envelope['code']}: check the API key")
    return envelope.get("data") if envelope["code"] == 200 else None
