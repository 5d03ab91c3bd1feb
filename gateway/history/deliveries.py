"""Deliveries to an endpoint: the store has the newest ids and the recent records, the database the ended ones."""

from gateway.context import GatewayContext
from gateway.history.query import Listed, ListQuery, unknown_cursor
from shared.records import read_pages
from shared.records.errors import RecordsDown, RecordsUnfit
from shared.records.history import Connection, away
from shared.store import webhooks
from shared.store.webhooks import Delivery

LOG = 1000  # ids of an endpoint in the store

Rows = dict[str, list[bytes]]


async def list_endpoint_deliveries(context: GatewayContext, endpoint: str, query: ListQuery) -> Listed[Delivery]:
    """Return a page of the deliveries to an endpoint. Raises Refused for an unknown cursor."""
    names = await webhooks.list_delivery_ids(context.store, endpoint, LOG)
    start = names.index(query.before) + 1 if query.before in names else len(names) if query.before else 0
    wanted = list(dict.fromkeys(names[start : start + query.count + 1]))
    found: Rows = dict(await webhooks.read_delivery_rows(context.store, wanted))
    unknown = unknown_cursor("before", "the id of a delivery to this endpoint")
    missing, left, complete = [name for name in wanted if name not in found], query.count + 1 - len(wanted), True

    async def read_rest(connection: Connection) -> tuple[Rows, Rows]:
        ended = await read_pages.find_deliveries(connection, endpoint, missing)
        place = None
        if query.before and query.before not in names:
            place = await read_pages.find_delivery_place(connection, endpoint, query.before)
            if place is None:
                raise unknown
        older = await read_pages.read_deliveries_page(connection, endpoint, left, place, excluded=names)
        return ended, older

    if missing or left:
        try:
            ended, older = await context.history.read(read_rest)
            found |= ended
            wanted += older
            found |= older
        except (RecordsDown, RecordsUnfit) as error:
            if query.before and query.before not in names:
                raise (away() if isinstance(error, RecordsDown) else unknown) from None
            complete = False
    rows = [(name, found[name]) for name in wanted if name in found]
    shown = await context.lists.convert(rows, webhooks.decode_deliveries)
    entries = shown[: query.count]
    ends = (entries[0].id, entries[-1].id) if entries else ("", "")
    return Listed(entries=entries, more=len(shown) > query.count, complete=complete, names=ends)
