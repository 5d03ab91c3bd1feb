"""python -m tests.programs.streams [--readers N] [--orders N]: kill the gateway of many readers of events.

All of them resume at another one. The exit status is 1 if one of them missed an event or got one twice.
"""

import argparse
import sys
import time

import aiohttp
import uvloop

from tests.programs.streams.readers import find_faults, read_while_killed
from tests.suites.e2e.caller import deploy

CUSTOMERS, FAULTS_SHOWN = 20, 20


def main() -> int:
    """Run the program, print what happened, and return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readers", type=int, default=500)
    parser.add_argument("--orders", type=int, default=20)
    options = parser.parse_args()
    return uvloop.run(kill_and_check(options.readers, options.orders))


async def kill_and_check(readers: int, orders: int) -> int:
    """Read events while a gateway is killed, check, and return the exit status."""
    async with (
        deploy(gateways=2, workers=("noop",), deliver=0, sweep=0) as place,
        aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0), timeout=aiohttp.ClientTimeout(total=None)
        ) as session,
    ):
        keys = [(await place.create_caller(cents=1000)).customer.key for _ in range(CUSTOMERS)]
        began_s = time.monotonic()
        found, made = await read_while_killed(session, place.stack, keys, readers=readers, orders=orders)
        took_s = time.monotonic() - began_s
    faults, events = find_faults(found, made), sum(len(reader.events) for reader in found)
    print(f"{readers} readers got {events} events in {took_s:.1f} s; faults: {len(faults)}")
    print("\n".join(faults[:FAULTS_SHOWN]))
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
