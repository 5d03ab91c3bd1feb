"""Running processes."""

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.store.processes import list_processes


class WorkerEntry(Struct, kw_only=True):
    """A process that sent a heartbeat within the last 15 s."""

    id: str
    role: str
    queue: str | None
    slots: int | None
    running: int | None
    version: str
    host: str
    pid: int
    since: str | None


async def list_workers(operator: Operator) -> list[WorkerEntry]:
    """Return all running gateways, workers, dispatchers and sweepers."""
    return [
        WorkerEntry(
            id=one.id,
            role=one.role,
            queue=one.queue,
            slots=one.slots,
            running=one.running,
            version=one.version,
            host=one.host,
            pid=one.pid,
            since=moment(one.since_ms),
        )
        for one in await list_processes(operator.store)
    ]
