"""Erase an account: its keys, endpoints, texts and files. Amounts stay, for the books.

Each step can be repeated, so an erasure that was interrupted is run again.
"""

import asyncio
import contextlib
import time
from collections.abc import Sequence
from typing import Annotated

import structlog
from msgspec import Struct

from operate.accounts import require_account
from operate.operator import Operator
from operate.people import erase_people
from operate.receipts import open_books
from shared.domain.described import doc
from shared.domain.errors import Refused, StoreError
from shared.domain.generation import read
from shared.ops.clock import CLOCK
from shared.ops.storage import Storage
from shared.records import erase as records_erase
from shared.records.connect import Records
from shared.records.erase import stored_paths
from shared.store import archive, erase
from shared.store.archive import GENERATION

WAIT_S, PAUSE_S = 10.0, 0.5
AGAIN_MS = 600_000  # until the rest of an erasure is tried again
REQUESTED = "account erase requested"

log = structlog.get_logger()


class Erased(Struct, kw_only=True):
    """The protocol of an erasure. Open generations end by their deadline: run the erasure again then."""

    account: Annotated[str, doc("The account's id.")]
    keys: Annotated[int, doc("Keys that were revoked.")] = 0
    endpoints: Annotated[int, doc("Webhook endpoints that were removed.")] = 0
    records: Annotated[int, doc("Generations and deliveries that left the store.")] = 0
    rows: Annotated[int, doc("Rows of the database whose texts were erased.")] = 0
    people: Annotated[int, doc("People who were in no other account.")] = 0
    uploads: Annotated[int, doc("Uploads that were dropped.")] = 0
    files: Annotated[int, doc("Files that were deleted.")] = 0
    actions: Annotated[int, doc("Details of operators' actions that were erased.")] = 0
    open: Annotated[int, doc("Generations and deliveries that have not ended, or are not archived yet.")] = 0
    complete: Annotated[bool, doc("Whether everything is erased.")] = False


async def erase_account(
    operator: Operator, account: str, storage: Storage, records: Records | None, *, wait_s: float = WAIT_S
) -> Erased:
    """Erase an account, and return the protocol, which is in the audit too. Raises Refused, StoreDown, RecordsDown.

    It waits at most `wait_s` for archivers, which write records to the database before they leave the store.
    """
    await require_account(operator, account)
    done, until_s = Erased(account=account), time.monotonic() + wait_s
    while True:
        await _erase_once(operator, done, storage, records)
        if done.complete or time.monotonic() >= until_s:
            break
        await asyncio.sleep(PAUSE_S)
    await _note(operator, done)
    return done


async def request_erasure(operator: Operator, account: str) -> Erased:
    """Revoke an account's keys and remove its endpoints, and note that gateways erase the rest. Raises StoreDown."""
    await erase.request(operator.store, account, CLOCK.now_ms())
    revoked, removed = await erase.revoke_all(operator.store, account)
    await operator.act(REQUESTED, account).run("note_action", "done", durable=True)
    return Erased(account=account, keys=revoked, endpoints=removed)


async def erase_requested(operator: Operator, storage: Storage) -> None:
    """Erase the accounts that have requested it, as far as is possible now; the rest of each is tried again later.

    Raises Refused while the database is away, StoreDown, RecordsDown.
    """
    store = operator.store
    for account in await erase.list_requested(store, CLOCK.now_ms()):
        await erase.postpone_request(store, account, CLOCK.now_ms() + AGAIN_MS)
        if operator.records_url:
            async with open_books(operator.records_url) as records:
                done = await erase_account(operator, account, storage, records)
        else:
            done = await erase_account(operator, account, storage, None)
        log.info("account.erased", account=account, complete=done.complete, open=done.open)
        if done.complete:
            await erase.drop_request(store, account)


async def _erase_once(operator: Operator, done: Erased, storage: Storage, records: Records | None) -> None:
    """Erase everything that can be erased now, and add it to the protocol."""
    store, account = operator.store, done.account
    done.open, (revoked, removed) = 0, await erase.revoke_all(store, account)
    done.keys, done.endpoints = done.keys + revoked, done.endpoints + removed
    done.uploads += await erase.drop_uploads(store, account)
    async for ended, others in erase.scan_owned(store, account):
        for name in others:
            if name.startswith(archive.DELIVERY):
                await erase.end_delivery(store, name.removeprefix(archive.DELIVERY), CLOCK.now_ms())
        ready = await _list_archived(records, ended)
        done.open += len(others) + len(ended) - len(ready)
        done.files += await _delete_outputs(operator, storage, ready)
        await erase.drop_records(store, ready)
        done.records += len(ready)
    if records is not None:
        done.people += await erase_people(records, account)
    done.actions += await _erase_texts(operator, records, account)
    if records is not None:
        async for found in records_erase.list_owned(records, account):
            await storage.delete(found.paths)
            await records_erase.erase_rows(records, found)
            done.rows, done.files = done.rows + len(found.rows), done.files + len(found.paths)
    is_clean = records is None or await records_erase.clean(records)
    done.complete = not done.open and is_clean


async def _erase_texts(operator: Operator, records: Records | None, account: str) -> int:
    """Erase an account's name and the details of actions on it. Return the number of actions.

    The store goes first, and what an archiver has read from it already is written before the database is erased.
    """
    if records is None:
        return await erase.erase_texts(operator.store, account, ())
    async with records.read() as connection:
        subjects = {str(row["subject"]) for row in await records_erase.list_actions(connection, account)}
    await erase.erase_texts(operator.store, account, subjects)
    await records_erase.settle_batches(records)
    return await records_erase.erase_facts(records, account)


async def _list_archived(records: Records | None, names: Sequence[str]) -> list[str]:
    """Return those records that the database has: only these may leave the store."""
    if records is None or not names:
        return list(names)
    ids = {name: name.removeprefix(GENERATION).removeprefix(archive.DELIVERY) for name in names}
    async with records.read() as connection:
        known = await records_erase.list_known(connection, list(ids.values()))
    return [name for name, found in ids.items() if found in known]


async def _delete_outputs(operator: Operator, storage: Storage, names: Sequence[str]) -> int:
    """Delete the outputs of generations in our storage. Return their number."""
    chosen = [name for name in names if name.startswith(GENERATION)]
    paths = list[str]()
    for name, fields in zip(chosen, await archive.read_hashes(operator.store, chosen), strict=True):
        if fields:
            found = read(name.removeprefix(GENERATION), fields)
            paths += [path for outcome in (found.outcome, found.late) for path in stored_paths(outcome)]
    if paths:
        await storage.delete(paths)
    return len(paths)


async def _note(operator: Operator, done: Erased) -> None:
    """Write the protocol to the audit, and have the store rewrite its file, which has the old forms."""
    counts = {name: getattr(done, name) for name in Erased.__struct_fields__ if name != "account"}
    detail = ", ".join(f"{name} {count}" for name, count in counts.items())
    await operator.act(records_erase.ACTION, done.account, detail).run("note_action", "done")
    with contextlib.suppress(StoreError):  # a rewrite runs already, or the server does not permit it
        await operator.store.call("BGREWRITEAOF")


def require_confirmation(account: str, given: str) -> None:
    """Raise Refused unless the account's id is repeated."""
    if account != given:
        raise Refused("not_confirmed", f"An erasure cannot be undone. Repeat the account's id: --confirm {account}")
