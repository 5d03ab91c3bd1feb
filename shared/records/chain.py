"""The chain of an account's ledger: each line's hash covers the line and the hash of its predecessor."""

from collections.abc import Iterable

from msgspec import Struct

from shared.domain import receipt

MISSING = "missing"  # kind of a line in place of lines that neither the store nor the database has
RESTORED = "restored"  # kind of a line that takes back lines that a restored store does not know


class LedgerLine(Struct, frozen=True):
    """A line of an account's ledger, as the database has it. `sequence` counts from 1, and `hash` is hexadecimal."""

    account: str
    sequence: int
    at_ms: int
    kind: str
    amount: int
    reference: str
    hash: str = ""


class Head(Struct, frozen=True):
    """The end of an account's ledger in the database."""

    sequence: int = 0
    balance: int = 0
    hash: str = ""


def line_hash(previous: str, line: LedgerLine) -> str:
    """Return the hash of a line whose predecessor has the hash `previous`, "" for the first line."""
    about = (line.account, line.sequence, line.at_ms, line.kind, line.amount, line.reference)
    return receipt.line_hash(previous, *about)


def chain(head: Head, lines: Iterable[LedgerLine]) -> tuple[Head, list[LedgerLine]]:
    """Return the new head, and the lines behind the old one with their hashes. Lines up to it are left out.

    Raises ValueError for a gap. A line of kind MISSING closes one: its amount stands for lines that are lost.
    """
    sequence, balance, last, chained = head.sequence, head.balance, head.hash, list[LedgerLine]()
    for line in lines:
        if line.sequence <= sequence:
            continue
        if line.sequence != sequence + 1 and line.kind != MISSING:
            raise ValueError(f"the ledger of {line.account} lacks line {sequence + 1}")
        last = line_hash(last, line)
        sequence, balance = line.sequence, balance + line.amount
        chained.append(LedgerLine(line.account, sequence, line.at_ms, line.kind, line.amount, line.reference, last))
    return Head(sequence, balance, last), chained
