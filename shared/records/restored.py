"""How far the database is in the store's stream and in each ledger, so that a restored one of both is noticed."""

from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import func, select
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.records import schema
from shared.records.chain import RESTORED, LedgerLine
from shared.records.read import LINE
from shared.records.write import select_in, upsert

ENTRY = "entry"  # name of the fact: the last entry of the stream that is in the database


async def read_entry(connection: AsyncConnection) -> str:
    """Return the last entry of the stream that is in the database, "" for none."""
    facts = schema.facts.c
    return str(await connection.scalar(select(facts.value).where(facts.name == ENTRY)) or "")


async def note_entry(connection: AsyncConnection, entry: str) -> None:
    """Note the last entry of a batch, if it is the last of all."""
    if _order(entry) > _order(await read_entry(connection)):
        await upsert(connection, schema.facts, [{"name": ENTRY, "value": entry}])


async def read_last_lines(connection: AsyncConnection, sequences: Mapping[str, int]) -> dict[str, LedgerLine]:
    """Return the last ledger line of each account whose last sequence is given, 0 for none."""
    lines, accounts = schema.ledger_lines.c, schema.accounts.c
    joined = schema.ledger_lines.join(
        schema.accounts, (accounts.id == lines.account) & (accounts.ledger_sequence == lines.sequence)
    )
    names = sorted(name for name, sequence in sequences.items() if sequence)
    found = await select_in(connection, select(*LINE).select_from(joined), accounts.id, names)
    return {row.account: LedgerLine(*row) for row in found}


async def read_taken_back(connection: AsyncConnection, accounts: Collection[str]) -> dict[str, list[range]]:
    """Return the sequences of lines that a later line of kind RESTORED took back, for accounts that have any."""
    lines, spans = schema.ledger_lines.c, dict[str, list[range]]()
    wanted = select(lines.account, lines.sequence, lines.reference).where(lines.kind == RESTORED)
    found = await select_in(connection, wanted, lines.account, sorted(accounts))
    for row in sorted(found, key=lambda row: -row.sequence):
        known = spans.setdefault(row.account, [])
        if not is_within(row.sequence, known):  # else it was taken back itself
            first, _, last = row.reference.partition("-")
            known.append(range(int(first), int(last) + 1))
    return spans


def is_within(sequence: int, spans: Sequence[range]) -> bool:
    """Return whether a line is one of those."""
    return any(sequence in span for span in spans)


async def read_last_event(connection: AsyncConnection, account: str) -> int:
    """Return the time of an account's last security event, Unix ms."""
    events = schema.account_events.c
    newest = select(func.max(events.at_ms)).where(events.account == account)
    return int(await connection.scalar(newest) or 0)


def _order(entry: str) -> tuple[int, int]:
    ms, _, number = entry.partition("-")
    return (int(ms), int(number)) if entry else (0, 0)
