"""Cancel a generation: free before the submit. After it, the provider is requested to stop, and its answer decides."""

from gateway.context import GatewayContext
from gateway.history.generations import find_generation
from shared.domain.errors import Refused
from shared.domain.generation import CANCELED, CANCELED_WHY, COMPLETED, FAILED, Generation, Outcome
from shared.domain.times import DAY_MS
from shared.ops import settled
from shared.store import generations, ledger
from shared.store.ledger import NotSettled, Settled

NOT_FOUND = "Your account has no generation with this id."
STOPPED = Outcome(error_code=CANCELED, error=CANCELED_WHY)


async def cancel(context: GatewayContext, account: str, generation_id: str) -> Generation:
    """Return the canceled generation: failed and refunded, or still open until its provider stops.

    Raises Refused: not_found, or conflict if it has already ended otherwise.
    """
    keep_ms = context.settings.record_retention_days * DAY_MS
    if await generations.view(context.store, account, generation_id) is None:
        return _already(await find_generation(context, account, generation_id))
    settlement = await ledger.settle(
        context.store, generation_id, FAILED, cost_micros=0, outcome=STOPPED, unsubmitted_only=True, keep_ms=keep_ms
    )
    if settlement == NotSettled("submitted"):
        await generations.cancel(context.store, generation_id)
    current = await generations.view(context.store, account, generation_id)
    if current is None:
        raise Refused("not_found", NOT_FOUND)
    if isinstance(settlement, Settled):
        settled.report(current)
    return _already(current) if settlement == NotSettled("already") else current


def _already(ended: Generation | None) -> Generation:
    """Return a generation that was canceled before. Raises Refused for another end, and for one that is not known."""
    if ended is None:
        raise Refused("not_found", NOT_FOUND)
    canceled = ended.outcome is not None and ended.outcome.error_code == CANCELED
    if ended.state == COMPLETED or not canceled:
        raise Refused("conflict", f"This generation has already ended: it is {ended.state}.")
    return ended
