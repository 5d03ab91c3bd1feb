"""Pages of ended generations, ledger lines and deliveries. Each read is bounded, and follows an index."""

import asyncio
from collections.abc import Collection, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import ColumnElement, Select, exists, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.generation import Generation, read
from shared.records import schema
from shared.records.chain import LedgerLine
from shared.records.read import LINE
from shared.records.rows import delivery_fields, generation_fields

IDS_MAX = 500  # of one look-up
DECODED_AT_ONCE = 20  # rows, before others are served
GENERATION_LINES = ("reserve", "settle", "credit")  # kinds of ledger lines that refer to a generation

Place = tuple[int, str]  # creation time and id: the order of every list of generations and deliveries


class Span(Struct, frozen=True, kw_only=True):
    """The part of a list to read: up to `count` entries next to a place, or from the newest on."""

    count: int
    before: Place | None = None
    after: Place | None = None


class GenerationFilter(Struct, frozen=True, kw_only=True):
    """The generations that a list shows. An empty field allows every value."""

    from_ms: int | None = None
    to_ms: int | None = None  # the first moment that is not included
    status: str = ""  # processing, completed or failed
    model: str = ""
    kind: str = ""
    key: str = ""  # the first 16 characters of the key's hash
    text: str = ""  # in the prompt
    metadata: tuple[tuple[str, str], ...] = ()  # pairs that it has


async def read_generations_page(
    connection: AsyncConnection,
    account: str,
    span: Span,
    wanted: GenerationFilter,
    *,
    among: Collection[str] | None = None,
) -> list[Generation]:
    """Return ended generations of an account within a span, nearest to its place first. `among`: only these ids."""
    statement = page_statement(account, span, wanted)
    parts = (
        [statement] if among is None else [statement.where(schema.generations.c.id.in_(ids)) for ids in _slices(among)]
    )
    found = list[Generation]()
    for part in parts:
        for row in (await connection.execute(part)).all():
            found.append(read(row.id, generation_fields(row.prompt, row.metadata, row.record)))
            if len(found) % DECODED_AT_ONCE == 0:
                await asyncio.sleep(0)
    return found


def page_statement(account: str, span: Span, wanted: GenerationFilter) -> Select[Any]:
    """Return the query of a page of generations."""
    columns = schema.generations.c
    statement = select(columns.id, columns.prompt, columns.metadata, columns.record).where(
        columns.account == account, columns.record.is_not(None), *_conditions(wanted)
    )
    return _within(statement, columns.created_ms, columns.id, span)


