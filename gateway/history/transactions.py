"""Movements of an account's money: the store has the newest lines of the ledger, the database all that it was sent.

Lines are numbered without a gap, and the store folds only lines that the database has. So the first number that the
store still has is the exact seam.
"""

from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from typing import TypeVar

from msgspec import structs

from gateway.context import GatewayContext
from gateway.history.generations import fits, read_order_filter
from gateway.history.query import Listed, ListQuery, choice_of, read_query, unknown_cursor
from shared.records import read_pages
from shared.records.chain import MISSING, RESTORED, LedgerLine
from shared.records.errors import RecordsDown, RecordsSlow, RecordsUnfit
from shared.records.history import Connection, too_slow
from shared.records.read_pages import LineFilter
from shared.store import generations
from shared.store.ledger_part import LedgerPart, read_part

Found = TypeVar("Found")
STEP, STEPS_MAX = 1000, 20  # lines of the store that are read at a time, and times
SEQUENCE_DIGITS_MAX = 15
KINDS: Mapping[str, frozenset[str]] = {
    "topup": frozenset({"top_up"}),
    "spend": frozenset({"reserve"}),
    "refund": frozenset({"settle", "credit"}),
    "correction": frozenset({"dispute", "close", MISSING, RESTORED}),
}


async def read_line_filter(context: GatewayContext, account: str, query: Mapping[str, str]) -> LineFilter:
    """Return the filter of a query. Raises Refused for an invalid value, and for a key that is not the account's."""
    common = read_query(query)
    kinds = KINDS.get(choice_of(query, "type", tuple(KINDS)), frozenset())
    orders = await read_order_filter(context, account, query)
    return LineFilter(from_ms=common.from_ms, to_ms=common.to_ms, kinds=kinds, generations=orders)


async def list_lines(context: GatewayContext, account: str, query: ListQuery, wanted: LineFilter) -> Listed[LedgerLine]:
    """Return a page of the lines that moved money. Raises Refused for an invalid cursor."""
    before, after = _sequence_of(query, "before"), _sequence_of(query, "after")
    read = _read_newer if after else _read_older
    found, complete = await read(context, account, after or before, query.count + 1, wanted)
    entries, more = found[: query.count], len(found) > query.count
    if after:
        entries.reverse()
    ends = (str(entries[0].sequence), str(entries[-1].sequence)) if entries else ("", "")
    return Listed(entries=entries, more=more, complete=complete, names=ends)


async def scan_lines(
    context: GatewayContext, account: str, query: ListQuery, wanted: LineFilter, count: int
) -> AsyncIterator[Listed[LedgerLine]]:
    """Yield pages up to `count` lines, from a query's cursor on into the past."""
    while count > 0:
        page = await list_lines(context, account, structs.replace(query, count=min(STEP, count)), wanted)
        yield page
        count -= len(page.entries)
        if not page.more:
            return
        query = structs.replace(query, before=page.names[1], after="")


async def _read_older(
    context: GatewayContext, account: str, before: int, count: int, wanted: LineFilter
) -> tuple[list[LedgerLine], bool]:
    """Return lines before a sequence (0: from the newest), newest first, and whether none is missing."""
    found, bound, known = list[LedgerLine](), before or None, True
    for _ in range(STEPS_MAX):
        part = await read_part(context.store, account, count=STEP, before=bound)
        lines, sure = await _choose(context, account, _lines(account, part), wanted)
        found += reversed(lines)
        known &= sure
        bound = min(part.first, bound or part.first)
        if len(found) >= count or bound == 1:
            return found[:count], known
        if bound <= part.folded + 1:
            older, complete = await _read_archived(context, account, count - len(found), wanted, before=bound)
            return found + older, complete and known
    return found, False


async def _read_newer(
    context: GatewayContext, account: str, after: int, count: int, wanted: LineFilter
) -> tuple[list[LedgerLine], bool]:
    """Return lines behind a sequence, oldest first, and whether none is missing."""
    found, complete = list[LedgerLine](), True
    for step in range(STEPS_MAX):
        part = await read_part(context.store, account, count=STEP, after=after)
        if step == 0 and after < part.folded:
            bounds = {"after": after, "before": part.first}
            archived, complete = await _read_archived(context, account, count, wanted, **bounds)
            found += archived
        lines, sure = await _choose(context, account, _lines(account, part), wanted)
        found += lines
        complete &= sure
        after = part.first + len(part.lines) - 1
        if len(found) >= count or after >= part.last:
            return found[:count], complete
    return found, complete


async def _read_archived(
    context: GatewayContext, account: str, count: int, wanted: LineFilter, *, before: int, after: int = 0
) -> tuple[list[LedgerLine], bool]:
    lines = await _read_or_none(
        context,
        lambda connection: read_pages.read_lines_page(connection, account, count, wanted, before=before, after=after),
    )
    return list(lines or ()), lines is not None


async def _choose(
    context: GatewayContext, account: str, lines: Sequence[LedgerLine], wanted: LineFilter
) -> tuple[list[LedgerLine], bool]:
    """Return the lines of the store that fit, and whether none is missing because its generation is not known."""
    moved = [line for line in lines if _fits(line, wanted)]
    if not wanted.by_generation or not moved:
        return moved, True
    names = sorted({line.reference for line in moved})
    rows = await generations.read_rows(context.store, names)
    found = await context.lists.convert(rows, generations.decode_rows)
    chosen = {one.id for one in found if one.account == account and fits(one, wanted.generations)}
    gone = set(names) - {row.id for row in rows}
    if not gone:
        return [line for line in moved if line.reference in chosen], True
    archived = await _read_or_none(
        context,
        lambda connection: read_pages.find_fitting_generations(connection, account, gone, wanted.generations),
    )
    chosen |= archived or set()
    return [line for line in moved if line.reference in chosen], archived is not None


async def _read_or_none(context: GatewayContext, read: Callable[[Connection], Awaitable[Found]]) -> Found | None:
    """Return what a read of the database finds; None while it cannot be read. Raises Refused if it takes too long."""
    try:
        return await context.history.read(read)
    except RecordsSlow:
        raise too_slow() from None
    except (RecordsDown, RecordsUnfit):
        return None


def _lines(account: str, part: LedgerPart) -> Sequence[LedgerLine]:
    return [
        LedgerLine(account, part.first + at, line.at_ms, line.kind, line.amount_micros, line.reference)
        for at, line in enumerate(part.lines)
    ]


def _fits(line: LedgerLine, wanted: LineFilter) -> bool:
    return bool(line.amount) and wanted.fits(line.at_ms, line.kind)


def _sequence_of(query: ListQuery, cursor: str) -> int:
    """Return the sequence in a cursor, 0 for none. Raises Refused."""
    text = getattr(query, cursor)
    if not text:
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > SEQUENCE_DIGITS_MAX or int(text) < 1:
        raise unknown_cursor(cursor, "the `sequence` of a transaction")
    return int(text)
