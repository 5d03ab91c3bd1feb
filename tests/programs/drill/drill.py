"""The restore drill: destroy a store under load, restore it from a backup, and check every claim of the documentation.

Clients order all the time. The drill takes a backup, lets the load continue, kills every process, and removes the
store's files. It puts the backup in their place, runs `wokflow store restored`, and starts the processes again. It does
so twice: with a database from before the store's backup, and with one from after it.
"""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from shared.records.opening import open_records
from shared.records.read import list_lines
from shared.store import accounts, archive, generations
from tests.harness.processes import make_folder
from tests.suites.e2e.caller import Caller, Place, deploy

CENTS = 1_000_000
CONCURRENCY = 4  # of the account. Other generations wait, so that the backup has every kind
POLL_S = 0.05
ENDED_S = 60.0
PROMPTS = ("polls=1", "polls=2 wait=0.1", "polls=3 wait=0.3")
BEFORE, AFTER = "before", "after"  # the backup of the store: moments of one of the database
RESTORED = "restored"  # kind of a ledger line that takes back lines that the store has lost
UNCERTAIN = "outcome_unknown"  # the backup caught it during its submit; it is refunded at its deadline
NO_LAG = archive.RecordsLag(0, 0)
ReportProgress = Callable[[str], None]


class Size(Struct, frozen=True, kw_only=True):
    """The amount of load."""

    clients: int = 4
    before_s: float = 6.0
    after_s: float = 3.0
    pause_s: float = 0.05  # between two orders of a client


class PairResult(Struct, kw_only=True):
    """A restored store with a database of another moment: how they differ, and what is said to be missing."""

    moment: str  # of the database's backup
    differences: list[str] = []
    missing: dict[str, Any] = {}


class DrillResult(Struct, kw_only=True):
    """The acknowledged generations, the output of the commands, and the final states."""

    pairs: list[PairResult] = []

    acknowledged: dict[str, int] = {}  # id to the Unix ms at which the client read the 201
    backup: dict[str, Any] = {}
    restored: dict[str, Any] = {}
    check: dict[str, Any] = {}
    states: dict[str, str] = {}  # of acknowledged generations in the restored store
    codes: dict[str, str] = {}  # error codes of those that failed
    submits_max: int = 0  # of any one generation


async def run_drill(size: Size, report: ReportProgress) -> DrillResult:
    """Run the whole drill. Raises AssertionError if a command fails or a generation does not end."""
    result = DrillResult()
    async with deploy(workers=("paid",), env={"LOG_INFO_PER_S": "0"}) as place:
        caller = await place.create_caller(cents=CENTS, concurrency=CONCURRENCY, backlog_max=100_000)
        await place.stack.add("archive", "-m", "workers", "archive").wait_for_log("archiver.started")
        load = [asyncio.create_task(send_orders(caller, size, result)) for _ in range(size.clients)]
        copies = make_folder("backup")
        await asyncio.sleep(size.before_s / 2)
        await place.stack.run_cli("records", "backup", str(copies / BEFORE))
        await asyncio.sleep(size.before_s / 2)
        copy = copies / "appendonlydir"
        result.backup = await place.stack.run_cli("store", "backup", str(copy))
        size_bytes = result.backup["size_bytes"]
        report(f"{len(result.acknowledged)} acknowledged; backup of {size_bytes:,} bytes, the load continues")
        await asyncio.sleep(size.after_s)
        await place.stack.run_cli("records", "backup", str(copies / AFTER))
        for moment in (BEFORE, AFTER):
            destroy(place, load)
            report(f"{len(result.acknowledged)} acknowledged; every process killed, their files removed")
            await restore(place, copy, copies / moment, result)
            report(f"restored: {len(result.restored['refunded'])} refunded, {result.restored['going_on']} continue")
            await read_states(place, caller, result)
            pair = await compare_pair(place, caller, moment)
            result.check = await place.stack.run_cli("ledger", "check", "--full")
            pair.differences += [f"ledger check: {finding}" for finding in result.check["findings"]]
            result.pairs.append(pair)
            kinds = ", ".join(line["kind"] for line in pair.missing["lines"]) or "none"
            report(f"with a database from {moment} that backup; lines in place of lost ones: {kinds}")
    return result


