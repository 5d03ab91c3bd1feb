"""Generations of an account: the store has the open and the recent ones, the database those that have ended.

The store is read first. Nothing leaves it before it is in the database, so a later read of the database has whatever
the store had lost by then. The database says which ids it has, and only the others are read from the store.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from gateway.context import GatewayContext
from gateway.history.query import Listed, ListQuery, choice_of, read_query, text_of
from shared.domain.catalogue import KINDS
from shared.domain.errors import Refused
from shared.domain.generation import TERMINAL, Generation
from shared.domain.ids import canonical_uuid, generation_id, uuid7_ms
from shared.records import read, read_pages
from shared.records.errors import RecordsDown, RecordsSlow, RecordsUnfit
from shared.records.history import Connection, away, too_slow
from shared.records.read_pages import GenerationFilter, Place, Span
from shared.store import accounts, generations

WINDOW = 1000  # newest ids of the store that are compared with the database
WINDOW_ALONE = 20_000  # without the database
READ_AT_ONCE, READS_MAX = 100, 50  # records of the store in one step of a search, and steps
TIES = generations.LIST_BATCH  # more than requested, to find those of the same millisecond
SLACK_MS = 600_000  # between the time in an id and the time of its acceptance
KEY_CHARS = 16
STATUS = ("processing", *TERMINAL)
EVERYTHING = GenerationFilter()


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
    return GenerationFilter(
        from_ms=common.from_ms,
        to_ms=common.to_ms,
        status=choice_of(query, "status", STATUS),
        model=text_of(query, "model"),
        kind=choice_of(query, "type", tuple(KINDS)),
        key=await find_key_prefix(context, account, text_of(query, "key")),
        text=text_of(query, "q"),
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


async def _read_newest(context: GatewayContext, account: str, count: int) -> Listed[Generation] | None:
    """Return the first page from the store, None if the store does not have all of it."""
    found = list[Generation]()
    async for batch in generations.scan_batches(context.store, account, count + TIES):
        if not batch.is_whole:
            return None
        found += batch.found
        found.sort(key=place_of, reverse=True)
        if len(found) > count and place_of(found[-1])[0] < place_of(found[count - 1])[0]:
            return _page(found, count, complete=True)
    return None


async def _merge(
    context: GatewayContext, account: str, query: ListQuery, wanted: GenerationFilter
) -> Listed[Generation]:
    """Return a page from both places."""
    before, after = [await _find_place(context, account, query, name) for name in ("before", "after")]
    span = Span(count=query.count + 1, before=before, after=after)
    names = await generations.list_ids(context.store, account, WINDOW)
    if len(names) == WINDOW:
        names += await generations.list_open_ids(context.store, account, WINDOW)

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
    missing = sorted({name for name in names if name not in known and _may_fit(name, span)}, reverse=after is None)
    hot, gone = await _read_hot(context, account, missing, span, wanted)
    if gone and complete:  # archived since, and expired at once
        rows += await context.history.require(
            lambda connection: read_pages.read_generations_page(connection, account, span, wanted, among=gone)
        )
    found = {one.id: one for one in (*rows, *hot)}
    ordered = sorted(found.values(), key=place_of, reverse=after is None)
    page = _page(ordered, query.count, complete=complete)
    if after is not None:
        page.entries.reverse()
        page = Listed(entries=page.entries, more=page.more, complete=complete, names=(page.names[1], page.names[0]))
    return await _add_positions(context, page)


async def _find_place(context: GatewayContext, account: str, query: ListQuery, cursor: str) -> Place | None:
    """Return the place of a cursor, the id of a generation. Raises Refused if the account has none such."""
    given = getattr(query, cursor)
    if not given:
        return None
    name = canonical_uuid(given) or generation_id(given) or ""
    known = await generations.read_listed(context.store, account, [name]) if name else {}
    if name in known:
        return place_of(known[name])
    try:
        found = await context.history.read(lambda connection: read_pages.find_place(connection, account, name))
    except RecordsDown:
        raise away() from None
    except RecordsUnfit:
        found = None
    if found is None:
        raise Refused("invalid_request", "must be the id of one of your generations.", field=cursor)
    return found


async def _read_hot(
    context: GatewayContext, account: str, names: Sequence[str], span: Span, wanted: GenerationFilter
) -> tuple[list[Generation], list[str]]:
    """Return generations of the store that fit, as many as the span needs; and ids that the store does not have."""
    found, gone = list[Generation](), list[str]()
    for step in range(READS_MAX):
        part = names[step * READ_AT_ONCE : (step + 1) * READ_AT_ONCE]
        enough = len(found) >= span.count
        read_now = await generations.read_listed(context.store, account, part)
        found += [one for one in read_now.values() if is_within(one, span) and fits(one, wanted)]
        gone += [name for name in part if name not in read_now]
        if not part or enough:  # one step more than needed: ids and times may differ in their order
            break
    return found, gone


async def _add_positions(context: GatewayContext, page: Listed[Generation]) -> Listed[Generation]:
    """Return a page whose waiting generations have their position."""
    for at, one in enumerate(page.entries):
        if one.state in ("backlog", "queued"):
            page.entries[at] = await generations.view(context.store, one.account, one.id) or one
    return page


def _page(ordered: list[Generation], count: int, *, complete: bool) -> Listed[Generation]:
    entries = ordered[:count]
    names = (entries[0].id, entries[-1].id) if entries else ("", "")
    return Listed(entries=entries, more=len(ordered) > count, complete=complete, names=names)


def place_of(generation: Generation) -> Place:
    """Return where a generation stands in a list. A record that cannot be read stands where its id says."""
    return generation.created_ms or uuid7_ms(generation.id), generation.id


def is_within(generation: Generation, span: Span) -> bool:
    """Return whether a generation is on the right side of a span's place."""
    place = place_of(generation)
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
    same = all(value in ("", found) for value, found in (*pairs, (wanted.key, generation.key)))
    return same and wanted.text.lower() in spec.prompt.lower()
