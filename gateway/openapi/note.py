"""A field's description, and what else its type leaves open."""

from msgspec import Struct

# Not blank and without NUL. Spelt out, because languages differ in what their \s is.
SAID = r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$"


class Note(Struct, frozen=True):
    """A field's description and further keywords of its schema; `instead`: they are the whole of it."""

    text: str
    keywords: dict[str, object] = {}
    instead: bool = False


def note(text: str, **keywords: object) -> Note:
    """Keywords beside those of the field's type."""
    return Note(text, keywords)


def moment(text: str) -> Note:
    """A point in time."""
    return note(f"{text} RFC 3339, UTC, milliseconds.", format="date-time")
