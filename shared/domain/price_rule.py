"""Metered prices: a rule over an order's validated input, and over the usage that its provider reports.

`reserve` gives the most that an order can cost, `settle` the cost of its usage. Both are exact: amounts are fractions
until the whole is rounded up to a micro-USD, once.
"""

from collections.abc import Mapping
from fractions import Fraction
from math import ceil
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Unit = Literal["order", "output", "second", "megapixel", "1k_characters", "1m_input_tokens", "1m_output_tokens"]
UNIT_SIZE: dict[Unit, int] = {  # how many of the counted things are one unit
    "order": 1,
    "output": 1,
    "second": 1_000,  # milliseconds
    "megapixel": 1_000_000,  # pixels
    "1k_characters": 1_000,
    "1m_input_tokens": 1_000_000,
    "1m_output_tokens": 1_000_000,
}
REPORTED: frozenset[Unit] = frozenset({"second", "1m_input_tokens", "1m_output_tokens"})
COMPONENTS_MAX, ROWS_MAX = 8, 200

Micros = Annotated[int, Meta(ge=0, le=10**12)]
Quantities = Mapping[Unit, int]  # how many outputs, milliseconds, pixels, characters, tokens


class UnboundedPrice(ValueError):
    """A rule has no ceiling, and an order could use any amount of one of its units."""


class Row(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of a unit where the input has all these values."""

    when: dict[str, str | int | float | bool]
    micros: Micros


class Component(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One addend of a price: so much per unit. The first row whose values the input has replaces `micros`."""

    unit: Unit
    micros: Micros
    rows: Annotated[tuple[Row, ...], Meta(max_length=ROWS_MAX)] = ()
    multiplied_by: str | None = None  # an integer field of the input, such as the number of outputs

    def unit_micros(self, given: Mapping[str, Any]) -> int:
        """Return the price of one unit for an input."""
        for row in self.rows:
            if all(_same(given.get(field), value) for field, value in row.when.items()):
                return row.micros
        return self.micros

    def cost(self, given: Mapping[str, Any], quantities: Quantities) -> Fraction:
        """Return what this addend costs, in micro-USD."""
        factor = given.get(self.multiplied_by) if self.multiplied_by else 1
        times = factor if isinstance(factor, int) and not isinstance(factor, bool) else 1
        count = 1 if self.unit == "order" else quantities[self.unit]
        return Fraction(self.unit_micros(given) * times * count, UNIT_SIZE[self.unit])


class PriceRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of a model: the sum of its components, at least `minimum_micros` and at most `ceiling_micros`."""

    components: Annotated[tuple[Component, ...], Meta(min_length=1, max_length=COMPONENTS_MAX)]
    minimum_micros: Micros = 0
    ceiling_micros: Micros | None = None

    @property
    def units(self) -> frozenset[Unit]:
        """Return the units that it counts."""
        return frozenset(component.unit for component in self.components) - {"order"}

    def reserve(self, given: Mapping[str, Any], most: Quantities) -> int:
        """Return the most that an order can cost. `most` bounds each unit. Raises UnboundedPrice."""
        if not self.units <= most.keys():
            if self.ceiling_micros is None:
                missing = ", ".join(sorted(self.units - most.keys()))
                raise UnboundedPrice(f"nothing bounds {missing}: set `ceiling_cents`, or a limit on the input")
            return max(self.ceiling_micros, self.minimum_micros)
        return self._bounded(given, most)

    def settle(self, given: Mapping[str, Any], used: Quantities, reserved_micros: int) -> int:
        """Return the cost of what an order used: never more than its reservation, which it is without a report."""
        if not self.units <= used.keys():
            return reserved_micros
        return min(self._bounded(given, used), reserved_micros)

    def _bounded(self, given: Mapping[str, Any], quantities: Quantities) -> int:
        total = ceil(sum((component.cost(given, quantities) for component in self.components), Fraction()))
        floored = max(total, self.minimum_micros)
        return floored if self.ceiling_micros is None else min(floored, max(self.ceiling_micros, self.minimum_micros))


def marked_up(micros: int, basis_points: int) -> int:
    """Return an amount times one plus a mark-up in hundredths of a percent, rounded up to a micro-USD."""
    return -(-micros * (10_000 + basis_points) // 10_000)


def _same(given: object, wanted: object) -> bool:
    """Return whether two values are equal as JSON has them: true is not 1."""
    return given == wanted and isinstance(given, bool) == isinstance(wanted, bool)
