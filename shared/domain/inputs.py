"""Validation of a client's input and prompt: against the limits of the kind, then against the model's."""

import msgspec

from shared.domain.catalogue import Limit, Model
from shared.domain.fields import PROMPT_CHARS_MAX
from shared.domain.kind import Kind, kind_of
from shared.domain.kinds.text import MESSAGES_CHARS_MAX
from shared.domain.quantities import MESSAGES, chars_of

FIELD_CHARS_MAX = 60  # of an unknown field's name in an error message
DEFAULTS = "default values"  # their name among what a model remembers


class InvalidInput(ValueError):
    """A value that is not valid. `field` is a field of `input`, or `input` or `prompt` itself."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field} {message}")
        self.field, self.message = field, message


def validate_input(model: Model, raw: object) -> dict[str, object]:
    """Return the client's `input` with the model's defaults filled in. Null is the same as absent.

    Raises InvalidInput naming the first field that is unknown, missing, of another type or outside its limits.
    """
    if raw is None or raw == {}:
        return {name: [*value] if isinstance(value, list) else value for name, value in _defaults(model).items()}
    return _validate_given(model, raw)


def _defaults(model: Model) -> dict[str, object]:
    """Return the validated input of an order without one. Most orders have none, so the model remembers it."""
    found: dict[str, object] | None = vars(model).get(DEFAULTS)
    if found is None:
        found = vars(model)[DEFAULTS] = _validate_given(model, None)
    return found


def _validate_given(model: Model, raw: object) -> dict[str, object]:
    given = _known_fields(model, raw)
    values: dict[str, object] = {}
    for name, limit in model.input.items():
        value = given.get(name)
        value = limit.default if value is None else value
        if value is not None:
            values[name] = value
        elif limit.required:
            raise InvalidInput(name, "is required")
    return check_values(kind_of(model.kind), values, model.input)


def check_values(kind: Kind, values: dict[str, object], limits: dict[str, Limit]) -> dict[str, object]:
    """Return a copy of `values` if they are within the kind's limits and within `limits`. Raises InvalidInput."""
    try:
        typed = msgspec.convert(values, kind.input)
    except msgspec.ValidationError as error:
        name = str(error).rpartition("`$.")[2].rstrip("`").partition("[")[0]
        if name not in kind.fields:
            raise InvalidInput("input", str(error)) from None
        raise InvalidInput(name, f"must be {kind.fields[name].expected}") from None
    result: dict[str, object] = msgspec.to_builtins(typed)
    for name, value in result.items():
        for text in value if isinstance(value, list) else [value]:
            for part in text.values() if isinstance(text, dict) else [text]:
                check_text(name, part)
        if name == MESSAGES and chars_of(value) > MESSAGES_CHARS_MAX:
            raise InvalidInput(name, f"must have at most {MESSAGES_CHARS_MAX} characters in all")
        _check_limit(name, value, limits[name])
    return result


def validate_prompt(text: object, model: Model | None = None) -> str:
    """Return the prompt unchanged if it is valid text of a length that `model` allows. Raises InvalidInput.

    An empty prompt is valid here: each dialect decides whether it needs one.
    """
    if not isinstance(text, str):
        raise InvalidInput("prompt", "must be a string")
    chars_max = prompt_chars_max(model) if model else PROMPT_CHARS_MAX
    if len(text) > chars_max:
        raise InvalidInput("prompt", f"must be at most {chars_max} characters long, not {len(text)}")
    check_text("prompt", text)
    return text


def prompt_chars_max(model: Model) -> int:
    """Return the longest prompt of a model, in characters."""
    return model.prompt_chars_max or kind_of(model.kind).prompt_chars_max


def _known_fields(model: Model, raw: object) -> dict[object, object]:
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        raise InvalidInput("input", "must be an object")
    for name in raw:
        if name not in model.input:
            shown = str(name)[:FIELD_CHARS_MAX].encode("unicode_escape").decode() or '""'
            known = ", ".join(model.input) or "none"
            raise InvalidInput(shown, f"is not an input field of {model.id}: use one of {known}")
    return raw


def check_text(field: str, value: object) -> None:
    """Check that a value, if it is a text, is valid Unicode without NUL. Raises InvalidInput."""
    if not isinstance(value, str):
        return
    if "\0" in value:
        raise InvalidInput(field, "must not contain NUL characters")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidInput(field, "must be valid Unicode, without lone surrogates") from None


def _check_limit(field: str, value: object, limit: Limit) -> None:
    if limit.choices and value not in limit.choices:
        raise InvalidInput(field, "must be one of " + ", ".join(map(str, limit.choices)))
    size = len(value) if isinstance(value, str | list) else value
    if not isinstance(size, int | float):
        return
    unit = " characters long" if isinstance(value, str) else " entries long" if isinstance(value, list) else ""
    if limit.min is not None and size < limit.min:
        raise InvalidInput(field, f"must be at least {limit.min}{unit}")
    if limit.max is not None and size > limit.max:
        raise InvalidInput(field, f"must be at most {limit.max}{unit}")
