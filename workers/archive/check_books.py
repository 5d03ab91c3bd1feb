"""Check the books: hourly what changed, and everything in slices over a day. One of all archivers does each."""

import asyncio
import time
from contextlib import suppress

import msgspec
import structlog

from shared.domain.errors import StoreDown, StoreError
from shared.domain.times import DAY_MS
from shared.ops import redaction
from shared.ops.clock import CLOCK
from shared.records.books import FullCheck, advance, check_changed
from shared.records.connect import Records
from shared.records.errors import RecordsDown
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.findings import Report
from shared.store.stats import claim_ledger_check, claim_slice, record_full_check, record_ledger_check

LOOK_EVERY_S = 10.0
SLICE_EVERY_S, SLICE_S = 60.0, 2.0
FINDINGS_LOGGED = 10
REASON_CHARS_MAX = 200

log = structlog.get_logger()


async def check_books_forever(store: StoreClient, records: Records, every_s: float) -> None:
    """Check what changed every `every_s` seconds, and everything once a day, until cancelled; never if that is 0."""
    while every_s:
        try:
            if await claim_ledger_check(store, every_s):
                await check_what_changed(store, records)
            if await claim_slice(store, SLICE_EVERY_S):
                await check_slice(store, records)
        except (StoreDown, StoreError, RecordsDown) as error:
            log.warning("ledger.check_failed", reason=redaction.foreign().error(error, REASON_CHARS_MAX))
        await asyncio.sleep(min(every_s, LOOK_EVERY_S))
    await asyncio.Event().wait()


async def check_what_changed(store: StoreClient, records: Records) -> Report:
    """Check what changed since the last check, and record the result. Raises StoreDown, RecordsDown."""
    began_s, report = time.monotonic(), Report()
    await check_changed(store, records, report)
    took_ms = round((time.monotonic() - began_s) * 1000)
    await record_ledger_check(store, report, took_ms)
    report_findings(report, took_ms, "changed")
    return report


async def check_slice(store: StoreClient, records: Records, slice_s: float = SLICE_S) -> FullCheck:
    """Go on with the full check for some seconds, wherever it was left. A new one begins a day after the last one.

    Raises StoreDown, RecordsDown.
    """
    state, now_ms, until_s = await read_full_check(store), CLOCK.now_ms(), time.monotonic() + slice_s
    if state.ended_ms:
        if now_ms < state.began_ms + DAY_MS:
            return state
        state = FullCheck()
    state.began_ms = state.began_ms or now_ms
    while not state.ended_ms:
        await advance(store, records, state)
        if time.monotonic() >= until_s:
            break
    await store.call("SET", keys.FULL_CHECK, msgspec.json.encode(state))
    if state.ended_ms:
        await record_full_check(store, len(state.report.findings))
        report_findings(state.report, state.ended_ms - state.began_ms, "all")
    return state


async def read_full_check(store: StoreClient) -> FullCheck:
    """Return the state of the full check; a new one if there is none that this version can read."""
    raw = await store.call("GET", keys.FULL_CHECK)
    with suppress(msgspec.DecodeError):
        return msgspec.json.decode(raw or b"{}", type=FullCheck)
    return FullCheck()


def report_findings(report: Report, took_ms: int, scope: str) -> None:
    """Log the result of a check."""
    if report.findings:
        found = [f"{finding.fault} {finding.id}" for finding in report.findings[:FINDINGS_LOGGED]]
        log.error("ledger.faults_found", findings=len(report.findings), first=found, took_ms=took_ms, scope=scope)
    else:
        log.info(
            "ledger.checked", accounts=report.accounts, generations=report.generations, took_ms=took_ms, scope=scope
        )
