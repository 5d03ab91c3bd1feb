"""Check the ledger lines of all accounts: each continues the chain, and agrees with its generation."""

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec import Struct
from sqlalchemy import select, tuple_
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.records import schema
from shared.records.chain import MISSING, Head, LedgerLine, line_hash
from shared.records.read import LINE, list_lines
from shared.records.restored import is_within, read_taken_back
from shared.records.verify_rows import Faults
from shared.records.write import select_in

LINES_MAX = 5000  # of one step


class LineState(Struct):
    """The account whose lines are being checked, and the end of its chain so far."""

    account: str = ""
    sequence: int = 0
    balance: int = 0
    hash: str = ""


async def check_lines(
    connection: AsyncConnection, *, state: LineState, faults: Faults, settled_ms: int
) -> tuple[int, bool]:
    """Check the next lines. Return their number, and whether they are the last ones."""
    lines = schema.ledger_lines.c
    after = tuple_(lines.account, lines.sequence) > tuple_(state.account, state.sequence)
    wanted = select(*LINE).where(after).order_by(lines.account, lines.sequence).limit(LINES_MAX)
    found = [LedgerLine(*row) for row in (await connection.execute(wanted)).all()]
    is_last = len(found) < LINES_MAX
    ended = list[LineState]()
    for line in found:
        if line.account != state.account:
            ended.append(LineState(state.account, state.sequence, state.balance, state.hash))
            state.account, state.sequence, state.balance, state.hash = line.account, 0, 0, ""
        _check_line(state, line, faults)
    if is_last:
        ended.append(state)
    await _check_heads(connection, [one for one in ended if one.account], faults)
    await _check_generations(connection, found, faults, settled_ms)
    return len(found), is_last


async def check_new_lines(
    connection: AsyncConnection, account: str, between: tuple[int, int], *, faults: Faults, settled_ms: int
) -> int:
    """Check the lines of an account behind a sequence, up to another one. Return their number."""
    lines, count = schema.ledger_lines.c, 0
    after, until = between
    head = select(lines.hash).where(lines.account == account, lines.sequence == after)
    state = LineState(account, after, 0, str(await connection.scalar(head) or ""))
    while state.sequence < until:
        found = await list_lines(connection, account, after=state.sequence, until=until, count=LINES_MAX)
        for line in found:
            _check_line(state, line, faults)
        await _check_generations(connection, found, faults, settled_ms)
        count += len(found)
        if not found:
            faults.append(("head_differs", account, f"its last line is {state.sequence}"))
            break
    return count


def _check_line(state: LineState, line: LedgerLine, faults: Faults) -> None:
    name = f"{line.account} {line.sequence}"
    if line.sequence != state.sequence + 1 and line.kind != MISSING:
        faults.append(("line_missing", name, f"after {state.sequence}"))
    if line.hash != line_hash(state.hash, line):
        faults.append(("line_changed", name, ""))
    state.sequence, state.balance, state.hash = line.sequence, state.balance + line.amount, line.hash


async def _check_heads(connection: AsyncConnection, ended: Sequence[LineState], faults: Faults) -> None:
    """Compare the last line of each account with its position, and the sum of its lines with its totals."""
    columns = schema.accounts.c
    names = [getattr(columns, name) for name in ("ledger_sequence", "ledger_balance", "ledger_hash")]
    wanted = select(columns.id, *names, columns.topup, columns.spent)
    rows = {row[0]: row for row in await select_in(connection, wanted, columns.id, [one.account for one in ended])}
    for one in ended:
        row = rows.get(one.account)
        if row is None or Head(*row[1:4]) != Head(one.sequence, one.balance, one.hash):
            faults.append(("head_differs", one.account, f"its last line is {one.sequence}"))
        elif one.balance != row.topup - row.spent:
            faults.append(("total_differs", one.account, f"{row.topup - row.spent} instead of {one.balance}"))


async def _check_generations(
    connection: AsyncConnection, found: Sequence[LedgerLine], faults: Faults, settled_ms: int
) -> None:
    """Compare the lines with the amounts of their generations. The archiver may be about to write the newest ones.

    A line that was taken back counts no more: its generation may have ended otherwise in the restored store.
    """
    moved = [line for line in found if line.kind in ("reserve", "settle", "credit")]
    columns = schema.generations.c
    wanted = select(columns.id, columns.account, columns.reserved, columns.cost, columns.credit)
    names = sorted({line.reference for line in moved})
    rows = {row.id: row._mapping for row in await select_in(connection, wanted, columns.id, names)}
    doubtful = list[tuple[LedgerLine, tuple[str, str, str]]]()
    for line in moved:
        row = rows.get(line.reference)
        if row is not None and (line.account != row["account"] or line.amount != _expected(line, row)):
            doubtful.append((line, ("amount_differs", line.reference, f"{line.kind} of {line.amount} micro-USD")))
        elif row is None and line.kind == "settle" and line.at_ms < settled_ms:
            doubtful.append((line, ("row_missing", line.reference, "generations")))
    taken_back = await read_taken_back(connection, {line.account for line, _ in doubtful})
    faults += [fault for line, fault in doubtful if not is_within(line.sequence, taken_back.get(line.account, ()))]


def _expected(line: LedgerLine, row: Mapping[str, Any]) -> int:
    if line.kind == "reserve":
        return -int(row["reserved"])
    return int(row["reserved"] - row["cost"]) if line.kind == "settle" else int(row["credit"] or 0)
