"""The ledger check: the money rules, and that every open generation and delivery is in its index and has its job.

It runs on a live store, where one pass also sees changes in progress. So a finding is reported only if a second pass,
a moment later, finds it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from shared.domain.errors import StoreError
from shared.domain.generation import TERMINAL
from shared.store import accounts, keys
from shared.store.check_account import IDS_BATCH, LINES_BATCH, Record, batches, check_account, read_records
from shared.store.client import StoreClient
from shared.store.findings import FINDINGS_MAX, Finding, Report
from shared.store.keys import WEBHOOKS

RECHECK_S = 0.5
ACCOUNTS_BATCH = 100
KEYS_BATCH = 1000
DELIVERY, JOB = keys.delivery(""), keys.arq_job("")
WRONG_TYPE = "WRONGTYPE"  # in the store's reply to a command on a key of another type
INDEX_PATTERN = "gw:[abd]*"  # active and busy sets, backlogs and deliveries, without the many keys of generations

Check = Callable[[Sequence[str], Report], Awaitable[list[Finding]]]


async def check_ledger(store: StoreClient, report: Report) -> None:
    """Check every account, index, delivery and job, and fill `report`. Raises StoreDown."""
    report.accounts_total = await store.call("ZCARD", keys.ACCOUNTS)
    first = 0
    while not report.full and (ids := await accounts.list_ids(store, first, ACCOUNTS_BATCH)):
        first += len(ids)
        await check_accounts(store, ids, report)
    await check_open(store, report)
    cursor: bytes | None = b"0"
    while not report.full and cursor is not None:
        cursor = await check_indexes(store, cursor, report)


async def check_accounts(store: StoreClient, ids: Sequence[str], report: Report, *, recent: bool = False) -> None:
    """Check some accounts. With `recent` only the generations of their newest ledger lines are compared."""
    await check_twice(partial(_check_accounts, store, recent), ids, report)


async def check_open(store: StoreClient, report: Report) -> None:
    """Check what is open: generations, deliveries and jobs in their indexes."""
    await _check_sorted_set(store, keys.OPEN, "", partial(_check_open, store), report)
    await _check_sorted_set(store, keys.OPEN_DELIVERIES, DELIVERY, partial(_check_deliveries, store), report)
    for queue in [WEBHOOKS, *sorted(raw.decode() for raw in await store.call("SMEMBERS", keys.PROVIDERS))]:
        await _check_sorted_set(store, keys.queue(queue), JOB, partial(_check_jobs, store, queue), report)


async def check_indexes(store: StoreClient, cursor: bytes, report: Report) -> bytes | None:
    """Check the next indexes and deliveries of a scan. Return its cursor, None at its end."""
    cursor, found = await store.call("SCAN", cursor, "MATCH", INDEX_PATTERN, "COUNT", KEYS_BATCH)
    await check_twice(partial(_check_indexes, store), [name.decode() for name in found], report)
    return None if cursor == b"0" else cursor


async def _check_sorted_set(store: StoreClient, key: str, prefix: str, check: Check, report: Report) -> None:
    """Check the members of a sorted set, batch by batch. With the prefix they are keys."""
    cursor: bytes | None = b"0"
    try:
        while not report.full and cursor is not None:
            cursor, pairs = await store.call("ZSCAN", key, cursor, "COUNT", IDS_BATCH)
            await check_twice(check, [prefix + raw.decode() for raw in pairs[::2]], report)
            cursor = None if cursor == b"0" else cursor
    except StoreError as error:
        report.findings.append(_unreadable(key, error))


def _unreadable(name: str, error: StoreError) -> Finding:
    """Return the finding of a key that is of another type. Raises any other error."""
    if WRONG_TYPE not in str(error):
        raise error
    return Finding(at=name, id=name, fault="unreadable")


async def check_twice(check: Check, names: Sequence[str], report: Report) -> None:
    """Check all of `names`, then those with findings once more, and report the findings of both passes."""
    first = await check(names, report)
    if first:
        await asyncio.sleep(RECHECK_S)
        again = await check(sorted({finding.at for finding in first}), Report())
        known = {finding.identity for finding in first} - {finding.identity for finding in report.findings}
        confirmed = [finding for finding in again if finding.identity in known]
        report.findings += confirmed[: FINDINGS_MAX - len(report.findings)]


async def _check_accounts(store: StoreClient, recent: bool, ids: Sequence[str], report: Report) -> list[Finding]:
    checks = ((account, check_account(store, account, report, recent=recent)) for account in ids)
    return [found for account, check in checks for found in await _read(account, check)]


async def _read(name: str, check: Awaitable[list[Finding]]) -> list[Finding]:
    """Return the findings of a check, or that `name` is unreadable."""
    try:
        return await check
    except StoreError as error:
        return [_unreadable(name, error)]


async def _check_open(store: StoreClient, names: Sequence[str], report: Report) -> list[Finding]:
    """Check the sweeper's index. The account of an unreadable record may be unreadable too, so no list has it."""
    records = [record for batch in batches(names) for record in await read_records(store, batch)]
    findings: list[Finding] = []
    for record in records:
        if "unreadable" in record.faults:
            findings.append(Finding(at=record.id, id=record.id, fault="unreadable"))
        elif (record.ended or not record.state) and await store.call("ZSCORE", keys.OPEN, record.id) is not None:
            findings.append(Finding(at=record.id, id=record.id, fault="stale_open"))
    return findings


