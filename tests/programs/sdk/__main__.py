"""python -m tests.programs.sdk: the TypeScript SDK alone, then its samples and our pages against a gateway."""

import asyncio
import os
import re
import sys
import time
from pathlib import Path

from shared.ops.settings import ROOT
from shared.store.connect import Store
from tests.harness.factories import create_customer
from tests.harness.processes import Process, Stack

SDK = ROOT / "sdk"
CHROMIUM = os.environ.get("CHROMIUM", "/usr/bin/chromium")
STEP_S = 300.0
CARRIED = {"CHROMIUM": CHROMIUM, "PYTHON": sys.executable}
PASSED = re.compile(r"^# pass (\d+)$", re.MULTILINE)


class Failure(Exception):
    """A step that did not pass, with what it printed."""


async def step(script: str, **env: str) -> None:
    """Run a script of sdk/package.json and say how it went. Raises Failure."""
    began = time.monotonic()
    process = Process(f"npm-{script.replace(':', '-')}", "npm", "run", "--silent", script, env=CARRIED | env, cwd=SDK)
    code = await process.start().wait_for_exit(STEP_S)
    said = process.log.read_text(errors="replace")
    if code:
        raise Failure(f"npm run {script} ended with {code}:\n{said}")
    counted = PASSED.search(said)
    passed = f", {counted[1]} tests passed" if counted else ""
    print(f"npm run {script}: {time.monotonic() - began:.0f} s{passed}", flush=True)


async def with_gateway() -> None:
    """The tests that need a gateway, on one as it is shipped. Raises Failure."""
    async with Stack(workers=("local",)) as stack, Store(stack.settings.store_url) as store:
        customer = await create_customer(store, cents=1000)
        await step("test:gateway", WOKGEN_URL=stack.url, WOKGEN_KEY=customer.key)


async def run() -> None:
    """Every step, the quick ones first. Raises Failure."""
    if not Path(CHROMIUM).exists():
        raise Failure(f"There is no Chromium at {CHROMIUM}: install it, or name one with CHROMIUM=.")
    await step("check")
    await step("test")
    await with_gateway()


def main() -> int:
    """The exit status."""
    try:
        asyncio.run(run())
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
