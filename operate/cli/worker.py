"""wokflow worker"""

from operate import workers
from operate.catalogue import describe_faults
from operate.cli.command import CommandContext, Group
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.operator import Operator
from operate.workers import WorkerEntry

HEADS = ("process", "queue", "running", "slots", "version", "host", "pid", "since", "catalogue")


worker = Group("worker", help="Show running processes.")


@worker.command("list")
@with_operator
async def list_workers(context: CommandContext, operator: Operator) -> None:
    """List gateways, workers, dispatchers, sweepers and archivers with a heartbeat in the last 15 s."""
    found = await workers.list_workers(operator)
    shown = table(HEADS, (row(one) for one in found))
    faults = describe_faults(found)
    none = "No processes are running: start them with `make run`."
    context.show({"workers": found, "catalogue_faults": faults}, shown if found else none, *faults)


def row(one: WorkerEntry) -> tuple[object, ...]:
    """Return a row of the table."""
    return one.id, one.queue, one.running, one.slots, one.version, one.host, one.pid, one.since, one.catalogue
