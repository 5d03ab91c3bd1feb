"""Vouchers that accounts redeem, under /api/v1/vouchers."""

from aiohttp import web

from gateway import auth
from gateway.api.vouchers.bodies import RedeemedVoucher, RedeemVoucher
from gateway.body import read_json
from gateway.context import CONTEXT
from gateway.responses import json_response
from shared.domain import ids
from shared.domain.errors import Refused
from shared.domain.money import cents
from shared.store import vouchers

UNKNOWN = Refused("unknown_voucher", "This voucher is unknown, expired, or redeemed. Check that you copied all of it.")
REFUSALS = {
    "unknown": UNKNOWN,
    "second": Refused("conflict", "Your account has redeemed a voucher of this kind already."),
    "closed": Refused("account_closed", "The account is closed."),
    "missing": auth.account_gone(),
}


async def redeem_voucher(request: web.Request) -> web.Response:
    """Add the amount of a voucher to the account."""
    account = await auth.authenticate(request)
    body, _ = await read_json(request, RedeemVoucher)
    voucher = body.voucher.strip()
    if not ids.is_voucher(voucher):
        raise UNKNOWN
    done = await vouchers.redeem(request.app[CONTEXT].store, account, voucher)
    if done.outcome in REFUSALS:
        raise REFUSALS[done.outcome]
    return json_response(
        RedeemedVoucher(
            redeemed=done.outcome == "redeemed",
            amount_cents=cents(done.amount),
            amount_micros=done.amount,
            balance_cents=cents(done.balance),
            balance_micros=done.balance,
        )
    )