async def _check_indexes(store: StoreClient, names: Sequence[str], report: Report) -> list[Finding]:
    findings: list[Finding] = []
    for name in names:
        if name.startswith(("gw:active:", "gw:busy:")):
            findings += await _read(name, _check_active(store, name))
        elif name.startswith("gw:backlogs:"):
            findings += await _read(name, _check_backlog(store, name))
    deliveries = [name for name in names if name.startswith(DELIVERY)]
    report.deliveries += len(deliveries)
    return findings + await _check_deliveries(store, deliveries, report)


async def _check_active(store: StoreClient, key: str) -> list[Finding]:
    """Find members that are not open generations of the set's account and provider."""
    findings: list[Finding] = []
    cursor: bytes | None = b"0"
    while cursor is not None and len(findings) < FINDINGS_MAX:
        cursor, members = await store.call("SSCAN", key, cursor, "COUNT", IDS_BATCH)
        findings += await _check_members(
            store, key, members, lambda record: bool(record.state) and record.state not in ("backlog", *TERMINAL)
        )
        cursor = None if cursor == b"0" else cursor
    return findings


async def _check_backlog(store: StoreClient, key: str) -> list[Finding]:
    """Find items that are not waiting generations of the set's account and provider."""
    findings: list[Finding] = []
    first = 0
    while len(findings) < FINDINGS_MAX and (items := await store.call("ZRANGE", key, first, first + LINES_BATCH - 1)):
        first += len(items)
        findings += await _check_members(store, key, items, lambda record: record.state == "backlog")
    return findings


async def _check_members(
    store: StoreClient, key: str, members: Sequence[bytes], belongs: Callable[[Record], bool]
) -> list[Finding]:
    """Find members that do not belong. For a guest, who has no account, find the faults of the other members too."""
    kind, _, owner = key.removeprefix("gw:").partition(":")
    kind = kind.removesuffix("s")
    account, _, provider = owner.rpartition(":")
    listed = not account or await store.call("ZSCORE", keys.ACCOUNTS, account) is not None
    findings = []
    for batch in batches([raw.decode() for raw in members]):
        for record in await read_records(store, batch):
            fits = belongs(record) and record.provider == provider and account in ("", record.account)
            faults = (f"stale_{kind}",) if not fits else () if listed else record.faults
            findings += [Finding(at=key, id=record.id, fault=fault) for fault in faults]
    return findings


async def _check_deliveries(store: StoreClient, names: Sequence[str], report: Report) -> list[Finding]:
    """Find deliveries that are unreadable, pending and forgotten, or not pending and still in the sweeper's index."""
    return await _find_faults(store, ("check_deliveries",), names, DELIVERY)


async def _check_jobs(store: StoreClient, queue: str, names: Sequence[str], report: Report) -> list[Finding]:
    """Find jobs whose generation or delivery does not wait for them."""
    return await _find_faults(store, ("check_jobs", queue), names, JOB)


async def _find_faults(store: StoreClient, verb: Sequence[str], names: Sequence[str], prefix: str) -> list[Finding]:
    """Run a verb that returns the fault of each id, or an empty string."""
    findings: list[Finding] = []
    for batch in batches(names):
        ids = [name.removeprefix(prefix) for name in batch]
        _, *faults = await store.run(*verb, *ids)
        for name, found, fault in zip(batch, ids, faults, strict=True):
            findings += [Finding(at=name, id=found, fault=fault.decode())] if fault else []
    return findings
