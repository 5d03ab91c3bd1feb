from pathlib import Path
from typing import Annotated, Literal

import msgspec
import pytest
from msgspec import Meta, structs
from msgspec import inspect as types

from shared.domain import kinds
from shared.domain.catalogue import KINDS
from shared.domain.fields import PROMPT_CHARS_MAX, bounds, expected
from shared.domain.kind import kind_of
from shared.domain.kinds import image, video


def test_kinds_match_modules() -> None:
    """The known kinds are exactly the modules in kinds/."""
    folder = Path(kinds.__path__[0])
    assert sorted(KINDS) == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", KINDS)
def test_kind_has_name_and_limits(name: str) -> None:
    """A kind has its module's name and bounds its prompt and its time."""
    kind = kind_of(name)
    assert name == kind.name == kind.input.__module__.rpartition(".")[2]
    assert 0 < kind.prompt_chars_max <= PROMPT_CHARS_MAX
    assert 0 < kind.timeout_s <= 86_400


@pytest.mark.parametrize("name", KINDS)
def test_field_is_optional_and_bounded(name: str) -> None:
    """A field's default is None, so that only the catalogue sets defaults, and its values are bounded."""
    kind = kind_of(name)
    assert all(field.default is None for field in structs.fields(kind.input))
    for field in structs.fields(kind.input):
        assert expected(types.type_info(field.type))


@pytest.mark.parametrize("name", KINDS)
def test_kind_refuses_unknown_field(name: str) -> None:
    """A kind's input type refuses unknown fields."""
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"no_such_field": 1}, kind_of(name).input)


def test_unknown_kind_raises_key_error() -> None:
    """Only the names in KINDS are imported."""
    with pytest.raises(KeyError):
        kind_of("os")


def test_documented_hard_limits() -> None:
    """The limits are those of the contract."""
    assert (64, 2_048) == kind_of("image").fields["width"].bounds == kind_of("image").fields["height"].bounds
    assert (64, 1_920) == kind_of("video").fields["width"].bounds == kind_of("video").fields["height"].bounds
    assert (1, 30) == kind_of("video").fields["seconds"].bounds
    assert (1, 60) == kind_of("video").fields["fps"].bounds
    assert (0, 14) == kind_of("image").fields["image_urls"].bounds
    assert (600, 3_600) == (image.TIMEOUT_S, video.TIMEOUT_S)


@pytest.mark.parametrize("unbounded", [int, float, str, list[str], dict, object])
def test_unbounded_type_raises_type_error(unbounded: object) -> None:
    """A field without limits raises TypeError."""
    with pytest.raises(TypeError, match="limits"):
        expected(types.type_info(unbounded))


def test_limits_are_described() -> None:
    """Each form of a field has a description for error messages."""
    infos = {field.name: types.type_info(field.type) for field in structs.fields(image.ImageInput)}
    assert "a whole number from 64 to 2048" == expected(infos["width"])
    assert "one of hd, standard" == expected(infos["quality"])
    assert "a text of at most 100 characters" == expected(infos["mode"])
    assert '"auto" or a ratio such as "16:9"' == expected(infos["aspect_ratio"])
    assert expected(infos["image_urls"]).startswith("a list of at most 14, each an https URL")
    assert "a number from 0.5 to 2" == expected(types.type_info(Annotated[float, Meta(ge=0.5, le=2)]))
    assert "true or false" == expected(types.type_info(bool))


def test_type_without_size_has_no_bounds() -> None:
    """Numbers, texts and lists have bounds; other types do not."""
    assert (0.5, 2) == bounds(types.type_info(Annotated[float, Meta(ge=0.5, le=2)]))
    assert bounds(types.type_info(bool)) is None
    assert bounds(types.type_info(Literal["a", "b"])) is None
