"""An account that erased itself is nowhere on the machine any more: store, database, storage and logs."""

import asyncio

from shared.store import keys, webhooks
from shared.store.connect import Store
from tests.suites.e2e.caller import Place, deploy

NAME, PROMPT, HOOK = "Lovelace-9137", "a violet zeppelin 4471", "https://hooks-2286.example/in"
TRACES = (NAME, PROMPT, "zeppelin", "hooks-2286")
LIMIT_S = 60.0


async def test_erased_account_is_found_in_no_file() -> None:
    """No prompt, name or address is in a dump of the store, its log, the database, an output or a log."""
    async with deploy(workers=("paid", "noop"), env={"LOG_LEVEL": "debug"}) as place, asyncio.timeout(LIMIT_S):
        archiver = place.stack.add("archive", "-m", "workers", "archive")
        await archiver.wait_for_log("archiver.started")
        caller = await place.create_caller(cents=1000)
        account, store = caller.customer.account, place.store
        await store.call("HSET", keys.account(account), "name", NAME)
        await webhooks.create_endpoint(store, account, HOOK)
        for prompt, model in (
            (PROMPT, "test/noop"),
            (f"polls=1 {PROMPT}", "test/paid"),
            (f"fail {PROMPT}", "test/paid"),
        ):
            await caller.wait_for_end(await caller.create(prompt, model))
        await caller.check_balance()
        await wait_until_archived(store)
        await dump(store)
        before = find_traces(place)
        assert set(TRACES) == before["dump.rdb"] == before["base"]
        assert set(TRACES) == before["records.db"]

        answer = await caller.request("DELETE", f"/api/v1/account?confirm={account}")
        assert 202 == answer.status, answer
        while await store.call("ZCARD", keys.ERASURES):
            await asyncio.sleep(0.1)
        await wait_until_archived(store)
        await dump(store)
        assert {} == {part: found for part, found in find_traces(place).items() if found}
        assert [] == (await place.stack.run_cli("ledger", "check", "--full"))["findings"]
        assert 401 == (await caller.submit()).status


async def wait_until_archived(store: Store) -> None:
    """Wait until the archiver has nothing left to do."""
    while await store.call("XLEN", keys.RECORDS):
        await asyncio.sleep(0.1)


async def dump(store: Store) -> None:
    """Write the store's dump, and a new base of its log, both without compression, which would hide a text."""
    await store.call("CONFIG", "SET", "rdbcompression", "no")
    while b"_in_progress:1" in await store.call("INFO", "persistence"):
        await asyncio.sleep(0.05)
    await store.call("SAVE")
    await store.call("BGREWRITEAOF")
    while b"aof_rewrite_in_progress:1" in await store.call("INFO", "persistence"):
        await asyncio.sleep(0.05)


def find_traces(place: Place) -> dict[str, set[str]]:
    """Return the traces in each kind of file: the dump, the base and the rest of the store's log, the database, ..."""
    found = dict[str, set[str]]()
    files = [path for path in place.stack.data_dir.rglob("*") if path.is_file()]
    for path in (*files, *(process.log for process in place.stack.processes.values())):
        kind = "base" if ".base." in path.name else "records.db" if path.name.startswith("records.db") else path.name
        raw = path.read_bytes()
        found.setdefault(kind, set()).update(trace for trace in TRACES if trace.encode() in raw)
    return found
