"""One pass of the ledger check over one account: its totals, its ledger and its generations are compared.

A ledger is append-only, so its first lines and the totals that were read together with its length belong to one moment.
The generations are read a little later. With a database the oldest lines are folded into an opening line, and a check
during which that happens begins again. The lines behind the opening line are compared with the rest of the store.
"""

from collections.abc import Iterator, Sequence
from zlib import crc32

from msgspec import Struct, field

from shared.domain.generation import TERMINAL
from shared.store import keys
from shared.store.check_budgets import BudgetSums, find_faults
from shared.store.client import StoreClient
from shared.store.findings import FINDINGS_MAX, Finding, Report
from shared.store.ledger import LedgerEntry

ADDED = ("top_up", "dispute", "close")  # kinds of lines that change the total of top-ups
KINDS = (*ADDED, "reserve", "settle", "credit")
LINES_BATCH = 1000
IDS_BATCH = 25  # of one script: a larger batch would block the store
ATTEMPTS = 5  # at an account whose lines are folded meanwhile; without success it is checked the next time
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
    budgets: str  # that counted it
    faults: tuple[str, ...]

    @property
    def ended(self) -> bool:
        """Return whether it is completed or failed."""
        return self.state in TERMINAL

    @property
    def spent(self) -> int:
        """Return what it takes from the balance, micro-USD."""
        return max(self.cost, 0) - max(self.credit, 0) if self.ended else max(self.reserved, 0)


class Entry(Struct, gc=False):
    """The ledger entries of one generation, micro-USD."""

    reserve: int | None  # None: folded
    refund: int | None = None
    credit: int | None = None
    compared: bool = False  # with its record


class AccountCheck(Struct):
    """The state of a check. `passes` is the number of parts in which the ledger is checked."""

    store: StoreClient
    account: str
    findings: list[Finding] = field(default_factory=list)
    lines: int = 0
    generations: int = 0
    opening: str = ""
    recent: bool = False  # compare the generations of the lines alone, not all that are listed
    passes: int = 1
    top_ups: int = 0
    disputes: int = 0
    reserves: int = 0
    refunds: int = 0
    credits: int = 0
    budgets: BudgetSums = field(default_factory=BudgetSums)

    def add(self, subject: str, fault: str, detail: str = "") -> None:
        """Add a finding, up to FINDINGS_MAX."""
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(Finding(at=self.account, id=subject, fault=fault, detail=detail))


async def check_account(store: StoreClient, account: str, report: Report, *, recent: bool = False) -> list[Finding]:
    """Return the findings of one pass, and add its numbers to `report`. Raises StoreDown.

    With `recent` the generations of the store's ledger lines are compared, and not all that are listed.
    """
    for _ in range(ATTEMPTS):
        check = AccountCheck(store, account, recent=recent)
        word, *totals = await store.run("check_account", account)
        if word == "missing":
            check.add(account, "no_account")
            return check.findings
        topup, spent, check.lines, opening, disputed = totals
        check.opening = opening.decode()
        await _compare_all(check)
        if (await store.run("check_account", account))[4:5] == [opening]:
            _add_up(check, topup, spent, disputed)
            for name, detail in await find_faults(store, check.budgets):
                check.add(name, "budget_sum", detail)
            break
    else:
        check.findings.clear()
    report.accounts += 1
    report.lines += check.lines
    report.generations += check.generations
    return check.findings


async def _compare_all(check: AccountCheck) -> None:
    check.passes = check.lines // LINES_PER_PASS_MAX + 1
    for number in range(check.passes):
        entries = await _read_entries(check, number)
        if check.recent:
            check.generations += len(entries)
            await _compare(check, entries, list(entries))
            continue
        await _compare_listed(check, entries, number)
        await _compare(
            check, entries, [name for name, entry in entries.items() if not entry.compared and _is_open(entry)]
        )


def _add_up(check: AccountCheck, topup: int, spent: int, disputed: int) -> None:
    for fault, total, expected in (
        ("ledger_sum", check.top_ups - check.reserves + check.refunds + check.credits, topup - spent),
        ("topup_sum", check.top_ups, topup),
        ("spent_sum", check.reserves - check.refunds - check.credits, spent),
    ):
        if total != expected:
            check.add(check.account, fault, f"{total} instead of {expected} micro-USD")
    if check.disputes != disputed and not check.opening:
        check.add(check.account, "dispute_sum", f"{check.disputes} instead of {disputed} micro-USD")
    if topup - spent < min(disputed, 0):
        check.add(check.account, "negative_balance", f"{topup - spent} micro-USD")


async def _read_entries(check: AccountCheck, number: int) -> dict[str, Entry]:
    """Return the entries of one part by reference. The first part also sums up all lines."""
    entries: dict[str, Entry] = {}
    for first in range(0, check.lines, LINES_BATCH):
        last = min(first + LINES_BATCH, check.lines) - 1
        for raw in await check.store.call("LRANGE", keys.ledger(check.account), first, last):
            line = None if check.opening and raw == check.opening.encode() else _line(raw)
            if number == 0:
                _add(check, raw, line)
            if line is not None and line.kind not in ADDED and crc32(line.reference.encode()) % check.passes == number:
                _enter(check, entries, line)
    return entries


