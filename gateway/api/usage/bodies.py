"""The bodies of the account's usage."""

from typing import Annotated

from msgspec import Struct

from shared.domain.described import count, doc

Count = Annotated[int, count("The number of generations that ended.")]
Failed = Annotated[int, count("The number of them that failed.")]
Charged = Annotated[int, count("The amount charged when they were accepted, in millionths of a dollar.")]
Refunded = Annotated[int, count("The amount refunded or credited since, in millionths of a dollar.")]
Net = Annotated[int, count("The amount that they cost: charged minus refunded, in millionths of a dollar.")]
Seconds = Annotated[float, count("The length of their outputs in seconds, where known.")]
Tokens = Annotated[int, count("The number of tokens that their providers reported.")]


class UsageTotal(Struct, kw_only=True):
    """The sum of all generations that ended in a period."""

    count: Count
    failed: Failed
    charged_micros: Charged
    refunded_micros: Refunded
    net_micros: Net
    seconds: Seconds
    tokens: Tokens


class UsageEntry(UsageTotal, kw_only=True):
    """The sum of the generations of one day, model, kind, provider or key."""

    group: Annotated[
        str,
        doc(
            "The value that they have in common: a UTC day such as `2026-10-01`, or the id of a model, kind, provider "
            "or key. Empty for generations without a key, and of a key that is not known any more."
        ),
    ]


class Usage(Struct, kw_only=True):
    """GET /api/v1/usage: the usage of an account. A generation counts on the day when it ended."""

    by: Annotated[str, doc("The grouping.")]
    from_day: Annotated[str, doc("The first day, in UTC.", format="date")]
    to_day: Annotated[str, doc("The day behind the last one, in UTC.", format="date")]
    data: Annotated[tuple[UsageEntry, ...], doc("The sums, in the order of their groups.")]
    total: Annotated[UsageTotal, doc("The sum of all of them.")]
