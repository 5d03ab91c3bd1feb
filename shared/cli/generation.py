"""wokflow generation"""

import click
import msgspec
from msgspec import structs

from shared.cli.account import amount
from shared.cli.command import Desk, Failure, Group, with_store
from shared.cli.operate import with_operator
from shared.cli.show import dollars, fields, moment, table
from shared.domain import ids
from shared.domain.generation import Generation, Outcome
from shared.operators import explain as lives
from shared.operators import generations as acts
from shared.operators.operator import Operator
from shared.store import generations
from shared.store.connect import Store


@click.group(cls=Group)
def generation() -> None:
    """Generations of all accounts."""


@generation.command()
@click.argument("generation_id", metavar="ID")
@with_store
async def show(desk: Desk, store: Store, generation_id: str) -> None:
    """Show all that is known of a generation, its prompt included. ID is a UUID or job_..."""
    name = ids.checked_uuid(generation_id) or ids.generation_id(generation_id)
    found = await generations.view(store, "", name) if name else None
    if found is None:
        message = f"There is no generation {generation_id}: check the id, or it is past its retention."
        raise Failure("not_found", message)
    facts = _facts(found, desk.settings.base_url)
    amounts = {what: dollars(micros) for what, micros in _amounts(found).items() if micros is not None}
    shown = {name: _text(value) for name, value in facts.items() if not name.endswith("_micros")}
    desk.show(facts, fields(shown | amounts))


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


def _facts(found: Generation, base_url: str) -> dict[str, object]:
    """Everything, in the order of its life."""
    spec, outcome = found.spec, found.outcome
    return {
        "id": found.id,
        "job": ids.job_id(found.id),
        "account": found.account,
        "state": found.state,
        "queue_position": found.position,
        "dialect": spec.dialect,
        "kind": spec.kind,
        "model": spec.model,
        "provider": found.provider,
        "provider_model": spec.target,
        "provider_reference": found.ref,
        "attempts": [
            {"at": moment(attempt.at_ms), "provider": attempt.provider, "outcome": attempt.word}
            for attempt in found.attempts
        ]
        or None,
        "prompt": spec.prompt,
        "input": spec.input or None,
        "created_at": moment(found.created_ms),
        "started_at": moment(found.started_ms),
        "closed_at": moment(found.closed_ms),
        "deadline_at": moment(found.deadline_ms),
        **({} if outcome is None else _outcome_facts(outcome, base_url)),
        "late_result": None if found.late is None else _outcome_facts(found.late, base_url),
        **{f"{what}_micros": micros for what, micros in _amounts(found).items()},
    }


def _outcome_facts(outcome: Outcome, base_url: str) -> dict[str, object]:
    outputs = [structs.asdict(output) | {"url": output.url(base_url)} for output in outcome.outputs]
    return {
        "served_by": outcome.provider,
        "outputs": outputs or None,
        "text": outcome.text,
        "facts": outcome.facts or None,
        "error_code": outcome.error_code,
        "error": outcome.error,
    }


def _amounts(found: Generation) -> dict[str, int | None]:
    outcome = found.outcome
    return {
        "reserved": found.reserved,
        "cost": found.cost,
        "refund": None if found.open else found.refund_micros,
        "provider_cost": None if outcome is None else outcome.cost_micros,
        "provider_cost_expected": None if outcome is None else outcome.expected_micros,
    }


def _text(value: object) -> object:
    if isinstance(value, list):
        return ", ".join(map(_item, value))
    return msgspec.json.encode(value).decode() if isinstance(value, dict) else value


def _item(item: dict[str, object]) -> str:
    """An output, or an attempt."""
    if "url" in item:
        return f"{item['url']} ({item['media_type']}, {item['size_bytes']:,} bytes)"
    return f"{item['provider']} {item['outcome']} ({item['at']})"
