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


def test_every_kind_is_a_module_and_every_module_a_kind() -> None:
    """The known kinds are exactly the files in kinds/."""
    folder = Path(kinds.__path__[0])
    assert sorted(KINDS) == sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_states_its_name_and_limits(name: str) -> None:
    """A kind's module bears the kind's name and bounds its prompt and its time."""
    kind = kind_of(name)
    assert name == kind.name == kind.input.__module__.rpartition(".")[2]
    assert 0 < kind.prompt_chars_max <= PROMPT_CHARS_MAX
    assert 0 < kind.timeout_s <= 86_400


@pytest.mark.parametrize("name", KINDS)
def test_every_field_is_optional_and_bounded(name: str) -> None:
    """An absent field stays absent, so that only a model's catalogue entry fills anything in; the rest is bounded."""
    kind = kind_of(name)
    assert all(field.default is None for field in structs.fields(kind.input))
    for field in structs.fields(kind.input):
        assert expected(types.type_info(field.type))


@pytest.mark.parametrize("name", KINDS)
def test_a_kind_refuses_fields_it_does_not_have(name: str) -> None:
    """A kind's Input knows all of its fields."""
    with pytest.raises(msgspec.ValidationError, match="unknown field"):
        msgspec.convert({"no_such_field": 1}, kind_of(name).input)


def test_an_unknown_kind_is_a_key_error() -> None:
    """Only the names in KINDS are ever imported."""
    with pytest.raises(KeyError):
        kind_of("os")


def test_the_documented_hard_limits() -> None:
    """The limits that the contract states."""
    assert (64, 2_048) == kind_of("image").fields["width"].bounds == kind_of("image").fields["height"].bounds
    assert (64, 1_920) == kind_of("video").fields["width"].bounds == kind_of("video").fields["height"].bounds
    assert (1, 30) == kind_of("video").fields["seconds"].bounds
    assert (1, 60) == kind_of("video").fields["fps"].bounds
    assert (0, 14) == kind_of("image").fields["image_urls"].bounds
    assert (600, 3_600) == (image.TIMEOUT_S, video.TIMEOUT_S)


@pytest.mark.parametrize("unbounded", [int, float, str, list[str], dict, object])
def test_a_field_without_limits_is_a_mistake(unbounded: object) -> None:
    """A kind that forgets to bound a field does not load."""
    with pytest.raises(TypeError, match="limits"):
        expected(types.type_info(unbounded))


def test_limits_are_told_in_words() -> None:
    """What the messages say about the forms a field can have."""
    infos = {field.name: types.type_info(field.type) for field in structs.fields(image.ImageInput)}
    assert "a whole number from 64 to 2048" == expected(infos["width"])
    assert "one of hd, standard" == expected(infos["quality"])
    assert "a text of at most 100 characters" == expected(infos["mode"])
    assert '"auto" or a ratio such as "16:9"' == expected(infos["aspect_ratio"])
    assert expected(infos["image_urls"]).startswith("a list of at most 14, each an https URL")
    assert "a number from 0.5 to 2" == expected(types.type_info(Annotated[float, Meta(ge=0.5, le=2)]))
    assert "true or false" == expected(types.type_info(bool))


def test_what_has_no_size_has_no_bounds() -> None:
    """A minimum means something for numbers, texts and lists only."""
    assert (0.5, 2) == bounds(types.type_info(Annotated[float, Meta(ge=0.5, le=2)]))
    assert bounds(types.type_info(bool)) is None
    assert bounds(types.type_info(Literal["a", "b"])) is None
