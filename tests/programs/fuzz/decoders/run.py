"""Feeds the entries through a sandbox next to a neighbour with small orders, and counts what happens.

The counts add up over several runs: each run goes on where the last one stopped.
"""

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Iterable
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
from msgspec import Struct, field

from shared.sandbox.pool import Crashed, Sandbox, SandboxError, TookTooLong
from tests.programs.fuzz.decoders.entries import ENTRIES, Batch

TASKS = "tests.programs.fuzz.decoders.entries"
BATCH_S, LIMIT_S = 0.5, 20.0
BATCH_MAX = 20_000
NOTES_MAX = 100  # of one entry and kind
TICK_S, PAUSE_S = 0.02, 0.2
PRINT_S = 10.0


class EntryCounts(Struct):
    """The counts of one entry. Each note is the number of an input, with its error."""

    next: int = 0  # the first input that was not fed
    inputs: int = 0
    refused: int = 0
    reached_parent: int = 0
    crashes: int = 0  # of children
    ended: int = 0  # children ended at the time limit
    notes: list[tuple[int, str]] = field(default_factory=list)


class Counts(Struct):
    """The counts of all runs with one seed."""

    seed: int
    seconds: float = 0.0
    neighbours: int = 0  # orders of the neighbour that were served
    longest_wait_s: float = 0.0  # of the neighbour, its own work included
    longest_lag_s: float = 0.0  # of the event loop
    entries: dict[str, EntryCounts] = field(default_factory=dict)

    @property
    def inputs(self) -> int:
        """Return the inputs over all entries."""
        return sum(entry.inputs for entry in self.entries.values())

    @property
    def reached_parent(self) -> int:
        """Return how many inputs would have raised in a process of ours."""
        return sum(entry.reached_parent for entry in self.entries.values())


def load(path: Path | None, seed: int) -> Counts:
    """Return the counts of earlier runs, or new ones."""
    if path is not None and path.exists():
        return msgspec.json.decode(path.read_bytes(), type=Counts)
    return Counts(seed)


async def fuzz(
    counts: Counts,
    *,
    names: Iterable[str],
    inputs_max: int,
    seconds_max: float,
    children: int,
    save: Callable[[Counts], None] = lambda _: None,
) -> None:
    """Feed inputs until one of the bounds, and save the counts now and then."""
    end_s, enough = time.monotonic() + seconds_max, counts.inputs + inputs_max
    for name in names:
        counts.entries.setdefault(name, EntryCounts())
    chosen = {name: counts.entries[name] for name in names}
    sandbox = Sandbox(TASKS, children=children + 1, idle_s=None)
    feeder = Feeder(counts, chosen, sandbox)
    try:
        await sandbox.run("paint", limit_s=LIMIT_S)
        async with run_in_background(feeder.watch_loop(), feeder.order_as_neighbour()):
            workers = [asyncio.create_task(feeder.feed_until(end_s, enough)) for _ in range(children)]
            async with run_in_background(feeder.save_often(save)):
                await asyncio.gather(*workers)
    finally:
        await sandbox.close()
        save(counts)


@asynccontextmanager
async def run_in_background(*work: object) -> AsyncIterator[None]:
    """Run coroutines next to a block."""
    tasks = [asyncio.ensure_future(one) for one in work]  # type: ignore[arg-type]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


class Feeder:
    """Feeds batches to a sandbox and counts."""

    def __init__(self, counts: Counts, chosen: dict[str, EntryCounts], sandbox: Sandbox) -> None:
        self.counts, self.chosen, self.sandbox = counts, chosen, sandbox
        self.sizes = dict.fromkeys(chosen, 8)
        self.underway = dict.fromkeys(chosen, 0)

    async def feed_until(self, end_s: float, enough: int) -> None:
        """Feed the entry that is furthest behind its share, batch after batch."""
        while time.monotonic() < end_s and (left := enough - self.counts.inputs - sum(self.underway.values())) > 0:
            name = min(
                self.chosen, key=lambda name: (self.chosen[name].inputs + self.underway[name]) / ENTRIES[name].share
            )
            size, entry = min(self.sizes[name], left), self.chosen[name]
            first, entry.next = entry.next, entry.next + size
            self.underway[name] += size
            began_s = time.monotonic()
            await self.feed(name, first, size)
            self.underway[name] -= size
            took_s = max(time.monotonic() - began_s, 0.001)
            self.sizes[name] = max(1, min(round(size * BATCH_S / took_s), size * 4, BATCH_MAX))

    def progress(self, name: str) -> float:
        """Return how far an entry is, its batch under way included."""
        return (self.chosen[name].inputs + self.underway[name]) / ENTRIES[name].share

    async def feed(self, name: str, first: int, size: int) -> None:
        """Feed a batch. If its child died, feed its halves, down to the input that did it."""
        entry = self.chosen[name]
        try:
            reply = await self.sandbox.run("feed", name, self.counts.seed, first, size, limit_s=LIMIT_S, heavy=True)
        except (Crashed, TookTooLong) as error:
            if size > 1:
                half = size // 2
                await self.feed(name, first, half)
                await self.feed(name, first + half, size - half)
                return
            entry.inputs += 1
            entry.crashes += isinstance(error, Crashed)
            entry.ended += isinstance(error, TookTooLong)
            entry.reached_parent += ENTRIES[name].in_parent
            note(entry, first, f"the child {'died' if isinstance(error, Crashed) else 'was ended'}")
            return
        batch = msgspec.convert(reply, Batch)
        entry.inputs += batch.inputs
        entry.refused += batch.refused
        entry.reached_parent += len(batch.findings) if ENTRIES[name].in_parent else 0
        for number, error_text in batch.findings:
            note(entry, number, error_text)

    async def order_as_neighbour(self) -> None:
        """Order a small image again and again, and note the longest wait."""
        while True:
            began_s = time.monotonic()
            with contextlib.suppress(SandboxError):
                await self.sandbox.run("paint", limit_s=LIMIT_S)
                self.counts.neighbours += 1
            self.counts.longest_wait_s = max(self.counts.longest_wait_s, time.monotonic() - began_s)
            await asyncio.sleep(PAUSE_S)

    async def watch_loop(self) -> None:
        """Note the longest lag of this process's event loop."""
        while True:
            due_s = time.monotonic() + TICK_S
            await asyncio.sleep(TICK_S)
            self.counts.longest_lag_s = max(self.counts.longest_lag_s, time.monotonic() - due_s)

    async def save_often(self, save: Callable[[Counts], None]) -> None:
        """Save and print the counts every few seconds."""
        before_s = time.monotonic()
        while True:
            await asyncio.sleep(PRINT_S)
            self.counts.seconds += time.monotonic() - before_s
            before_s = time.monotonic()
            save(self.counts)


def note(entry: EntryCounts, number: int, text: str) -> None:
    """Note an input, up to a bound."""
    if len(entry.notes) < NOTES_MAX:
        entry.notes.append((number, text))
