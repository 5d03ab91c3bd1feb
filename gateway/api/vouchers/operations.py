"""The operations on vouchers."""

from gateway.api.vouchers import handlers
from gateway.api.vouchers.bodies import RedeemedVoucher, RedeemVoucher
from gateway.operation import BODIED, KEYED, Operation, OperationResponse

VOUCHER = "wok_gift_4fJ0cQm1VbZs8Yk2TnXr5Wd7Hg9LpAe3UiOoM6a7Qx2"
REDEEMED = RedeemedVoucher(
    redeemed=True, amount_cents=500, amount_micros=5_000_000, balance_cents=1989, balance_micros=19_890_000
)

OPERATIONS = (
    Operation(
        method="post",
        path="/api/v1/vouchers/redeem",
        handler=handlers.redeem_voucher,
        id="redeemVoucher",
        scopes=("manage",),
        tag="Money",
        summary="Redeem a voucher",
        text="Adds the amount of a voucher to the balance. A voucher is redeemed once. If you lose the response, send "
        "the request again: it adds nothing, and `redeemed` is false.",
        body=RedeemVoucher,
        bodies={"voucher": RedeemVoucher(voucher=VOUCHER)},
        responses=(
            OperationResponse(text="The new balance.", shapes=(RedeemedVoucher,), examples={"redeemed": REDEEMED}),
        ),
        refusals=("unknown_voucher", "conflict", "account_closed", *BODIED, *KEYED),
    ),
)
