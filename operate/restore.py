"""After a restore: what nobody can know any more is ended and refunded, and what came after the backup is named.

A generation that waited on a queue when the backup was taken may have been submitted since. Submitting it again could
pay its provider twice, so it ends here. One with a reference, or with an intent, goes on: it is only looked at.
"""

from collections.abc import AsyncIterator, Iterable

import msgspec
from msgspec import Struct

from operate.operator import Operator
from shared.domain.generation import FAILED, Outcome
from shared.store import keys, ledger
from shared.store.generations import known

OPEN_BATCH = 500
LINE_CHARS_MAX = 100_000
RESTORED = Outcome(
    error_code="restored", error="The service was restored from a backup. You were refunded: order anew."
)


class Said(Struct, frozen=True):
    """A log line, as far as it matters here."""

    event: str = ""
    generation: str = ""
    account: str = ""
    timestamp: str = ""
    reserved_micros: int = 0


class Lost(Struct, frozen=True, kw_only=True):
    """A generation that was acknowledged after the backup: its owner was told, and the store knows nothing of it."""

    id: str
    account: str
    accepted_at: str
    reserved_micros: int


class Restored(Struct, frozen=True, kw_only=True):
    """What was done and what was found. `read` counts the acknowledged generations that the logs name."""

    refunded: list[str]
    going_on: int
    read: int
    lost: list[Lost]


async def settle_unknown(operator: Operator) -> tuple[list[str], int]:
    """End and refund what waits on a queue or in a backlog; (those, how many others go on). No worker may run."""
    refunded, others = [], 0
    async for name in _open(operator):
        acting = operator.act("store restored", name)
        word, _ = await ledger.settle(acting, name, FAILED, cost_micros=0, outcome=RESTORED, unsubmitted_only=True)
        if word == "settled":
            refunded.append(name)
        else:
            others += 1
    return refunded, others


async def _open(operator: Operator) -> AsyncIterator[str]:
    """Every open generation; the list is read first, as it changes with what is done."""
    names = [raw.decode() for raw in await operator.store.call("ZRANGE", keys.OPEN, 0, -1)]
    for name in names:
        yield name


async def lost(operator: Operator, lines: Iterable[str]) -> tuple[int, list[Lost]]:
    """How many generations the gateways' log lines acknowledge, and those of them that the store does not have."""
    accepted = {said.generation: said for said in _accepted(lines)}
    names, missing = list(accepted), []
    for first in range(0, len(names), OPEN_BATCH):
        batch = names[first : first + OPEN_BATCH]
        there = await known(operator.store, batch)
        missing += [accepted[name] for name in batch if name not in there]
    return len(accepted), [
        Lost(id=said.generation, account=said.account, accepted_at=said.timestamp, reserved_micros=said.reserved_micros)
        for said in missing
    ]


def _accepted(lines: Iterable[str]) -> Iterable[Said]:
    for line in lines:
        if "generation.accepted" not in line[:LINE_CHARS_MAX]:
            continue
        try:
            said = msgspec.json.decode(line, type=Said)
        except msgspec.DecodeError:
            continue
        if said.event == "generation.accepted":
            yield said
