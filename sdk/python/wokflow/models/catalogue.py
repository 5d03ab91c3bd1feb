"""The JSON of the API: catalogue. Generated from the OpenAPI document by sdk/scripts/python_models.py."""

from dataclasses import dataclass


@dataclass(frozen=True, kw_only=True)
class PricingRow:
    """The price of a unit where the input has all these values."""

    when: dict[str, str | int | float | bool]
    """The values, by input field."""

    unit_micros: int
    """The price of one unit, in millionths of a dollar."""


@dataclass(frozen=True, kw_only=True)
class PricingPart:
    """One part of a price. The first row that fits the input replaces `unit_micros`."""

    unit: str
    """The unit that is counted."""

    unit_micros: int
    """The price of one unit, in millionths of a dollar."""

    rows: tuple[PricingRow, ...]
    """The prices of a unit for some inputs."""


@dataclass(frozen=True, kw_only=True)
class Pricing:
    """How a price is computed: the sum of the parts, within the bounds, plus the mark-up."""

    text: str
    """The price for people, the mark-up included."""

    parts: tuple[PricingPart, ...]
    """The parts that are added."""

    minimum_micros: int
    """The least sum of the parts, in millionths of a dollar."""

    ceiling_micros: int | None
    """The largest sum of the parts, in millionths of a dollar."""

    markup_percent: float
    """The mark-up on the sum, in percent."""


@dataclass(frozen=True, kw_only=True)
class Model:
    """One entry of GET /api/v1/models."""

    id: str
    """The value to send as `model`."""

    name: str
    """The name for people."""

    type: str
    """The kind of model."""

    price_cents: int
    """The price of an order with the defaults, rounded up to a cent."""

    price_usd: float
    """`price_cents` in dollars, for display."""

    price_micros: int
    """The exact price of an order with the defaults, in millionths of a dollar."""

    pricing: Pricing
    """How the price is computed."""

    resolution: str | None
    """The resolution of the output, such as `1K`."""

    duration_sec: int | None
    """The length of the output in seconds."""

    native_fields: tuple[str, ...]
    """Fields of its providers that `native` may have; the prompt's own is not among them."""

    simulated: bool
    """Whether our local provider stands in for the model, because no provider of it is configured here."""
