"""python -m tests.programs.sdk: test the TypeScript SDK alone, then its samples and the pages against a gateway."""

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
STEP_S = 900.0
SETTINGS = {"SIGN_UP": "open", "TRIAL_CREDIT_CENTS": "50", "TRUSTED_PROXIES": "127.0.0.0/8"}
ENVIRONMENT = {"CHROMIUM": CHROMIUM, "PYTHON": sys.executable}
PASSED = re.compile(r"^# pass (\d+)$", re.MULTILINE)


class Failure(Exception):
    """A failed step, with its output."""


async def run_step(script: str, **env: str) -> None:
    """Run a script of sdk/package.json and print its result. Raises Failure."""
    began = time.monotonic()
    process = Process(
        f"npm-{script.replace(':', '-')}", "npm", "run", "--silent", script, env=ENVIRONMENT | env, cwd=SDK
    )
    code = await process.start().wait_for_exit(STEP_S)
    output = process.log.read_text(errors="replace")
    if code:
        raise Failure(f"npm run {script} failed with exit status {code}:\n{output}")
    counted = PASSED.search(output)
    passed = f", {counted[1]} tests passed" if counted else ""
    print(f"npm run {script}: {time.monotonic() - began:.0f} s{passed}", flush=True)


async def run_with_gateway() -> None:
    """Run the tests that need a gateway against one with the shipped settings. Raises Failure."""
    files = [path.name.removesuffix(".test.ts") for path in (SDK / "test/gateway").glob("*.test.ts")]
    stack = Stack(workers=("local",), env=SETTINGS)
    async with stack, Store(stack.settings.store_url) as store:
        await stack.add("archive", "-m", "workers", "archive").wait_for_log("archiver.started")
        keys = {f"WOKGEN_KEY_{name.upper()}": (await create_customer(store, cents=1000)).key for name in files}
        outbox = str(stack.data_dir / "outbox")
        await run_step("test:gateway", WOKGEN_URL=stack.url, WOKGEN_OUTBOX=outbox, **keys)


async def run() -> None:
    """Run every step, the quick ones first. Raises Failure."""
    if not Path(CHROMIUM).exists():
        raise Failure(f"Chromium was not found at {CHROMIUM}. Install it, or set CHROMIUM to its path.")
    await run_step("check")
    await run_step("test")
    await run_with_gateway()


def main() -> int:
    """Run the program and return its exit status."""
    try:
        asyncio.run(run())
    except Failure as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
