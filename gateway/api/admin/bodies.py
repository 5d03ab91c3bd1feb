"""What the admin API reads."""

from typing import Annotated

from msgspec import Meta, Struct

from shared.domain.money import AMOUNT_USD_MAX, MICROS_PER_USD

MICROS_MAX = AMOUNT_USD_MAX * MICROS_PER_USD
Amount = Annotated[int, Meta(ge=1, le=MICROS_MAX)]
Reason = Annotated[str, Meta(max_length=200)]
Named = Annotated[str, Meta(min_length=1, max_length=2000)]


class CreateAccount(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts."""

    name: str
    plan: str
    top_up_micros: Amount | None = None


class TopUp(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/top-up."""

    amount_micros: Amount
    reference: str | None = None


class WarnBelow(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/accounts/{account}/warn-below."""

    low_micros: Annotated[int, Meta(ge=0, le=MICROS_MAX)]


class RefundGeneration(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/generations/{id}/refund."""

    amount_micros: Amount | None = None
    reason: Reason = ""


class ResolveDoubt(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/uncertain/{id}/resolve: outputs, or that it failed."""

    completed: Annotated[tuple[Named, ...], Meta(max_length=20)] = ()
    failed: bool = False


class ReplayDead(Struct, kw_only=True, forbid_unknown_fields=True):
    """Body of POST /api/admin/dead-letters/replay. None named: all."""

    deliveries: Annotated[tuple[Named, ...], Meta(max_length=1000)] = ()
