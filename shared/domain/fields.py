"""Field types that several kinds share, with their hard limits, and descriptions of a type's limits."""

from typing import Annotated

from msgspec import Meta
from msgspec import inspect as types

from shared.domain.described import EXPECTED

PROMPT_CHARS_MAX = 20_000
WORD_CHARS_MAX = 100
IMAGE_URL_CHARS_MAX = 8_000_000  # a data URL of about 6 MB; the gateway also bounds the whole body
LINK_CHARS_MAX = 2_048

LongText = Annotated[str, Meta(max_length=PROMPT_CHARS_MAX)]
Word = Annotated[str, Meta(max_length=WORD_CHARS_MAX)]

# A signed 64-bit integer: every JSON reader and every provider's number type can represent it.
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]

AspectRatio = Annotated[
    str,
    Meta(
        max_length=10,
        pattern=r"\A(auto|[1-9][0-9]?:[1-9][0-9]?)\Z",
        extra_json_schema={EXPECTED: '"auto" or a ratio such as "16:9"'},
    ),
]

# No space and no invisible character. Listed here because \S differs between languages.
_VISIBLE = r"[^\s\u0000-\u0020\u007f-\u00a0\ufeff]"
ImageUrl = Annotated[
    str,
    Meta(
        max_length=IMAGE_URL_CHARS_MAX,
        pattern=rf"\A((?i:https)://{_VISIBLE}{{3,{LINK_CHARS_MAX}}}\Z|asset:{_VISIBLE}{{10,200}}\Z"
        r"|data:image/[a-z0-9.+-]{1,30};base64,)",
        extra_json_schema={
            EXPECTED: f"an https URL of at most {LINK_CHARS_MAX} characters or a data:image/...;base64 URL"
        },
    ),
]


def expected(info: types.Type) -> str:
    """Return a description of a type's values for error messages: "a whole number from 64 to 2048".

    Raises TypeError for a type without limits, so that every field is bounded.
    """
    match info:
        case types.Metadata(extra_json_schema={"x-expected": str(given)}):
            words = given
        case types.Metadata(type=inner):
            words = expected(inner)
        case types.UnionType(types=(only, types.NoneType())):
            words = expected(only)
        case types.IntType(ge=int(low), le=int(high)):
            words = f"a whole number from {low} to {high}"
        case types.FloatType(ge=int() | float() as low, le=int() | float() as high):
            words = f"a number from {low} to {high}"
        case types.StrType(max_length=int(most)):
            words = f"a text of at most {most} characters"
        case types.ListType(item_type=item, max_length=int(most)):
            words = f"a list of at most {most}, each {expected(item)}"
        case types.LiteralType(values=values):
            words = "one of " + ", ".join(map(str, values))
        case types.BoolType():
            words = "true or false"
        case _:
            raise TypeError(f"A field needs a type with limits, not {info}.")
    return words


def bounds(info: types.Type) -> tuple[float, float] | None:
    """Return minimum and maximum of a number, or of a text's or list's length; None for types without a size."""
    match info:
        case types.Metadata(type=inner) | types.UnionType(types=(inner, types.NoneType())):
            return bounds(inner)
        case types.IntType(ge=low, le=high) | types.FloatType(ge=low, le=high):
            return None if low is None or high is None else (low, high)
        case types.StrType(max_length=int(most)) | types.ListType(max_length=int(most)):
            return (0, most)
    return None
