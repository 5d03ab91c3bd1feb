"""The ledger check: the money rules, and that every open generation and delivery is in its index.

It runs on a live store, where one pass also sees changes in progress. So a finding is reported only if a second pass,
a moment later, finds it again.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from shared.domain.generation import TERMINAL
from shared.store import accounts, keys
from shared.store.check_account import IDS_BATCH, LINES_BATCH, Record, batches, check_account, read_records
from shared.store.client import StoreClient
from shared.store.findings import FINDINGS_MAX, Finding, Report
from shared.store.keys import WEBHOOKS

RECHECK_S = 0.5
ACCOUNTS_BATCH = 100
KEYS_BATCH = 1000
INDEX_PATTERN = "gw:[abd]*"  # active and busy sets, backlogs and deliveries, without the many keys of generations


async def check_ledger(store: StoreClient, report: Report) -> None:
    """Check every account, active and busy set, backlog and delivery, and fill `report`. Raises StoreDown."""
    report.accounts_total = await store.call("ZCARD", keys.ACCOUNTS)
    first = 0
    while not report.full and (ids := await accounts.list_ids(store, first, ACCOUNTS_BATCH)):
        first += len(ids)
        await _check_twice(partial(_check_accounts, store), ids, report)
    cursor: bytes | None = b"0"
    while not report.full and cursor is not None:
        cursor, pairs = await store.call("ZSCAN", keys.OPEN, cursor, "COUNT", IDS_BATCH)
        await _check_twice(partial(_check_open, store), [raw.decode() for raw in pairs[::2]], report)
        cursor = None if cursor == b"0" else cursor
    cursor = b"0"
    while not report.full and cursor is not None:
        cursor, found = await store.call("SCAN", cursor, "MATCH", INDEX_PATTERN, "COUNT", KEYS_BATCH)
        await _check_twice(partial(_check_indexes, store), [name.decode() for name in found], report)
        cursor = None if cursor == b"0" else cursor


async def _check_twice(
    check: Callable[[Sequence[str], Report], Awaitable[list[Finding]]], names: Sequence[str], report: Report
) -> None:
    """Check all of `names`, then those with findings once more, and report the findings of both passes."""
    first = await check(names, report)
    if first:
        await asyncio.sleep(RECHECK_S)
        again = await check(sorted({finding.at for finding in first}), Report())
        known = {finding.identity for finding in first} - {finding.identity for finding in report.findings}
        confirmed = [finding for finding in again if finding.identity in known]
        report.findings += confirmed[: FINDINGS_MAX - len(report.findings)]


async def _check_accounts(store: StoreClient, ids: Sequence[str], report: Report) -> list[Finding]:
    return [finding for account in ids for finding in await check_account(store, account, report)]


async def _check_open(store: StoreClient, names: Sequence[str], report: Report) -> list[Finding]:
    """Find unreadable records in the sweeper's index: their account may be unreadable too, so no list has them."""
    records = [record for batch in batches(names) for record in await read_records(store, batch)]
    return [
        Finding(at=record.id, id=record.id, fault="unreadable") for record in records if "unreadable" in record.faults
    ]


async def _check_indexes(store: StoreClient, names: Sequence[str], report: Report) -> list[Finding]:
    findings: list[Finding] = []
    for name in names:
        if name.startswith(("gw:active:", "gw:busy:")):
            findings += await _check_active(store, name)
        elif name.startswith("gw:backlogs:"):
            findings += await _check_backlog(store, name)
    for batch in batches([name for name in names if name.startswith("gw:delivery:")]):
        report.deliveries += len(batch)
        findings += await _check_deliveries(store, batch)
    return findings


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


async def _check_deliveries(store: StoreClient, names: Sequence[str]) -> list[Finding]:
    states = await asyncio.gather(*(store.call("HGET", name, "state") for name in names))
    pending = [name for name, state in zip(names, states, strict=True) if state == b"pending"]
    ids = [name.removeprefix(keys.delivery("")) for name in pending]
    lost = await asyncio.gather(*(_check_lost(store, delivery_id) for delivery_id in ids))
    seen = zip(pending, ids, lost, strict=True)
    return [Finding(at=name, id=delivery_id, fault="lost_delivery") for name, delivery_id, gone in seen if gone]


async def _check_lost(store: StoreClient, delivery_id: str) -> bool:
    if await store.call("ZSCORE", keys.OPEN_DELIVERIES, delivery_id) is not None:
        return False
    job = f"deliver:{delivery_id}"
    queued = await store.call("ZSCORE", keys.queue(WEBHOOKS), job) is not None
    return not queued or not await store.call("EXISTS", keys.arq_job(job))
