"""Reload the catalogue: announce it to every process, and see which catalogue each of them works with."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from operate.workers import WorkerEntry, entry_of
from shared.domain.described import doc
from shared.store.processes import Process, announce_reload, list_processes

ANSWERS_S = 8.0  # a heartbeat, a reading of the file, and a margin
POLL_S = 0.1


class Reloaded(Struct, kw_only=True):
    """An announced reload, and the processes after it."""

    version: Annotated[str, doc("The version of the catalogue as the caller sees it: a digest of its files.")]
    complete: Annotated[bool, doc("Whether every process works with this version, and needs no restart.")]
    processes: Annotated[tuple[WorkerEntry, ...], doc("The running processes.")]


async def reload_catalogue(
    operator: Operator, version: str, on_announced: Callable[[], None] = lambda: None
) -> Reloaded:
    """Let every process read its catalogue again. Return when all have answered, or after ANSWERS_S.

    The caller has checked its own file: `version` is that of its contents. `on_announced` lets it act at once.
    """
    number, limit_s = await announce_reload(operator.act("catalogue reload", version)), ANSWERS_S
    on_announced()
    until_s = time.monotonic() + limit_s
    while True:
        running = await list_processes(operator.store)
        if all(process.heard >= number for process in running) or time.monotonic() >= until_s:
            break
        await asyncio.sleep(POLL_S)
    complete = all(process.catalogue == version and not process.is_at_fault for process in running)
    return Reloaded(version=version, complete=complete, processes=tuple(entry_of(one) for one in running))


def describe_faults(running: Sequence[Process | WorkerEntry]) -> list[str]:
    """Return a sentence for each way in which the catalogues of the running processes are not as they should be."""
    versions = sorted({one.catalogue or "unknown" for one in running})
    found = [f"Running processes work with different catalogues: {', '.join(versions)}."] if len(versions) > 1 else []
    found += [f"{one.id} rejected the last reload: {one.catalogue_problem}" for one in running if one.catalogue_problem]
    return found + [f"{one.id} needs a restart for: {one.needs_restart}." for one in running if one.needs_restart]
