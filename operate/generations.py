"""Generations: find, retry and refund one."""

from typing import Annotated

from msgspec import Struct

from operate.operator import Operator
from shared.domain import ids
from shared.domain.described import doc
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome
from shared.store import generations, ledger
from shared.store.ledger import Settled

LATE_S = 60.0
REFUNDED = Outcome(error_code="refunded", error="The operator stopped this generation.")
RETRY_MEANINGS = {
    "due": "A worker starts it at once.",
    "looks": "Its provider has it: a worker polls it at once. Nothing is submitted again.",
    "waits": "It waits in its account's backlog for a free slot and starts when one is free.",
}


class Retried(Struct, kw_only=True):
    """The result of a retry. `means` is a sentence about `done`."""

    id: Annotated[str, doc("The generation's id.")]
    state: Annotated[str, doc("The state.")]
    done: Annotated[
        str,
        doc("`due`: a worker runs it now. `looks`: a worker polls it now. `waits`: it waits in the account's backlog."),
    ]
    means: Annotated[str, doc("The same for people.")]


class Refund(Struct, kw_only=True):
    """Money returned to an account. Kind `refund` is an open generation's reservation, `credit` an ended one's cost."""

    id: Annotated[str, doc("The generation's id.")]
    account: Annotated[str, doc("The account's id.")]
    kind: Annotated[
        str, doc("`refund`: an open generation failed and its reservation went back. `credit`: a credit was booked.")
    ]
    amount_micros: Annotated[int, doc("The amount in micro-dollars.")]


async def find_generation(operator: Operator, named: str) -> Generation:
    """Return a generation by its UUID or job_... id. Raises Refused if it does not exist."""
    name = ids.canonical_uuid(named) or ids.generation_id(named)
    found = await generations.view(operator.store, "", name) if name else None
    if found is None and name and operator.records_url:
        from operate.archived import find_archived  # noqa: PLC0415  # SQLAlchemy, only when it is needed

        found = await find_archived(operator, name)
    if found is None:
        message = f"Generation {named[:50]} does not exist: check the id. It may be past its retention."
        raise Refused("not_found", message)
    return found


async def retry_generation(operator: Operator, named: str) -> Retried:
    """Start a generation now, unless a provider may have it already. Raises Refused."""
    found = await find_generation(operator, named)
    result = await generations.retry(operator.act("generation retry", found.id), found.id)
    state = result.state or found.state
    if result.outcome == "with_provider":
        message = f"It is {state}: its provider may have it and would be paid twice. Use `wokflow uncertain resolve`."
        raise Refused("conflict", message)
    if result.outcome not in RETRY_MEANINGS:
        raise Refused("conflict", f"It has ended ({state}) and cannot be retried. Its owner can submit it again.")
    return Retried(id=found.id, state=state, done=result.outcome, means=RETRY_MEANINGS[result.outcome])


async def refund_generation(
    operator: Operator, named: str, amount_micros: int | None = None, reason: str = ""
) -> Refund:
    """Fail and refund an open generation, or credit a completed one with its cost or less, once. Raises Refused."""
    found = await find_generation(operator, named)
    if found.state == FAILED:
        raise Refused("conflict", "It failed and was refunded already.")
    return await (
        _settle(operator, found, amount_micros, reason)
        if found.open
        else _credit(operator, found, amount_micros, reason)
    )


async def _settle(operator: Operator, found: Generation, amount_micros: int | None, reason: str) -> Refund:
    if amount_micros is not None:
        raise Refused("conflict", f"It is {found.state}: its whole reservation is refunded. Leave the amount out.")
    acting = operator.act("generation refund", found.id, reason)
    settlement = await ledger.settle(acting, found.id, FAILED, cost_micros=0, outcome=REFUNDED, late_s=LATE_S)
    if not isinstance(settlement, Settled):
        raise Refused("conflict", "It has just ended: check its state and try again.")
    return Refund(id=found.id, account=found.account, kind="refund", amount_micros=settlement.refund_micros)


async def _credit(operator: Operator, found: Generation, amount_micros: int | None, reason: str) -> Refund:
    if amount_micros is not None and amount_micros <= 0:
        raise Refused("invalid_request", "Credit must be greater than zero.")
    acting = operator.act("generation refund", found.id, reason)
    credit = await ledger.credit(acting, found.id, amount_micros)
    if credit.outcome == "missing" and operator.records_url:
        from operate.archived import revive  # noqa: PLC0415  # SQLAlchemy, only when it is needed

        await revive(operator, found.id)
        credit = await ledger.credit(acting, found.id, amount_micros)
    amount = credit.amount_micros
    if credit.outcome == "already":
        raise Refused("conflict", f"It was credited before with {amount} micro-USD. A generation is credited once.")
    if credit.outcome != "credited":
        cost = 0 if found.state != COMPLETED else amount
        raise Refused("conflict", f"It cost {cost} micro-USD: credit at most that amount.")
    return Refund(id=found.id, account=found.account, kind="credit", amount_micros=amount)
