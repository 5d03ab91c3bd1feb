"""wokflow webhook"""

from datetime import UTC, datetime

import click
import msgspec

from operate.cli.account import existing
from operate.cli.command import Desk, Failure, Group
from operate.cli.operate import with_operator
from operate.cli.show import fields, moment, table
from operate.operator import Operator
from shared.domain import endpoint_url
from shared.domain.events import EVENT_TYPES
from shared.store import replay, webhooks
from shared.store.audit import AuditedStore
from shared.store.webhooks import Delivery, Endpoint


@click.group(cls=Group)
def webhook() -> None:
    """Webhook endpoints and what was delivered to them."""


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("url")
@click.option("--event", "events", type=click.Choice(EVENT_TYPES), multiple=True, help="Only this; may be repeated.")
@with_operator
async def create(desk: Desk, operator: Operator, account_id: str, url: str, events: tuple[str, ...]) -> None:
    """Send an account's events to URL. The signing secret is shown this once."""
    try:
        endpoint_url.checked(url, allow_private=desk.settings.webhook_allow_private)
    except ValueError as error:
        raise Failure("invalid_url", f"{error}.") from None
    made = await webhooks.create_endpoint(operator.act("webhook create", account_id, url), account_id, url, events)
    facts = _endpoint(made)
    shown = fields({"endpoint": made.id, "url": made.url, "events": made.types, "secret": made.secret})
    desk.show(facts | {"secret": made.secret}, shown, "\nThe secret is not shown again: keep it now.")


@webhook.command("list")
@click.argument("account_id", metavar="ACCOUNT")
@with_operator
async def list_endpoints(desk: Desk, operator: Operator, account_id: str) -> None:
    """List an account's endpoints, oldest first."""
    await existing(operator.store, account_id)
    found = await webhooks.endpoints(operator.store, account_id)
    rows = ((e.id, e.url, e.types, moment(e.failing_ms), moment(e.disabled_ms), e.disabled_why) for e in found)
    shown = table(("endpoint", "url", "events", "failing since", "switched off", "because"), rows)
    desk.show({"endpoints": [_endpoint(entry) for entry in found]}, shown if found else "It has no endpoint.")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@with_operator
async def delete(desk: Desk, operator: Operator, account_id: str, endpoint_id: str) -> None:
    """Send nothing more to an endpoint."""
    if not await webhooks.delete_endpoint(
        _acting(operator, "delete", account_id, endpoint_id), account_id, endpoint_id
    ):
        raise _unknown(account_id, endpoint_id)
    desk.show({"id": endpoint_id, "deleted": True}, f"{endpoint_id} is deleted.")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@with_operator
async def enable(desk: Desk, operator: Operator, account_id: str, endpoint_id: str) -> None:
    """Send to an endpoint again that was switched off."""
    if not await webhooks.enable_endpoint(
        _acting(operator, "enable", account_id, endpoint_id), account_id, endpoint_id
    ):
        raise _unknown(account_id, endpoint_id)
    hint = f"wokflow webhook replay {account_id} {endpoint_id} missing --since ..."
    desk.show({"id": endpoint_id, "enabled": True}, f"{endpoint_id} is on. What it missed: {hint}")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@with_operator
async def rotate(desk: Desk, operator: Operator, account_id: str, endpoint_id: str) -> None:
    """Give an endpoint a new secret, shown this once; for 24 hours the old one signs too."""
    rotated = await webhooks.rotate_secret(
        _acting(operator, "rotate", account_id, endpoint_id), account_id, endpoint_id
    )
    if rotated is None:
        raise _unknown(account_id, endpoint_id)
    secret, until = rotated[0], moment(rotated[1])
    shown = fields({"endpoint": endpoint_id, "secret": secret, "old one signs until": until})
    facts = {"id": endpoint_id, "secret": secret, "old_secret_until": until}
    desk.show(facts, shown, "\nThe secret is not shown again: keep it now.")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@click.argument("delivery_id", metavar="DELIVERY")
@with_operator
async def redeliver(desk: Desk, operator: Operator, account_id: str, endpoint_id: str, delivery_id: str) -> None:
    """Post a delivery again, whatever became of it."""
    await replay.redeliver(
        _acting(operator, "redeliver", account_id, endpoint_id), account_id, endpoint_id, delivery_id
    )
    desk.show({"id": delivery_id, "queued": 1}, f"{delivery_id} is on its way.")


@webhook.command("replay")
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@click.argument("which", type=click.Choice(("failed", "missing")))
@click.option("--since", type=click.DateTime(), required=True, help="What happened from then on, in UTC.")
@with_operator
async def replay_events(
    desk: Desk, operator: Operator, account_id: str, endpoint_id: str, *, which: str, since: datetime
) -> None:
    """Post what an endpoint did not get: what was given up, or what was never posted there."""
    since_ms = int(since.replace(tzinfo=UTC).timestamp() * 1000)
    acting = _acting(operator, "replay", account_id, endpoint_id)
    queued, place = 0, 0
    while True:
        done = await replay.replay(acting, account_id, endpoint_id, which, since_ms=since_ms, first=place)
        queued += done.queued
        if done.next is None:
            break
        place = done.next
    desk.show({"endpoint": endpoint_id, "queued": queued}, f"{queued} on their way to {endpoint_id}.")


@webhook.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("endpoint_id", metavar="ENDPOINT")
@click.option("--limit", type=click.IntRange(1, 1000), default=50, show_default=True, help="The newest so many.")
@with_operator
async def log(desk: Desk, operator: Operator, account_id: str, endpoint_id: str, limit: int) -> None:
    """Show the deliveries to an endpoint with their attempts, newest first."""
    if await webhooks.endpoint(operator.store, account_id, endpoint_id) is None:
        raise _unknown(account_id, endpoint_id)
    found = await webhooks.deliveries(operator.store, endpoint_id, limit)
    heads = ("created", "type", "state", "attempts", "took", "last answer", "delivery")
    shown = table(heads, (_row(entry) for entry in found))
    desk.show({"deliveries": msgspec.to_builtins(found)}, shown if found else "Nothing was sent there yet.")


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
    answer = None if last is None else last.error or f"{last.status} {last.answer or ''}".strip()
    took = None if last is None else f"{last.duration_ms} ms"
    done = (moment(delivery.created_ms), delivery.type, delivery.state, len(delivery.attempts))
    return *done, took, answer, delivery.id


def _unknown(account_id: str, endpoint_id: str) -> Failure:
    message = f"Account {account_id} has no endpoint {endpoint_id}: see `wokflow webhook list {account_id}`."
    return Failure("unknown_endpoint", message)
