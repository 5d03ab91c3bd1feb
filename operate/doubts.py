"""Generations whose submit nobody knows the outcome of."""

from collections.abc import Sequence
from mimetypes import guess_type
from urllib.parse import urlsplit

from msgspec import Struct

from operate.generations import LATE_S, find
from operate.operator import Operator
from operate.times import moment
from shared.domain.errors import Refused
from shared.domain.generation import COMPLETED, FAILED, Generation, Outcome, Output
from shared.store import generations, ledger

URLS_MAX, URL_CHARS_MAX = 20, 2000
NOT_DONE = "The provider did not do this. You were refunded."


class DoubtEntry(Struct, kw_only=True):
    """One of them; `closed_at` is when it was refunded, if it was."""

    id: str
    account: str
    provider: str
    provider_model: str
    reserved_micros: int
    created_at: str | None
    started_at: str | None
    deadline_at: str | None
    closed_at: str | None


class Resolved(Struct, kw_only=True):
    """How it was ended."""

    id: str
    state: str
    refund_micros: int


async def doubts(operator: Operator, count: int, *, refunded: bool = False) -> list[DoubtEntry]:
    """Up to `count` of them, the longest first; or those that were refunded as such, the newest first."""
    look = generations.doubtful if refunded else generations.uncertain
    return [_doubt(found) for found in await look(operator.store, count)]


async def resolve(operator: Operator, named: str, *, urls: Sequence[str] = (), failed: bool = False) -> Resolved:
    """End one as what its provider made of it: completed with these outputs, or failed and refunded. Raises Refused."""
    if bool(urls) == failed:
        raise Refused("invalid_request", "Say how it ended: completed, with the URLs of its outputs, or failed.")
    found = await find(operator, named)
    outcome = Outcome(found.provider, error_code="not_done", error=NOT_DONE) if failed else _made(found, urls)
    state, cost = (FAILED, 0) if failed else (COMPLETED, found.reserved)
    acting = operator.act("uncertain resolve", found.id, " ".join(urls) or FAILED)
    word, refund = await ledger.settle(
        acting, found.id, state, cost_micros=cost, outcome=outcome, uncertain_only=True, late_s=LATE_S
    )
    if word != "settled":
        raise Refused("conflict", f"Nobody is in doubt about it: it is {found.state}.")
    return Resolved(id=found.id, state=state, refund_micros=refund)


def _made(found: Generation, urls: Sequence[str]) -> Outcome:
    return Outcome(found.provider, tuple(_output(url) for url in urls[:URLS_MAX]))


def _output(url: str) -> Output:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.netloc or len(url) > URL_CHARS_MAX or not url.isprintable():
        raise Refused("invalid_request", f"{url[:100]!r} is no http or https URL.")
    return Output(url, guess_type(parts.path)[0] or "application/octet-stream")


def _doubt(found: Generation) -> DoubtEntry:
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
