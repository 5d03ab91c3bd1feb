"""Descriptions of fields for the OpenAPI document, written where the field is defined.

`Annotated[int, count("Generations in the backlog.")]` costs nothing when a value is decoded or encoded: only Meta's own
limits do. Limits that the document states and another place enforces are keywords here.
"""

from typing import Annotated

from msgspec import Meta

# Not blank and without NUL. Spelt out, because languages differ in what their \s is.
NOT_BLANK = r"^[^\u0000]*[^\s\u0000\u001c-\u001f\u0085][^\u0000]*$"
REPLACED = "x-replaced"  # the schema that stands instead of the type's
REQUIRED = "x-required"  # the field is required although its type has a default
EXPECTED = "x-expected"  # the words of an error message: "must be ..."


def doc(text: str, **keywords: object) -> Meta:
    """Return a field's description, and keywords of its JSON Schema that its type cannot say."""
    return Meta(description=text, extra_json_schema=keywords or None)


def timestamp(text: str) -> Meta:
    """Return the description of a point in time."""
    return doc(f"{text} RFC 3339, UTC, milliseconds.", format="date-time")


def count(text: str) -> Meta:
    """Return the description of a number that is never negative."""
    return doc(text, minimum=0)


def link(text: str) -> Meta:
    """Return the description of a URL."""
    return doc(text, format="uri")


def replaced(text: str, *, required: bool = False, **schema: object) -> Meta:
    """Return a description with a schema to show instead of the type's.

    For fields that are decoded loosely, so that our own validation can refuse them under a code of its own.
    """
    return Meta(description=text, extra_json_schema={REPLACED: schema, REQUIRED: required})


NOTICES = doc(
    "Changes of the input, in sentences for people: for example, that only the first frame of an animation was used. "
    "Absent if there were none."
)
SIMULATED = doc("Whether our local provider stands in for the model, because no provider of it is configured here.")
Link = Annotated[str, Meta(extra_json_schema={"format": "uri"})]
