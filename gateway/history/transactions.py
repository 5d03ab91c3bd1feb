"""Movements of an account's money: the store has the newest lines of the ledger, the database all that it was sent.

Lines are numbered without a gap, and the store folds only lines that the database has. So the first number that the
store still has is the exact seam.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from msgspec import structs

from gateway.context import GatewayContext
from gateway.history.query import Listed, ListQuery, choice_of, read_query, unknown_cursor
from shared.records import read_pages
from shared.records.chain import MISSING, RESTORED, LedgerLine
from shared.records.errors import RecordsDown, RecordsSlow, RecordsUnfit
from shared.records.history import too_slow
from shared.records.read_pages import LineFilter
from shared.store.ledger_part import LedgerPart, read_part

STEP, STEPS_MAX = 1000, 20  # lines of the store that are read at a time, and times
SEQUENCE_DIGITS_MAX = 15
KINDS: Mapping[str, frozenset[str]] = {
    "topup": frozenset({"top_up"}),
    "spend": frozenset({"reserve"}),
    "refund": frozenset({"settle", "credit"}),
    "correction": frozenset({MISSING, RESTORED}),
}


def read_line_filter(query: Mapping[str, str]) -> LineFilter:
    """Return the filter of a query. Raises Refused for an invalid value."""
    common = read_query(query)
    kinds = KINDS.get(choice_of(query, "type", tuple(KINDS)), frozenset())
    return LineFilter(from_ms=common.from_ms, to_ms=common.to_ms, kinds=kinds)


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
    found, bound = list[LedgerLine](), before or None
    for _ in range(STEPS_MAX):
        part = await read_part(context.store, account, count=STEP, before=bound)
        found += [line for line in reversed(_lines(account, part)) if _fits(line, wanted)]
        bound = min(part.first, bound or part.first)
        if len(found) >= count or bound == 1:
            return found[:count], True
        if bound <= part.folded + 1:
            older, complete = await _read_archived(context, account, count - len(found), wanted, before=bound)
            return found + older, complete
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
        found += [line for line in _lines(account, part) if _fits(line, wanted)]
        after = part.first + len(part.lines) - 1
        if len(found) >= count or after >= part.last:
            return found[:count], complete
    return found, complete


async def _read_archived(
    context: GatewayContext, account: str, count: int, wanted: LineFilter, *, before: int, after: int = 0
) -> tuple[list[LedgerLine], bool]:
    try:
        lines = await context.history.read(
            lambda connection: read_pages.read_lines_page(
                connection, account, count, wanted, before=before, after=after
            )
        )
    except RecordsUnfit:
        return [], False
    except RecordsDown as error:
        if isinstance(error, RecordsSlow):
            raise too_slow() from None
        return [], False
    return list(lines), True


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
