"""A store that was restored from before the database: its ledgers continue behind the lines that the database has.

The database's lines stay, because receipts prove them. One line takes back what the store does not know.
"""

from collections.abc import Iterator, Sequence

import structlog

from shared.ops import metrics
from shared.records.chain import RESTORED, LedgerLine
from shared.records.connect import Transaction
from shared.records.read import list_lines
from shared.records.restored import read_last_event
from shared.records.rows import event_rows
from shared.records.write import Position
from shared.store import archive
from shared.store.archive import StoredAccount
from shared.store.client import StoreClient
from workers.archive.lines import read_lines

ALL_LINES = 1_000_000  # of a ledger that no archiver has folded

log = structlog.get_logger()


class StoreDiffers(ValueError):
    """A ledger of the store has other lines than the database, and no operator has said that the store was restored."""


def find_difference(found: StoredAccount, position: Position, last: LedgerLine | None) -> bool:
    """Return whether an account in the store does not continue the database's last line.

    `found` has its lines from that line on, if they are in the store.
    """
    head = position.head
    if found.events_total < position.events or found.last < head.sequence:
        return True
    if found.opening and found.first == head.sequence + 1 and found.last - found.stored == head.sequence:
        return int(found.opening.split(" ")[2]) != head.balance
    if last is None or found.first != head.sequence:
        return False
    return content_of(read_lines(last.account, found.first, found.lines[:1])[0]) != content_of(last)


async def continue_ledger(store: StoreClient, connection: Transaction, account: str, position: Position) -> LedgerLine:
    """Let the store's ledger continue behind the database's lines, and return the line that comes next.

    Raises StoreDiffers if nobody has requested a full sweep, and ValueError if the ledger changes meanwhile.
    """
    if await archive.check_swept(store):
        raise StoreDiffers(
            f"The ledger of {account} in the store is not the one in the database (line {position.head.sequence}). If "
            "the store was restored, run `wokflow store restored`; otherwise stop the archivers: docs/records.md."
        )
    found = await archive.read_account(store, account, sequence=0, events=0, lines_max=ALL_LINES)
    if found is None:
        raise ValueError(f"the account {account} is gone")
    head, folded = position.head, found.last - found.stored
    common = await _count_common(connection, found, account, folded)
    last_ms = await read_last_event(connection, account)
    new = sum(row["at_ms"] > last_ms for row in event_rows(account, len(found.events), found.events))
    events = max(found.events_total, position.events + new)
    number = head.sequence + 1
    rebased = await archive.continue_ledger(
        store, account, opening=found.opening, folded=common, number=number, events=events
    )
    if rebased is None:
        raise ValueError(f"the ledger of {account} has changed meanwhile")
    total, at_ms = rebased
    first = folded + common + 1
    metrics.of(metrics.RECORDS_ERRORS, "restored").inc()
    log.warning("records.ledger_restored", account=account, first=first, last=head.sequence)
    return LedgerLine(account, number, at_ms, RESTORED, total - head.balance, f"{first}-{head.sequence}")


async def _count_common(connection: Transaction, found: StoredAccount, account: str, folded: int) -> int:
    """Return how many of the store's lines are in the database, at the same place."""
    stored = read_lines(account, found.first, found.lines)
    known = await list_lines(connection, account, after=folded, count=len(stored))
    return next(_differing(stored, known), min(len(stored), len(known)))


def _differing(stored: Sequence[LedgerLine], known: Sequence[LedgerLine]) -> Iterator[int]:
    pairs = zip(stored, known, strict=False)
    return (at for at, (one, other) in enumerate(pairs) if content_of(one) != content_of(other))


def content_of(line: LedgerLine) -> tuple[int, int, str, int, str]:
    """Return what makes a line the same one in the store and in the database."""
    return line.sequence, line.at_ms, line.kind, line.amount, line.reference
