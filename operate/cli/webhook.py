"""wokflow webhook"""

from datetime import UTC, datetime

import click
import msgspec

from operate.cli.account import require_account
from operate.cli.command import CommandContext, Failure, Group, limit_option
from operate.cli.operator import with_operator
from operate.cli.show import fields, moment, table
from operate.operator import Operator
from shared.domain import endpoint_url
from shared.domain.events import EVENT_TYPES
from shared.store import replay, webhooks
from shared.store.audit import AuditedStore
from shared.store.replay import ReplayScope
from shared.store.webhooks import Delivery, Endpoint

webhook = Group("webhook", help="Manage webhook endpoints and their deliveries.")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("url")
@click.option(
    "--event", "events", type=click.Choice(EVENT_TYPES), multiple=True, help="Only this type of event. Repeatable."
)
@with_operator
async def create(
    context: CommandContext, operator: Operator, account_id: str, url: str, events: tuple[str, ...]
) -> None:
    """Send an account's events to URL. The signing secret is shown only once."""
    try:
        endpoint_url.validate(url, networks=context.settings.webhook_networks)
    except ValueError as error:
        raise Failure("invalid_url", str(error)) from None
    created = await webhooks.create_endpoint(operator.act("webhook create", account_id, url), account_id, url, events)
    facts = _endpoint(created)
    shown = fields({"endpoint": created.id, "url": created.url, "events": created.types, "secret": created.secret})
    context.show(facts | {"secret": created.secret}, shown, "\nThe secret is not shown again: save it now.")


@webhook.command("list")
@click.argument("account_id", metavar="ACCOUNT")
@with_operator
async def list_endpoints(context: CommandContext, operator: Operator, account_id: str) -> None:
    """List an account's endpoints, oldest first."""
    await require_account(operator.store, account_id)
    found = await webhooks.list_endpoints(operator.store, account_id)
    rows = ((e.id, e.url, e.types, moment(e.failing_ms), moment(e.disabled_ms), e.disabled_why) for e in found)
    shown = table(("endpoint", "url", "events", "failing since", "disabled", "reason"), rows)
    context.show(
        {"endpoints": [_endpoint(entry) for entry in found]},
        shown if found else "This account has no webhook endpoints.",
    )


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@with_operator
async def delete(context: CommandContext, operator: Operator, account_id: str, endpoint_id: str) -> None:
    """Delete an endpoint. Nothing more is sent to it."""
    if not await webhooks.delete_endpoint(
        _acting(operator, "delete", account_id, endpoint_id), account_id, endpoint_id
    ):
        raise _unknown(account_id, endpoint_id)
    context.show({"id": endpoint_id, "deleted": True}, f"Deleted {endpoint_id}.")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@with_operator
async def enable(context: CommandContext, operator: Operator, account_id: str, endpoint_id: str) -> None:
    """Enable an endpoint that was disabled."""
    if not await webhooks.enable_endpoint(
        _acting(operator, "enable", account_id, endpoint_id), account_id, endpoint_id
    ):
        raise _unknown(account_id, endpoint_id)
    hint = f"`wokflow webhook replay {account_id} {endpoint_id} missing --since TIME`"
    context.show({"id": endpoint_id, "enabled": True}, f"Enabled {endpoint_id}. To send the events it missed: {hint}")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@with_operator
async def rotate(context: CommandContext, operator: Operator, account_id: str, endpoint_id: str) -> None:
    """Rotate an endpoint's secret. The new one is shown only once; the old one also signs for 24 hours."""
    rotated = await webhooks.rotate_secret(
        _acting(operator, "rotate", account_id, endpoint_id), account_id, endpoint_id
    )
    if rotated is None:
        raise _unknown(account_id, endpoint_id)
    secret, until = rotated[0], moment(rotated[1])
    shown = fields({"endpoint": endpoint_id, "secret": secret, "old secret signs until": until})
    facts = {"id": endpoint_id, "secret": secret, "old_secret_until": until}
    context.show(facts, shown, "\nThe secret is not shown again: save it now.")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@click.argument("delivery_id", metavar="DELIVERY")
@with_operator
async def redeliver(
    context: CommandContext, operator: Operator, account_id: str, endpoint_id: str, delivery_id: str
) -> None:
    """Redeliver a delivery, whatever its state."""
    await replay.redeliver(
        _acting(operator, "redeliver", account_id, endpoint_id), account_id, endpoint_id, delivery_id
    )
    context.show({"id": delivery_id, "queued": 1}, f"Queued {delivery_id}.")


@webhook.command("replay")
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@click.argument("which", type=click.Choice(("failed", "missing")))
@click.option("--since", type=click.DateTime(), required=True, help="Only events from this time on, UTC.")
@with_operator
async def replay_events(
    context: CommandContext,
    operator: Operator,
    account_id: str,
    endpoint_id: str,
    *,
    which: ReplayScope,
    since: datetime,
) -> None:
    """Send the events that an endpoint did not get. These are failed ones, or those never posted there."""
    since_ms = int(since.replace(tzinfo=UTC).timestamp() * 1000)
    acting = _acting(operator, "replay", account_id, endpoint_id)
    queued, first = 0, 0
    while True:
        done = await replay.replay(acting, account_id, endpoint_id, which, since_ms=since_ms, first=first)
        queued += done.queued
        if done.next is None:
            break
        first = done.next
    context.show({"endpoint": endpoint_id, "queued": queued}, f"Queued {queued} deliveries to {endpoint_id}.")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@limit_option(1000, "deliveries")
@with_operator
async def log(context: CommandContext, operator: Operator, account_id: str, endpoint_id: str, limit: int) -> None:
    """Show the deliveries to an endpoint, newest first."""
    if await webhooks.find_endpoint(operator.store, account_id, endpoint_id) is None:
        raise _unknown(account_id, endpoint_id)
    found = await webhooks.list_deliveries(operator.store, endpoint_id, limit)
    heads = ("created", "type", "state", "attempts", "took", "last response", "delivery")
    shown = table(heads, (_row(entry) for entry in found))
    context.show(
        {"deliveries": msgspec.to_builtins(found)}, shown if found else "Nothing was sent to this endpoint yet."
    )


def _acting(operator: Operator, command: str, account_id: str, endpoint_id: str) -> AuditedStore:
    return operator.act(f"webhook {command}", endpoint_id, account_id)


def _endpoint(endpoint: Endpoint) -> dict[str, object]:
    return {
        "id": endpoint.id,
        "account": endpoint.account,
        "url": endpoint.url,
        "events": list(EVENT_TYPES) if endpoint.types == "*" else endpoint.types.split(),
        "created_at": moment(endpoint.created_ms),
        "failing_since": moment(endpoint.failing_ms),
        "disabled_at": moment(endpoint.disabled_ms),
        "disabled_why": endpoint.disabled_why,
    }


def _row(delivery: Delivery) -> tuple[object, ...]:
    last = delivery.attempts[-1] if delivery.attempts else None
    response = None if last is None else last.error or f"{last.status} {last.answer or ''}".strip()
    took = None if last is None else f"{last.duration_ms} ms"
    facts = (moment(delivery.created_ms), delivery.type, delivery.state, len(delivery.attempts))
    return *facts, took, response, delivery.id


def _unknown(account_id: str, endpoint_id: str) -> Failure:
    message = f"Account {account_id} has no endpoint {endpoint_id}: see `wokflow webhook list {account_id}`."
    return Failure("unknown_endpoint", message)
