"""The monthly statement of an account: opening balance, movements, closing balance."""

import re
from collections.abc import AsyncIterator, Sequence
from datetime import UTC, datetime
from typing import Annotated

from msgspec import Struct

from shared.domain.described import count, doc
from shared.domain.errors import Refused
from shared.domain.money import dollars
from shared.domain.pdf import Line, write_pdf
from shared.domain.times import DAY_MS, rfc3339
from shared.ops import clock
from shared.records.history import History
from shared.records.read_statement import DaySum, list_period_lines, sum_ledger
from shared.store.client import StoreClient
from shared.store.ledger_part import read_part

LIMIT_S = 10.0  # of a query
PAGE = 1000  # lines that are read at a time
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SPACE = "  "
MONTH = "^20[0-9]{2}-(0[1-9]|1[0-2])$"
DAY_COLUMNS = ("Top-ups", "Charges", "Refunds", "Corrections", "Balance")
KINDS = {"top_up": "topups", "reserve": "charges", "settle": "refunds", "credit": "refunds"}
COLUMNS = ("sequence", "created_at", "type", "amount_micros", "balance_micros", "reference")


class StatementDay(Struct, kw_only=True):
    """The movements of one UTC day."""

    day: Annotated[str, doc("The day.", format="date")]
    topups_micros: Annotated[int, doc("Top-ups, in millionths of a dollar.")]
    charges_micros: Annotated[int, doc("Charges, negative, in millionths of a dollar.")]
    refunds_micros: Annotated[int, doc("Refunds and credits, in millionths of a dollar.")]
    corrections_micros: Annotated[
        int,
        doc(
            "Disputes, the end of a closed account's balance, and movements that a restore from a backup took back or "
            "lost, in millionths of a dollar."
        ),
    ]
    balance_micros: Annotated[int, doc("The balance at the end of the day, in millionths of a dollar.")]


class Statement(Struct, kw_only=True):
    """The statement of a month: closing = opening + top-ups + charges + refunds + corrections, always."""

    account: Annotated[str, doc("The account's id.")]
    name: Annotated[str, doc("The owner's name.")]
    month: Annotated[str, doc("The month, in UTC.", examples=["2026-10"])]
    final: Annotated[bool, doc("False while the month has not ended.")]
    opening_micros: Annotated[int, doc("The balance before the month, in millionths of a dollar.")]
    topups_micros: Annotated[int, doc("Top-ups, in millionths of a dollar.")]
    charges_micros: Annotated[int, doc("Charges, negative, in millionths of a dollar.")]
    refunds_micros: Annotated[int, doc("Refunds and credits, in millionths of a dollar.")]
    corrections_micros: Annotated[
        int,
        doc(
            "Disputes, the end of a closed account's balance, and movements that a restore from a backup took back or "
            "lost, in millionths of a dollar."
        ),
    ]
    closing_micros: Annotated[int, doc("The balance behind the month, in millionths of a dollar.")]
    lines: Annotated[int, count("The number of lines of the ledger.")]
    days: Annotated[tuple[StatementDay, ...], doc("The days with movements.")]


async def read_statement(store: StoreClient, history: History, account: str, month: str) -> Statement:
    """Return the statement of a month such as `2026-10`. Raises Refused, also while lines of it are not archived."""
    first, end = days_of(month)
    found = await history.require(lambda connection: sum_ledger(connection, account, first), LIMIT_S)
    if found is None:
        raise Refused("not_found", "The account has no history in the database yet. Try again in a minute.")
    part = await read_part(store, account, count=1, after=found.sequence)
    next_ms = min((line.at_ms for line in part.lines), default=None)
    if next_ms is not None and (next_ms < end * DAY_MS or not found.sequence):
        raise Refused("conflict", "The newest lines are being archived. Try again in a moment.", retry_after_s=5)
    inside = [one for one in found.days if one.day < end]
    closing = found.balance - sum(one.amount for one in found.days if one.day >= end)
    opening = balance = closing - sum(one.amount for one in inside)
    days = []
    for day in sorted({one.day for one in inside}):
        sums = _sums([one for one in inside if one.day == day])
        balance += sum(sums.values())
        text = rfc3339(day * DAY_MS).partition("T")[0]
        days.append(StatementDay(day=text, balance_micros=balance, **sums))
    return Statement(
        account=account,
        name=found.name,
        month=month,
        final=end * DAY_MS <= clock.now_ms(),
        opening_micros=opening,
        closing_micros=closing,
        lines=sum(one.count for one in inside),
        days=tuple(days),
        **_sums(inside),
    )


