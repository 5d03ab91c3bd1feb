"""wokflow queue"""

import click

from operate import queues
from operate.cli.command import Desk, Group
from operate.cli.operate import with_operator
from operate.cli.show import table
from operate.operator import Operator
from operate.queues import Hold, QueueEntry

HEADS = ("queue", "due", "running", "parked", "oldest", "backlog", "oldest", "provider", "held")
SAID = {
    "pause": "Nothing more is submitted to {}; what it has is looked at. Go on: wokflow queue resume {}",
    "drain": "{} gets no new order; what waits there is finished. Go on: wokflow queue resume {}",
    None: "{} goes on, within 5 s.",
}


@click.group(cls=Group)
def queue() -> None:
    """Queues, one for each provider and one for webhooks."""


@queue.command("list")
@with_operator
async def list_queues(desk: Desk, operator: Operator) -> None:
    """How full each queue is, and how its provider does."""
    found = await queues.queues(operator)
    desk.show({"queues": found}, table(HEADS, (row(entry) for entry in found)))


@queue.command()
@click.argument("provider")
@with_operator
async def pause(desk: Desk, operator: Operator, provider: str) -> None:
    """Submit nothing more to PROVIDER. Orders are still accepted, and what it has already is looked at."""
    await _hold(desk, operator, provider, "pause")


@queue.command()
@click.argument("provider")
@with_operator
async def drain(desk: Desk, operator: Operator, provider: str) -> None:
    """Give PROVIDER no new order: another route takes them, or they are refused. What waits there is finished."""
    await _hold(desk, operator, provider, "drain")


@queue.command()
@click.argument("provider")
@with_operator
async def resume(desk: Desk, operator: Operator, provider: str) -> None:
    """End a pause or a drain."""
    await _hold(desk, operator, provider, None)


async def _hold(desk: Desk, operator: Operator, provider: str, hold: Hold | None) -> None:
    done = await queues.hold(operator, provider, hold)
    desk.show(done, SAID[hold].format(provider, provider))


def row(entry: QueueEntry) -> tuple[object, ...]:
    """A line of the table."""
    state = {"closed": "up", "half_open": "being tried"}.get(entry.breaker, f"down for {entry.down_s:.0f} s")
    state += f": {entry.down_why}" if entry.down_why else ""
    state += f", busy for {entry.busy_s:.0f} s" if entry.busy_s else ""
    counts = (entry.due, entry.running, entry.parked, age(entry.oldest_s), entry.backlog, age(entry.backlog_oldest_s))
    return entry.name, *counts, state, entry.held


def age(seconds: float) -> str | None:
    """How long, for people; None for no time at all."""
    if seconds >= 3600:
        return f"{seconds / 3600:.1f} h"
    if seconds >= 60:
        return f"{seconds / 60:.1f} min"
    return f"{seconds:.1f} s" if seconds else None
