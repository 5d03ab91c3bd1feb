"""Payments of an account, and what refunds and disputes took back."""

from typing import Annotated

from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.store import ledger
from shared.store.ledger_part import list_references

STRIPE = "stripe "  # the first word of a payment's reference
LINES_MAX = 100_000
PAYMENTS_MAX = 1000


class PaymentEntry(Struct, kw_only=True):
    """A payment, a refund or a dispute, as the ledger has it."""

    at: Annotated[str | None, timestamp("When it was booked.")]
    amount_micros: Annotated[int | None, doc("The amount in micro-dollars. Null: no database has it.")]
    reference: Annotated[str, doc("The reference: `stripe`, and the id at Stripe.")]


async def list_payments(operator: Operator, account_id: str, count: int) -> list[PaymentEntry]:
    """Return the newest `count` payments, refunds and disputes of an account, newest first.

    Raises Refused, also while the database with the oldest of them is away.
    """
    await require_account(operator, account_id)
    booked = await list_references(operator.store, account_id, STRIPE)
    newest = dict(sorted(booked.items(), key=lambda one: one[1], reverse=True)[:count])
    lines = await ledger.list_entries(operator.store, account_id, -LINES_MAX)
    amounts = {line.reference: line.amount_micros for line in lines if line.reference in newest}
    archived = sorted(set(newest) - set(amounts))
    if archived and operator.records_url:
        from operate.archived import find_amounts  # noqa: PLC0415  # SQLAlchemy, for this alone

        amounts |= await find_amounts(operator, account_id, archived)
    return [PaymentEntry(at=moment(at), amount_micros=amounts.get(name), reference=name) for name, at in newest.items()]
