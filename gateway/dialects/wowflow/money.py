"""The balance and its movements in the WOWFLOW API."""

from collections.abc import AsyncIterator

from aiohttp import web

from gateway import auth
from gateway.context import CONTEXT, GatewayContext
from gateway.csv_rows import stream_csv, wants_csv
from gateway.dialects.wowflow.bodies import Balance, Transaction
from gateway.history.query import ListQuery, page_headers, read_query
from gateway.history.transactions import KINDS, list_lines, read_line_filter, scan_lines
from gateway.responses import json_response, list_response
from shared.domain.money import cents, cents_up
from shared.domain.times import rfc3339
from shared.records.chain import LedgerLine
from shared.records.history import away
from shared.records.read_pages import LineFilter
from shared.store import accounts

COLUMNS = ("sequence", "created_at", "type", "amount_micros", "generation_id", "reference")
CSV_LINES_MAX = 1_000_000  # of one answer


async def read_balance(request: web.Request) -> web.Response:
    """Answer the account's balance."""
    return json_response(await balance_of(request.app[CONTEXT], await auth.authenticate(request)))


async def balance_of(context: GatewayContext, name: str) -> Balance:
    """Return the balance of an account. Raises Refused if it was deleted meanwhile."""
    account = await accounts.find(context.store, name)
    if account is None:
        raise auth.account_gone()
    topped_up, spent = cents(account.topup), cents_up(account.spent)
    return Balance(
        balance_cents=topped_up - spent,
        balance_usd=(topped_up - spent) / 100,
        total_topup_cents=topped_up,
        total_spent_cents=spent,
        balance_micros=account.topup - account.spent,
        total_topup_micros=account.topup,
        total_spent_micros=account.spent,
    )


async def list_transactions(request: web.Request) -> web.Response:
    """Answer a page of the account's top-ups, charges and refunds, newest first; as CSV all of them."""
    context, query = request.app[CONTEXT], read_query(request.query)
    account = await auth.authenticate(request)
    wanted = await read_line_filter(context, account, request.query)
    if wants_csv(request):
        count = query.count if "limit" in request.query else CSV_LINES_MAX
        return await stream_csv(COLUMNS, _scan_rows(context, account, query, wanted, count), "transactions")
    with context.lists.count(account):
        page = await list_lines(context, account, query, wanted)
        shown = await context.lists.encode(page.entries, transaction)
    return list_response(shown, page_headers(request, query, page))


async def _scan_rows(
    context: GatewayContext, account: str, query: ListQuery, wanted: LineFilter, count: int
) -> AsyncIterator[list[tuple[object, ...]]]:
    """Yield rows of CSV. Raises Refused past the lists of one account, and if a part of the history is missing."""
    with context.lists.count(account):
        async for page in scan_lines(context, account, query, wanted, count):
            if not page.complete and context.settings.records_url:
                raise away()
            shown = [transaction(line) for line in page.entries]
            yield [tuple(getattr(one, name) for name in COLUMNS) for one in shown]


def transaction(line: LedgerLine) -> Transaction:
    """Return a line of the ledger in this dialect's shape."""
    kind = next((name for name, kinds in KINDS.items() if line.kind in kinds), "refund")
    has_generation = kind in ("spend", "refund")
    # A charge and its full refund are the same number of cents: both are rounded away from zero.
    amount = cents_up(line.amount) if line.amount > 0 and has_generation else cents(line.amount)
    return Transaction(
        sequence=line.sequence,
        type=kind,
        amount_cents=amount,
        amount_usd=amount / 100,
        amount_micros=line.amount,
        created_at=rfc3339(line.at_ms),
        generation_id=line.reference if has_generation else None,
        reference=None if has_generation else line.reference,
    )
