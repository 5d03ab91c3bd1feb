"""wokflow reconcile"""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal, InvalidOperation
from pathlib import Path

import click
from msgspec import structs
from rich.table import Table

from operate.cli.catalogue_reading import read_catalogue
from operate.cli.command import Command, CommandContext, Failure, with_store
from operate.cli.show import table
from shared.domain import bill as bills
from shared.domain.costs import DAYS_MAX, Comparison, Day, Pair, compare, day_date, day_number
from shared.domain.money import dollars
from shared.ops import clock
from shared.store import costs
from shared.store.connect import Store

DAYS = 7
SHOWN_MAX = 50  # single lines of a bill for people; JSON has them all
DATE = click.DateTime(["%Y-%m-%d"])
BOTH = "expected / reported"


class Percent(click.ParamType[Decimal]):
    """A percentage such as 0.5."""

    name = "percent"

    def convert(self, value: object, param: click.Parameter | None, ctx: click.Context | None) -> Decimal:
        """Convert a value to an exact number from 0 to 100."""
        try:
            share = Decimal(str(value))
        except InvalidOperation:
            share = Decimal(-1)
        if not 0 <= share <= 100:
            self.fail(f"{value!r} is not a number from 0 to 100", param, ctx)
        return share


@click.command(cls=Command)
@click.option("--from", "first", type=DATE, help=f"First day, UTC; default: {DAYS - 1} days before the last.")
@click.option("--to", "last", type=DATE, help="Last day, UTC; default: today.")
@click.option("--provider", help="Only this provider; default: every billing provider of the catalogue.")
@click.option("--tolerance", type=Percent(), default="1", show_default=True, help="Difference to accept, in percent.")
@click.option(
    "--bill",
    type=(click.Path(exists=True, dir_okay=False), str),
    metavar="FILE PROVIDER",
    help="Compare a provider's bill line by line: a CSV file with the columns reference and amount (USD).",
)
@with_store
async def reconcile(
    context: CommandContext,
    store: Store,
    *,
    first: datetime | None,
    last: datetime | None,
    provider: str | None,
    tolerance: Decimal,
    bill: tuple[str, str] | None,
) -> None:
    """Compare expected and reported costs of providers.

    Expected costs are the catalogue's. They are compared by provider and day.

    Exit status 1 if they differ by more than the tolerance.
    """
    days = parse_span(first, last)
    known = read_catalogue(context.settings.catalogue).providers
    selected = [name for name, entry in known.items() if entry.key_env] if provider is None else [provider]
    selected = [bill[1]] if bill else selected
    if not set(selected) <= set(known):
        raise Failure("unknown_provider", f"Provider {selected[0]!r} does not exist: choose one of {', '.join(known)}.")
    found = await costs.read_days(store, selected, *days)
    off = any(day.off(tolerance) for day in found)
    facts: dict[str, object] = {
        "from": day_date(days[0]).isoformat(),
        "to": day_date(days[1]).isoformat(),
        "tolerance_percent": float(tolerance),
        "days": [_facts(day, tolerance) for day in found],
    }
    shown: list[str | Table] = [_days(found, tolerance)] if found else ["No generations were settled in these days."]
    if bill:
        compared = compare(read_bill(bill[0]), [record async for record in costs.scan_paid(store, bill[1], *days)])
        facts["bill"] = {**structs.asdict(compared), "provider": bill[1], "off": compared.off(tolerance)}
        shown += _bill(compared)
        off = compared.off(tolerance)
    verdict = "Costs differ by more than the tolerance." if off else "No cost differs by more than the tolerance."
    context.show({**facts, "off": off}, *shown, verdict)
    if off:
        click.get_current_context().exit(1)


def parse_span(first: datetime | None, last: datetime | None) -> tuple[int, int]:
    """Return first and last day as the store numbers them. Raises Failure for an empty or too long span."""
    today = datetime.fromtimestamp(clock.now_s(), UTC).date()
    end: date = last.date() if last else today
    begin = first.date() if first else end - timedelta(days=DAYS - 1)
    if not 0 <= (end - begin).days < DAYS_MAX:
        raise Failure("bad_span", f"{begin} to {end} is not a span of 1 to {DAYS_MAX} days: change --from or --to.")
    return day_number(begin), day_number(end)


def read_bill(path: str) -> dict[str, int]:
    """Read the lines of a bill, micro-USD by reference. Raises Failure naming its mistake."""
    try:
        with Path(path).open(encoding="utf-8-sig", newline="") as file:
            return bills.read(file)
    except UnicodeDecodeError:
        raise Failure("bad_bill", f"{path} is not UTF-8 text: export it as UTF-8.") from None
    except bills.BillError as error:
        raise Failure("bad_bill", f"{path}: {error}.") from None


def _facts(day: Day, tolerance: Decimal) -> dict[str, object]:
    sums = {name: value for name, value in structs.asdict(day).items() if name != "day"}
    return {**sums, "date": day.date, "cost_micros": day.cost_micros, "off": day.off(tolerance)}


def _days(found: list[Day], tolerance: Decimal) -> Table:
    heads = ("day", "provider", "cost", "matched", f"differs ({BOTH})", "ours only", "theirs only", "unpriced")
    rows = [
        (
            day.date,
            day.provider,
            dollars(day.cost_micros),
            _sum(day.matched, day.matched_micros),
            _both(day) + (" !" if day.off(tolerance) else ""),
            _sum(day.ours_only, day.ours_only_micros),
            _sum(day.theirs_only, day.theirs_only_micros),
            day.unpriced or "",
            _sum(day.late, day.late_micros),
            day.uncertain or "",
        )
        for day in found
    ]
    return table((*heads, "after a refund", "uncertain"), rows)


def _sum(count: int, micros: int) -> str:
    return f"{count:,}: {dollars(micros)}" if count else ""


def _both(day: Day) -> str:
    return f"{day.differs:,}: {dollars(day.differs_ours)} / {dollars(day.differs_theirs)}" if day.differs else ""


def _bill(compared: Comparison) -> list[str | Table]:
    shown: list[str | Table] = [f"\nThe bill: {compared.matched:,} matched, {dollars(compared.matched_micros)}."]
    for verb, pairs in (
        ("differ", compared.differs),
        ("are missing in the bill", compared.ours_only),
        ("are only in the bill: no generation has this reference", compared.theirs_only),
    ):
        if pairs:
            shown += [f"{len(pairs):,} {verb}:", table(("reference", "generation", "ours", "theirs"), _pairs(pairs))]
    return shown


def _pairs(pairs: list[Pair]) -> list[tuple[object, ...]]:
    rows: list[tuple[object, ...]] = [
        (pair.reference, pair.generation, *(None if m is None else dollars(m) for m in (pair.ours, pair.theirs)))
        for pair in pairs[:SHOWN_MAX]
    ]
    return [*rows, ("...", None, None, None)] if len(pairs) > SHOWN_MAX else rows
