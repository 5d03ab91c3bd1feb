"""wokflow margin"""

import asyncio
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import click

from operate.cli.command import Command, CommandContext, Failure, open_context
from operate.cli.show import table
from shared.domain.errors import Refused
from shared.domain.money import dollars
from shared.domain.times import DAY_MS
from shared.ops import clock

if TYPE_CHECKING:
    from operate.usage import MarginEntry

DAYS_SHOWN = 30
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DAY = click.DateTime(formats=["%Y-%m-%d"])


@click.command("margin", cls=Command)
@click.option("--from", "since", type=DAY, help="First UTC day. Default: 30 days before the last one.")
@click.option("--to", "until", type=DAY, help="UTC day behind the last one. Default: tomorrow.")
@click.option("--provider", default="", help="Only this provider.")
def run_margin(since: datetime | None, until: datetime | None, provider: str) -> None:
    """Show revenue, cost and margin by provider and model, from the database."""
    context = open_context()
    to_day = day_of(until) if until else clock.now_ms() // DAY_MS + 1
    from_day = day_of(since) if since else to_day - DAYS_SHOWN
    found = asyncio.run(_read(context, from_day, to_day, provider))
    totals = [sum(getattr(one, name) for one in found) for name in ("revenue_micros", "cost_micros", "margin_micros")]
    rows = [
        (
            *(one.provider, one.model, one.count, one.failed, dollars(one.revenue_micros), dollars(one.cost_micros)),
            *(dollars(one.margin_micros), "-" if one.margin_percent is None else f"{one.margin_percent} %"),
        )
        for one in found
    ]
    heads = ("provider", "model", "generations", "failed", "revenue", "cost", "margin", "")
    context.show(
        {"margins": found},
        table(heads, rows) if rows else "No generation ended in this period, or none is in the database yet.",
        "Revenue {}, cost {}, margin {}.".format(*map(dollars, totals)),
    )


def day_of(at: datetime) -> int:
    """Return a day as days since 1970."""
    return (at.replace(tzinfo=UTC) - EPOCH).days


async def _read(context: CommandContext, from_day: int, to_day: int, provider: str) -> "list[MarginEntry]":
    # The driver of the database takes longer to load than the rest of a command.
    from operate.usage import list_margins  # noqa: PLC0415
    from shared.records.history import open_history  # noqa: PLC0415

    try:
        async with open_history(context.settings.records_url) as history:
            return await list_margins(history, from_day, to_day, provider)
    except Refused as refused:
        raise Failure(refused.code, refused.message) from None
