"""The audit: every action of an operator."""

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.store import audit


class AuditEntry(Struct, kw_only=True):
    """An action of an operator. `outcome` is the reply of the store's script."""

    at: str | None
    who: str
    what: str
    on: str
    detail: str
    outcome: str


async def list_audit(operator: Operator, count: int) -> list[AuditEntry]:
    """Return up to `count` actions, newest first."""
    return [
        AuditEntry(
            at=moment(line.at_ms), who=line.who, what=line.what, on=line.on, detail=line.detail, outcome=line.outcome
        )
        for line in await audit.list_records(operator.store, count)
    ]
