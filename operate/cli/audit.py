"""wokflow audit"""

import click

from operate.audit import audit_lines
from operate.cli.command import Desk, Group
from operate.cli.operate import with_operator
from operate.cli.show import table
from operate.operator import Operator
from shared.store.audit import LINES_MAX


@click.group(cls=Group)
def audit() -> None:
    """What operators did."""


@audit.command("list")
@click.option("--limit", type=click.IntRange(1, LINES_MAX), default=50, show_default=True, help="The newest so many.")
@with_operator
async def list_lines(desk: Desk, operator: Operator, limit: int) -> None:
    """Who did what to what, newest first; the newest 10,000 are kept."""
    found = await audit_lines(operator, limit)
    rows = ((line.at, line.who, line.what, line.on, line.detail, line.outcome) for line in found)
    shown = table(("time", "who", "what", "on", "detail", "outcome"), rows)
    desk.show({"lines": found}, shown if found else "No operator did anything yet.")
