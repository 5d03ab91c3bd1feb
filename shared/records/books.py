"""Check the books of a deployment with a database: the store against its opening lines, and both against the database.

A check of what changed takes the accounts that moved money since the last one. A full check takes everything.
"""

from collections.abc import AsyncIterator, Mapping, Sequence

from msgspec import Struct, field
from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.domain.errors import StoreError
from shared.ops import clock
from shared.records import schema
from shared.records.chain import LedgerLine
from shared.records.connect import Records
from shared.records.read import list_lines
from shared.records.rows import named_fields, plain
from shared.records.verify import Verification, verify_step
from shared.records.verify_lines import check_new_lines
from shared.records.verify_rows import Faults
from shared.store import accounts, archive, check, keys
from shared.store.archive import StoredAccount
from shared.store.client import StoreClient
from shared.store.findings import FINDINGS_MAX, Finding, Report
from shared.store.receipt_keys import list_public_keys

PAGE = 100
OPEN_BATCH = 500
STORED_LINES_MAX = 1000  # that are compared; the store has some hundred, and those that are not archived yet
NO_EVENTS = 1 << 40
FACTS = ("name", "plan", "created_ms", "low")
SETTLING_MS = 600_000  # an archiver has written a record that ended so long before its oldest entry

Position = tuple[int, int]  # the number of an account's last line in the database, and of the last one that was checked


async def check_changed(store: StoreClient, records: Records, report: Report) -> None:
    """Check what is open, and the accounts that moved money since the last check. Raises StoreDown, RecordsDown."""
    settled_ms = await read_settled_ms(store)
    seen = set[str]()
    async for names in _list_open_accounts(store):
        new = [name for name in names if name not in seen]
        seen |= set(new)
        await check.check_accounts(store, new, report, recent=True)
        await _compare_accounts(store, records, new, report)
    after = ""
    while not report.full:
        async with records.read() as connection:
            positions = await _list_changed(connection, after)
        if not positions:
            break
        after = max(positions)
        new = [name for name in positions if name not in seen]
        await check.check_accounts(store, new, report, recent=True)
        await _compare_accounts(store, records, new, report)
        await _check_new_lines(records, positions, report, settled_ms)
    await check.check_open(store, report)


async def _list_open_accounts(store: StoreClient) -> AsyncIterator[list[str]]:
    """Yield the accounts of open generations; guests have none."""
    cursor = b""
    while cursor != b"0":
        cursor, pairs = await store.call("ZSCAN", keys.OPEN, cursor or b"0", "COUNT", OPEN_BATCH)
        names = [keys.generation(raw.decode()) for raw in pairs[::2]]
        found = set[bytes]()
        for name in names:
            found.add(await store.call("HGET", name, "account") or b"")
        owners = sorted(raw.decode() for raw in found)
        scores = [await store.call("ZSCORE", keys.ACCOUNTS, one) for one in owners]
        yield [one for one, score in zip(owners, scores, strict=True) if score is not None]


async def _list_changed(connection: AsyncConnection, after: str) -> dict[str, Position]:
    columns = schema.accounts.c
    wanted = select(columns.id, columns.ledger_sequence, columns.checked_sequence)
    changed = wanted.where(columns.ledger_sequence > columns.checked_sequence, columns.id > after)
    found = await connection.execute(changed.order_by(columns.id).limit(PAGE))
    return {name: (last, checked) for name, last, checked in found.all()}


async def _check_new_lines(
    records: Records, positions: Mapping[str, Position], report: Report, settled_ms: int
) -> None:
    """Check the new lines of some accounts in the database. Those without a fault are not checked again."""
    clean = []
    for account, (last, checked) in positions.items():
        faults: Faults = []
        async with records.read() as connection:
            report.lines += await check_new_lines(
                connection, account, (checked, last), faults=faults, settled_ms=settled_ms
            )
        add_faults(report, faults)
        clean += [] if faults else [{"account": account, "to": last}]
    if clean:
        table = schema.accounts
        moved = update(table).where(table.c.id == bindparam("account"))
        async with records.write() as connection:
            await connection.execute(moved.values(checked_sequence=bindparam("to")), clean)


async def _compare_accounts(store: StoreClient, records: Records, names: Sequence[str], report: Report) -> None:
    """Compare the ledgers of some accounts in the store with the database."""

    async def compare(names: Sequence[str], _: Report) -> list[Finding]:
        found = [(name, await compare_ledger(store, records, name)) for name in names]
        return [Finding(at=name, id=name, fault="archive_differs", detail=why) for name, why in found if why]

    await check.check_twice(compare, names, report)


