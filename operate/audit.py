"""The audit: every action of an operator."""

from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.store import audit


class AuditEntry(Struct, kw_only=True):
    """An action of an operator. `outcome` is the reply of the store's script."""

    at: Annotated[str | None, timestamp("The time.")]
    who: Annotated[str, doc("The operator: a command and its user, or an admin key.")]
    what: Annotated[str, doc("The command.")]
    on: Annotated[str, doc("The object of the action.")]
    detail: Annotated[str, doc("More about it, in plain words.")]
    outcome: Annotated[str, doc("The store's answer.")]


async def list_audit(operator: Operator, count: int) -> list[AuditEntry]:
    """Return up to `count` actions, newest first."""
    return [
        AuditEntry(
            at=moment(line.at_ms), who=line.who, what=line.what, on=line.on, detail=line.detail, outcome=line.outcome
        )
        for line in await audit.list_records(operator.store, count)
    ]
