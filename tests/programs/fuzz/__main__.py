"""python -m tests.programs.fuzz: fuzz the HTTP API for some minutes, with a new seed each time."""

import asyncio
import secrets
import sys
import time
from argparse import ArgumentParser

from tests.programs.fuzz.passes import PASSES
from tests.programs.fuzz.target import deploy_target

MANGLED = 40  # mangled requests per example


async def run_passes(seed: int, examples: int) -> None:
    """Run every pass in order. Raises AssertionError with the findings."""
    async with deploy_target() as target:
        for fuzz_pass in PASSES:
            started_s = time.monotonic()
            result = await target.fuzz(fuzz_pass, "--seed", str(seed), "--max-examples", str(examples))
            print_progress(fuzz_pass.name, result.test_cases["generated"], started_s)
        started_s = time.monotonic()
        admin = await target.fuzz_admin("--seed", str(seed), "--max-examples", str(examples))
        print_progress("admin", admin.test_cases["generated"], started_s)
        started_s = time.monotonic()
        statuses = await target.mangle(seed, examples * MANGLED)
        print_progress("mangled", statuses.total(), started_s)
        books = await target.check_state()
        print(f"The ledgers balance: {books.generations:,} generations, {books.lines:,} entries.")


def print_progress(name: str, requests: int, started_s: float) -> None:
    """Print the result of a pass."""
    print(f"{name}: {requests:,} requests in {time.monotonic() - started_s:.0f} s", flush=True)


def main() -> int:
    """Parse the options, run, and return the exit status."""
    options = ArgumentParser(prog="python -m tests.programs.fuzz", description=__doc__)
    options.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="repeat the run of this seed")
    options.add_argument(
        "--examples", type=int, default=200, help="examples of each operation and of each chain of calls"
    )
    parsed = options.parse_args()
    print(f"python -m tests.programs.fuzz --seed {parsed.seed} --examples {parsed.examples}", flush=True)
    try:
        asyncio.run(run_passes(parsed.seed, parsed.examples))
    except AssertionError as found:
        print(found, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
