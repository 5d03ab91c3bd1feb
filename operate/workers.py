"""Running processes."""

from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.store.processes import Process, list_processes


class WorkerEntry(Struct, kw_only=True):
    """A process that sent a heartbeat within the last 15 s."""

    id: Annotated[str, doc("The process's id.")]
    role: Annotated[
        str, doc("The role of the process.", enum=["gateway", "worker", "dispatcher", "sweeper", "archiver"])
    ]
    queue: Annotated[str | None, doc("The queue that the worker serves. Null for other roles.")]
    slots: Annotated[int | None, doc("How many jobs it runs at once.")]
    running: Annotated[int | None, doc("Jobs that are running.")]
    version: Annotated[str, doc("The program's version.")]
    host: Annotated[str, doc("The host that it runs on.")]
    pid: Annotated[int, doc("The process id on that host.")]
    since: Annotated[str | None, timestamp("Since when.")]
    catalogue: Annotated[str | None, doc("The version of the catalogue that it works with. Null: not known.")] = None
    catalogue_problem: Annotated[str | None, doc("Why it rejected the last reload of the catalogue.")] = None
    needs_restart: Annotated[
        str | None, doc("Fields of its provider in the catalogue that changed, and that it takes at its start only.")
    ] = None


async def list_workers(operator: Operator) -> list[WorkerEntry]:
    """Return all running gateways, workers, dispatchers, sweepers and archivers."""
    return [entry_of(one) for one in await list_processes(operator.store)]


def entry_of(one: Process) -> WorkerEntry:
    """Return a running process in the operators' shape."""
    return WorkerEntry(
        id=one.id,
        role=one.role,
        queue=one.queue,
        slots=one.slots,
        running=one.running,
        version=one.version,
        host=one.host,
        pid=one.pid,
        since=moment(one.since_ms),
        catalogue=one.catalogue or None,
        catalogue_problem=one.catalogue_problem or None,
        needs_restart=one.needs_restart or None,
    )
