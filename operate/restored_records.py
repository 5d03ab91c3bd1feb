"""Records that a restore has lost: of the store, of the database, or of both."""

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.records.chain import LedgerLine
from shared.records.connect import Records, Transaction
from shared.records.missing import list_account_ids, list_gaps, list_lost_top_ups, list_unarchived
from shared.records.opening import read_identity
from shared.store import accounts, archive
from shared.store.generations import list_known

BATCH = 1000


class MissingLine(Struct, frozen=True, kw_only=True):
    """A ledger line: one that stands for others (missing, restored), or a top-up or dispute that was taken back."""

    account: str
    at: str | None
    kind: str
    amount_micros: int
    reference: str  # of a gap: the first and the last line that are meant


class MissingGeneration(Struct, frozen=True, kw_only=True):
    """A settled generation that neither the database nor the store has."""

    id: str
    account: str


class MissingRecords(Struct, frozen=True, kw_only=True):
    """Everything that is missing, each list up to a limit."""

    lines: list[MissingLine]
    top_ups: list[MissingLine]  # to be booked again
    generations: list[MissingGeneration]
    accounts: list[str]  # of the database, which the store has lost


async def find_missing(operator: Operator, records: Records, count: int) -> MissingRecords:
    """Return everything that a restore has lost, up to so many of each kind.

    Raises RecordsDown, RecordsUnfit, StoreDown.
    """
    await read_identity(records)
    async with records.read() as connection:
        gaps = await list_gaps(connection, count)
        top_ups = await list_lost_top_ups(connection, gaps)
        unarchived = await list_unarchived(connection, count)
        known = await list_known(operator.store, [name for _, name in unarchived])
        lost = await _list_lost_accounts(operator, connection)
    return MissingRecords(
        lines=[_line(one) for one in gaps],
        top_ups=[_line(one) for one in top_ups[:count]],
        generations=[MissingGeneration(id=name, account=owner) for owner, name in unarchived if name not in known],
        accounts=lost[:count],
    )


async def sweep_again(operator: Operator) -> None:
    """Let the archivers archive everything again that the store has. Raises StoreDown."""
    await archive.request_full_sweep(operator.store)


async def _list_lost_accounts(operator: Operator, connection: Transaction) -> list[str]:
    stored, first = set[str](), 0
    while ids := await accounts.list_ids(operator.store, first, BATCH):
        stored.update(ids)
        first += len(ids)
    lost, after = list[str](), ""
    while names := await list_account_ids(connection, after, BATCH):
        lost += [name for name in names if name not in stored]
        after = names[-1]
    return lost


def _line(line: LedgerLine) -> MissingLine:
    at, kind = moment(line.at_ms), line.kind
    return MissingLine(account=line.account, at=at, kind=kind, amount_micros=line.amount, reference=line.reference)
