"""The course of a run in slices, and how its processes start together.

The ordinary customer orders all the time. Slices in which it is alone alternate with slices next to the hostile tenant,
so that whatever else the machine does hits both kinds alike. Every process stays up in both.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import TypeVar

import msgspec
from msgspec import Struct

ALONE_S_MAX, WARM_UP_S = 30.0, 3.0
CALM_S = 6.0  # after the hostile tenant, for the orders that it left behind; not measured
ROUNDS = 2
POLL_S = 0.01
NICE = 10  # of all that would run on machines of others
START_S = 120.0  # of the processes, on a machine that does other things

Setup = TypeVar("Setup", bound=Struct)


class Slice(Struct, frozen=True):
    """One measured part of a run, in seconds after its start."""

    hostile: bool
    begin_s: float
    end_s: float


def make_slices(seconds: float) -> tuple[Slice, ...]:
    """Return the slices of a run, of which `seconds` in all are next to the hostile tenant."""
    beside_s = seconds / ROUNDS
    alone_s, at_s, found = min(beside_s / 3, ALONE_S_MAX), WARM_UP_S, list[Slice]()
    for _ in range(ROUNDS):
        found.append(Slice(hostile=False, begin_s=at_s, end_s=at_s + alone_s))
        found.append(Slice(hostile=True, begin_s=at_s + alone_s, end_s=at_s + alone_s + beside_s))
        at_s += alone_s + beside_s + CALM_S
    return tuple(found)


def read_setup(shape: type[Setup]) -> Setup:
    """Return the setup of this process, from the file that its command names."""
    return msgspec.json.decode(Path(sys.argv[1]).read_bytes(), type=shape)


def report_ready() -> None:
    """Report to the scene that this process waits for the start."""
    print("ready", flush=True)


async def wait_for_start(path: str) -> float:
    """Return the monotonic time of the start, which the scene writes to a file once every process is ready."""
    async with asyncio.timeout(START_S):
        while not Path(path).exists():
            await asyncio.sleep(POLL_S)
    return float(Path(path).read_text())


async def sleep_until(at_s: float) -> float:
    """Sleep until a monotonic time, and return by how many seconds this is late."""
    await asyncio.sleep(max(at_s - time.monotonic(), 0))
    return max(time.monotonic() - at_s, 0)
