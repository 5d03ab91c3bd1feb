"""The restore drill: a store destroyed under load, restored from a backup, and every claim about it checked.

Clients order all the while. A backup is taken, the load goes on, then everything is killed and the store's files are
removed. The backup is put in their place, `wokflow store restored` is run, and the processes start again.
"""

import asyncio
import shutil
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from msgspec import Struct

from shared.store import generations
from tests.harness.processes import make_folder
from tests.suites.e2e.caller import Caller, Place, deploy

CENTS = 1_000_000
CONCURRENCY = 4  # of the account: the rest waits, so that the backup has some of each kind
LOOK_S = 0.05
ENDED_S = 60.0
PROMPTS = ("polls=1", "polls=2 wait=0.1", "polls=3 wait=0.3")
IN_DOUBT = "outcome_unknown"  # it was being submitted when the backup was taken, and is refunded at its deadline
Say = Callable[[str], None]


class Size(Struct, frozen=True, kw_only=True):
    """How much is at stake."""

    clients: int = 4
    before_s: float = 6.0
    after_s: float = 3.0
    pause_s: float = 0.05  # of a client between two orders


class Found(Struct, kw_only=True):
    """What was acknowledged, what the commands said, and what is there in the end."""

    acknowledged: dict[str, int] = {}  # id to Unix ms at which its 201 was read
    backup: dict[str, Any] = {}
    told: dict[str, Any] = {}
    check: dict[str, Any] = {}
    states: dict[str, str] = {}  # of the acknowledged ones that the restored store has
    codes: dict[str, str] = {}  # why those of them failed that did
    submits_max: int = 0  # of any one generation


async def drill(size: Size, say: Say) -> Found:
    """The whole drill. Raises AssertionError where a command fails or a generation does not end."""
    found = Found()
    async with deploy(workers=("paid",), env={"LOG_INFO_PER_S": "0"}) as place:
        caller = await place.create_caller(cents=CENTS, concurrency=CONCURRENCY, backlog_max=100_000)
        load = [asyncio.create_task(order(caller, size, found)) for _ in range(size.clients)]
        await asyncio.sleep(size.before_s)
        copy = make_folder("backup") / "appendonlydir"
        found.backup = await place.stack.run_cli("store", "backup", str(copy))
        say(f"{len(found.acknowledged)} acknowledged; backup of {found.backup['size_bytes']:,} bytes, the load goes on")
        await asyncio.sleep(size.after_s)
        destroy(place, load)
        say(f"{len(found.acknowledged)} acknowledged; everything killed, the store's files are gone")
        await restored(place, copy, found)
        say(f"restored: {len(found.told['refunded'])} refunded, {found.told['going_on']} go on")
        await told_apart(place, caller, found)
    return found


async def order(caller: Caller, size: Size, found: Found) -> None:
    """Order without end; what is answered counts as acknowledged."""
    number = 0
    while True:
        name = await caller.create(PROMPTS[number % len(PROMPTS)], "test/paid")
        found.acknowledged[name] = time.time_ns() // 1_000_000
        number += 1
        await asyncio.sleep(size.pause_s)


def destroy(place: Place, load: list[asyncio.Task[None]]) -> None:
    """Kill every process in the middle of its work, and remove the store's files."""
    place.stack.kill()
    for task in load:
        task.cancel()
    shutil.rmtree(place.stack.data_dir / "store")


async def restored(place: Place, copy: Path, found: Found) -> None:
    """As docs/operate.md says: the files, the store, the command, then everything else."""
    shutil.copytree(copy, place.stack.data_dir / "store" / "appendonlydir")
    await place.stack.start_store()
    log = str(place.stack.processes["gateway"].log)
    found.told = await place.stack.run_cli("store", "restored", "--log", log)
    for name, process in place.stack.processes.items():
        if name != "store":
            process.start()
    await place.stack.wait_until_ready()


async def told_apart(place: Place, caller: Caller, found: Found) -> None:
    """Wait until what the store has of the acknowledged ones has ended, and check the books with the command."""
    end = time.monotonic() + ENDED_S
    for name in found.acknowledged:
        seen = await generations.view(place.store, "", name)
        while seen is not None and seen.open:
            assert time.monotonic() < end, f"{name} is still {seen.state}"
            await asyncio.sleep(LOOK_S)
            seen = await generations.view(place.store, "", name)
        if seen is not None:
            found.states[name] = seen.state
            found.codes[name] = (seen.outcome.error_code if seen.outcome else None) or ""
    found.check = await place.stack.run_cli("ledger", "check")
    found.submits_max = max(place.provider.submits.values())
    await caller.check_balance()


def violations(found: Found) -> list[str]:
    """What is not as it was promised."""
    at_ms, told = found.backup["at_ms"], {one["id"] for one in found.told["lost"]}
    missing = found.acknowledged.keys() - found.states.keys()
    early = [name for name in missing if found.acknowledged[name] < at_ms]
    refunded = set(found.told["refunded"])
    return [
        *(f"{name} was acknowledged before the backup and is not in it" for name in early),
        *(f"{name} is lost and was not named" for name in missing - told),
        *(f"{name} was named as lost and is there" for name in told & found.states.keys()),
        *(
            f"{name} was refunded and is {found.states[name]}"
            for name in refunded
            if found.codes.get(name) != "restored"
        ),
        *(f"{name} failed: {code}" for name, code in found.codes.items() if code not in ("", "restored", IN_DOUBT)),
        *(f"the books: {finding}" for finding in found.check["findings"]),
        *([f"a generation was submitted {found.submits_max} times"] if found.submits_max > 1 else []),
    ]
