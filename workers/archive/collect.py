"""Read the records that some entries name from the store, as rows of the database.

Everything is read inside the writing transaction, so a batch is never older than what the database has.
"""

import asyncio
from collections.abc import Callable, Iterable, Sequence

import structlog
from msgspec import Struct, field

from shared.domain.generation import TERMINAL
from shared.ops import metrics
from shared.records.chain import Head, LedgerLine
from shared.records.connect import Transaction
from shared.records.restored import read_last_lines
from shared.records.rows import Row, audit_row, delivery_row, event_rows, generation_row, named_fields, plain
from shared.records.write import AccountBatch, Batch, Position, read_positions
from shared.store import archive, keys
from shared.store.archive import Stamped, StoredAccount, StreamEntry
from shared.store.client import StoreClient
from shared.store.stored_lists import READ_ERRORS
from workers.archive.lines import missing_line, read_lines
from workers.archive.older_store import continue_ledger, find_difference

LINES_MAX = 5000  # of one account in one batch
ENDED_STATES = {*TERMINAL, "delivered", "dead"}
TIMES = (b"closed_ms", b"credit_ms", b"late_ms", b"changed_ms", b"ended_ms")

log = structlog.get_logger()


class Work(Struct):
    """The records that some entries name. A set of ids is read from the store; the other facts are in the entries."""

    generations: set[str] = field(default_factory=set)
    deliveries: set[str] = field(default_factory=set)
    accounts: set[str] = field(default_factory=set)
    keys: list[Row] = field(default_factory=list)
    uploads: list[Row] = field(default_factory=list)
    audit: list[Row] = field(default_factory=list)

    @property
    def first_id(self) -> str:
        """Return the id of one record, for messages."""
        return min(self.generations | self.deliveries | self.accounts, default="")


class Collected(Struct):
    """A batch, and what is next once it is committed."""

    batch: Batch
    stamped: list[Stamped]  # records that may expire
    unfinished: set[str]  # accounts with more lines than the batch
    long: list[str]  # accounts with a ledger to fold


def sort_entries(entries: Iterable[StreamEntry]) -> Work:
    """Return what the entries name. An entry that cannot be read is reported."""
    work = Work()
    for entry in entries:
        try:
            _sort_entry(work, entry)
        except READ_ERRORS as error:
            report_unreadable(entry.kind, entry.text[:100], error)
    return work


def _sort_entry(work: Work, entry: StreamEntry) -> None:
    match entry.kind:
        case "generation":
            work.generations.add(entry.text)
        case "delivery":
            work.deliveries.add(entry.text)
        case "account":
            work.accounts.add(entry.text)
        case "key":
            work.keys.append(_key_row(entry.text))
        case "upload":
            work.uploads.append(_upload_row(entry.text))
        case "audit":
            work.audit.append(audit_row(entry.text.encode()))
        case kind:
            raise ValueError(f"entries of kind {kind} are unknown to this version")


def _key_row(text: str) -> Row:
    account, name, revoked_ms, hashed, kind, created_ms, hint, *_ = text.split(" ", 7)  # the last one is its name
    facts = {"id": name, "account": account, "hash": hashed, "kind": kind, "hint": plain(hint)}
    return {**facts, "created_ms": int(created_ms), "revoked_ms": int(revoked_ms) or None}


def _upload_row(text: str) -> Row:
    name, account, size, media_type, created_ms, until_ms, path = text.split(" ", 6)
    facts = {"id": name, "account": account, "bytes": int(size), "media_type": media_type, "path": path}
    return {**facts, "created_ms": int(created_ms), "until_ms": int(until_ms)}


async def collect(store: StoreClient, connection: Transaction, work: Work) -> Collected:
    """Read the records of `work`. Raises StoreDown, RecordsDown."""
    stamped = list[Stamped]()
    generations = await _read_ended(store, archive.GENERATION, work.generations, generation_row, stamped)
    deliveries = await _read_ended(store, archive.DELIVERY, work.deliveries, delivery_row, stamped)
    owners = sorted({row["account"] for row in generations} | work.accounts)
    found = await _read_accounts(store, connection, owners)
    accounts = [one[0] for one in found]
    active = await _read_keys(store, sorted(work.accounts))
    unfinished = {one[0].row["id"] for one in found if one[1].has_more}
    long = [one[0].row["id"] for one in found if one[1].is_long]
    batch = Batch(
        generations=generations,
        deliveries=deliveries,
        accounts=accounts,
        keys=[*work.keys, *active],
        uploads=work.uploads,
        audit=work.audit,
    )
    return Collected(batch, stamped, unfinished, long)


