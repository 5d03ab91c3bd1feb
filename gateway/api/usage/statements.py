"""The monthly statement of the caller's account, as JSON, CSV or PDF."""

from aiohttp import web

from gateway import auth
from gateway.context import CONTEXT
from gateway.csv_rows import stream_csv, wants_csv
from gateway.responses import json_response
from operate import statement

PDF = "application/pdf"


async def show_statement(request: web.Request) -> web.Response:
    """Answer the statement of a month."""
    context, account = request.app[CONTEXT], await auth.authenticate(request)
    month = request.match_info["month"]
    with context.lists.count(account):
        found = await statement.read_statement(context.store, context.history, account, month)
    name = f"statement-{month}"
    if wants_csv(request):
        return await stream_csv(statement.COLUMNS, statement.scan_rows(context.history, found), name)
    if PDF in request.headers.get("Accept", "").lower():
        headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"', "Cache-Control": "no-store"}
        body = statement.render_pdf(found, context.base_url)
        return web.Response(body=body, content_type=PDF, headers=headers)
    return json_response(found)
