"""The books checked against themselves while everything runs: rule 2 of the design, and that nothing open is forgotten.

In a system that moves, a single look sees things on their way: only what two looks find, a while apart, is reported.
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from shared.domain.generation import TERMINAL
from shared.store import accounts, keys
from shared.store.check_account import IDS_BATCH, LINES_BATCH, Record, batches, check_account, records
from shared.store.client import StoreClient
from shared.store.findings import FINDINGS_MAX, Finding, Report
from shared.store.queue import WEBHOOKS

RECHECK_S = 0.5
ACCOUNTS_BATCH = 100
KEYS_BATCH = 1000
PLACES = "gw:[abd]*"  # active and busy sets, backlogs and deliveries, without the many keys of generations


async def check_ledger(store: StoreClient, report: Report) -> None:
    """Check every account, active and busy set, backlog and delivery, filling `report` as it goes. Raises StoreDown."""
    report.accounts_total = await store.call("ZCARD", keys.ACCOUNTS)
    first = 0
    while not report.full and (ids := await accounts.list_ids(store, first, ACCOUNTS_BATCH)):
        first += len(ids)
        await _twice(partial(_look_at_accounts, store), ids, report)
    cursor: bytes | None = b"0"
    while not report.full and cursor is not None:
        cursor, found = await store.call("SCAN", cursor, "MATCH", PLACES, "COUNT", KEYS_BATCH)
        await _twice(partial(_look_at_places, store), [name.decode() for name in found], report)
        cursor = None if cursor == b"0" else cursor


async def _twice(
    look: Callable[[Sequence[str], Report], Awaitable[list[Finding]]], names: Sequence[str], report: Report
) -> None:
    """Look at all of `names`, after a while again at those with findings, and report what is still so."""
    first = await look(names, report)
    if first:
        await asyncio.sleep(RECHECK_S)
        again = await look(sorted({finding.at for finding in first}), Report())
        known = {finding.same for finding in first} - {finding.same for finding in report.findings}
        confirmed = [finding for finding in again if finding.same in known]
        report.findings += confirmed[: FINDINGS_MAX - len(report.findings)]


async def _look_at_accounts(store: StoreClient, ids: Sequence[str], report: Report) -> list[Finding]:
    return [finding for account in ids for finding in await check_account(store, account, report)]


async def _look_at_places(store: StoreClient, names: Sequence[str], report: Report) -> list[Finding]:
    findings: list[Finding] = []
    for name in names:
        if name.startswith(("gw:active:", "gw:busy:")):
            findings += await _look_at_active(store, name)
        elif name.startswith("gw:backlog:"):
            findings += await _look_at_backlog(store, name)
    for batch in batches([name for name in names if name.startswith("gw:delivery:")]):
        report.deliveries += len(batch)
        findings += await _look_at_deliveries(store, batch)
    return findings


async def _look_at_active(store: StoreClient, key: str) -> list[Finding]:
    """Members that are no open generations of this account and provider, or, of a busy set, of this provider."""
    findings: list[Finding] = []
    cursor: bytes | None = b"0"
    while cursor is not None and len(findings) < FINDINGS_MAX:
        cursor, members = await store.call("SSCAN", key, cursor, "COUNT", IDS_BATCH)
        findings += await _strangers(
            store, key, members, lambda record: bool(record.state) and record.state not in ("backlog", *TERMINAL)
        )
        cursor = None if cursor == b"0" else cursor
    return findings


async def _look_at_backlog(store: StoreClient, key: str) -> list[Finding]:
    """Items that are no waiting generations of this account and provider."""
    findings: list[Finding] = []
    first = 0
    while len(findings) < FINDINGS_MAX and (items := await store.call("LRANGE", key, first, first + LINES_BATCH - 1)):
        first += len(items)
        findings += await _strangers(store, key, items, lambda record: record.state == "backlog")
    return findings


async def _strangers(
    store: StoreClient, key: str, members: Sequence[bytes], belongs: Callable[[Record], bool]
) -> list[Finding]:
    """Members that do not belong; of those that do and whose owner has no list of them, a guest, what they lack."""
    kind, _, place = key.removeprefix("gw:").partition(":")
    account, _, provider = place.rpartition(":")
    listed = not account or await store.call("ZSCORE", keys.ACCOUNTS, account) is not None
    findings = []
    for batch in batches([raw.decode() for raw in members]):
        for record in await records(store, batch):
            fits = belongs(record) and record.provider == provider and account in ("", record.account)
            faults = (f"stale_{kind}",) if not fits else () if listed else record.faults
            findings += [Finding(at=key, id=record.id, fault=fault) for fault in faults]
    return findings


async def _look_at_deliveries(store: StoreClient, names: Sequence[str]) -> list[Finding]:
    states = await asyncio.gather(*(store.call("HGET", name, "state") for name in names))
    pending = [name for name, state in zip(names, states, strict=True) if state == b"pending"]
    ids = [name.removeprefix(keys.delivery("")) for name in pending]
    lost = await asyncio.gather(*(_lost(store, delivery_id) for delivery_id in ids))
    seen = zip(pending, ids, lost, strict=True)
    return [Finding(at=name, id=delivery_id, fault="lost_delivery") for name, delivery_id, gone in seen if gone]


async def _lost(store: StoreClient, delivery_id: str) -> bool:
    if await store.call("ZSCORE", keys.OPEN_DELIVERIES, delivery_id) is not None:
        return False
    job = f"deliver:{delivery_id}"
    queued = await store.call("ZSCORE", keys.queue(WEBHOOKS), job) is not None
    return not queued or not await store.call("EXISTS", keys.arq_job(job))
