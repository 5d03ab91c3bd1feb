"""Reconcile a restored store: refund generations that may have been submitted since, and name lost ones.

A generation that waited on a queue when the backup was taken may have been submitted since. Submitting it again could
pay its provider twice, so it ends here. One with a provider's reference, or with an intent to submit, goes on: workers
only poll it.
"""

from collections.abc import Iterable

import msgspec
from msgspec import Struct

from operate.operator import Operator
from shared.domain.generation import FAILED, Outcome
from shared.store import keys, ledger
from shared.store.archive import request_full_sweep
from shared.store.generations import list_known
from shared.store.history import Fence, accept_history, load_history, read_history
from shared.store.ledger import Settled

OPEN_BATCH = 500
LINE_CHARS_MAX = 100_000
RESTORED = Outcome(error_code="restored", error="The service was restored from a backup. Submit it again.")


class LogLine(Struct, frozen=True):
    """The fields of a log line that matter here."""

    event: str = ""
    generation: str = ""
    account: str = ""
    timestamp: str = ""
    reserved_micros: int = 0


class Lost(Struct, frozen=True, kw_only=True):
    """A generation accepted after the backup: its owner has its id, but the restored store does not."""

    id: str
    account: str
    accepted_at: str
    reserved_micros: int


class Restored(Struct, frozen=True, kw_only=True):
    """The result of a restore. `read` counts the accepted generations in the logs."""

    refunded: list[str]
    going_on: int
    read: int
    lost: list[Lost]


async def refund_unsubmitted(operator: Operator) -> tuple[list[str], int]:
    """Refund generations on a queue or in a backlog; return their ids and the number of others. No worker may run."""
    refunded, others = [], 0
    for raw in await operator.store.call("ZRANGE", keys.OPEN, 0, -1):
        name = raw.decode()
        acting = operator.act("store restored", name)
        settlement = await ledger.settle(acting, name, FAILED, cost_micros=0, outcome=RESTORED, unsubmitted_only=True)
        if isinstance(settlement, Settled):
            refunded.append(name)
        else:
            others += 1
    return refunded, others


class AcceptedHistory(Struct, frozen=True, kw_only=True):
    """The store as it was accepted: why submits were stopped, and since when they go on."""

    fault: str
    accepted_ms: int


async def accept_store(operator: Operator, data_dir: str) -> AcceptedHistory | None:
    """Let all processes go on with the store as it is. Return None if nothing stops them. Raises StoreDown.

    Generations that waited in it become uncertain, because they may have been submitted since.
    """
    fence = Fence(load_history(data_dir))
    fence.observe(await read_history(operator.store))
    if not fence.history_fault:
        return None
    accepted_ms = await accept_history(operator.act("store accept-history"))
    await request_full_sweep(operator.store)
    return AcceptedHistory(fault=fence.history_fault, accepted_ms=accepted_ms)


async def accept_restored(operator: Operator) -> None:
    """Let all processes go on with a restored store, and archivers compare all of it with the database."""
    await accept_history(operator.act("store restored"))
    await request_full_sweep(operator.store)


async def find_lost(operator: Operator, lines: Iterable[str]) -> tuple[int, list[Lost]]:
    """Return how many generations the gateways' logs accepted, and those of them that the store does not have."""
    accepted = {line.generation: line for line in _accepted(lines)}
    names, missing = list(accepted), []
    for first in range(0, len(names), OPEN_BATCH):
        batch = names[first : first + OPEN_BATCH]
        stored = await list_known(operator.store, batch)
        missing += [accepted[name] for name in batch if name not in stored]
    return len(accepted), [
        Lost(id=line.generation, account=line.account, accepted_at=line.timestamp, reserved_micros=line.reserved_micros)
        for line in missing
    ]


def _accepted(lines: Iterable[str]) -> Iterable[LogLine]:
    for text in lines:
        if "generation.accepted" not in text[:LINE_CHARS_MAX]:
            continue
        try:
            line = msgspec.json.decode(text, type=LogLine)
        except msgspec.DecodeError:
            continue
        if line.event == "generation.accepted":
            yield line
