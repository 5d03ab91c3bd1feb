"""Checks of the database: it can be reached and written, fits this version and the store, and has room."""

import contextlib
import os
import shutil
from pathlib import Path

from operate.checks import Check, doubtful, right, wrong
from shared.domain.errors import StoreDown, StoreError
from shared.ops.host import FREE_BYTES_MIN
from shared.ops.settings import Settings
from shared.records.connect import SQLITE, Records
from shared.records.errors import RecordsDown, RecordsUnfit
from shared.records.examine import POSTGRESQL_MIN, read_server
from shared.records.opening import open_records, read_identity
from shared.store.archive import read_database, read_lag
from shared.store.connect import Store

LAG_MAX_MS = 600_000
WAITING_MAX = 400_000  # of 500,000
PART = "database"
START = "Start an archiver: python -m workers archive"


async def check_database(settings: Settings, store: Store | None) -> list[Check]:
    """Return the checks of the database. `store` is None if it does not answer."""
    url = settings.records_url
    if not url:
        return [right(PART, "off: ended records leave the store by retention")]
    if url.startswith(SQLITE):
        found = _check_file(Path(url.removeprefix(SQLITE)))
        if found is not None:
            return [found]
    async with open_records(url) as records:
        checks = await _check_server(records)
        identity = "" if checks[-1].result == "wrong" else await _read_identity(records, checks)
    if store is not None:
        with contextlib.suppress(StoreDown, StoreError):  # the checks of the store report it
            checks += await _check_store(store, identity)
    return checks


def _check_file(path: Path) -> Check | None:
    """Return what is wrong with the file of SQLite, None if it can be opened."""
    folder = path.parent
    known = next(parent for parent in (folder, *folder.parents) if parent.exists())
    for place in (path, known):
        if place.exists() and not os.access(place, os.R_OK | os.W_OK):
            return wrong(PART, f"{place} cannot be written", "Give this user the file and its folder.")
    free = shutil.disk_usage(known).free
    if free < FREE_BYTES_MIN:
        return wrong(PART, f"{free / 1e6:,.0f} MB free at {known}", "Free space, or move the database.")
    return None if path.exists() else doubtful(PART, f"{path} does not exist yet", START)


async def _check_server(records: Records) -> list[Check]:
    try:
        facts = await read_server(records)
    except (RecordsDown, RecordsUnfit) as error:
        return [wrong(PART, f"It cannot be read ({error})", "Start it, or correct DATABASE_URL.")]
    checks = [right(PART, f"{facts.version} answers, {facts.size_bytes / 1e6:,.0f} MB")]
    if not facts.is_supported:
        least = f"Use PostgreSQL {POSTGRESQL_MIN // 10_000} or later."
        checks = [wrong(PART, f"{facts.version} is too old", least)]
    elif not facts.may_write:
        fix = "Grant it CREATE on the schema, and INSERT, UPDATE and DELETE on its tables."
        checks.append(wrong("database rights", "The user of DATABASE_URL may not write", fix))
    return checks


async def _read_identity(records: Records, checks: list[Check]) -> str:
    """Return the identity of the database, "" if it has none, and add the check of its schema."""
    try:
        identity = await read_identity(records)
    except RecordsDown as error:
        checks.append(wrong("schema", f"It cannot be read ({error})", "See the server's log."))
    except RecordsUnfit as error:
        checks.append(doubtful("schema", str(error), "An archiver of this version migrates an older one at its start."))
    else:
        checks.append(right("schema", "of this version"))
        return identity
    return ""


async def _check_store(store: Store, identity: str) -> list[Check]:
    known, lag = await read_database(store), await read_lag(store)
    if known and identity and known != identity:
        found = f"The store's records are in another database ({known}; this one is {identity})"
        return [wrong("records", found, "Correct DATABASE_URL, or restore that database: docs/records.md.")]
    if lag is None:
        return [doubtful("records", "No archiver has ever run", START)]
    shown = f"{lag.waiting:,} ended records wait, the oldest for {lag.age_ms / 1000:,.0f} s"
    if lag.age_ms > LAG_MAX_MS or lag.waiting > WAITING_MAX:
        return [doubtful("records", shown, "Start an archiver, or see its log: docs/runbook.md#recordslag")]
    return [right("records", shown)]
