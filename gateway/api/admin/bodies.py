"""The request bodies of the admin API."""

from typing import Annotated, Literal

from msgspec import Meta, Struct

from shared.domain.described import doc
from shared.domain.money import AMOUNT_USD_MAX, MICROS_PER_USD

MICROS_MAX = AMOUNT_USD_MAX * MICROS_PER_USD
Amount = Annotated[int, Meta(ge=1, le=MICROS_MAX)]
Reason = Annotated[str, Meta(max_length=200)]
Named = Annotated[str, Meta(min_length=1, max_length=2000)]


class CreateAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts."""

    name: Annotated[str, doc("The owner's name.", minLength=1, maxLength=200)]
    plan: Annotated[str, doc("One of the catalogue's plans.", minLength=1)]
    top_up_micros: Annotated[Amount | None, doc("The first top-up, in micro-dollars.")] = None
    trial: Annotated[bool, doc("Whether it gets trial credit, while there is some today.")] = False


class TopUp(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/top-up."""

    amount_micros: Annotated[Amount, doc("The amount in micro-dollars.")]
    reference: Annotated[
        str | None, doc("The payment's reference. Each reference counts once. A new one if left out.")
    ] = None


class AdjustAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/adjust."""

    amount_micros: Annotated[
        int, Meta(ge=-MICROS_MAX, le=MICROS_MAX), doc("The amount in micro-dollars. Below zero, it is taken back.")
    ]
    reason: Annotated[Reason, doc("The reason, for the audit log.", minLength=1)]
    reference: Annotated[str | None, doc("A reference that counts once. A new one if left out.")] = None


class WarnBelow(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/warn-below."""

    low_micros: Annotated[
        int, Meta(ge=0, le=MICROS_MAX), doc("The low-balance threshold in micro-dollars. 0: no alert.")
    ]


class CapSpending(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/cap. A cap that is left out is removed."""

    day_micros: Annotated[Amount | None, doc("In a UTC day, in micro-dollars.")] = None
    month_micros: Annotated[Amount | None, doc("In a calendar month, in micro-dollars.")] = None
    total_micros: Annotated[Amount | None, doc("In total, in micro-dollars.")] = None
    reset_spent: Annotated[bool, doc("Whether the caps begin to count from zero.")] = False


class RenameAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/rename."""

    name: Annotated[str, doc("The new name.", minLength=1, maxLength=200)]


class ChangePlan(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/plan."""

    plan: Annotated[str, doc("One of the catalogue's plans.", minLength=1)]


class SuspendAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/suspend."""

    reason: Annotated[Reason, doc("The reason, for the audit log.")] = ""


class CloseAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/close."""

    balance: Annotated[Literal["paid_out", "forfeited"], doc("The end of its balance.")]
    reference: Annotated[Annotated[str, Meta(max_length=100)], doc("The payment's reference, for the ledger.")] = ""


class RefundGeneration(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/generations/{id}/refund."""

    amount_micros: Annotated[Amount | None, doc("The amount in micro-dollars. The whole cost if left out.")] = None
    reason: Annotated[Reason, doc("The reason, for the audit log.")] = ""


class ResolveDoubt(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/uncertain/{id}/resolve: either outputs, or that it failed."""

    completed: Annotated[
        tuple[Named, ...], Meta(max_length=20), doc("The URLs of the outputs that the provider made.")
    ] = ()
    failed: Annotated[bool, doc("Whether the provider made nothing.")] = False


class ReplayDead(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/dead-letters/replay. Without deliveries: all."""

    deliveries: Annotated[tuple[Named, ...], Meta(max_length=1000), doc("The ids of the deliveries.")] = ()
