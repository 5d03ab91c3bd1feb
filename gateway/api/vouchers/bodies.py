"""The bodies of the calls on vouchers."""

from typing import Annotated

from msgspec import Meta, Struct

from shared.domain.described import count, doc

VOUCHER_CHARS_MAX = 100


class RedeemVoucher(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/v1/vouchers/redeem."""

    voucher: Annotated[str, Meta(max_length=VOUCHER_CHARS_MAX), doc("The voucher.", examples=["wok_gift_..."])]


class RedeemedVoucher(Struct, kw_only=True):
    """The result of a redemption."""

    redeemed: Annotated[bool, doc("False if your account has redeemed this voucher before.")]
    amount_cents: Annotated[int, count("The voucher's amount.")]
    amount_micros: Annotated[int, count("The voucher's amount in micro-dollars.")]
    balance_cents: Annotated[int, doc("The balance.")]
    balance_micros: Annotated[int, doc("The balance in micro-dollars.")]
