"""The trees of a UTC day: one for each account and table, and above them one of all accounts."""

import itertools
from collections.abc import AsyncIterator
from typing import Any

from msgspec import Struct, field
from sqlalchemy import Select, func, literal, select, union_all
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain import merkle
from shared.domain.merkle import MerkleTree
from shared.domain.receipt import LINES, DayTree, account_digest
from shared.domain.times import DAY_MS
from shared.records import schema
from shared.records.seal import SEALS

FETCH = 5000


class AccountDay(Struct):
    """An account's day: the number of its last ledger line before it, its last line, and its trees by name."""

    after: int = 0
    sequence: int = 0
    head: str = ""
    trees: dict[str, MerkleTree] = field(default_factory=dict)

    def leaf(self, account: str, day: int) -> bytes:
        """Return the account's leaf in the tree of the day."""
        trees = [DayTree(name=name, size=one.size, root=one.root.hex()) for name, one in sorted(self.trees.items())]
        return account_digest(account, day, (self.after, self.sequence, self.head), trees)


async def build_open_day(connection: AsyncConnection, day: int) -> dict[str, AccountDay]:
    """Return the accounts of a day that is being closed: all lines before its end that no signed day has."""
    lines, accounts = schema.ledger_lines.c, schema.accounts.c
    last = (
        select(lines.account, accounts.sealed_sequence.label("after"), func.max(lines.sequence).label("sequence"))
        .join_from(schema.accounts, schema.ledger_lines, lines.account == accounts.id)
        .where(lines.sequence > accounts.sealed_sequence, lines.at_ms < (day + 1) * DAY_MS)
        .group_by(lines.account, accounts.sealed_sequence)
        .subquery()
    )
    return await _build(connection, day, last)


async def build_signed_day(connection: AsyncConnection, day: int) -> dict[str, AccountDay]:
    """Return the accounts of a signed day, from the rows that it covers."""
    heads = schema.day_heads.c
    covered = select(heads.account, heads.after, heads.sequence).where(heads.day == day, heads.sequence > 0)
    return await _build(connection, day, covered.subquery())


async def _build(connection: AsyncConnection, day: int, covered: Any) -> dict[str, AccountDay]:
    accounts: dict[str, AccountDay] = {}
    lines = schema.ledger_lines.c
    is_covered = (
        (lines.account == covered.c.account)
        & (lines.sequence > covered.c.after)
        & (lines.sequence <= covered.c.sequence)
    )
    found = (
        select(lines.account, covered.c.after, lines.sequence, lines.hash)
        .join_from(covered, schema.ledger_lines, is_covered)
        .order_by(lines.account, lines.sequence)
    )
    async for account, rows in _read_groups(connection, found):
        tree = merkle.build([bytes.fromhex(row.hash) for row in rows])
        accounts[account] = AccountDay(rows[-1].after, rows[-1].sequence, rows[-1].hash, {LINES: tree})
    for name in SEALS:
        digests = select_digests(name, day).subquery()
        ordered = select(digests).order_by(digests.c.account, digests.c.digest)
        async for account, rows in _read_groups(connection, ordered):
            tree = merkle.build(bytes(row.digest) for row in rows)
            accounts.setdefault(account, AccountDay()).trees[name] = tree
    return accounts


def select_digests(name: str, day: int, account: str | None = None) -> Any:
    """Return the digests that a day covers of a table, of one account or of all: also those replaced since."""
    table, old = schema.tables.tables[name].c, schema.superseded.c
    owner = table.account if "account" in table else literal("").label("account")
    rows: Select[Any] = select(owner, table.digest).where(table.day == day)
    replaced = select(old.account, old.digest).where(old.name == name, old.day == day)
    if account is not None:
        rows = rows.where(owner == account)
        replaced = replaced.where(old.account == account)
    return union_all(rows, replaced)


async def _read_groups(connection: AsyncConnection, wanted: Any) -> AsyncIterator[tuple[str, list[Any]]]:
    """Yield the rows of each account."""
    held: list[Any] = []
    async with connection.stream(wanted.execution_options(yield_per=FETCH)) as result:
        async for page in result.partitions():
            for account, rows in itertools.groupby(page, key=lambda row: str(row.account)):
                if held and held[0].account != account:
                    yield held[0].account, held
                    held = []
                held += rows
    if held:
        yield held[0].account, held
