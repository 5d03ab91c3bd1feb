"""kie's rate card: the rows of its price page, for models whose price in words is not read.

kie does not document it. Several independent programs use it, and describe it alike (August to October 2026):

- `POST /client/v1/model-pricing/page` with `{pageNum, pageSize}` has `{records, total, pages}`, at most 100 rows each.
- `creditPrice` is a number as text, `creditUnit` is "per image", " per video", "per second" or empty.
- `modelDescription` has a name for people, then the variant: "kling 2.6, text-to-video, without audio-5.0s".
- `anchor` links to the model's page. Its parameter `model`, where it has one, is the id in the API.

Some links are missing, so a row belongs to a model only if its link or its name has exactly the model's id. The rows of
some models charge input files, too. Those models are left out, because no row says what such an order costs in all.
"""

import re
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from operate.importing.listing import CatalogueClient, ListError, PriceLine, objects, text

PATH = "/client/v1/model-pricing/page"
PAGE_ROWS, PAGES_MAX = 100, 40
PRICE = re.compile(r"\d{1,6}(\.\d{1,4})?")
OF_INPUT = re.compile(r"\binputs?\b", re.IGNORECASE)
SHOWN_MAX = 5  # rows in a comment


class DependsOnInput(Exception):
    """The price of a model depends on its input files. The message says so."""


class RateCard:
    """The rows of kie's price page, which are fetched once, when the first model needs them."""

    def __init__(self, client: CatalogueClient, credit_cents: Decimal) -> None:
        self.credit_cents = credit_cents
        self._client = client
        self._rows: list[dict[str, Any]] | None = None

    async def find(self, model: str) -> tuple[tuple[PriceLine, ...], str]:
        """Return the price of a model and its rows in words; nothing without rows. Raises DependsOnInput."""
        if self._rows is None:
            self._rows = await self._fetch()
        own = [row for row in self._rows if model in _ids(row)]
        names = {_name(row) for row in own}
        if any(OF_INPUT.search(_variant(row)) for row in self._rows if _name(row) in names):
            raise DependsOnInput("its price depends on its input files: name it in --prices")
        prices = [str(row.get("creditPrice", "")).strip() for row in own]
        if not all(PRICE.fullmatch(price) for price in prices):
            return (), ""
        lines = [
            PriceLine(cents=Decimal(price) * self.credit_cents, unit=_unit(row), about=_variant(row))
            for row, price in zip(own, prices, strict=True)
        ]
        shown = [
            f"{_description(row)}: {price} credits {text(row.get('creditUnit')).strip()}"
            for row, price in zip(own, prices, strict=True)
        ]
        return tuple(lines), "; ".join(shown[:SHOWN_MAX])

    async def _fetch(self) -> list[dict[str, Any]]:
        """Return all rows; none if kie does not show them here, as in some countries."""
        rows: list[dict[str, Any]] = []
        for number in range(1, PAGES_MAX + 1):
            try:
                envelope = await self._client.post(PATH, {"pageNum": number, "pageSize": PAGE_ROWS})
            except ListError:
                return []
            data = envelope.get("data") if isinstance(envelope, dict) and envelope.get("code") == 200 else None
            found = objects(data.get("records")) if isinstance(data, dict) else []
            rows += found
            if len(found) < PAGE_ROWS:
                return rows
        return rows


def _ids(row: dict[str, Any]) -> set[str]:
    """Return the ids of models that a row can belong to."""
    link = urlsplit(text(row.get("anchor")))
    named = parse_qs(link.query).get("model", [])
    return {*(named or [unquote(link.path).strip("/")]), _description(row).partition(",")[0].strip()} - {""}


def _description(row: dict[str, Any]) -> str:
    return text(row.get("modelDescription")).strip()


def _name(row: dict[str, Any]) -> str:
    return _description(row).partition(",")[0].strip().lower()


def _variant(row: dict[str, Any]) -> str:
    return _description(row).partition(",")[2].strip()


def _unit(row: dict[str, Any]) -> str:
    return text(row.get("creditUnit")).strip().lower().removeprefix("per ").replace(",", "").strip()
