"""The operator's view of the usage: revenue, cost and margin by provider and model."""

from typing import Annotated

from msgspec import Struct

from shared.domain.described import doc
from shared.records.history import History
from shared.records.read_usage import UsageFilter, UsageSum, sum_usage

LIMIT_S = 20.0  # of the query, which reads the usage of all accounts
GROUPING = ("provider", "model")


class MarginEntry(Struct, frozen=True):
    """The revenue, cost and margin of a model at a provider. Amounts are micro-USD."""

    provider: Annotated[str, doc("The provider.")]
    model: Annotated[str, doc("The model.")]
    count: Annotated[int, doc("Ended generations.")]
    failed: Annotated[int, doc("Failed ones among them.")]
    revenue_micros: Annotated[int, doc("The amount that customers paid, after refunds and credits.")]
    cost_micros: Annotated[int, doc("The amount that the provider charged, as reported, or else as expected.")]
    margin_micros: Annotated[int, doc("Revenue minus cost.")]
    margin_percent: Annotated[float | None, doc("The margin in percent of the revenue. Null without revenue.")]


async def list_margins(history: History, from_day: int, to_day: int, provider: str = "") -> list[MarginEntry]:
    """Return the margins of the generations that ended on some UTC days since 1970. Raises Refused."""
    wanted = UsageFilter(from_day=from_day, to_day=to_day, provider=provider)
    sums = await history.require(lambda connection: sum_usage(connection, GROUPING, wanted), LIMIT_S)
    return [_margin_of(one) for one in sums]


def _margin_of(found: UsageSum) -> MarginEntry:
    revenue = found.charged - found.credited
    margin = revenue - found.provider_cost
    provider, model = map(str, found.group)
    percent = round(100 * margin / revenue, 1) if revenue else None
    return MarginEntry(provider, model, found.count, found.failed, revenue, found.provider_cost, margin, percent)
