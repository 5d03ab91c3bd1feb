"""Vouchers that operators make and revoke. Accounts redeem them."""

from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.domain.errors import Refused
from shared.domain.key_limits import check_name
from shared.domain.times import DAY_MS
from shared.ops.clock import CLOCK
from shared.store import vouchers

COUNT_MAX, DAYS_MAX, MICROS_EACH_MAX = 1000, 3650, 1_000_000_000
DAYS = 90


class CreatedVouchers(Struct, kw_only=True):
    """New vouchers. They are shown only here."""

    batch: Annotated[str, doc("The id of the batch.")]
    amount_micros: Annotated[int, doc("The amount of each in micro-dollars.")]
    expires_at: Annotated[str | None, timestamp("When they expire.")]
    vouchers: Annotated[tuple[str, ...], doc("The vouchers. Shown only here.")]


class VoucherBatchEntry(Struct, kw_only=True):
    """Vouchers that were made together. Only hashes of them are stored."""

    batch: Annotated[str, doc("The id of the batch.")]
    name: Annotated[str, doc("Its name.")]
    amount_micros: Annotated[int, doc("The amount of each in micro-dollars.")]
    count: Annotated[int, doc("How many there are.")]
    redeemed: Annotated[int, doc("How many were redeemed.")]
    created_at: Annotated[str | None, timestamp("When they were made.")]
    expires_at: Annotated[str | None, timestamp("When they expire.")]
    once_per_account: Annotated[bool, doc("Whether an account may redeem only one of them.")]
    revoked: Annotated[bool, doc("Whether the others can no longer be redeemed.")]


class RevokedVouchers(Struct, kw_only=True):
    """A batch whose vouchers can no longer be redeemed."""

    batch: Annotated[str, doc("The id of the batch.")]
    revoked: Annotated[int, doc("How many vouchers nobody had redeemed.")]


async def create_vouchers(
    operator: Operator, *, name: str, micros: int, count: int, days: int = DAYS, once: bool = True
) -> CreatedVouchers:
    """Create vouchers. Raises Refused."""
    name, expires_ms = check_name(name), CLOCK.now_ms() + days * DAY_MS
    acting = operator.act("voucher create", name, f"{count} of {micros} micro-USD")
    batch, made = await vouchers.create(acting, name=name, micros=micros, count=count, expires_ms=expires_ms, once=once)
    return CreatedVouchers(batch=batch, amount_micros=micros, expires_at=moment(expires_ms), vouchers=tuple(made))


async def list_vouchers(operator: Operator, count: int) -> list[VoucherBatchEntry]:
    """Return up to `count` batches, newest first."""
    return [
        VoucherBatchEntry(
            batch=one.id,
            name=one.name,
            amount_micros=one.amount,
            count=one.count,
            redeemed=one.redeemed,
            created_at=moment(one.created_ms),
            expires_at=moment(one.expires_ms),
            once_per_account=one.once,
            revoked=one.revoked,
        )
        for one in await vouchers.list_batches(operator.store, count)
    ]


async def revoke_vouchers(operator: Operator, batch: str) -> RevokedVouchers:
    """Revoke the vouchers of a batch that nobody has redeemed. Raises Refused."""
    left = await vouchers.revoke(operator.act("voucher revoke", batch[:50]), batch)
    if left is None:
        raise Refused("not_found", f"Batch {batch[:50]} does not exist: see `wokflow voucher list`.")
    return RevokedVouchers(batch=batch, revoked=left)
