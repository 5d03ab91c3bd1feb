"""wokflow store"""

from collections.abc import Iterator
from pathlib import Path

import click

from operate import restore
from operate.cli.command import Desk, Failure, Group
from operate.cli.operate import with_operator
from operate.cli.show import dollars, table
from operate.operator import Operator
from operate.restore import Restored
from operate.times import moment
from shared.store.backup import BackupError, back_up

SHOWN_MAX = 50


@click.group(cls=Group)
def store() -> None:
    """The store: back it up, and go on after a restore (docs/operate.md)."""


@store.command()
@click.argument("folder", type=click.Path(path_type=Path))
@with_operator
async def backup(desk: Desk, operator: Operator, folder: Path) -> None:
    """Copy the store's append-only file to FOLDER while everything runs. To be run on the store's machine."""
    try:
        made = await back_up(operator.store, folder)
    except BackupError as error:
        raise Failure("no_backup", str(error)) from None
    desk.show(
        made, f"{made.size_bytes:,} bytes in {made.folder}: the store as it was at {moment(made.at_ms)}, or later."
    )


@store.command()
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A gateway's log since the backup, as JSON lines; may be given again.",
)
@with_operator
async def restored(desk: Desk, operator: Operator, logs: tuple[Path, ...]) -> None:
    """To be run once after a restore, before any worker starts.

    Ends and refunds what was on a queue in the backup: it may have been submitted since, and a provider is not paid
    twice. Names, from the gateways' logs, what was acknowledged after the backup and is not in it.
    """
    refunded, going_on = await restore.settle_unknown(operator)
    read, lost = await restore.lost(operator, _lines(logs))
    rows = [(one.id, one.account, one.accepted_at, dollars(one.reserved_micros)) for one in lost[:SHOWN_MAX]]
    desk.show(
        Restored(refunded=refunded, going_on=going_on, read=read, lost=lost),
        f"Refunded {len(refunded)} that waited when the backup was taken; {going_on} go on where they were.",
        f"The logs acknowledge {read}; {len(lost)} of them came after the backup and are lost."
        if logs
        else "No log was given: what came after the backup is not known.",
        *([table(("id", "account", "accepted", "price"), rows)] if rows else []),
    )


def _lines(logs: tuple[Path, ...]) -> Iterator[str]:
    for path in logs:
        with path.open(errors="replace") as log:
            yield from log
