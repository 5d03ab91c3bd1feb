"""wokflow generation"""

import click
import msgspec

from operate import generations, timeline
from operate.cli.account import parse_amount
from operate.cli.command import CommandContext, Group
from operate.cli.operator import with_operator
from operate.cli.provider import STATES
from operate.cli.show import fields, table
from operate.operator import Operator
from operate.records import read_record
from shared.domain.money import dollars

MICROS = "_micros"


generation = Group("generation", help="Show, explain, retry and refund generations.")


@generation.command()
@click.argument("generation_id", metavar="ID")
@with_operator
async def show(context: CommandContext, operator: Operator, generation_id: str) -> None:
    """Show the record of a generation, prompt included. ID is a UUID or job_..."""
    found = await read_record(operator, generation_id)
    facts = msgspec.to_builtins(found)
    money = {
        name.removesuffix(MICROS): dollars(facts[name])
        for name in facts
        if name.endswith(MICROS) and facts[name] is not None
    }
    shown = {name: _text(value) for name, value in facts.items() if not name.endswith(MICROS)}
    context.show(found, fields(shown | money))


@generation.command()
@click.argument("generation_id", metavar="ID")
@with_operator
async def explain(context: CommandContext, operator: Operator, generation_id: str) -> None:
    """Show the timeline of a generation. It has every attempt, poll and webhook post, with times."""
    life = await timeline.read_timeline(operator, generation_id)
    summary: dict[str, object] = {"id": life.id, "account": life.account, "model": life.model, "state": life.state}
    details: dict[str, object] = {
        "provider": life.provider,
        "queue position": life.queue_position,
        "deadline": life.deadline_at,
    }
    rows = ((one.at, f"+{one.after_ms / 1000:.3f} s", one.what, one.detail) for one in life.moments)
    context.show(life, fields(summary | details), "", table(("time", "after", "event", "detail"), rows))


@generation.command()
@click.argument("generation_id", metavar="ID")
@with_operator
async def retry(context: CommandContext, operator: Operator, generation_id: str) -> None:
    """Start a generation at once. A generation that a provider may have is never submitted again."""
    done = await generations.retry_generation(operator, generation_id)
    context.show(done, done.means)


@generation.command()
@click.argument("generation_id", metavar="ID")
@click.option("--usd", callback=parse_amount, help="Amount to credit for a completed one; default: its whole cost.")
@click.option("--reason", default="", help="Reason to note in the audit.")
@with_operator
async def refund(context: CommandContext, operator: Operator, generation_id: str, usd: int | None, reason: str) -> None:
    """Return the money of a generation, once. An open one is failed and refunded, a completed one credited."""
    done = await generations.refund_generation(operator, generation_id, usd, reason)
    context.show(done, f"Returned {dollars(done.amount_micros)} to {done.account} as a {done.kind}.")


def _text(value: object) -> object:
    if isinstance(value, list | tuple):
        return ", ".join(map(_item, value))
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value


def _item(item: dict[str, object]) -> str:
    if "url" in item:
        return f"{item['url']} ({item['media_type']}, {item['size_bytes']:,} bytes)"
    if "outcome" in item:
        return f"{item['provider']} {item['outcome']} ({item['at']})"
    until = f" until {item['until']}" if item["until"] else ""
    return f"{item['provider']}, {item['model'] or 'all models'}: {STATES[str(item['state'])]}{until}: {item['why']}"