async def _compare_facts(store: StoreClient, records: Records, names: Sequence[str], report: Report) -> None:
    """Compare names, plans and alerts of accounts with the database, if nothing waits for the archiver."""

    async def compare(names: Sequence[str], _: Report) -> list[Finding]:
        lag = await archive.read_lag(store)
        if lag is None or lag.waiting:
            return []
        stored = await archive.read_hashes(store, [keys.account(name) for name in names])
        async with records.read() as connection:
            table = schema.accounts.c
            wanted = select(table.id, *(table[fact] for fact in FACTS)).where(table.id.in_(names))
            rows = {row.id: row._mapping for row in (await connection.execute(wanted)).all()}
        findings = []
        for name, fields in zip(names, stored, strict=True):
            facts = {fact: plain(value.decode(errors="replace")) for fact, value in named_fields(fields).items()}
            row = rows.get(name)
            if row is None or any(str(row[fact]) != facts.get(fact, "0") for fact in FACTS):
                findings.append(Finding(at=name, id=name, fault="archive_differs", detail="name, plan or alert"))
        return findings

    await check.check_twice(compare, names, report)


async def compare_ledger(store: StoreClient, records: Records, account: str) -> str:
    """Return how an account's opening line or lines differ from the database, "" if they do not.

    The database may lack the newest ones.
    """
    try:
        stored = await archive.read_account(store, account, sequence=0, events=NO_EVENTS, lines_max=STORED_LINES_MAX)
    except StoreError:
        return ""  # unreadable, which the check of the account reports
    if stored is None:
        return ""
    async with records.read() as connection:
        heads = schema.accounts.c
        wanted = select(heads.ledger_sequence, heads.ledger_balance).where(heads.id == account)
        head = (await connection.execute(wanted)).first()
        last, balance = head or (0, 0)
        folded = stored.first - 1
        if last < folded:
            return f"the database ends at line {last}, and the opening line stands for {folded}"
        lines = await list_lines(connection, account, after=folded, count=STORED_LINES_MAX)
        opening = await _compare_opening(connection, stored, account, balance)
    return opening or _find_line(stored, lines)


async def _compare_opening(connection: AsyncConnection, stored: StoredAccount, account: str, balance: int) -> str:
    lines = schema.ledger_lines.c
    behind = select(func.sum(lines.amount)).where(lines.account == account, lines.sequence >= stored.first)
    expected = balance - int(await connection.scalar(behind) or 0)
    found = int(stored.opening.split(" ")[2]) if stored.opening else 0
    return f"the opening line is {found} instead of {expected} micro-USD" if found != expected else ""


def _find_line(stored: StoredAccount, lines: Sequence[LedgerLine]) -> str:
    for number, (raw, line) in enumerate(zip(stored.lines, lines, strict=False), stored.first):
        if raw.decode(errors="replace") != f"{line.at_ms} {line.kind} {line.amount} {line.reference}":
            return f"line {number}"
    return ""


def add_faults(report: Report, faults: Faults) -> None:
    """Add faults of the database to a report."""
    room = FINDINGS_MAX - len(report.findings)
    report.findings += [
        Finding(at="database", id=name, fault=fault, detail=detail) for fault, name, detail in faults[:room]
    ]


class FullCheck(Struct, kw_only=True):
    """The state of a full check: it goes through the store's accounts, then its indexes, then the database."""

    began_ms: int = 0
    ended_ms: int = 0
    accounts: int = 0  # that are checked
    cursor: str | None = None  # of the scan of the indexes; None: it has not begun
    has_indexes: bool = False  # whether the scan is over
    records: Verification = field(default_factory=Verification)
    report: Report = field(default_factory=Report)


async def advance(store: StoreClient, records: Records, state: FullCheck) -> None:
    """Take the next step of a full check. Raises StoreDown, RecordsDown."""
    if state.cursor is None:
        state.report.accounts_total = await store.call("ZCARD", keys.ACCOUNTS)
        names = await accounts.list_ids(store, state.accounts, PAGE)
        state.accounts += len(names)
        await check.check_accounts(store, names, state.report)
        await _compare_accounts(store, records, names, state.report)
        await _compare_facts(store, records, names, state.report)
        if not names:
            await check.check_open(store, state.report)
            state.cursor = "0"
    elif not state.has_indexes:
        cursor = await check.check_indexes(store, state.cursor.encode(), state.report)
        state.cursor, state.has_indexes = (cursor or b"0").decode(), cursor is None
    else:
        public, settled_ms = await read_keys(store), await read_settled_ms(store)
        async with records.read() as connection:
            await verify_step(connection, state.records, public, settled_ms=settled_ms)
        if state.records.done:
            add_faults(state.report, state.records.faults)
    if state.records.done or state.report.full:
        state.ended_ms = clock.CLOCK.now_ms()


async def read_keys(store: StoreClient) -> Mapping[str, bytes]:
    """Return the public keys of signed days by their ids."""
    return {key.id: bytes.fromhex(key.public_key) for key in await list_public_keys(store)}


async def read_settled_ms(store: StoreClient) -> int:
    """Return a time before which everything that has ended is in the database."""
    lag = await archive.read_lag(store)
    return clock.CLOCK.now_ms() - (lag.age_ms if lag else 0) - SETTLING_MS
