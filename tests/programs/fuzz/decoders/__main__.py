"""python -m tests.programs.fuzz.decoders: fuzz every decoder in its sandbox, and add up the counts of several runs."""

import asyncio
import secrets
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from functools import partial
from pathlib import Path

import msgspec
import structlog

from tests.programs.fuzz.decoders.entries import ENTRIES
from tests.programs.fuzz.decoders.run import Counts, fuzz, load

WAIT_S_MAX = 2.0


def parse(arguments: Sequence[str]) -> Namespace:
    """Return the options."""
    options = ArgumentParser(prog="python -m tests.programs.fuzz.decoders", description=__doc__)
    options.add_argument("--inputs", type=int, default=10_000_000, help="end after so many inputs of this run")
    options.add_argument("--minutes", type=float, default=5.0, help="end after so many minutes")
    options.add_argument("--counts", type=Path, help="JSON file of the counts; a later run goes on from it")
    options.add_argument("--seed", type=int, default=secrets.randbelow(2**32), help="of new counts")
    options.add_argument("--children", type=int, default=1, help="children that are fed at once")
    options.add_argument("--entries", nargs="*", default=list(ENTRIES), choices=list(ENTRIES), help="default: all")
    return options.parse_args(arguments)


def save(path: Path | None, counts: Counts) -> None:
    """Write the counts and print a line."""
    if path is not None:
        path.write_bytes(msgspec.json.format(msgspec.json.encode(counts)))
    print(
        f"{counts.inputs:,} inputs, {counts.reached_parent} reached a parent, longest wait of a neighbour "
        f"{counts.longest_wait_s:.2f} s in {counts.neighbours:,} orders, longest lag {counts.longest_lag_s:.3f} s",
        flush=True,
    )


def print_entries(counts: Counts) -> None:
    """Print the counts of each entry."""
    for name, entry in counts.entries.items():
        ends = f"{entry.crashes} children died, {entry.ended} were ended"
        print(f"{name:14} {entry.inputs:>10,} inputs, {entry.refused:>10,} refused, {ends}")
        for number, text in entry.notes[:5]:
            print(f"{'':14} input {number}: {text}")


def main(arguments: Sequence[str]) -> int:
    """Fuzz, print the counts, and return the exit status."""
    options = parse(arguments)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(50))  # children die here on purpose
    counts = load(options.counts, options.seed)
    print(f"seed {counts.seed}, {counts.inputs:,} inputs so far", flush=True)
    asyncio.run(
        fuzz(
            counts,
            names=options.entries,
            inputs_max=options.inputs,
            seconds_max=options.minutes * 60,
            children=options.children,
            save=partial(save, options.counts),
        )
    )
    print_entries(counts)
    return 1 if counts.reached_parent or counts.longest_wait_s > WAIT_S_MAX else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
