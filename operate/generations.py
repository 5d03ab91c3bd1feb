"""Generations: try one again, give its money back."""

from msgspec import Struct

from operate.operator import Operator
from shared.domain import ids
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome
from shared.store import generations, ledger

LATE_S = 60.0
REFUNDED = Outcome(error_code="refunded", error="This was stopped by the operator. You were refunded.")
RETRY_WORDS = {
    "due": "A worker takes it up at once.",
    "looks": "Its provider has it: a worker looks at it at once. Nothing is submitted again.",
    "waits": "It waits for a place of its account or its provider, and takes it in its turn.",
}


class Retried(Struct, kw_only=True):
    """What a retry did."""

    id: str
    state: str
    done: str
    means: str


class Refund(Struct, kw_only=True):
    """Money that went back: `refund` is the reservation of an open one, `credit` what an ended one had cost."""

    id: str
    account: str
    kind: str
    amount_micros: int


async def find(operator: Operator, named: str) -> Generation:
    """A generation by its UUID or job_... name. Raises Refused if there is none."""
    name = ids.checked_uuid(named) or ids.generation_id(named)
    found = await generations.view(operator.store, "", name) if name else None
    if found is None:
        message = f"There is no generation {named[:50]}: check the id, or it is past its retention."
        raise Refused("not_found", message)
    return found


async def retry(operator: Operator, named: str) -> Retried:
    """Have one taken up now, if no provider may have it already. Raises Refused."""
    found = await find(operator, named)
    word, state = await generations.retry(operator.act("generation retry", found.id), found.id)
    if word == "with_provider":
        message = f"It is {state}: its provider may have it, and would be paid twice. See `wokflow uncertain resolve`."
        raise Refused("conflict", message)
    if word not in RETRY_WORDS:
        raise Refused("conflict", f"It has ended ({state}): what is over is ordered anew by its owner.")
    return Retried(id=found.id, state=state, done=word, means=RETRY_WORDS[word])


async def refund(operator: Operator, named: str, amount_micros: int | None = None, reason: str = "") -> Refund:
    """End an open one and give its reservation back; of an ended one give back what it cost, or less, once."""
    found = await find(operator, named)
    if found.state == FAILED:
        raise Refused("conflict", "It failed, and was refunded then.")
    return await (
        _settle(operator, found, amount_micros, reason)
        if found.open
        else _credit(operator, found, amount_micros, reason)
    )


async def _settle(operator: Operator, found: Generation, amount_micros: int | None, reason: str) -> Refund:
    if amount_micros is not None:
        raise Refused("conflict", f"It is {found.state}: its whole reservation goes back. Name no amount.")
    acting = operator.act("generation refund", found.id, reason)
    word, amount = await ledger.settle(acting, found.id, FAILED, cost_micros=0, outcome=REFUNDED, late_s=LATE_S)
    if word != "settled":
        raise Refused("conflict", "It ended meanwhile: look at it again.")
    return Refund(id=found.id, account=found.account, kind="refund", amount_micros=amount)


async def _credit(operator: Operator, found: Generation, amount_micros: int | None, reason: str) -> Refund:
    if amount_micros is not None and amount_micros <= 0:
        raise Refused("invalid_request", "A credit is more than nothing.")
    acting = operator.act("generation refund", found.id, reason)
    word, amount = await ledger.credit(acting, found.id, amount_micros)
    if word == "already":
        raise Refused("conflict", f"It was credited before: {amount} micro-USD, and a generation is credited once.")
    if word != "credited":
        cost = 0 if found.state != COMPLETED else amount
        raise Refused("conflict", f"It cost {cost} micro-USD: no more than that can go back.")
    return Refund(id=found.id, account=found.account, kind="credit", amount_micros=amount)
