"""Prices: a rule over an order's validated input, and over the usage that its provider reports.

A rule becomes an agreed price for one input. The most of each unit that the order can use gives the reservation, the
units that it used give the settlement. Amounts are exact until the whole is rounded up to a micro-USD, once.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Literal

from msgspec import Meta, Struct

Unit = Literal["order", "output", "second", "megapixel", "1k_characters", "1m_input_tokens", "1m_output_tokens"]
UNIT_SIZE: dict[Unit, int] = {  # how many of the counted things are one unit
    "order": 1,
    "output": 1,
    "second": 1_000,  # milliseconds, over all outputs
    "megapixel": 1_000_000,  # pixels, over all outputs
    "1k_characters": 1_000,
    "1m_input_tokens": 1_000_000,
    "1m_output_tokens": 1_000_000,
}
EXACT = 1_000_000  # every unit size divides it
PER_OUTPUT: frozenset[Unit] = frozenset({"output", "second", "megapixel"})
TOKENS: frozenset[Unit] = frozenset({"1m_input_tokens", "1m_output_tokens"})
METERED = TOKENS | PER_OUTPUT  # their quantity is known at the end only
BASIS_POINTS_PER_ONE = 10_000
PARTS_MAX, ROWS_MAX = 8, 200

Micros = Annotated[int, Meta(ge=0, le=10**12)]
Quantities = Mapping[Unit, int]  # how many outputs, milliseconds, pixels, characters, tokens


class UnboundedPrice(ValueError):
    """A price has no ceiling, and nothing bounds the quantity of one of its units."""


class PriceRow(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of a unit where the input has all these values."""

    when: dict[str, str | int | float | bool]
    micros: Micros

    def fits(self, given: Mapping[str, Any]) -> bool:
        """Return whether an input has all values of `when`."""
        return all(same(given.get(field), value) for field, value in self.when.items())


class PricePart(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One addend of a price: so much per unit. The first row that fits the input replaces `micros`."""

    per: Unit
    micros: Micros
    rows: Annotated[tuple[PriceRow, ...], Meta(max_length=ROWS_MAX)] = ()

    def unit_micros(self, given: Mapping[str, Any]) -> int:
        """Return the price of one unit for an input."""
        return next((row.micros for row in self.rows if row.fits(given)), self.micros) if self.rows else self.micros


class AgreedPart(Struct, frozen=True, array_like=True):
    """One addend of an agreed price: micro-USD per unit."""

    per: Unit
    micros: int

    def cost(self, quantities: Quantities) -> int:
        """Return the exact cost of a quantity, in parts of a micro-USD: EXACT of them are one."""
        return self.micros * quantities.get(self.per, 1) * (EXACT // UNIT_SIZE[self.per])


class AgreedPrice(Struct, frozen=True, array_like=True):
    """The price of one input. Stored with a generation as a MessagePack array, as its Spec is."""

    parts: tuple[AgreedPart, ...]
    minimum_micros: int = 0
    ceiling_micros: int | None = None
    basis_points: int = 0  # the mark-up, in hundredths of a percent

    @property
    def units(self) -> frozenset[Unit]:
        """Return the units whose quantity matters."""
        return frozenset(part.per for part in self.parts if part.micros) - {"order"}

    def cost(self, quantities: Quantities) -> int:
        """Return the cost of the quantities in micro-USD, with the mark-up. Raises UnboundedPrice.

        A unit without a quantity costs the ceiling.
        """
        least, ceiling = self.minimum_micros, self.ceiling_micros
        missing = {part.per for part in self.parts if part.micros and part.per not in quantities} - {"order"}
        if missing and ceiling is None:
            reason = f"nothing bounds {', '.join(sorted(missing))}: set a ceiling, or a limit on the input"
            raise UnboundedPrice(reason)
        most = None if ceiling is None else max(least, ceiling)
        total = -(-sum([part.cost(quantities) for part in self.parts]) // EXACT)
        floored = max(total, least)
        if most is not None:
            floored = most if missing else min(floored, most)
        return marked_up(floored, self.basis_points)


class PriceRule(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The price of a model: the sum of its parts, at least `minimum_micros` and at most `ceiling_micros`."""

    parts: Annotated[tuple[PricePart, ...], Meta(min_length=1, max_length=PARTS_MAX)]
    minimum_micros: Micros = 0
    ceiling_micros: Micros | None = None

    @property
    def units(self) -> frozenset[Unit]:
        """Return the units that it counts."""
        return frozenset(part.per for part in self.parts) - {"order"}

    @property
    def flat_micros(self) -> int | None:
        """Return the price if it is the same for every input, or None."""
        plain = not self.units and not any(part.rows for part in self.parts)
        return self.agreed({}).cost({}) if plain else None

    def agreed(self, given: Mapping[str, Any], basis_points: int = 0) -> AgreedPrice:
        """Return the price for an input, with a mark-up in hundredths of a percent."""
        parts = tuple([AgreedPart(part.per, part.unit_micros(given)) for part in self.parts])
        return AgreedPrice(parts, self.minimum_micros, self.ceiling_micros, basis_points)

    def conditions(self) -> Iterator[tuple[str, object]]:
        """Yield each field and value that a row compares the input with."""
        for part in self.parts:
            for row in part.rows:
                yield from row.when.items()


class Sale(Struct, frozen=True, array_like=True):
    """An agreed price with the most of each unit that its order can use. It is the whole of a metered order's price."""

    price: AgreedPrice
    most: dict[Unit, int]

    @property
    def reserved_micros(self) -> int:
        """Return the most that the order can cost. Raises UnboundedPrice."""
        return self.price.cost(self.most)

    @property
    def metered(self) -> bool:
        """Return whether the cost depends on usage that only the provider or the outputs show."""
        return any([part.micros and part.per in METERED for part in self.price.parts])

    def counts(self, tokens: Quantities) -> bool:
        """Return whether a report has every token that the price counts."""
        return (self.price.units & TOKENS) <= tokens.keys()

    def settle(self, *, outputs: int | None = None, tokens: Quantities | None = None) -> int:
        """Return the cost of what was used: never more than the reservation.

        `outputs` is how many were delivered, None if their number is the ordered one. Without a count of the tokens an
        order that is charged by tokens costs its reservation.
        """
        ordered = self.most.get("output", 1)
        delivered = ordered if outputs is None else min(outputs, ordered)
        used = dict(self.most)
        if delivered < ordered:
            used |= {unit: -(-self.most[unit] * delivered // ordered) for unit in PER_OUTPUT & self.most.keys()}
        reported = {unit: count for unit, count in (tokens or {}).items() if unit in TOKENS}
        used |= {unit: min(count, self.most.get(unit, count)) for unit, count in reported.items()}
        if not self.counts(reported):
            return self.reserved_micros
        return min(self.price.cost(used), self.reserved_micros)


def flat(micros: int) -> PriceRule:
    """Return the rule of a price that is the same for every order."""
    return PriceRule(parts=(PricePart(per="order", micros=micros),))


def marked_up(micros: int, basis_points: int) -> int:
    """Return an amount times one plus a mark-up in hundredths of a percent, rounded up to a micro-USD."""
    return -(-micros * (BASIS_POINTS_PER_ONE + basis_points) // BASIS_POINTS_PER_ONE)


def same(given: object, wanted: object) -> bool:
    """Return whether two values are equal as JSON has them: true is not 1."""
    return given == wanted and isinstance(given, bool) == isinstance(wanted, bool)
