"""python -m tests.programs.reload [--reloads N] [--seed S]: reload random catalogues under load.

A third of them is broken. Two gateways, a worker for each provider, the dispatcher and the sweeper read one file. A
reload is a SIGHUP to each process, or one announced through the store. The exit status is 1 if a request failed, or an
order was charged otherwise than quoted.
"""

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from random import Random

import aiohttp
import uvloop

from gateway.admission.lists import LISTS_MAX
from shared.ops import catalogue_files
from shared.store.connect import Store
from shared.store.processes import announce_reload, list_processes
from tests.harness.factories import create_customer
from tests.harness.processes import Stack, make_folder
from tests.programs.reload.catalogues import first_variant, make_variant, write
from tests.programs.reload.load import Shopper, find_violations, merge

SHOPPERS, MONEY_CENTS = 12, 100_000_000
PAUSE_S_MAX = 0.4
SETTLED_S = 30.0


def main() -> int:
    """Run the program, print what happened, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reloads", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    return uvloop.run(reload_under_load(options.reloads, Random(options.seed)))


async def reload_under_load(reloads: int, dice: Random) -> int:
    """Reload under load, check, and return the exit status."""
    path = make_folder("reload") / "catalogue.toml"
    variants = [first_variant()]
    write(path, variants[0])
    env = {"CATALOGUE": str(path), "ADAPTERS": "tests.harness.doubles.adapters", "OPEN_PER_S": "0"}
    env |= {"CREATES_PER_S": "0", "READS_PER_S": "0"}
    async with (
        Stack(gateways=2, workers=("noop", "kinds"), env=env) as stack,
        Store(stack.settings.store_url, name="reload") as store,
        aiohttp.ClientSession() as session,
    ):
        customer = await create_customer(store, cents=MONEY_CENTS, backlog_max=1_000_000, concurrency=10_000)
        lists = asyncio.Semaphore(LISTS_MAX)
        shoppers = [Shopper(session, stack.urls, customer, Random(dice.random()), lists) for _ in range(SHOPPERS)]
        stop = asyncio.Event()
        async with asyncio.TaskGroup() as tasks:
            for shopper in shoppers:
                tasks.create_task(shopper.run(stop))
            for number in range(reloads):
                variants.append(make_variant(dice))
                write(path, variants[-1])
                await reload_all(stack, store, by_signal=dice.random() < 0.8)
                await asyncio.sleep(dice.random() * PAUSE_S_MAX)
                if number % 50 == 49:
                    print(f"{number + 1} reloads", file=sys.stderr, flush=True)
            stop.set()
        seen = merge(shoppers)
        prices = {variant.prices for variant in variants if variant.prices is not None}
        found = await find_violations(store, customer, seen, prices)
        found += await check_agreement(stack, store, path, dice)
    rejected = sum(variant.prices is None for variant in variants)
    print(
        f"{reloads} reloads, {rejected} of them broken; {len(seen.bought)} orders; {dict(sorted(seen.answers.items()))}"
    )
    print("\n".join(found) or "No request failed, and no order was charged otherwise than quoted.")
    return 1 if found else 0


async def reload_all(stack: Stack, store: Store, *, by_signal: bool) -> None:
    """Let every process read its catalogue again."""
    if not by_signal:
        await announce_reload(store)
        return
    for name, process in stack.processes.items():
        if name != "store":
            process.send(signal.SIGHUP)


async def check_agreement(stack: Stack, store: Store, path: Path, dice: Random) -> list[str]:
    """Put a valid catalogue in place, and return the processes that do not work with it after a reload."""
    valid = next(variant for variant in iter(lambda: make_variant(dice), None) if variant.prices is not None)
    write(path, valid)
    await reload_all(stack, store, by_signal=False)
    version, until_s = catalogue_files.load(str(path)).version, asyncio.get_running_loop().time() + SETTLED_S
    while True:
        others = [one for one in await list_processes(store) if one.catalogue != version or one.catalogue_problem]
        if not others or asyncio.get_running_loop().time() > until_s:
            return [f"{one.id} works with {one.catalogue} {one.catalogue_problem}, not {version}" for one in others]
        await asyncio.sleep(0.2)


if __name__ == "__main__":
    sys.exit(main())
