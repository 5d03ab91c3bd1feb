"""Uncertain generations: the outcome of their submit is unknown."""

from collections.abc import Sequence
from mimetypes import guess_type
from typing import Annotated

from msgspec import Struct

from operate.generations import LATE_S, find_generation
from operate.operator import Operator
from operate.times import moment
from shared.domain.described import doc, timestamp
from shared.domain.errors import Refused
from shared.domain.foreign_url import BadForeignUrl, ForeignUrl, path_of
from shared.domain.generation import COMPLETED, FAILED, EndState, Generation, Outcome, Output
from shared.store import generations, ledger
from shared.store.ledger import Settled

URLS_MAX = 20
NOT_DONE = "The provider did not run this generation."


class DoubtEntry(Struct, kw_only=True):
    """An uncertain generation. `closed_at` is the time of its refund, null if it is open."""

    id: Annotated[str, doc("The generation's id.")]
    account: Annotated[str, doc("The account's id.")]
    provider: Annotated[str, doc("The provider's name in the catalogue.")]
    provider_model: Annotated[str, doc("The model's name at the provider.")]
    reserved_micros: Annotated[int, doc("The reservation in micro-dollars.")]
    created_at: Annotated[str | None, timestamp("When it was created.")]
    started_at: Annotated[str | None, timestamp("When a worker started it.")]
    deadline_at: Annotated[str | None, timestamp("When it fails and is refunded if it has not ended.")]
    closed_at: Annotated[str | None, timestamp("When it was settled.")]


class Resolved(Struct, kw_only=True):
    """How an uncertain generation was settled."""

    id: Annotated[str, doc("The generation's id.")]
    state: Annotated[str, doc("The state.")]
    refund_micros: Annotated[int, doc("The refund at settlement, in micro-dollars.")]


async def list_uncertain(operator: Operator, count: int, *, refunded: bool = False) -> list[DoubtEntry]:
    """Return up to `count` open ones, the oldest first, or those already refunded as uncertain, the newest first."""
    read = generations.list_refunded_uncertain if refunded else generations.list_uncertain
    return [_entry(found) for found in await read(operator.store, count)]


async def resolve_uncertain(
    operator: Operator, named: str, *, urls: Sequence[str] = (), failed: bool = False
) -> Resolved:
    """Settle one by its outcome at the provider: completed with these outputs, or failed. Raises Refused."""
    if bool(urls) == failed:
        raise Refused("invalid_request", "Give exactly one outcome: completed with the URLs of its outputs, or failed.")
    found = await find_generation(operator, named)
    outcome = Outcome(found.provider, error_code="not_done", error=NOT_DONE) if failed else _completed(found, urls)
    state: EndState = FAILED if failed else COMPLETED
    cost = 0 if failed else found.reserved
    acting = operator.act("uncertain resolve", found.id, " ".join(urls) or FAILED)
    settlement = await ledger.settle(
        acting, found.id, state, cost_micros=cost, outcome=outcome, uncertain_only=True, late_s=LATE_S
    )
    if not isinstance(settlement, Settled):
        raise Refused("conflict", f"This generation is not uncertain: it is {found.state}.")
    return Resolved(id=found.id, state=state, refund_micros=settlement.refund_micros)


def _completed(found: Generation, urls: Sequence[str]) -> Outcome:
    return Outcome(found.provider, tuple(_output(url) for url in urls[:URLS_MAX]))


def _output(url: str) -> Output:
    try:
        ForeignUrl.parse(url)
    except BadForeignUrl as error:
        raise Refused("invalid_request", f"The URL {url[:100]!r} {error}.") from None
    return Output(url, guess_type(path_of(url))[0] or "application/octet-stream")


def _entry(found: Generation) -> DoubtEntry:
    return DoubtEntry(
        id=found.id,
        account=found.account,
        provider=found.provider,
        provider_model=found.spec.target,
        reserved_micros=found.reserved,
        created_at=moment(found.created_ms),
        started_at=moment(found.started_ms),
        deadline_at=moment(found.deadline_ms),
        closed_at=moment(found.closed_ms),
    )
