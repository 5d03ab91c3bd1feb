"""The JSON of the API: generations. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal


@dataclass(frozen=True, kw_only=True)
class Generation:
    """A generation. `status` is processing, completed or failed; `stage` says more while it is processing."""

    id: str
    """The generation's id."""

    status: Literal["processing", "completed", "failed"]
    """One of three values, always."""

    model: str
    """The id of the requested model."""

    cost_cents: int
    """The most it can cost while it is processing, then the amount charged, rounded up to a cent. 0 after a full
    refund."""

    cost_usd: float
    """`cost_cents` in dollars, for display."""

    cost_micros: int
    """The exact amount of `cost_cents`, in millionths of a dollar."""

    created_at: datetime
    """When it was accepted. RFC 3339, UTC, milliseconds."""

    type: str
    """The kind of model."""

    provider: str
    """The provider that serves it."""

    simulated: bool
    """Whether our local provider stands in for the model, because no provider of it is configured here."""

    stage: str
    """More detail than `status`. New values may be added."""

    refunded_cents: int
    """The amount refunded, and what the operator credited later."""

    refunded_micros: int
    """The exact amount of `refunded_cents`, in millionths of a dollar."""

    queue_position: int | None = None
    """How many generations are ahead of it, while it waits."""

    result_url: str | None = None
    """The first output."""

    result_urls: tuple[str, ...] | None = None
    """All outputs."""

    result_text: str | None = None
    """The result of a text generation."""

    expires_at: datetime | None = None
    """When the outputs are deleted here. RFC 3339, UTC, milliseconds."""

    result_expires_at: datetime | None = None
    """When the provider deletes an output that could not be copied here: fetch it before. Else absent. RFC 3339, UTC,
    milliseconds."""

    completed_at: datetime | None = None
    """When it completed or failed. RFC 3339, UTC, milliseconds."""

    usage_reported: bool | None = None
    """Present if the price counts tokens. False: the provider reported none, so the reservation was charged."""

    late_urls: tuple[str, ...] | None = None
    """Outputs that the provider finished after the refund. Not charged."""

    error: str | None = None
    """The reason for the failure, for people."""

    error_code: str | None = None
    """The reason for the failure, for programs."""

    notices: tuple[str, ...] | None = None
    """Changes of the input, in sentences for people: for example, that only the first frame of an animation was used.
    Absent if there were none."""

    metadata: dict[str, str] | None = None
    """The `metadata` of the order, if it has any."""


@dataclass(frozen=True, kw_only=True)
class QuoteLine:
    """One part of a price: so much per unit."""

    unit: str
    """The unit that is counted."""

    quantity: float
    """The most units that the order can use."""

    unit_micros: int
    """The price of one unit before the mark-up, in millionths of a dollar."""


@dataclass(frozen=True, kw_only=True)
class Quote:
    """The price of a request, which is neither charged nor stored."""

    model: str
    """The id of the model."""

    price_cents: int
    """The most that it can cost, rounded up to a cent."""

    price_usd: float
    """`price_cents` in dollars, for display."""

    price_micros: int
    """The exact amount of `price_cents`, in millionths of a dollar."""

    metered: bool
    """Whether it may cost less, depending on the delivered outputs or the used tokens."""

    breakdown: tuple[QuoteLine, ...]
    """The parts of the price."""

    minimum_micros: int
    """The least that it costs before the mark-up, in millionths of a dollar."""

    ceiling_micros: int | None
    """The most that it costs before the mark-up, in millionths of a dollar."""

    markup_percent: float
    """The mark-up on the sum of the parts, in percent."""

    providers: tuple[str, ...]
    """The providers that can serve it, in the order to try them."""

    affordable: bool
    """Whether the balance covers it now."""

    simulated: bool
    """Whether the local provider would stand in for the model's own one."""
