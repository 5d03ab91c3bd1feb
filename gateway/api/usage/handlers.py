"""The caller's usage, as JSON or CSV."""

from collections.abc import AsyncIterator

from aiohttp import web

from gateway import auth
from gateway.api.usage.bodies import Usage, UsageEntry
from gateway.context import CONTEXT
from gateway.csv_rows import Rows, stream_csv, wants_csv
from gateway.history.usage import read_usage
from gateway.responses import json_response

COLUMNS = tuple(sorted(UsageEntry.__struct_fields__, key=lambda name: name != "group"))


async def show_usage(request: web.Request) -> web.Response:
    """Answer the account's usage."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    with context.lists.count(account):
        found = await read_usage(context, account, request.query)
    if not wants_csv(request):
        return json_response(found)
    names = (found.by, *COLUMNS[1:])
    return await stream_csv(names, _yield_rows(found), f"usage-{found.from_day}-{found.to_day}-by-{found.by}")


async def _yield_rows(found: Usage) -> AsyncIterator[Rows]:
    yield [tuple(getattr(entry, name) for name in COLUMNS) for entry in found.data]
