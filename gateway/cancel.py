"""Cancelling: free while no provider can have the work; afterwards the provider is asked, and its answer counts."""

from gateway.context import Desk
from shared.domain.errors import Refused
from shared.domain.generation import CANCELED, CANCELED_WHY, COMPLETED, FAILED, Generation, Outcome
from shared.ops import settled
from shared.store import generations, ledger
from shared.store.ledger import NotSettled, Settled

DAY_MS = 86_400_000
STOPPED = Outcome(error_code=CANCELED, error=CANCELED_WHY)


async def cancel(desk: Desk, account: str, generation_id: str) -> Generation:
    """The generation after the attempt: failed and refunded, or still open while its provider is asked to stop.

    Raises Refused: not_found, or conflict if it has ended in another way already.
    """
    keep_ms = desk.settings.record_retention_days * DAY_MS
    if await generations.view(desk.store, account, generation_id) is None:
        raise Refused("not_found", "Your account has no generation with this id.")
    settlement = await ledger.settle(
        desk.store, generation_id, FAILED, cost_micros=0, outcome=STOPPED, unsubmitted_only=True, keep_ms=keep_ms
    )
    if settlement == NotSettled("submitted"):
        await generations.cancel(desk.store, generation_id)
    seen = await generations.view(desk.store, account, generation_id)
    if seen is None:
        raise Refused("not_found", "Your account has no generation with this id.")
    if isinstance(settlement, Settled):
        settled.report(seen)
    canceled = seen.outcome is not None and seen.outcome.error_code == CANCELED
    if settlement == NotSettled("already") and (seen.state == COMPLETED or not canceled):
        raise Refused("conflict", f"This generation has ended already: it is {seen.state}.")
    return seen
