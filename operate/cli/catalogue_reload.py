"""wokflow catalogue reload"""

import click

from operate.catalogue import describe_faults, reload_catalogue
from operate.cli.catalogue_reading import read_catalogue
from operate.cli.command import Command, CommandContext
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.cli.worker import HEADS, row
from operate.operator import Operator


@click.command("reload", cls=Command)
@with_operator
async def run_reload(context: CommandContext, operator: Operator) -> None:
    """Let every running process read its catalogue again, on every host.

    The catalogue of this shell is checked first. A process whose own file is broken keeps the catalogue that it works
    with. Exit status 1 unless all processes work with the catalogue of this shell in the end.
    """
    found = read_catalogue(context.settings.catalogue)
    done = await reload_catalogue(operator, found.version)
    rows = table(HEADS, (row(one) for one in done.processes))
    faults = describe_faults(done.processes)
    result = "Every process works with it." if done.complete else "Not every process works with it: see above."
    if not done.processes:
        result = "No process is running: each reads it at its start."
    context.show(done, f"{context.settings.catalogue} is valid: version {found.version}.\n", rows, *faults, result)
    if not done.complete:
        click.get_current_context().exit(1)
