"""kie's catalogue: its list of models, each with a price in words, and an OpenAPI document for each of them.

Documented by kie (its skill `kie-models`, September 2026):

- `GET /api/v1/models` has `{total, models}`. A model has `model`, `title`, `pricingDesc`, and in `taskType` words
  such as "Text to Video".
- `GET /api/v1/models/{model}/schema` has `{model, openapi}`. The document may be null.
- The two share one request a second. A refusal is `code` 429 in a body with status 200.
- `pricingDesc` is a sentence, such as "A 5-second video costs 160 credits (0.80 USD), ...". kie bills what it says.

kie documents no other form of that sentence, so only two are read: that one, and "18 credits per image (1K/2K)". Every
part of the sentence must fit. For other models `kie_rate_card` has the rows of kie's price page.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from decimal import Decimal
from typing import Any

from operate.importing.kie_rate_card import DependsOnInput, RateCard
from operate.importing.listing import (
    BAD_NAME,
    BUSY_MAX,
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

PER_SECOND = 0.9
BUSY_S = 1.0
CREDIT_CENTS = Decimal("0.5")
# "720p: 14 credits per second", "18 credits per image (1K/2K)". Each part is short, so no search is long.
CREDITS = r"(\d{1,6}(?:\.\d{1,4})?) credits?"
PER_UNIT = re.compile(
    rf"([^;,\n]{{0,80}}?){CREDITS} ?(?:per|/) ?([a-z0-9 ]{{1,30}}?) ?(\([^();]{{0,60}}\))?$", re.IGNORECASE
)
# "A 5-second video costs 160 credits": one output with these values.
EACH = re.compile(
    rf"(?:(?:and|an?|one|each|the) )*([^;,\n]{{0,80}}?)\b(image|video|request|song|track) costs {CREDITS}$",
    re.IGNORECASE,
)
MONEY = re.compile(r" ?\([≈~]? ?(?:\$ ?[\d.]{1,10}|[\d.]{1,10} USD)\)", re.IGNORECASE)
SPLIT = re.compile(r"[;\n]|\.(?:\s|$)|,? and (?=an? )|, (?=[^();,]{0,80}?\d[\d.]{0,10} credits?)", re.IGNORECASE)
LENGTH = re.compile(r"\b(\d{1,3})-second\b", re.IGNORECASE)


async def list_models(
    client: CatalogueClient, wanted: Callable[[str], bool], credit_cents: Decimal = CREDIT_CENTS
) -> AsyncIterator[Listing]:
    """Yield the wanted models. Raises ListError."""
    listed = await _read(client, "/api/v1/models")
    entries = objects(listed.get("models") if isinstance(listed, dict) else None)
    if not entries:
        raise ListError("kie lists no models: the format of its catalogue has changed")
    card = RateCard(client, credit_cents)
    for entry in entries:
        model = text(entry.get("model"))
        if not is_name(model):
            yield Listing(model=model, name=model, tasks=(), why_not=BAD_NAME)
        elif wanted(model):
            yield await _read_model(client, model, entry, card)


async def _read_model(client: CatalogueClient, model: str, entry: dict[str, Any], card: RateCard) -> Listing:
    tasks = entry.get("taskType")
    words = [re.sub(r"[\s_]+", "-", text(task).lower()) for task in (tasks if isinstance(tasks, list) else [tasks])]
    found = Listing(model=model, name=text(entry.get("title")) or model, tasks=tuple(words))
    answer = await _read(client, f"/api/v1/models/{model}/schema")
    document = answer.get("openapi") if isinstance(answer, dict) else None
    if not isinstance(document, dict) or not document:
        return Listing(model=model, name=found.name, tasks=found.tasks, why_not="kie has no schema of it")
    body = resolve(document, request_schema(document))
    schema = _variant(document, body, model).get("properties", {}).get("input", body)
    source = text(entry.get("pricingDesc"))
    prices = read_prices(source, card.credit_cents)
    if not prices:
        try:
            prices, source = await card.find(model)
        except DependsOnInput as reason:
            return Listing(model=model, name=found.name, tasks=found.tasks, why_not=str(reason))
    return Listing(
        model=model, name=found.name, tasks=found.tasks, schema=schema, document=document, prices=prices, source=source
    )


def read_prices(words: str, credit_cents: Decimal = CREDIT_CENTS) -> tuple[PriceLine, ...]:
    """Return the lines of a price in words; nothing if a part of it has another form."""
    lines = []
    for part in filter(None, (part.strip() for part in SPLIT.split(MONEY.sub("", words)))):
        if found := PER_UNIT.fullmatch(part):
            credits, unit, about = found[2], found[3], f"{found[1]} {found[4] or ''}"
        elif found := EACH.fullmatch(part):
            credits, unit, about = found[3], found[2], found[1]
        else:
            return ()
        about = LENGTH.sub(r"\1s", about).strip(" :()")
        if "credit" in about.lower():  # "from 40 credits up to 160 credits per video"
            return ()
        lines.append(PriceLine(cents=Decimal(credits) * credit_cents, unit=unit.strip().lower(), about=about))
    return tuple(lines)


def _variant(document: dict[str, Any], body: dict[str, Any], model: str) -> dict[str, Any]:
    """Return the one of several bodies that is for the model, or the only one."""
    options = [resolve(document, one) for key in ("oneOf", "anyOf") for one in objects(body.get(key))]
    for option in options:
        named = resolve(document, option.get("properties", {}).get("model", {}))
        if model in (named.get("const"), named.get("default"), *(named.get("enum") or ())):
            return option
    return options[0] if len(options) == 1 else body


async def _read(client: CatalogueClient, path: str) -> Any:
    """Return the data at a path, None if kie does not know it. Raises ListError."""
    for _ in range(BUSY_MAX):
        envelope = await client.get(path)
        code = envelope.get("code") if isinstance(envelope, dict) else None
        if code == 200:
            return envelope.get("data")
        if envelope is None or code == 404:
            return None
        if code != 429:
            hint = ": check the API key" if code in (401, 403) else ": try again"
            raise ListError(f"kie answered {code} for {path}{hint}")
        await asyncio.sleep(BUSY_S)
    raise ListError("kie stays too busy: try again later, or with a lower --per-second")
