"""python -m tests.programs.fuzz: a long run, under a new seed each time."""

import asyncio
import secrets
import sys
import time
from argparse import ArgumentParser

from tests.programs.fuzz.ground import a_ground
from tests.programs.fuzz.passes import PASSES

MANGLED = 40  # requests that are nearly HTTP, for each example


async def run(seed: int, examples: int) -> None:
    """Every pass, one after the other. Raises AssertionError with what was found."""
    async with a_ground() as ground:
        for each in PASSES:
            began = time.monotonic()
            result = await ground.fuzz(each, "--seed", str(seed), "--max-examples", str(examples))
            report(each.name, result.test_cases["generated"], began)
        began = time.monotonic()
        admin = await ground.fuzz_admin("--seed", str(seed), "--max-examples", str(examples))
        report("admin", admin.test_cases["generated"], began)
        began = time.monotonic()
        answers = await ground.mangle(seed, examples * MANGLED)
        report("mangled", answers.total(), began)
        books = await ground.proven()
        print(f"The books balance: {books.generations:,} generations, {books.lines:,} lines.")


def report(name: str, requests: int, began: float) -> None:
    """Say what was done."""
    print(f"{name}: {requests:,} requests in {time.monotonic() - began:.0f} s", flush=True)


def main() -> int:
    """The exit status."""
    options = ArgumentParser(prog="python -m tests.programs.fuzz", description=__doc__)
    options.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="to repeat a run")
    options.add_argument("--examples", type=int, default=200, help="of each operation and of each chain of calls")
    given = options.parse_args()
    print(f"python -m tests.programs.fuzz --seed {given.seed} --examples {given.examples}", flush=True)
    try:
        asyncio.run(run(given.seed, given.examples))
    except AssertionError as found:
        print(found, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
