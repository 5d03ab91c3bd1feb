"""Generations of an account: the store has the open and the recent ones, the database those that have ended.

The store is read first. Nothing leaves it before it is in the database, so a later read of the database has whatever
the store had lost by then. The database says which ids it has, and only the others are read from the store.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from msgspec import structs

from gateway.context import GatewayContext
from gateway.history.query import Listed, ListQuery, choice_of, read_query, text_of, unknown_cursor
from shared.domain.catalogue import KINDS
from shared.domain.errors import Refused
from shared.domain.generation import TERMINAL, Generation
from shared.domain.ids import canonical_uuid, generation_id, uuid7_ms
from shared.domain.metadata import metadata_filter
from shared.records import read, read_pages
from shared.records.errors import RecordsDown, RecordsSlow, RecordsUnfit
from shared.records.history import Connection, away, too_slow
from shared.records.read_pages import GenerationFilter, Place, Span
from shared.store import accounts, generations
from shared.store.generations import ListedRow

WINDOW = 1000  # newest ids of the store that are compared with the database
WINDOW_ALONE = 20_000  # without the database
READ_AT_ONCE, READS_MAX = 100, 50  # records of the store in one step of a search, and steps
TIES = 20  # more than requested, to find those of the same millisecond
SLACK_MS = 600_000  # between the time in an id and the time of its acceptance
KEY_CHARS = 16
STATUS = ("processing", *TERMINAL)
EVERYTHING = GenerationFilter()
Entry = Generation | ListedRow  # of a page; a row is decoded when it is shown


async def find_generation(context: GatewayContext, account: str, name: str) -> Generation | None:
    """Return a generation of an account from the store, else from the database. Raises Refused while that is away."""
    found = await generations.view(context.store, account, name)
    if found is not None:
        return found
    try:
        return await context.history.read(lambda connection: read.find_generation(connection, account, name))
    except RecordsUnfit:
        return None
    except RecordsDown:
        raise away() from None


async def read_filter(context: GatewayContext, account: str, query: Mapping[str, str]) -> GenerationFilter:
    """Return the filter of a query. Raises Refused for an invalid value, and for a key that is not the account's."""
    common = read_query(query)
    return structs.replace(
        await read_order_filter(context, account, query),
        from_ms=common.from_ms,
        to_ms=common.to_ms,
        kind=choice_of(query, "type", tuple(KINDS)),
        text=text_of(query, "q"),
    )


async def read_order_filter(context: GatewayContext, account: str, query: Mapping[str, str]) -> GenerationFilter:
    """Return the part of a filter that lists of generations and of their transactions share. Raises Refused."""
    return GenerationFilter(
        status=choice_of(query, "status", STATUS),
        model=text_of(query, "model"),
        key=await find_key_prefix(context, account, text_of(query, "key")),
        metadata=metadata_filter(query),
    )


async def find_key_prefix(context: GatewayContext, account: str, key_id: str) -> str:
    """Return the part of a key's hash that generations have; empty for no key. Raises Refused for an unknown one."""
    if not key_id:
        return ""
    hashed = await accounts.find_key_hash(context.store, account, key_id)
    if not hashed:
        try:
            hashed = await context.history.read(lambda connection: read_pages.find_key(connection, account, key_id))
        except (RecordsDown, RecordsUnfit):
            hashed = ""
    if not hashed:
        raise Refused("invalid_request", "must be the id of one of your keys, such as key_4be1a07c92d3.", field="key")
    return hashed[:KEY_CHARS]


async def list_generations(
    context: GatewayContext, account: str, query: ListQuery, wanted: GenerationFilter = EVERYTHING
) -> Listed[Generation]:
    """Return a page of an account's generations. Raises Refused."""
    page = await find_page(context, account, query, wanted)
    entries = await context.lists.convert(page.entries, lambda part: [decoded(entry) for entry in part])
    return Listed(entries=entries, more=page.more, complete=page.complete, names=page.names)


async def find_page(
    context: GatewayContext, account: str, query: ListQuery, wanted: GenerationFilter = EVERYTHING
) -> Listed[Entry]:
    """Return a page of an account's generations, not decoded where that is not needed. Raises Refused."""
    page = await _read_newest(context, account, query.count) if query.is_first and wanted == EVERYTHING else None
    return page or await _merge(context, account, query, wanted)


async def scan_generations(context: GatewayContext, account: str, count: int) -> AsyncIterator[list[Generation]]:
    """Yield up to `count` of an account's newest generations, in pages."""
    query = ListQuery(count=READ_AT_ONCE)
    while count > 0:
        page = await list_generations(context, account, query)
        yield page.entries[:count]
        count -= len(page.entries)
        if not page.more or not page.entries:
            return
        query = ListQuery(count=READ_AT_ONCE, before=page.names[1])


async def _read_newest(context: GatewayContext, account: str, count: int) -> Listed[Entry] | None:
    """Return the first page from the store, None if the store does not have all of it."""
    names = await generations.list_ids(context.store, account, count + TIES)
    rows = list[ListedRow]()
    for first in range(0, len(names), generations.LIST_BATCH):
        part = names[first : first + generations.LIST_BATCH]
        rows += await generations.read_rows(context.store, part)
        if len(rows) < first + len(part):
            return None
        if len(rows) <= count:
            continue
        rows.sort(key=lambda row: row.place, reverse=True)
        if rows[-1].place[0] < rows[count - 1].place[0]:
            if any(row.waits for row in rows[:count]):
                return await _show(context, await _decode(context, rows[:count]), more=True)
            ends = (rows[0].id, rows[count - 1].id)
            return Listed(entries=[*rows[:count]], more=True, complete=True, names=ends)
    return None


