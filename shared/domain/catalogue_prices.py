"""The reader of prices in the catalogue: a number of cents, or a table of parts with a minimum and a ceiling."""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import msgspec

from shared.domain.catalogue import Model
from shared.domain.catalogue_table import Table
from shared.domain.inputs import InvalidInput, check_values
from shared.domain.kind import kind_of
from shared.domain.native_input import NATIVE
from shared.domain.native_schema import NativeSchema
from shared.domain.price_rule import UNIT_SIZE, PricePart, PriceRow, PriceRule, UnboundedPrice, Unit, flat, same
from shared.domain.pricing import micros_from_cents

BOUNDS = ("minimum_cents", "ceiling_cents")
BOUNDED_BY: dict[Unit, tuple[str, ...]] = {"second": ("seconds",), "megapixel": ("width", "height")}


def read_price(table: Table, name: str) -> PriceRule:
    """Return the price `name`: the key `<name>_cents`, or the table `<name>`. Raises Problem.

    The price of a table is the sum of its `parts`, each so many `cents` `per` unit. A table with `per` is its only
    part. The cents of the first row that fits the input replace those of its part.
    """
    cents_key = f"{name}_cents"
    if (name in table.raw) == (cents_key in table.raw):
        both = f"give {cents_key} or {name}, not both" if name in table.raw else f"{cents_key} is missing"
        raise table.problem(cents_key, both)
    if cents_key in table.raw:
        return flat(read_micros(table, cents_key))
    inner = Table(table.raw[name], (*table.at, name), f"{table.what}: {name}")
    if "per" in inner.raw:
        sole = {key: value for key, value in inner.raw.items() if key not in BOUNDS}
        parts: tuple[PricePart, ...] = (_part(Table(sole, inner.at, inner.what)),)
    else:
        inner.check_keys(["parts"], BOUNDS)
        parts = tuple(_part(entry) for entry in _tables(inner, "parts", "part"))
    minimum = read_micros(inner, "minimum_cents") if "minimum_cents" in inner.raw else 0
    ceiling = read_micros(inner, "ceiling_cents") if "ceiling_cents" in inner.raw else None
    if ceiling is not None and ceiling < minimum:
        raise inner.problem("ceiling_cents", "ceiling_cents must not be less than minimum_cents")
    values = {"parts": parts, "minimum_micros": minimum, "ceiling_micros": ceiling}
    try:
        return msgspec.convert(values, PriceRule)
    except msgspec.ValidationError:
        raise inner.problem("parts", "parts must have 1 to 8 entries") from None


def check_price(model: Model, rule: PriceRule, table: Table, name: str, schemas: Sequence[NativeSchema] = ()) -> None:
    """Check that a price compares fields that the model has, and that it is bounded for every input. Raises Problem.

    A field `native.<field>` is one of `schemas` that changes the cost.
    """
    for field, value in rule.conditions():
        if field.startswith(NATIVE):
            _check_native_value(schemas, field, value, table, name)
            continue
        if field not in model.input:
            known = ", ".join(model.input) or "none"
            raise table.problem(name, f"{name} depends on {field!r}, which is not an input field: use one of {known}")
        try:
            check_values(kind_of(model.kind), {field: value}, model.input)
        except InvalidInput as error:
            raise table.problem(name, f"{name} depends on a value that no input has: {field} {error.message}") from None
    given = model.typical_input()
    missing = [field for unit in rule.units for field in BOUNDED_BY.get(unit, ()) if given.get(field) is None]
    if missing and rule.ceiling_micros is None and not (missing == ["seconds"] and model.duration_s):
        field = missing[0]
        raise table.problem(name, f"{name} needs a ceiling_cents, or a default for {field}, or {field} as required")
    try:
        model.priced(rule, given).reserved_micros  # noqa: B018
    except UnboundedPrice as error:
        raise table.problem(name, f"{name} is not bounded: {error}") from None


def _check_native_value(schemas: Sequence[NativeSchema], field: str, value: object, table: Table, name: str) -> None:
    known = [found for schema in schemas if (found := schema.fields.get(field.removeprefix(NATIVE))) and found.costs]
    if not known:
        raise table.problem(name, f"{name} depends on {field!r}, which no route's native schema has as cost-changing")
    if not any(not one.choices or any(same(choice, value) for choice in one.choices) for one in known):
        raise table.problem(name, f"{name} depends on a value that no input has: {field} is never {value!r}")


def read_micros(table: Table, key: str) -> int:
    """Return the cents of `key` in micro-USD. Raises Problem."""
    try:
        return micros_from_cents(table.raw[key])
    except ValueError as error:
        raise table.problem(key, f"{key} {error}") from None


def _part(table: Table) -> PricePart:
    table.check_keys(["per", "cents"], ["rows"])
    if table.raw["per"] not in UNIT_SIZE:
        raise table.problem("per", f"unknown unit {table.raw['per']!r}: use one of {', '.join(UNIT_SIZE)}")
    rows = tuple(_row(entry) for entry in _tables(table, "rows", "row")) if "rows" in table.raw else ()
    return table.convert({"per": table.raw["per"], "micros": read_micros(table, "cents"), "rows": rows}, PricePart)


def _row(table: Table) -> PriceRow:
    table.check_keys(["when", "cents"], [])
    when = Table(table.raw["when"], (*table.at, "when"), f"{table.what}: when")
    values = {field: float(value) if isinstance(value, Decimal) else value for field, value in when.raw.items()}
    if not values or not all(isinstance(value, str | int | float) for value in values.values()):
        raise table.problem("when", "when must name fields and their values: texts, numbers, true or false")
    return table.convert({"when": values, "micros": read_micros(table, "cents")}, PriceRow)


def _tables(table: Table, key: str, noun: str) -> Iterator[Table]:
    for number, raw in enumerate(table.items(key)):
        yield Table(raw, (*table.at, key, number), f"{table.what}: {noun} {number + 1}")