async def _read_ended(
    store: StoreClient,
    prefix: str,
    names: Iterable[str],
    make_row: Callable[[str, Sequence[bytes]], Row],
    stamped: list[Stamped],
) -> list[Row]:
    """Return the rows of the records that have ended. One that is gone, or open again, has another entry."""
    ordered, rows = sorted(names), list[Row]()
    for name, fields in zip(ordered, await archive.read_hashes(store, [prefix + one for one in ordered]), strict=True):
        named = dict(zip(fields[::2], fields[1::2], strict=True))
        if named.get(b"state", b"").decode(errors="replace") not in ENDED_STATES:
            continue
        try:
            rows.append(make_row(name, fields))
            stamped.append((prefix + name, sum(int(named.get(time, 0)) for time in TIMES)))
        except READ_ERRORS as error:
            report_unreadable(prefix, name, error)
    return rows


async def _read_accounts(
    store: StoreClient, connection: Transaction, names: Sequence[str]
) -> list[tuple[AccountBatch, StoredAccount]]:
    """Return the row of each account with its new lines, and how it is stored. A guest has neither.

    Raises StoreDiffers for an account whose ledger does not continue the one in the database.
    """
    positions = await read_positions(connection, names)
    last_lines = await read_last_lines(connection, {name: one.head.sequence for name, one in positions.items()})
    places = [positions.get(name, Position()) for name in names]
    stored = await asyncio.gather(*(_read_stored(store, *pair) for pair in zip(names, places, strict=True)))
    accounts = []
    for name, position, found in zip(names, places, stored, strict=True):
        if found is None:
            continue
        if not find_difference(found, position, last_lines.get(name)):
            accounts.append((_make_account(name, found, position, []), found))
            continue
        line = await continue_ledger(store, connection, name, position)
        head = Head(line.sequence, position.head.balance + line.amount)
        again = await _read_stored(store, name, Position(head, position.events)) or found
        accounts.append((_make_account(name, again, Position(head), [line]), again))
    return accounts


async def _read_stored(store: StoreClient, account: str, position: Position) -> StoredAccount | None:
    """Return an account in the store, with its lines from the database's last one on."""
    before = max(position.head.sequence - 1, 0)
    return await archive.read_account(store, account, sequence=before, events=position.events, lines_max=LINES_MAX + 1)


def _make_account(account: str, found: StoredAccount, position: Position, lines: list[LedgerLine]) -> AccountBatch:
    """Return an account's row with its new lines and events. `lines` come before those of the store."""
    named = {name: plain(value.decode(errors="replace")) for name, value in named_fields(found.fields).items()}
    numbers = {name: int(named.get(name, 0)) for name in ("created_ms", "topup", "spent", "low")}
    row: Row = {"id": account, "name": named.get("name", ""), "plan": named.get("plan", ""), **numbers}
    if found.first > position.head.sequence + 1:
        lines.append(missing_line(account, found.first - 1, found.opening, position))
    lines += read_lines(account, found.first, found.lines)
    return AccountBatch(row=row, lines=lines, events=event_rows(account, found.events_total, found.events))


async def _read_keys(store: StoreClient, accounts: Sequence[str]) -> list[Row]:
    """Return the active keys of some accounts."""
    rows = list[Row]()
    hashes = await archive.read_hashes(store, [keys.account_keys(account) for account in accounts])
    for account, fields in zip(accounts, hashes, strict=True):
        for name, line in named_fields(fields).items():
            try:
                rows.append(_key_row(f"{account} {name} 0 {line.decode()}"))
            except READ_ERRORS as error:
                report_unreadable("key", name, error)
    return rows


def read_audit(lines: Iterable[bytes]) -> list[Row]:
    """Return the rows of operators' actions. One that cannot be read is reported."""
    rows = list[Row]()
    for line in lines:
        try:
            rows.append(audit_row(line))
        except READ_ERRORS as error:
            report_unreadable("audit", "", error)
    return rows


def report_unreadable(kind: str, name: str, error: Exception) -> None:
    """Count and log a record that cannot be read. It stays in the store."""
    metrics.of(metrics.RECORDS_ERRORS, "unreadable").inc()
    log.error("records.unreadable", kind=kind.strip(":"), id=name, error=type(error).__name__)
