"""The usage of an account, by day, model, kind, provider or key."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from gateway.api.usage.bodies import Usage, UsageEntry, UsageTotal
from gateway.context import GatewayContext
from gateway.history.generations import find_key_prefix
from gateway.history.query import choice_of, text_of, time_of
from shared.domain.catalogue import KINDS
from shared.domain.errors import Refused
from shared.domain.times import DAY_MS
from shared.ops import clock
from shared.records.history import Connection
from shared.records.read_usage import GROUPINGS, GROUPS_MAX, UsageFilter, UsageSum, name_keys, sum_usage

DAYS_SHOWN = 30  # by default, the current one included


async def read_usage(context: GatewayContext, account: str, query: Mapping[str, str]) -> Usage:
    """Return the usage that a query names. Raises Refused."""
    by = choice_of(query, "by", GROUPINGS) or "day"
    from_day, to_day = read_days(query)
    wanted = UsageFilter(
        from_day=from_day,
        to_day=to_day,
        account=account,
        model=text_of(query, "model"),
        kind=choice_of(query, "type", tuple(KINDS)),
        provider=text_of(query, "provider"),
        key=await find_key_prefix(context, account, text_of(query, "key")),
    )

    async def read(connection: Connection) -> tuple[list[UsageSum], dict[str, str]]:
        return await sum_usage(connection, (by,), wanted), await name_keys(connection, account) if by == "key" else {}

    sums, names = await context.history.require(read)
    if len(sums) > GROUPS_MAX:
        raise Refused("invalid_request", f"has more than {GROUPS_MAX} groups in this period: shorten it.", field="by")
    entries = [UsageEntry(group=_name_of(by, one.group[0], names), **_amounts(one)) for one in sums]
    totals: dict[str, Any] = {name: _sum(entries, name) for name in UsageTotal.__struct_fields__}
    total = UsageTotal(**totals)
    return Usage(by=by, from_day=day_text(from_day), to_day=day_text(to_day), data=tuple(entries), total=total)


def read_days(query: Mapping[str, str]) -> tuple[int, int]:
    """Return the days of a query since 1970: the first one, and the one behind the last. Raises Refused.

    A period that ends before it begins has no days.
    """
    from_ms, to_ms = time_of(query, "from"), time_of(query, "to")
    to_day = clock.now_ms() // DAY_MS + 1 if to_ms is None else -(-to_ms // DAY_MS)
    from_day = to_day - DAYS_SHOWN if from_ms is None else from_ms // DAY_MS
    return max(from_day, 0), max(to_day, 0)


def day_text(day: int) -> str:
    """Return a day since 1970 as `2026-10-01`."""
    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(days=day)).date().isoformat()


def _name_of(by: str, value: str | int, keys: Mapping[str, str]) -> str:
    return day_text(int(value)) if by == "day" else keys.get(str(value), "") if by == "key" else str(value)


def _amounts(found: UsageSum) -> dict[str, Any]:
    """Return the amounts of a sum as the ledger has them: the reservations, and all that came back."""
    refunded = found.reserved - found.charged + found.credited
    return {
        "count": found.count,
        "failed": found.failed,
        "charged_micros": found.reserved,
        "refunded_micros": refunded,
        "net_micros": found.reserved - refunded,
        "seconds": found.seconds,
        "tokens": found.tokens,
    }


def _sum(entries: list[UsageEntry], name: str) -> float:
    total = sum(getattr(entry, name) for entry in entries)
    return round(total, 3) if isinstance(total, float) else total
