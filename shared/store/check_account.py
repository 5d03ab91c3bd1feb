"""One pass of the ledger check over one account: its totals, its ledger and its generations are compared.

A ledger is append-only, so its first lines and the totals that were read together with its length belong to one moment.
The generations are read a little later.
"""

from collections.abc import Iterator, Sequence
from zlib import crc32

from msgspec import Struct, field

from shared.domain.generation import TERMINAL
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.findings import FINDINGS_MAX, Finding, Report
from shared.store.ledger import LedgerEntry

KINDS = ("top_up", "reserve", "settle", "credit")
LINES_BATCH = 1000
IDS_BATCH = 25  # of one script: a larger batch would block the store
LINES_PER_PASS_MAX = 200_000  # bounds the memory: a longer ledger is checked in several passes


class Record(Struct, frozen=True):
    """A generation, and the indexes that an open one is missing from. An empty state: it does not exist."""

    id: str
    account: str
    provider: str
    state: str
    reserved: int
    cost: int  # -1: none
    credit: int  # -1: none
    faults: tuple[str, ...]

    @property
    def ended(self) -> bool:
        """Return whether it is completed or failed."""
        return self.state in TERMINAL


class Entry(Struct, gc=False):
    """The ledger entries of one generation, micro-USD."""

    reserve: int
    refund: int | None = None
    credit: int | None = None
    compared: bool = False  # with its record


class AccountCheck(Struct):
    """The state of a check. `passes` is the number of parts in which the ledger is checked."""

    store: StoreClient
    account: str
    report: Report
    findings: list[Finding] = field(default_factory=list)
    lines: int = 0
    passes: int = 1
    top_ups: int = 0
    reserves: int = 0
    refunds: int = 0
    credits: int = 0

    def add(self, subject: str, fault: str, detail: str = "") -> None:
        """Add a finding, up to FINDINGS_MAX."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(Finding(at=self.account, id=subject, fault=fault, detail=detail))


async def check_account(store: StoreClient, account: str, report: Report) -> list[Finding]:
    """Return the findings of one pass, and add its numbers to `report`. Raises StoreDown."""
    check = AccountCheck(store, account, report)
    word, *totals = await store.run("check_account", account)
    if word == "missing":
        check.add(account, "no_account")
        return check.findings
    topup, spent, check.lines = totals
    check.passes = check.lines // LINES_PER_PASS_MAX + 1
    for number in range(check.passes):
        entries = await _read_entries(check, number)
        await _compare_listed(check, entries, number)
        await _compare(
            check, entries, [name for name, entry in entries.items() if not entry.compared and _is_open(entry)]
        )
    _add_up(check, topup, spent)
    report.accounts += 1
    report.lines += check.lines
    return check.findings


def _add_up(check: AccountCheck, topup: int, spent: int) -> None:
    for fault, total, expected in (
        ("ledger_sum", check.top_ups - check.reserves + check.refunds + check.credits, topup - spent),
        ("topup_sum", check.top_ups, topup),
        ("spent_sum", check.reserves - check.refunds - check.credits, spent),
    ):
        if total != expected:
            check.add(check.account, fault, f"{total} instead of {expected} micro-USD")
    if topup < spent:
        check.add(check.account, "negative_balance", f"{topup - spent} micro-USD")


async def _read_entries(check: AccountCheck, number: int) -> dict[str, Entry]:
    """Return the entries of one part by reference. The first part also sums up all lines."""
    entries: dict[str, Entry] = {}
    for first in range(0, check.lines, LINES_BATCH):
        last = min(first + LINES_BATCH, check.lines) - 1
        for raw in await check.store.call("LRANGE", keys.ledger(check.account), first, last):
            line = _line(raw)
            if number == 0:
                _add(check, raw, line)
            if line is not None and line.kind != "top_up" and crc32(line.reference.encode()) % check.passes == number:
                _enter(check, entries, line)
    return entries


def _line(raw: bytes) -> LedgerEntry | None:
    try:
        at_ms, kind, amount, reference = raw.decode().split(" ", 3)
        return LedgerEntry(int(at_ms), kind, int(amount), reference) if kind in KINDS else None
    except ValueError:
        return None


def _add(check: AccountCheck, raw: bytes, line: LedgerEntry | None) -> None:
    if line is None:
        check.add(check.account, "bad_line", repr(raw))
    elif line.kind == "top_up":
        check.top_ups += line.amount_micros
    elif line.kind == "reserve":
        check.reserves -= line.amount_micros
    elif line.kind == "credit":
        check.credits += line.amount_micros
    else:
        check.refunds += line.amount_micros


def _enter(check: AccountCheck, entries: dict[str, Entry], line: LedgerEntry) -> None:
    entry = entries.get(line.reference)
    if line.kind == "reserve" and entry is None:
        entries[line.reference] = Entry(-line.amount_micros)
    elif line.kind == "reserve":
        check.add(line.reference, "two_reserves")
    elif entry is None:
        check.add(line.reference, f"{line.kind}_without_reserve")
    elif line.kind == "credit":
        _enter_credit(check, entry, line)
    elif entry.refund is not None:
        check.add(line.reference, "two_settles")
    else:
        entry.refund = line.amount_micros
        if not 0 <= entry.refund <= entry.reserve:
            check.add(line.reference, "refund_too_large", f"{entry.refund} of {entry.reserve} micro-USD")


def _enter_credit(check: AccountCheck, entry: Entry, line: LedgerEntry) -> None:
    cost = 0 if entry.refund is None else entry.reserve - entry.refund
    if entry.credit is not None:
        check.add(line.reference, "two_credits")
    entry.credit = line.amount_micros
    if not 0 < entry.credit <= cost:
        check.add(line.reference, "credit_too_large", f"{entry.credit} of {cost} micro-USD")


def _is_open(entry: Entry) -> bool:
    return entry.refund is None


async def _compare_listed(check: AccountCheck, entries: dict[str, Entry], number: int) -> None:
    """Compare the account's listed generations of one part with the ledger."""
    first = 0
    while found := await check.store.call("LRANGE", keys.generations(check.account), first, first + LINES_BATCH - 1):
        first += len(found)
        names = [raw.decode() for raw in found if crc32(raw) % check.passes == number]
        check.report.generations += len(names)
        await _compare(check, entries, names)