async def _merge(context: GatewayContext, account: str, query: ListQuery, wanted: GenerationFilter) -> Listed[Entry]:
    """Return a page from both places."""
    before, after = [await _find_place(context, account, query, name) for name in ("before", "after")]
    span = Span(count=query.count + 1, before=before, after=after)
    names = await generations.list_ids(context.store, account, WINDOW)
    if len(names) == WINDOW:
        names += await generations.list_open_ids(context.store, account, WINDOW)
    names = [name for name in names if _may_fit(name, span)]

    async def read_both(connection: Connection) -> tuple[list[Generation], set[str]]:
        rows = await read_pages.read_generations_page(connection, account, span, wanted)
        return rows, await read_pages.find_known_generations(connection, names)

    try:
        run = context.history.search if wanted.text else context.history.read
        (rows, known), complete = await run(read_both), True
    except RecordsSlow:
        raise too_slow() from None
    except (RecordsDown, RecordsUnfit):
        rows, known, complete = [], set(), False
        names = await generations.list_ids(context.store, account, WINDOW_ALONE)
        names = [name for name in names if _may_fit(name, span)]
    missing = sorted({name for name in names if name not in known}, reverse=after is None)
    hot, gone = await _read_hot(context, account, missing, span, wanted)
    if gone and complete:  # archived since, and expired at once
        rows += await context.history.require(
            lambda connection: read_pages.read_generations_page(connection, account, span, wanted, among=gone)
        )
    found = {one.id: one for one in (*rows, *hot)}
    ordered = sorted(found.values(), key=place_of, reverse=after is None)
    entries, more = ordered[: query.count], len(ordered) > query.count
    if after is not None:
        entries.reverse()
    return await _show(context, entries, more=more, complete=complete)


async def _find_place(context: GatewayContext, account: str, query: ListQuery, cursor: str) -> Place | None:
    """Return the place of a cursor, the id of a generation. Raises Refused if the account has none such."""
    given = getattr(query, cursor)
    if not given:
        return None
    name = canonical_uuid(given) or generation_id(given) or ""
    rows = await generations.read_rows(context.store, [name]) if name else []
    if rows and rows[0].account == account:
        return rows[0].place
    try:
        found = await context.history.read(lambda connection: read_pages.find_place(connection, account, name))
    except RecordsDown:
        raise away() from None
    except RecordsUnfit:
        found = None
    if found is None:
        raise unknown_cursor(cursor, "the id of one of your generations")
    return found


async def _read_hot(
    context: GatewayContext, account: str, names: Sequence[str], span: Span, wanted: GenerationFilter
) -> tuple[list[Generation], list[str]]:
    """Return generations of the store that fit, as many as the span needs; and ids that the store does not have."""
    found, gone = list[Generation](), list[str]()
    for step in range(READS_MAX):
        part = names[step * READ_AT_ONCE : (step + 1) * READ_AT_ONCE]
        enough = len(found) >= span.count
        rows = await generations.read_rows(context.store, part)
        within = [row for row in rows if row.account == account and is_within(row.place, span)]
        found += [one for one in await _decode(context, within) if fits(one, wanted)]
        stored = {row.id for row in rows}
        gone += [name for name in part if name not in stored]
        if not part or enough:  # one step more than needed: ids and times may differ in their order
            break
    return found, gone


async def _decode(context: GatewayContext, rows: Sequence[ListedRow]) -> list[Generation]:
    return await context.lists.convert(rows, generations.decode_rows)


def decoded(entry: Entry) -> Generation:
    """Return an entry of a page as a generation."""
    return entry if isinstance(entry, Generation) else generations.decode_row(entry)


async def _show(
    context: GatewayContext, entries: list[Generation], *, more: bool, complete: bool = True
) -> Listed[Entry]:
    """Return a page of generations, with the positions of those that wait."""
    shown = await generations.add_positions(context.store, entries)
    names = (shown[0].id, shown[-1].id) if shown else ("", "")
    return Listed(entries=[*shown], more=more, complete=complete, names=names)


def place_of(generation: Generation) -> Place:
    """Return where a generation stands in a list. A record that cannot be read stands where its id says."""
    return generation.created_ms or uuid7_ms(generation.id), generation.id


def is_within(place: Place, span: Span) -> bool:
    """Return whether the place of a generation is on the right side of a span's."""
    return (span.before is None or place < span.before) and (span.after is None or place > span.after)


def _may_fit(name: str, span: Span) -> bool:
    at_ms = uuid7_ms(name)
    late = span.before is not None and at_ms > span.before[0] + SLACK_MS
    return not late and (span.after is None or at_ms >= span.after[0] - SLACK_MS)


def fits(generation: Generation, wanted: GenerationFilter) -> bool:
    """Return whether a generation passes a filter, as the query of the database decides it."""
    at_ms, spec = generation.created_ms, generation.spec
    if at_ms < (wanted.from_ms or 0) or (wanted.to_ms is not None and at_ms >= wanted.to_ms):
        return False
    pairs = ((wanted.status, generation.status), (wanted.model, spec.model), (wanted.kind, spec.kind))
    has = spec.metadata or {}
    if any(has.get(name) != value for name, value in wanted.metadata):
        return False
    same = all(value in ("", found) for value, found in (*pairs, (wanted.key, generation.key)))
    return same and wanted.text.lower() in spec.prompt.lower()
