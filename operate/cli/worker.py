"""wokflow worker"""

import click

from operate.cli.command import Desk, Group
from operate.cli.operate import with_operator
from operate.cli.show import table
from operate.operator import Operator
from operate.workers import WorkerEntry, workers

HEADS = ("process", "queue", "running", "slots", "version", "host", "pid", "since")


@click.group(cls=Group)
def worker() -> None:
    """Running processes."""


@worker.command("list")
@with_operator
async def list_workers(desk: Desk, operator: Operator) -> None:
    """Every gateway, worker, dispatcher and sweeper that was heard of in the last 15 s."""
    found = await workers(operator)
    shown = table(HEADS, (row(one) for one in found))
    desk.show({"workers": found}, shown if found else "Nothing runs: start it with `make run`.")


def row(one: WorkerEntry) -> tuple[object, ...]:
    """A line of the table."""
    return one.id, one.queue, one.running, one.slots, one.version, one.host, one.pid, one.since
