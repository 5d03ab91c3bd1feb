"""The doubles of a run, a process of their own: the providers of chaos, and endpoints that never answer."""

import asyncio
from pathlib import Path

import msgspec
import uvloop
from msgspec import Struct

from shared.ops.priority import yield_processor
from tests.programs.chaos.doubles import PaidProvider
from tests.programs.hostile.dead import open_dead_endpoints
from tests.programs.hostile.schedule import NICE, read_setup, report_ready


class DoublesSetup(Struct, frozen=True):
    """The file that gets the URLs."""

    out: str


class Doubles(Struct, frozen=True):
    """The URLs of the doubles."""

    provider: str
    dead: str


async def serve(setup: DoublesSetup) -> None:
    """Serve until the scene ends this process."""
    async with PaidProvider(0) as provider, open_dead_endpoints() as dead:
        Path(setup.out).write_bytes(msgspec.json.encode(Doubles(provider.url, dead.url)))
        report_ready()
        await asyncio.Event().wait()


if __name__ == "__main__":
    yield_processor(NICE)
    uvloop.run(serve(read_setup(DoublesSetup)))