async def send_orders(caller: Caller, size: Size, result: DrillResult) -> None:
    """Order until cancelled. An order counts as acknowledged once its response has arrived."""
    number = 0
    while True:
        name = await caller.create(PROMPTS[number % len(PROMPTS)], "test/paid")
        result.acknowledged[name] = time.time_ns() // 1_000_000
        number += 1
        await asyncio.sleep(size.pause_s)


def destroy(place: Place, load: list[asyncio.Task[None]]) -> None:
    """Kill every process during its work, and remove the files of the store and the database."""
    place.stack.kill()
    for task in load:
        task.cancel()
    shutil.rmtree(place.stack.data_dir / "store")
    for path in place.stack.data_dir.glob("records.db*"):
        path.unlink()


async def restore(place: Place, copy: Path, database: Path, result: DrillResult) -> None:
    """Restore as docs/operate.md says: the files, the store, the command, then everything else."""
    shutil.copytree(copy, place.stack.data_dir / "store" / "appendonlydir")
    shutil.copyfile(database, place.stack.data_dir / "records.db")
    await place.stack.start_store()
    log = str(place.stack.processes["gateway"].log)
    result.restored = await place.stack.run_cli("store", "restored", "--log", log)
    for name, process in place.stack.processes.items():
        if name != "store":
            process.start()
    await place.stack.wait_until_ready()


async def read_states(place: Place, caller: Caller, result: DrillResult) -> None:
    """Wait until the acknowledged generations in the store have ended, then check the account."""
    end = time.monotonic() + ENDED_S
    for name in result.acknowledged:
        generation = await generations.view(place.store, "", name)
        while generation is not None and generation.open:
            assert time.monotonic() < end, f"{name} is still {generation.state}"
            await asyncio.sleep(POLL_S)
            generation = await generations.view(place.store, "", name)
        if generation is not None:
            result.states[name] = generation.state
            result.codes[name] = (generation.outcome.error_code if generation.outcome else None) or ""
    result.submits_max = max(place.provider.submits.values())
    await caller.check_balance()


async def compare_pair(place: Place, caller: Caller, moment: str) -> PairResult:
    """Wait until the archiver has compared all of the store with the database, and compare their ledgers."""
    end = time.monotonic() + ENDED_S
    while not await archive.check_swept(place.store) or (await archive.read_lag(place.store) or NO_LAG).waiting:
        assert time.monotonic() < end, "the archiver does not finish"
        await asyncio.sleep(POLL_S)
    found = PairResult(moment=moment, missing=await place.stack.run_cli("records", "missing"))
    account = await accounts.find(place.store, caller.customer.account)
    async with open_records(place.stack.settings.records_url) as records, records.read() as connection:
        lines = await list_lines(connection, caller.customer.account)
    total = sum(line.amount for line in lines)
    if account is None or account.balance != total:
        found.differences.append(f"the balance is {account and account.balance}, and the database's lines are {total}")
    named = {line["kind"] for line in found.missing["lines"]}
    if moment == AFTER and RESTORED not in named:
        found.differences.append("the database knows later lines than the store, but nothing says so")
    found.differences += [f"{one['id']} is in no record" for one in found.missing["generations"]]
    return found


def violations(result: DrillResult) -> list[str]:
    """List the broken claims."""
    at_ms, named = result.backup["at_ms"], {loss["id"] for loss in result.restored["lost"]}
    missing = result.acknowledged.keys() - result.states.keys()
    early = [name for name in missing if result.acknowledged[name] < at_ms]
    refunded = set(result.restored["refunded"])
    return [
        *(f"{name} was acknowledged before the backup but is not in it" for name in early),
        *(f"{name} is lost but was not reported" for name in missing - named),
        *(f"{name} was reported as lost but exists" for name in named & result.states.keys()),
        *(
            f"{name} was refunded but is {result.states[name]}"
            for name in refunded
            if result.codes.get(name) != "restored"
        ),
        *(f"{name} failed: {code}" for name, code in result.codes.items() if code not in ("", "restored", UNCERTAIN)),
        *(f"database from {pair.moment} the backup: {fault}" for pair in result.pairs for fault in pair.differences),
        *([f"a generation was submitted {result.submits_max} times"] if result.submits_max > 1 else []),
    ]
