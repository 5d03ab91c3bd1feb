"""wokflow queue"""

from collections import Counter
from collections.abc import Iterable

import click

from operate import queues, workers
from operate.cli.command import CommandContext, Group
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.operator import Operator
from operate.queues import Mode, QueueEntry
from operate.workers import WorkerEntry
from shared.store.keys import WEBHOOKS

HEADS = ("queue", "workers", "due", "running", "parked", "oldest", "backlog", "oldest", "breaker", "operator")
MODES = {"pause": "paused", "drain": "draining"}
RESULTS = {
    "pause": "Paused {0}: nothing more is submitted. Workers still poll its tasks. Resume: wokflow queue resume {0}",
    "drain": "Draining {0}: no new orders. Its waiting generations still run. Resume: wokflow queue resume {0}",
    None: "Resumed {0}. Workers follow within 5 s.",
}


queue = Group("queue", help="List, pause, drain and resume queues.")


@queue.command("list")
@with_operator
async def list_queues(context: CommandContext, operator: Operator) -> None:
    """List queues with their jobs, workers and circuit breakers."""
    found = await queues.list_queues(operator)
    count = count_workers(await workers.list_workers(operator))
    context.show({"queues": found}, table(HEADS, (row(entry, count[entry.name]) for entry in found)))


@queue.command()
@click.argument("provider")
@with_operator
async def pause(context: CommandContext, operator: Operator, provider: str) -> None:
    """Submit nothing more to PROVIDER. New orders are accepted and wait; workers still poll its tasks."""
    await _set_mode(context, operator, provider, "pause")


@queue.command()
@click.argument("provider")
@with_operator
async def drain(context: CommandContext, operator: Operator, provider: str) -> None:
    """Give PROVIDER no new orders. They go to another route or are refused; waiting generations still run."""
    await _set_mode(context, operator, provider, "drain")


@queue.command()
@click.argument("provider")
@with_operator
async def resume(context: CommandContext, operator: Operator, provider: str) -> None:
    """End a pause or a drain of PROVIDER."""
    await _set_mode(context, operator, provider, None)


async def _set_mode(context: CommandContext, operator: Operator, provider: str, mode: Mode | None) -> None:
    done = await queues.set_mode(operator, provider, mode)
    context.show(done, RESULTS[mode].format(provider))


def count_workers(processes: Iterable[WorkerEntry]) -> Counter[str | None]:
    """Return the number of running workers by queue."""
    return Counter(one.queue for one in processes)


def row(entry: QueueEntry, workers: int) -> tuple[object, ...]:
    """Return a row of the table, for a queue with that many workers."""
    counts = (entry.due, entry.running, entry.parked, age(entry.oldest_s), entry.backlog, age(entry.backlog_oldest_s))
    return entry.name, workers, *counts, _breaker(entry), MODES.get(entry.held or "")


def _breaker(entry: QueueEntry) -> str | None:
    if entry.name == WEBHOOKS:
        return None
    state = f"open for {entry.down_s:.0f} s" if entry.breaker == "open" else entry.breaker.replace("_", "-")
    state += f": {entry.down_why}" if entry.down_why else ""
    return state + (f", rate limited for {entry.busy_s:.0f} s" if entry.busy_s else "")


def age(seconds: float) -> str | None:
    """Return a duration for people, None for 0."""
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 60:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.1f} s" if seconds else None
