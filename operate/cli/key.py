"""wokflow key"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import click
from msgspec import Struct, structs

from operate import account_keys
from operate.cli.account import parse_amount
from operate.cli.command import CommandContext, Group
from operate.cli.operator import with_operator
from operate.cli.show import fields, table
from operate.operator import Operator
from shared.domain.account import Key
from shared.domain.catalogue import KINDS
from shared.domain.ids import KEY_PREFIXES
from shared.domain.key_limits import (
    NO_CAPS,
    NO_LIMITS,
    SCOPES,
    KeyLimits,
    SpendCaps,
    check_name,
    check_networks,
    check_words,
)
from shared.domain.money import dollars
from shared.ops.clock import CLOCK

DAY_MS = 86_400_000
EXPIRY_DAYS_MAX = 3650
OVERLAP_HOURS_MAX = 720

key = Group("key", help="Manage API keys of accounts. Keys of either kind work on both APIs.")


class GivenLimits(Struct, frozen=True, kw_only=True):
    """The options of a command that limit a key. None or empty: not given."""

    name: str | None
    scopes: tuple[str, ...]
    expires_days: int | None
    models: tuple[str, ...]
    kinds: tuple[str, ...]
    addresses: tuple[str, ...]
    day_usd: int | None  # micro-USD, as the two below
    month_usd: int | None
    total_usd: int | None

    def limits(self, old: KeyLimits) -> KeyLimits:
        """Return limits with those that are given. Raises Refused."""
        expires_ms = None if self.expires_days is None else CLOCK.now_ms() + self.expires_days * DAY_MS
        return structs.replace(
            old,
            scopes=self.scopes or old.scopes,
            expires_ms=old.expires_ms if expires_ms is None else expires_ms,
            models=check_words("model", self.models) or old.models,
            kinds=self.kinds or old.kinds,
            networks=check_networks("address", self.addresses) or old.networks,
        )

    def caps(self, old: SpendCaps) -> SpendCaps:
        """Return caps with those that are given."""
        given = {"day": self.day_usd, "month": self.month_usd, "total": self.total_usd}
        return structs.replace(old, **{name: micros for name, micros in given.items() if micros is not None})


def limit_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of GivenLimits."""
    options = (
        click.option("--name", help="A name for people."),
        click.option("--scope", "scopes", multiple=True, type=click.Choice(SCOPES), help="A scope of its calls."),
        click.option("--expires-days", type=click.IntRange(1, EXPIRY_DAYS_MAX), help="Days until the key expires."),
        click.option("--model", "models", multiple=True, help="A model that the key may order."),
        click.option("--of-kind", "kinds", multiple=True, type=click.Choice(KINDS), help="A kind that it may order."),
        click.option("--address", "addresses", multiple=True, help="An address or network that the key works from."),
        click.option("--day-usd", callback=parse_amount, help="The most that the key may spend in a UTC day."),
        click.option("--month-usd", callback=parse_amount, help="The most that the key may spend in a month."),
        click.option("--total-usd", callback=parse_amount, help="The most that the key may spend in total."),
    )
    for option in reversed(options):
        command = option(command)
    return command


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.option(
    "--kind", type=click.Choice(list(KEY_PREFIXES)), default="wowflow", show_default=True, help="Format of the key."
)
@limit_options
@with_operator
async def create(context: CommandContext, operator: Operator, /, account_id: str, kind: str, **given: Any) -> None:
    """Create another key for an account. It is shown only once.

    Without limits the key may do everything. Options that may be repeated allow each of their values.
    """
    wanted = GivenLimits(**given)
    name, limits, caps = check_name(wanted.name or ""), wanted.limits(NO_LIMITS), wanted.caps(NO_CAPS)
    created = await account_keys.create_key(operator, account_id, kind, name=name, limits=limits, caps=caps)
    shown = fields({"key id": created.id, "key": created.key})
    context.show(created, shown, "\nThe key is not shown again: save it now.")


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("key_id")
@limit_options
@click.option("--no-limits", is_flag=True, help="Drop all limits and caps first. Those that are given apply.")
@click.option("--reset-spent", is_flag=True, help="Let the key's budget count from zero.")
@with_operator
async def change(
    context: CommandContext,
    operator: Operator,
    /,
    account_id: str,
    key_id: str,
    *,
    no_limits: bool,
    reset_spent: bool,
    **given: Any,
) -> None:
    """Change a key's name, limits and caps, effective at once. Options that are not given stay."""
    wanted, old = GivenLimits(**given), await account_keys.find_key(operator, account_id, key_id)
    kept = KeyLimits(budget=old.limits.budget, above=old.limits.above) if no_limits else old.limits
    changed = await account_keys.change_key(
        operator,
        account_id,
        old,
        name=old.name if wanted.name is None else check_name(wanted.name),
        limits=wanted.limits(kept),
        caps=wanted.caps(NO_CAPS if no_limits else old.caps),
        fresh=reset_spent,
    )
    context.show(changed, f"Changed {key_id}: {describe(await account_keys.find_key(operator, account_id, key_id))}.")


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("key_id")
@click.option(
    "--overlap-hours",
    type=click.IntRange(0, OVERLAP_HOURS_MAX),
    default=24,
    show_default=True,
    help="Hours for which the old key goes on working.",
)
@with_operator
async def rotate(context: CommandContext, operator: Operator, account_id: str, key_id: str, overlap_hours: int) -> None:
    """Replace a key by one with the same name, limits and budget. The new key is shown only once."""
    overlap_s = timedelta(hours=overlap_hours).total_seconds()
    made = await account_keys.rotate_key(operator, account_id, key_id, overlap_s)
    shown = fields({"key id": made.id, "key": made.key})
    context.show(made, shown, "\nThe key is not shown again: save it now.")


@key.command("list")
@click.argument("account_id", metavar="ACCOUNT")
@with_operator
async def list_keys(context: CommandContext, operator: Operator, account_id: str) -> None:
    """List the active keys of an account, oldest first."""
    found = await account_keys.list_keys(operator, account_id)
    rows = ((k.id, k.kind, k.hint, k.name, k.created_at, k.last_used_at or "never") for k in found)
    shown = table(("key id", "kind", "key", "name", "created", "last used"), rows)
    context.show({"keys": found}, shown if found else "This account has no active keys.")


@key.command()
@click.argument("account_id", metavar="ACCOUNT")
@click.argument("key_id")
@with_operator
async def revoke(context: CommandContext, operator: Operator, account_id: str, key_id: str) -> None:
    """Revoke a key at once."""
    done = await account_keys.revoke_key(operator, account_id, key_id)
    context.show(done, f"Revoked {key_id}.")


def describe(found: Key) -> str:
    """Return the limits of a key in words."""
    limits, caps = found.limits, found.caps
    lists = {"scopes": limits.scopes, "models": limits.models, "kinds": limits.kinds, "from": limits.networks}
    words = [f"{name} {', '.join(values)}" for name, values in lists.items() if values]
    amounts = {"a day": caps.day, "a month": caps.month, "in total": caps.total}
    words += [f"at most {dollars(micros)} {name}" for name, micros in amounts.items() if micros is not None]
    return "; ".join(words) or "no limits"