def _conditions(wanted: GenerationFilter) -> list[ColumnElement[bool]]:
    columns, found = schema.generations.c, list[ColumnElement[bool]]()
    if wanted.from_ms is not None:
        found.append(columns.created_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        found.append(columns.created_ms < wanted.to_ms)
    pairs = ((columns.state, wanted.status), (columns.model, wanted.model), (columns.kind, wanted.kind))
    found += [column == value for column, value in (*pairs, (columns.key, wanted.key)) if value]
    found += [columns.metadata[name].as_string() == value for name, value in wanted.metadata]
    if wanted.text:
        found.append(columns.prompt.icontains(wanted.text, autoescape=True))
    return found


def _within(statement: Select[Any], at: ColumnElement[int], name: ColumnElement[str], span: Span) -> Select[Any]:
    """Return a query in the order of a span, from its place on. The first condition is the one that an index serves."""
    if span.after is not None:
        at_ms, place = span.after
        statement = statement.where(at >= at_ms, (at > at_ms) | (name > place)).order_by(at, name)
    else:
        if span.before is not None:
            at_ms, place = span.before
            statement = statement.where(at <= at_ms, (at < at_ms) | (name < place))
        statement = statement.order_by(at.desc(), name.desc())
    return statement.limit(span.count)


async def find_place(connection: AsyncConnection, account: str, generation_id: str) -> Place | None:
    """Return where a generation stands in its account's list, also if it was erased; None if there is none."""
    columns = schema.generations.c
    found = select(columns.created_ms).where(columns.id == generation_id, columns.account == account)
    at_ms = await connection.scalar(found)
    return None if at_ms is None else (at_ms, generation_id)


async def find_known_generations(connection: AsyncConnection, ids: Collection[str]) -> set[str]:
    """Return those of some generations that the database has."""
    name = schema.generations.c.id
    found = [await connection.scalars(select(name).where(name.in_(part))) for part in _slices(ids)]
    return {one for rows in found for one in rows}


async def find_fitting_generations(
    connection: AsyncConnection, account: str, ids: Collection[str], wanted: GenerationFilter
) -> set[str]:
    """Return those of some ids that are generations of an account within a filter, also if they were erased."""
    columns = schema.generations.c
    fitting = select(columns.id).where(columns.account == account, *_conditions(wanted))
    found = [await connection.scalars(fitting.where(columns.id.in_(part))) for part in _slices(ids)]
    return {one for rows in found for one in rows}


async def find_key(connection: AsyncConnection, account: str, key_id: str) -> str:
    """Return the hash of an account's key, revoked or not; empty if there is none."""
    columns = schema.keys.c
    return await connection.scalar(select(columns.hash).where(columns.id == key_id, columns.account == account)) or ""


class LineFilter(Struct, frozen=True, kw_only=True):
    """The ledger lines that a list shows. `kinds` is empty for all of them."""

    from_ms: int | None = None
    to_ms: int | None = None
    kinds: frozenset[str] = frozenset()
    generations: GenerationFilter = GenerationFilter()  # if it is not empty, only lines of these generations

    @property
    def by_generation(self) -> bool:
        """Return whether lines are chosen by their generations."""
        return self.generations != GenerationFilter()

    def fits(self, at_ms: int, kind: str) -> bool:
        """Return whether a line of this time and kind is shown."""
        late = self.to_ms is not None and at_ms >= self.to_ms
        chosen = (not self.kinds or kind in self.kinds) and (not self.by_generation or kind in GENERATION_LINES)
        return not late and at_ms >= (self.from_ms or 0) and chosen


async def read_lines_page(
    connection: AsyncConnection, account: str, count: int, wanted: LineFilter, *, before: int = 0, after: int = 0
) -> Sequence[LedgerLine]:
    """Return lines that moved money, nearest first: older ones than line `before`, or newer ones than `after`."""
    return [
        LedgerLine(*row) for row in await connection.execute(lines_statement(account, count, wanted, before, after))
    ]


def lines_statement(account: str, count: int, wanted: LineFilter, before: int, after: int) -> Select[Any]:
    """Return the query of a page of ledger lines. `before` 0: from the newest; with `after` in ascending order."""
    columns = schema.ledger_lines.c
    statement = select(*LINE).where(columns.account == account, columns.amount != 0, columns.sequence > after)
    if before:
        statement = statement.where(columns.sequence < before)
    if wanted.from_ms is not None:
        statement = statement.where(columns.at_ms >= wanted.from_ms)
    if wanted.to_ms is not None:
        statement = statement.where(columns.at_ms < wanted.to_ms)
    if wanted.kinds:
        statement = statement.where(columns.kind.in_(sorted(wanted.kinds)))
    if wanted.by_generation:
        own = schema.generations.c
        known = exists().where(own.id == columns.reference, own.account == account, *_conditions(wanted.generations))
        statement = statement.where(columns.kind.in_(GENERATION_LINES), known)
    return statement.order_by(columns.sequence if after else columns.sequence.desc()).limit(count)


async def find_deliveries(connection: AsyncConnection, endpoint: str, ids: Collection[str]) -> dict[str, list[bytes]]:
    """Return the fields of some deliveries to an endpoint, as the store had them."""
    columns = schema.deliveries.c
    found = select(columns.id, columns.record).where(columns.endpoint == endpoint, columns.record.is_not(None))
    rows = [row for part in _slices(ids) for row in await connection.execute(found.where(columns.id.in_(part)))]
    return {row.id: delivery_fields(row.record) for row in rows}


async def find_delivery_place(connection: AsyncConnection, endpoint: str, delivery_id: str) -> Place | None:
    """Return where a delivery stands in its endpoint's list; None if there is none."""
    columns = schema.deliveries.c
    found = select(columns.created_ms).where(columns.id == delivery_id, columns.endpoint == endpoint)
    at_ms = await connection.scalar(found)
    return None if at_ms is None else (at_ms, delivery_id)


async def read_deliveries_page(
    connection: AsyncConnection, endpoint: str, count: int, before: Place | None, *, excluded: Collection[str]
) -> dict[str, list[bytes]]:
    """Return the newest deliveries to an endpoint from before a place, newest first, without some of them."""
    rows = await connection.execute(deliveries_statement(endpoint, count, before, excluded=excluded))
    return {row.id: delivery_fields(row.record) for row in rows}


def deliveries_statement(endpoint: str, count: int, before: Place | None, *, excluded: Collection[str]) -> Select[Any]:
    """Return the query of a page of deliveries."""
    columns = schema.deliveries.c
    statement = select(columns.id, columns.record).where(
        columns.endpoint == endpoint, columns.record.is_not(None), columns.id.not_in(sorted(excluded))
    )
    return _within(statement, columns.created_ms, columns.id, Span(count=count, before=before))


def _slices(ids: Collection[str]) -> list[list[str]]:
    ordered = sorted(ids)
    return [ordered[first : first + IDS_MAX] for first in range(0, len(ordered), IDS_MAX)]
