"""Values of settings in messages: the values that a type allows, and a value without the secrets in it."""

import re
from typing import Any, Literal, get_args, get_origin

from msgspec import Meta

SECRET_NAME = re.compile(r"(^|_)(keys?|secrets?|passwords?|tokens?)$")
USER_INFO = re.compile(r"(?<=://).*@")
SHOWN_CHARS_MAX = 60


def hide_secrets(name: str, value: str) -> str:
    """Return a variable's value for a message: one line, without credentials."""
    if SECRET_NAME.search(name.lower()):
        return "(hidden)"
    plain = USER_INFO.sub("(hidden)@", value)
    head, question, _ = plain.partition("?") if "://" in plain else (plain, "", "")
    printable = "".join(character if character.isprintable() else "\N{REPLACEMENT CHARACTER}" for character in head)
    shown = printable + ("?(hidden)" if question else "")
    return shown if len(shown) <= SHOWN_CHARS_MAX else shown[: SHOWN_CHARS_MAX - 1] + "…"


def describe_type(kind: Any) -> str:
    """Return in words what a variable of this type must be."""
    if get_origin(kind) is Literal:
        *most, last = get_args(kind)
        return f"{', '.join(most)} or {last}"
    plain, meta = (kind.__origin__, kind.__metadata__[0]) if hasattr(kind, "__metadata__") else (kind, Meta())
    if plain is bool:
        return "true or false"
    noun = {int: "a whole number", float: "a number"}.get(plain, "a text")
    low, high = meta.ge, meta.le
    if low is not None and high is not None:
        return f"{noun} from {low:g} to {high:g}" if high < 100_000 else f"{noun} from {low:g} to {high:,}"
    return noun if low is None else f"{noun} of at least {low:g}"
