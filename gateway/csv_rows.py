"""Answers as CSV (RFC 4180), for callers who accept that before JSON."""

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Sequence

from aiohttp import web

MEDIA_TYPE = "text/csv"
FORMULA = re.compile(r"^\s*[=+\-@\t\r]")  # spreadsheets would compute such a text
Rows = Iterable[Sequence[object]]
NUMBER = re.compile(r"-?\d+(\.\d+)?")


def wants_csv(request: web.Request) -> bool:
    """Return whether the caller accepts CSV and does not prefer JSON."""
    accepted = ",".join(request.headers.getall("Accept", ())).lower()
    names = [part.partition(";")[0].strip() for part in accepted.split(",")]
    return MEDIA_TYPE in names and "application/json" not in names[: names.index(MEDIA_TYPE)]


async def stream_csv(columns: Sequence[str], batches: AsyncIterator[Rows], name: str) -> web.Response:
    """Return a response that streams rows as they are read. A failure behind the first batch cuts the connection.

    Raises the error of the first batch.
    """
    first = await anext(batches, ())

    async def write() -> AsyncIterator[bytes]:
        yield encode_rows([columns, *first])
        async for batch in batches:
            yield encode_rows(batch)

    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"', "Cache-Control": "no-store"}
    return web.Response(body=write(), content_type=MEDIA_TYPE, charset="utf-8", headers=headers)


def encode_rows(rows: Rows) -> bytes:
    """Return rows as CSV. A text that a spreadsheet would take for a formula gets an apostrophe."""
    lines = io.StringIO()
    csv.writer(lines).writerows([[_cell(value) for value in row] for row in rows])
    return lines.getvalue().encode()


def _cell(value: object) -> str:
    text = "" if value is None else str(value)
    return f"'{text}" if FORMULA.match(text) and not NUMBER.fullmatch(text) else text
