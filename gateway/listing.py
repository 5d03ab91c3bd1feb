"""Lists of generations, read and shown in batches, so that requests of others are served in between."""

from collections.abc import Callable

from aiohttp import web
from msgspec import Raw, Struct, structs

from gateway.context import CONTEXT, GatewayContext
from gateway.history.generations import decoded, find_page, read_filter
from gateway.history.query import Listed, ListQuery, page_headers, read_query
from shared.domain.generation import Generation


async def show_generations(
    request: web.Request,
    account: str,
    show: Callable[[GatewayContext, Generation], Struct],
    name: Callable[[str], str] = str,
) -> tuple[list[Raw], dict[str, str]]:
    """Return the page of an account's generations that the query names, in a dialect's shape, and its headers.

    Each entry is encoded already. `name` makes the dialect's id of a generation. Raises Refused, also past the lists
    of one account.
    """
    query = read_query(request.query)
    page = await encode_page(request, account, query, show)
    first, last = page.names
    named = structs.replace(page, names=(first and name(first), last and name(last)))
    return page.entries, page_headers(request, query, named)


async def encode_page(
    request: web.Request, account: str, query: ListQuery, show: Callable[[GatewayContext, Generation], Struct]
) -> Listed[Raw]:
    """Return a page of an account's generations, each encoded already in a dialect's shape. Raises Refused."""
    context = request.app[CONTEXT]
    with context.lists.count(account):
        page = await find_page(context, account, query, await read_filter(context, account, request.query))
        shown = await context.lists.encode(page.entries, lambda entry: show(context, decoded(entry)))
    return Listed(entries=shown, more=page.more, complete=page.complete, names=page.names)
