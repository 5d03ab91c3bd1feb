"""The full check of the records: every archived row is as it was sealed, and every signed day has its rows.

It goes on in small steps, each of which sees one moment. Its state fits into the store, so that it resumes after a
restart, and runs in slices over a day.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import partial

from msgspec import Struct, field
from sqlalchemy.ext.asyncio import AsyncConnection

from shared.records.seal import SEALS
from shared.records.verify_days import check_day
from shared.records.verify_lines import LineState, check_lines
from shared.records.verify_rows import Faults, check_accounts, check_rows, check_superseded, check_usage

FINDINGS_MAX = 1000
PARTS = ("ledger_lines", "accounts", *SEALS, "superseded", "days", "usage")

Keys = Mapping[str, bytes]
Step = Callable[[AsyncConnection], Awaitable[tuple[int, bool]]]


class Verification(Struct, kw_only=True):
    """The state of a check: its part, its place in there, and the faults up to there as (fault, id, detail)."""

    began_ms: int = 0
    part: int = 0
    place: list[str | int] = field(default_factory=list)
    lines: LineState = field(default_factory=LineState)
    rows: int = 0
    faults: Faults = field(default_factory=list)

    @property
    def done(self) -> bool:
        """Return whether everything is checked, or too much is wrong."""
        return self.part >= len(PARTS) or len(self.faults) >= FINDINGS_MAX


async def verify_step(connection: AsyncConnection, state: Verification, keys: Keys, *, settled_ms: int) -> int:
    """Check the next rows, at most some thousand or one day, and return their number.

    `keys` are the public keys of signed days. Everything that ended before `settled_ms` is in the database.
    """
    count, is_done = await _step_of(state, keys, settled_ms)(connection)
    state.rows += count
    if is_done:
        state.part, state.place = state.part + 1, []
    return count


def _step_of(state: Verification, keys: Keys, settled_ms: int) -> Step:
    place, faults = state.place, state.faults
    match PARTS[state.part]:
        case "ledger_lines":
            return partial(check_lines, state=state.lines, faults=faults, settled_ms=settled_ms)
        case "accounts":
            return partial(check_accounts, place=place, faults=faults)
        case "superseded":
            return partial(check_superseded, place=place, faults=faults)
        case "days":
            return partial(check_day, place=place, faults=faults, keys=keys)
        case "usage":
            return partial(check_usage, place=place, faults=faults)
        case name:
            return partial(check_rows, name=name, place=place, faults=faults)
