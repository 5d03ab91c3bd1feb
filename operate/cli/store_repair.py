"""wokflow store repair"""

from pathlib import Path

import click

from operate.cli.command import Command, CommandContext, Failure, open_context
from shared.store.append_log import LogDamaged, LogRepair, repair_log
from shared.store.embedded import StoreInUse, data_folder, hold


@click.command("repair", cls=Command)
@click.option("--yes", is_flag=True, help="Repair it. Without this option, only say what a repair would do.")
def run_repair(yes: bool) -> None:
    """Repair the file of the embedded store after a power cut, while the store is stopped.

    It writes a lost manifest, and drops an incomplete end. The files as they were stay in a folder next to it.
    """
    context = open_context()
    if context.settings.redis_url:
        raise Failure("not_embedded", "REDIS_URL names another store: repair it with the tools of its server.")
    try:
        with hold(context.settings):
            done = repair_log(data_folder(context.settings), write=yes)
    except (LogDamaged, StoreInUse) as error:
        raise Failure("no_repair", str(error)) from None
    _show(context, done, yes)


def _show(context: CommandContext, done: LogRepair, written: bool) -> None:
    steps = [f"drop the last {done.dropped_bytes:,} bytes of {Path(done.file).name}"] if done.dropped_bytes else []
    steps += ["write the lost manifest"] if done.manifest else []
    if not steps:
        context.show(done, "The file is complete: there is nothing to repair.")
    elif not written:
        context.show(done, f"A repair would {' and '.join(steps)}. Do it: wokflow store repair --yes")
    else:
        after = "Start the store, then run `wokflow ledger check`."
        context.show(done, f"Repaired: {' and '.join(steps)}.", f"The files as they were: {done.saved_in}", after)
