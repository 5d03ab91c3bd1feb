"""What operators did."""

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.store import audit


class AuditEntry(Struct, kw_only=True):
    """One action. `outcome` is the word with which the store answered it."""

    at: str | None
    who: str
    what: str
    on: str
    detail: str
    outcome: str


async def audit_lines(operator: Operator, count: int) -> list[AuditEntry]:
    """Up to `count` of them, newest first."""
    return [
        AuditEntry(
            at=moment(line.at_ms), who=line.who, what=line.what, on=line.on, detail=line.detail, outcome=line.outcome
        )
        for line in await audit.lines(operator.store, count)
    ]
