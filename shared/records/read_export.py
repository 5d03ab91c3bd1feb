"""Rows of the tables for an export, in pages. Prompts and the store's own records are not among them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.times import DAY_MS
from shared.records import schema

LEFT_OUT = {"prompt", "record", "metadata"}
GENERATION_COLUMNS = tuple(column for column in schema.generations.c if column.name not in LEFT_OUT)
USAGE_COLUMNS = tuple(schema.usage.c)

Rows = Sequence[tuple[Any, ...]]


async def scan_generations(connection: AsyncConnection, day: int, page: int) -> AsyncIterator[Rows]:
    """Yield the generations that ended on a UTC day, in the order of their ends."""
    place = (-1, "")
    names = [column.name for column in GENERATION_COLUMNS]
    closed, name = names.index("closed_ms"), names.index("id")
    while True:
        found = (await connection.execute(export_statement(day, place, page))).all()
        if found:
            yield [tuple(row) for row in found]
        if len(found) < page:
            return
        place = (found[-1][closed], found[-1][name])


def export_statement(day: int, place: tuple[int, str], page: int) -> Select[Any]:
    """Return the query of a page of an export."""
    columns = schema.generations.c
    at_ms, name = max(place[0], day * DAY_MS), place[1]
    behind = (columns.closed_ms > place[0]) | (columns.id > name)
    within = (columns.closed_ms >= at_ms, columns.closed_ms < (day + 1) * DAY_MS, behind)
    return select(*GENERATION_COLUMNS).where(*within).order_by(columns.closed_ms, columns.id).limit(page)


async def list_usage(connection: AsyncConnection, day: int) -> Rows:
    """Return the usage of a UTC day."""
    found = await connection.execute(
        select(*USAGE_COLUMNS).where(schema.usage.c.day == day).order_by(*USAGE_COLUMNS[:6])
    )
    return [tuple(row) for row in found]


def kind_of(column: Any) -> str:
    """Return the type of a column: text, measure, bytes or whole."""
    kind = column.type.python_type
    return {str: "text", float: "measure", bytes: "bytes"}.get(kind, "whole")
