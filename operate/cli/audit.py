"""wokflow audit"""

from operate.audit import list_audit
from operate.cli.command import CommandContext, Group, limit_option
from operate.cli.operator import with_operator
from operate.cli.show import table
from operate.operator import Operator
from shared.store.audit import RECORDS_MAX

audit = Group("audit", help="Show the actions of operators.")


@audit.command("list")
@limit_option(RECORDS_MAX, "actions")
@with_operator
async def list_lines(context: CommandContext, operator: Operator, limit: int) -> None:
    """List actions with operator, target and outcome, newest first. The store keeps the newest 10,000."""
    found = await list_audit(operator, limit)
    rows = ((line.at, line.who, line.what, line.on, line.detail, line.outcome) for line in found)
    shown = table(("time", "operator", "action", "target", "detail", "outcome"), rows)
    context.show({"lines": found}, shown if found else "No operator has done anything yet.")
