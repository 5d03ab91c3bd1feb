"""Lines of an account's ledger, as the store has them."""

from collections.abc import Sequence

import structlog

from shared.ops import metrics
from shared.records.chain import MISSING, LedgerLine
from shared.records.rows import plain
from shared.records.write import Position
from shared.store.stored_lists import UNREADABLE

log = structlog.get_logger()


def read_lines(account: str, first: int, found: Sequence[bytes]) -> list[LedgerLine]:
    """Return lines of the store's ledger, the first of which has that sequence."""
    return [_read_line(account, first + at, raw) for at, raw in enumerate(found)]


def _read_line(account: str, sequence: int, raw: bytes) -> LedgerLine:
    """Return a line of the store's ledger. One that cannot be read keeps its number, and its text as its reference."""
    text = plain(raw.decode(errors="replace"))
    try:
        at_ms, kind, amount, reference = text.split(" ", 3)
        return LedgerLine(account, sequence, int(at_ms), kind, int(amount), reference)
    except ValueError:
        return LedgerLine(account, sequence, 0, UNREADABLE, 0, text)


def missing_line(account: str, sequence: int, opening: str, position: Position) -> LedgerLine:
    """Return the line for lines that were folded into the opening line and are not in this database."""
    at_ms, _, total, *_ = opening.split(" ")
    first = position.head.sequence + 1
    metrics.of(metrics.RECORDS_ERRORS, "missing").inc()
    log.error("records.lines_missing", account=account, first=first, last=sequence)
    amount = int(total) - position.head.balance
    return LedgerLine(account, sequence, int(at_ms), MISSING, amount, f"{first}-{sequence}")
