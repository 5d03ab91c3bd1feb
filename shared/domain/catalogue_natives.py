"""The reader of a route's native schema, and the checks that a model and its price fit it."""

from collections.abc import Callable

from shared.domain.catalogue import Model
from shared.domain.catalogue_table import Table
from shared.domain.native_input import NATIVE, PROMPT
from shared.domain.native_schema import MEDIA, BadSchema, NativeField, NativeSchema, read_schema
from shared.domain.price_rule import PER_OUTPUT, PriceRule, Unit

NativeReader = Callable[[str | None, str], bytes]  # of the catalogue file that names a schema, and the schema's name
COUNTED: dict[str, frozenset[Unit]] = {  # inputs that change the cost, and the units that count them
    "count": PER_OUTPUT,
    "seconds": frozenset({"second"}),
    "width": frozenset({"megapixel"}),
    "height": frozenset({"megapixel"}),
}
IMPLIED = ("count", "seconds")  # they change the cost, whatever the schema says
IN_PROMPT = ("style", "negative_prompt")  # a provider without a field for them reads them in the prompt


def read_nothing(file: str | None, name: str) -> bytes:
    """Raise FileNotFoundError: a catalogue that is not in a file has no files next to it."""
    raise FileNotFoundError(2, "no such file", name)


def read_native(table: Table, read: Callable[[str], bytes]) -> NativeSchema | None:
    """Return the native schema that a route names, None without one. Raises Problem."""
    name = table.raw.get("native")
    if name is None:
        return None
    if not isinstance(name, str) or not name:
        raise table.problem("native", "native must be the path of a JSON file")
    try:
        return read_schema(read(name))
    except OSError as error:
        reason = f"native: cannot read {name} ({error.strerror}): correct the path or create the file"
        raise table.problem("native", reason) from None
    except BadSchema as error:
        raise table.problem("native", f"native: {name} {error}") from None


def check_native(model: Model, schema: NativeSchema, table: Table) -> None:
    """Check that a schema fills every input of its model, and that the price covers every cost. Raises Problem."""
    for name, field in schema.fields.items():
        if field.role and field.role != PROMPT and field.role not in MEDIA and field.role not in model.input:
            message = f"{name!r} is filled with {field.role!r}, which is not an input field of the model"
            raise table.problem("native", f"native: {message}: add it to the input, or correct the annotation")
        if not _is_covered(model, name, field):
            message = f"{name!r} changes the cost, but the price does not depend on it"
            raise table.problem("native", f"native: {message}: add rows `when` {NATIVE}{name}, or remove the field")
        limit = model.input.get(field.role)
        if limit and field.role in COUNTED and limit.default is None and not limit.required:
            message = f"{name!r} is counted, so its input {field.role!r} needs a default or must be required"
            raise table.problem("native", f"native: {message}")
    if schema.measured:
        _check_measured(model, schema.measured[0], table)
    media = {ours for role in schema.media.values() for ours in MEDIA[role]}
    declared = ("seconds",) if schema.measured else ()
    known = (*schema.mapped, *media, *declared, *IN_PROMPT)
    lost = next((ours for ours in model.input if ours not in known), None)
    if lost:
        message = f"no field is filled with the model's input {lost!r}: annotate one, or remove the input"
        raise table.problem("native", f"native: {message}")


def _check_measured(model: Model, name: str, table: Table) -> None:
    """Check that an order declares how long its video or recording is, and pays for it. Raises Problem."""
    limit = model.input.get("seconds")
    if limit is None or (limit.default is None and not limit.required):
        message = f"{name!r} is measured, so the model needs an input 'seconds' with a default, or a required one"
        raise table.problem("native", f"native: {message}")
    if not all(_depends(rule, name, "seconds") for rule in (model.price, model.api_price[0])):
        message = f"{name!r} is measured, but the price does not depend on 'seconds'"
        raise table.problem("native", f"native: {message}")


def _is_covered(model: Model, name: str, field: NativeField) -> bool:
    if not (field.costs or field.role in IMPLIED) or len(field.choices) == 1:
        return True
    limit = model.input.get(field.role)
    if limit and (len(limit.choices) == 1 or (limit.max is not None and limit.min == limit.max)):
        return True
    return all(_depends(rule, name, field.role) for rule in (model.price, model.api_price[0]))


def _depends(rule: PriceRule, name: str, role: str) -> bool:
    compared = {field for field, _ in rule.conditions()}
    return bool({NATIVE + name, role} & compared or COUNTED.get(role, frozenset()) & rule.units)