async def _compare(check: AccountCheck, entries: dict[str, Entry], names: Sequence[str]) -> None:
    for batch in batches(names):
        for record in await read_records(check.store, batch):
            entry = entries.get(record.id)
            if entry is not None:
                entry.compared = True
                _compare_one(check, entry, record)
            elif record.state and record.reserved != 0:
                check.add(record.id, "no_reserve_line")
            for fault in record.faults:
                check.add(record.id, fault)
            if record.state and record.account != check.account:
                check.add(record.id, "wrong_account")


def _compare_one(check: AccountCheck, entry: Entry, record: Record) -> None:
    reserved, cost, refund = record.reserved, record.cost, entry.refund
    if not record.state:
        if _is_open(entry):
            check.add(record.id, "lost")
    elif entry.reserve != reserved:
        check.add(record.id, "wrong_reserve", f"{reserved} instead of {entry.reserve} micro-USD")
    elif not record.ended:
        if not _is_open(entry):
            check.add(record.id, "settled_but_open")
    elif refund is None:
        check.add(record.id, "no_settle_line")
    elif (entry.credit or -1) != record.credit:
        check.add(record.id, "wrong_credit", f"{record.credit} instead of {entry.credit} micro-USD")
    elif refund != reserved - cost:
        check.add(record.id, "wrong_refund", f"cost {cost}, reservation {reserved}, refund {refund} micro-USD")


async def read_records(store: StoreClient, ids: Sequence[str]) -> list[Record]:
    """Return the generations of at most IDS_BATCH ids, all read at one moment."""
    _, *rows = await store.run("check_generations", *ids)
    found = []
    for name, account, provider, state, reserved, cost, credit, faults in rows:
        words = tuple(fault.decode() for fault in faults)
        texts = (name.decode(), account.decode(), provider.decode(), state.decode())
        found.append(Record(*texts, reserved, cost, credit, words))
    return found


def batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split `names` into batches of at most IDS_BATCH."""
    return (names[first : first + IDS_BATCH] for first in range(0, len(names), IDS_BATCH))