def days_of(month: str) -> tuple[int, int]:
    """Return the first day of a month since 1970, and the one behind its last. Raises Refused."""
    if re.fullmatch(MONTH, month) is None:
        raise Refused("invalid_request", "must be a month such as 2026-10.", field="month")
    first = datetime.strptime(month, "%Y-%m").replace(tzinfo=UTC)
    following = first.replace(year=first.year + first.month // 12, month=first.month % 12 + 1)
    return (first - EPOCH).days, (following - EPOCH).days


async def scan_rows(history: History, statement: Statement) -> AsyncIterator[list[tuple[object, ...]]]:
    """Yield the rows of the statement's CSV: the opening balance, each line with the balance behind it, the closing."""
    balance, after = statement.opening_micros, 0
    yield [("", "", "opening", "", balance, statement.month)]
    while True:
        lines = await history.require(
            lambda connection, behind=after: list_period_lines(  # type: ignore[misc]
                connection, statement.account, days_of(statement.month), behind, PAGE
            ),
            LIMIT_S,
        )
        rows = list[tuple[object, ...]]()
        for line in lines:
            balance += line.amount
            rows.append((line.sequence, rfc3339(line.at_ms), line.kind, line.amount, balance, line.reference))
        yield rows
        if len(lines) < PAGE:
            yield [("", "", "closing", "", statement.closing_micros, statement.month)]
            return
        after = lines[-1].sequence


def render_pdf(statement: Statement, service: str) -> bytes:
    """Return the statement as a PDF: the sums, and a line for each day."""
    sums = (
        ("Opening balance", statement.opening_micros),
        ("Top-ups", statement.topups_micros),
        ("Charges", statement.charges_micros),
        ("Refunds and credits", statement.refunds_micros),
        ("Corrections", statement.corrections_micros),
        ("Closing balance", statement.closing_micros),
    )
    state = "" if statement.final else " (the month has not ended)"
    head = [
        Line(f"Statement {statement.month}{state}", head=True),
        Line(""),
        Line(f"Account  {statement.account}  {statement.name}"),
        Line(f"Issuer   {service}"),
        Line("Amounts in US dollars, days in UTC"),
        Line(""),
        *(Line(f"{name:<24}{dollars(amount):>18}") for name, amount in sums),
        Line(""),
        Line(SPACE.join((f"{'Day':<10}", *(f"{name:>13}" for name in DAY_COLUMNS)))),
    ]
    days = [
        Line(SPACE.join((one.day, *(f"{dollars(amount):>13}" for amount in _amounts_of(one)))))
        for one in statement.days
    ]
    return write_pdf(f"Statement {statement.month} {statement.account}", [*head, *days])


def _amounts_of(day: StatementDay) -> Sequence[int]:
    return day.topups_micros, day.charges_micros, day.refunds_micros, day.corrections_micros, day.balance_micros


def _sums(found: Sequence[DaySum]) -> dict[str, int]:
    """Return the sums by type."""
    sums = {"topups_micros": 0, "charges_micros": 0, "refunds_micros": 0, "corrections_micros": 0}
    for one in found:
        sums[f"{KINDS.get(one.kind, 'corrections')}_micros"] += one.amount
    return sums
