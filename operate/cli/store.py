"""wokflow store"""

from collections.abc import Iterator
from pathlib import Path

import click

from operate import restore
from operate.cli.command import CommandContext, Failure, Group
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.history_database import forget_database
from operate.operator import Operator
from operate.restore import Restored
from operate.times import moment
from shared.domain.money import dollars
from shared.domain.times import DAY_MS
from shared.store.backup import BackupError, back_up

SHOWN_MAX = 50


store = Group("store", help="Back up and restore the store. See docs/operate.md.")


@store.command("backup")
@click.argument("folder", type=click.Path(path_type=Path))
@with_operator
async def run_backup(context: CommandContext, operator: Operator, folder: Path) -> None:
    """Copy the store's append-only file to FOLDER on the live system. Run it on the store's machine."""
    try:
        done = await back_up(operator.store, folder)
    except BackupError as error:
        raise Failure("no_backup", str(error)) from None
    context.show(done, f"Wrote {done.size_bytes:,} bytes to {done.folder}: the store at {moment(done.at_ms)} or later.")


@store.command("accept-history")
@with_operator
async def run_accept_history(context: CommandContext, operator: Operator) -> None:
    """Let all processes go on with a store that is older than it was, was emptied, or belongs to another deployment.

    They stop submits when they notice that. Generations that waited in the store may have been submitted since, so they
    become uncertain. Run `wokflow store restored` instead after a restore: it refunds them.
    """
    accepted = await restore.accept_store(operator, context.settings.data_dir)
    if accepted is None:
        raise Failure("not_fenced", "Nothing stops the processes: the store is the one they know.")
    context.show(accepted, f"Accepted. The reason was: {accepted.fault}", "All processes go on within seconds.")


@store.command("forget-database")
@with_operator
async def run_forget_database(context: CommandContext, operator: Operator) -> None:
    """Let the store go on without the database of its records, or with another one. Stop all archivers first.

    Ledgers keep their opening lines. The next archiver begins a new history from the records in the store.
    """
    done = await forget_database(operator, context.settings.record_retention_days * DAY_MS)
    context.show(
        done,
        f"Forgot the database. {done.kept} ended records were not in it, or not up to date; they expire by retention.",
    )


@store.command("restored")
@click.option(
    "--log",
    "logs",
    multiple=True,
    type=click.Path(path_type=Path, exists=True, dir_okay=False),
    help="A gateway's log since the backup, as JSON lines. Repeatable.",
)
@with_operator
async def run_restored(context: CommandContext, operator: Operator, logs: tuple[Path, ...]) -> None:
    """Reconcile the store after a restore.

    Run it once, before any worker starts. It refunds generations that were on a queue in the backup: they may have been
    submitted since, and a provider must not be paid twice. It lists, from the gateways' logs, generations accepted
    after the backup. Processes accept the store from then on.
    """
    refunded, going_on = await restore.refund_unsubmitted(operator)
    await restore.accept_restored(operator)
    read, lost = await restore.find_lost(operator, _lines(logs))
    rows = [(one.id, one.account, one.accepted_at, dollars(one.reserved_micros)) for one in lost[:SHOWN_MAX]]
    context.show(
        Restored(refunded=refunded, going_on=going_on, read=read, lost=lost),
        f"Refunded {len(refunded)} generations that were waiting in the backup; {going_on} others continue.",
        f"The logs accepted {read} generations; {len(lost)} of them came after the backup and are lost."
        if logs
        else "Give the gateways' logs with --log to list generations accepted after the backup.",
        *([table(("id", "account", "accepted", "price"), rows)] if rows else []),
    )


def _lines(logs: tuple[Path, ...]) -> Iterator[str]:
    for path in logs:
        with path.open(errors="replace") as log:
            yield from log
