"""The reader of a model's limits of its input fields, and what they show of it."""

from msgspec import structs

from shared.domain.catalogue import Limit, Model
from shared.domain.catalogue_table import Table
from shared.domain.inputs import InvalidInput, check_values
from shared.domain.kind import Kind


def read_limit(table: Table, kind: Kind, field: str) -> Limit:
    """Return a model's limits of one input field. Raises Problem."""
    if field not in kind.fields:
        raise table.problem("", f"kind {kind.name!r} does not have this field: use one of {', '.join(kind.fields)}")
    table.check_keys([], Limit.__struct_fields__)
    limit = table.convert(table.raw, Limit)
    hard = kind.fields[field].bounds
    for key, bound in (("min", limit.min), ("max", limit.max)):
        if bound is None:
            continue
        if hard is None:
            raise table.problem(
                key, f"{key} has no meaning here, because the value is {kind.fields[field].expected}: remove it"
            )
        if not hard[0] <= bound <= hard[1]:
            raise table.problem(key, f"{key} must be from {hard[0]} to {hard[1]}, the limits of kind {kind.name!r}")
    if limit.min is not None and limit.max is not None and limit.min > limit.max:
        raise table.problem("min", "min must not be greater than max")
    if limit.required and limit.default is not None:
        raise table.problem("required", "required has no effect on a field with a default: remove one of the two")
    # The choices are checked against the other limits first, then the default against the choices.
    bare = structs.replace(limit, choices=())
    choices = [_value(table, "choices", value, kind=kind, field=field, limit=bare) for value in limit.choices]
    limit = structs.replace(limit, choices=tuple(choices))
    if limit.default is None:
        return limit
    default = _value(table, "default", limit.default, kind=kind, field=field, limit=limit)
    return structs.replace(limit, default=default)


def _value(table: Table, key: str, value: object, *, kind: Kind, field: str, limit: Limit) -> object:
    try:
        return check_values(kind, {field: value}, {field: limit})[field]
    except InvalidInput as error:
        raise table.problem(key, f"{key} {error.message}") from None


def with_shown_defaults(model: Model) -> Model:
    """Return a model that shows the resolution and the length that its input has by default."""
    resolution, seconds = (model.input.get(name, Limit()).default for name in ("resolution", "seconds"))
    return structs.replace(
        model,
        resolution=model.resolution or (resolution if isinstance(resolution, str) else None),
        duration_s=model.duration_s or (seconds if isinstance(seconds, int) else None),
    )
