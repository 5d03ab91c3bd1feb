"""wokflow generation"""

import click
import msgspec

from operate import explain as lives
from operate import generations as acts
from operate.cli.account import amount
from operate.cli.command import Desk, Group
from operate.cli.operate import with_operator
from operate.cli.show import dollars, fields, table
from operate.operator import Operator
from operate.record import record

MICROS = "_micros"


@click.group(cls=Group)
def generation() -> None:
    """Generations of all accounts."""


@generation.command()
@click.argument("generation_id", metavar="ID")
@with_operator
async def show(desk: Desk, operator: Operator, generation_id: str) -> None:
    """Show all that is known of a generation, its prompt included. ID is a UUID or job_..."""
    found = await record(operator, generation_id)
    facts = msgspec.to_builtins(found)
    money = {
        name.removesuffix(MICROS): dollars(facts[name])
        for name in facts
        if name.endswith(MICROS) and facts[name] is not None
    }
    shown = {name: _text(value) for name, value in facts.items() if not name.endswith(MICROS)}
    desk.show(found, fields(shown | money))


@generation.command()
@click.argument("generation_id", metavar="ID")
@with_operator
async def explain(desk: Desk, operator: Operator, generation_id: str) -> None:
    """Tell the whole life of a generation, with times: every provider that was asked, every look, every post."""
    life = await lives.explain(operator, generation_id)
    heads: dict[str, object] = {"id": life.id, "account": life.account, "model": life.model, "state": life.state}
    more: dict[str, object] = {
        "provider": life.provider,
        "queue position": life.queue_position,
        "deadline": life.deadline_at,
    }
    rows = ((one.at, f"+{one.after_ms / 1000:.3f} s", one.what, one.detail) for one in life.moments)
    desk.show(life, fields(heads | more), "", table(("time", "after", "what", ""), rows))


@generation.command()
@click.argument("generation_id", metavar="ID")
@with_operator
async def retry(desk: Desk, operator: Operator, generation_id: str) -> None:
    """Have a generation taken up at once. One that a provider may have is never submitted again."""
    done = await acts.retry(operator, generation_id)
    desk.show(done, done.means)


@generation.command()
@click.argument("generation_id", metavar="ID")
@click.option("--usd", callback=amount, help="Of a completed one, no more than this; default: all that it cost.")
@click.option("--reason", default="", help="For the audit.")
@with_operator
async def refund(desk: Desk, operator: Operator, generation_id: str, usd: int | None, reason: str) -> None:
    """Give its money back, once: an open one fails and is refunded, for a completed one a credit is booked."""
    done = await acts.refund(operator, generation_id, usd, reason)
    desk.show(done, f"{dollars(done.amount_micros)} went back to {done.account}, as a {done.kind}.")


def _text(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(map(_item, value))
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value


def _item(item: dict[str, object]) -> str:
    """An output, or an attempt."""
    if "url" in item:
        return f"{item['url']} ({item['media_type']}, {item['size_bytes']:,} bytes)"
    return f"{item['provider']} {item['outcome']} ({item['at']})"