def _line(raw: bytes) -> LedgerEntry | None:
    try:
        at_ms, kind, amount, reference = raw.decode().split(" ", 3)
        return LedgerEntry(int(at_ms), kind, int(amount), reference) if kind in KINDS else None
    except ValueError:
        return None


def _add(check: AccountCheck, raw: bytes, line: LedgerEntry | None) -> None:
    if check.opening and raw == check.opening.encode():
        _add_opening(check, raw)
    elif line is None:
        check.add(check.account, "bad_line", repr(raw))
    elif line.kind in ADDED:
        check.top_ups += line.amount_micros
        check.disputes += line.amount_micros if line.kind == "dispute" else 0
    elif line.kind == "reserve":
        check.reserves -= line.amount_micros
    elif line.kind == "credit":
        check.credits += line.amount_micros
    else:
        check.refunds += line.amount_micros


def _add_opening(check: AccountCheck, raw: bytes) -> None:
    try:
        _, _, total, _, top_ups = check.opening.split(" ")
        amount, added = int(total), int(top_ups)
    except ValueError:
        check.add(check.account, "bad_line", repr(raw))
    else:
        check.top_ups += added
        check.reserves += added - amount


def _enter(check: AccountCheck, entries: dict[str, Entry], line: LedgerEntry) -> None:
    entry = entries.get(line.reference)
    if line.kind == "reserve" and entry is None:
        entries[line.reference] = Entry(-line.amount_micros)
    elif line.kind == "reserve":
        check.add(line.reference, "two_reserves")
    elif entry is None and not check.opening:
        check.add(line.reference, f"{line.kind}_without_reserve")
    else:
        _enter_end(check, entries.setdefault(line.reference, Entry(None)), line)


def _enter_end(check: AccountCheck, entry: Entry, line: LedgerEntry) -> None:
    if line.kind == "credit":
        _enter_credit(check, entry, line)
    elif entry.refund is not None:
        check.add(line.reference, "two_settles")
    else:
        entry.refund = line.amount_micros
        if entry.reserve is not None and not 0 <= entry.refund <= entry.reserve:
            check.add(line.reference, "refund_too_large", f"{entry.refund} of {entry.reserve} micro-USD")


def _enter_credit(check: AccountCheck, entry: Entry, line: LedgerEntry) -> None:
    cost = 0 if entry.refund is None or entry.reserve is None else entry.reserve - entry.refund
    if entry.credit is not None:
        check.add(line.reference, "two_credits")
    entry.credit = line.amount_micros
    if not 0 < entry.credit <= cost and entry.reserve is not None:
        check.add(line.reference, "credit_too_large", f"{entry.credit} of {cost} micro-USD")


def _is_open(entry: Entry) -> bool:
    return entry.refund is None and entry.reserve is not None


async def _compare_listed(check: AccountCheck, entries: dict[str, Entry], number: int) -> None:
    """Compare the account's listed generations of one part with the ledger."""
    first = 0
    while found := await check.store.call("LRANGE", keys.generations(check.account), first, first + LINES_BATCH - 1):
        first += len(found)
        names = [raw.decode() for raw in found if crc32(raw) % check.passes == number]
        check.generations += len(names)
        await _compare(check, entries, names)


async def _compare(check: AccountCheck, entries: dict[str, Entry], names: Sequence[str]) -> None:
    for batch in batches(names):
        for record in await read_records(check.store, batch):
            entry = entries.get(record.id)
            if entry is not None:
                entry.compared = True
                _compare_one(check, entry, record)
            elif record.state and record.reserved != 0 and not check.opening:
                check.add(record.id, "no_reserve_line")
            check.budgets.add(record.budgets, record.spent)
            for fault in record.faults:
                check.add(record.id, fault)
            if record.state and record.account != check.account:
                check.add(record.id, "wrong_account")


def _compare_one(check: AccountCheck, entry: Entry, record: Record) -> None:
    reserved, cost, refund = record.reserved, record.cost, entry.refund
    if not record.state:
        if _is_open(entry):
            check.add(record.id, "lost")
    elif entry.reserve not in (None, reserved):
        check.add(record.id, "wrong_reserve", f"{reserved} instead of {entry.reserve} micro-USD")
    elif not record.ended:
        if not _is_open(entry):
            check.add(record.id, "settled_but_open")
    elif refund is None:
        if entry.reserve is not None:
            check.add(record.id, "no_settle_line")
    elif (entry.credit or -1) != record.credit:
        check.add(record.id, "wrong_credit", f"{record.credit} instead of {entry.credit} micro-USD")
    elif refund != reserved - cost:
        check.add(record.id, "wrong_refund", f"cost {cost}, reservation {reserved}, refund {refund} micro-USD")


async def read_records(store: StoreClient, ids: Sequence[str]) -> list[Record]:
    """Return the generations of at most IDS_BATCH ids, all read at one moment."""
    _, *rows = await store.run("check_generations", *ids)
    found = []
    for name, account, provider, state, reserved, cost, credit, budgets, faults in rows:
        words = tuple(fault.decode() for fault in faults)
        texts = (name.decode(), account.decode(), provider.decode(), state.decode())
        found.append(Record(*texts, reserved, cost, credit, budgets.decode(errors="replace"), words))
    return found


def batches(names: Sequence[str]) -> Iterator[Sequence[str]]:
    """Split `names` into batches of at most IDS_BATCH."""
    return (names[first : first + IDS_BATCH] for first in range(0, len(names), IDS_BATCH))
