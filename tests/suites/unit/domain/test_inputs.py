import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from shared.domain.catalogue import Limit, Model, Route
from shared.domain.inputs import InvalidInput, validate_input, validate_prompt
from shared.domain.price_rule import flat

MODEL = Model(
    id="maker/image",
    name="Image",
    kind="image",
    price=flat(10_000),
    timeout_s=600,
    input={
        "width": Limit(default=512, min=128, max=1024),
        "seed": Limit(),
        "style": Limit(choices=("ink", "oil"), default="ink"),
        "quality": Limit(),
        "negative_prompt": Limit(max=10),
        "aspect_ratio": Limit(),
        "image_urls": Limit(min=1, max=2),
    },
    routes=(Route(provider="local", model="artist"),),
)
DEFAULTS = {"width": 512, "style": "ink"}


def refusal(raw: object, model: Model = MODEL) -> InvalidInput:
    """Return the refusal of `raw`, and check that it can be rendered as JSON."""
    with pytest.raises(InvalidInput) as caught:
        validate_input(model, raw)
    json.dumps([caught.value.field, caught.value.message], ensure_ascii=False).encode()
    return caught.value


def with_limit(field: str, limit: Limit) -> Model:
    return structs.replace(MODEL, input={field: limit})


@pytest.mark.parametrize("raw", [None, {}, {"width": None, "style": None}])
def test_defaults_are_filled_in(raw: object) -> None:
    """No input, an empty input and nulls all give the model's defaults."""
    assert DEFAULTS == validate_input(MODEL, raw)


def test_client_value_replaces_default() -> None:
    """Values of the client replace defaults, and fields without either stay absent."""
    assert {"width": 1024, "style": "oil", "seed": 7} == validate_input(
        MODEL, {"width": 1024, "style": "oil", "seed": 7}
    )


@pytest.mark.parametrize("raw", [[], "text", 5, True, [[]]])
def test_input_must_be_object(raw: object) -> None:
    """Input that is not an object is refused as a whole."""
    assert ("input", "must be an object") == (refusal(raw).field, refusal(raw).message)


def test_unknown_field_is_refused_with_known_fields() -> None:
    """A field that the catalogue entry does not list is refused, even if the kind has it."""
    error = refusal({"mode": "pixel"})
    assert "mode" == error.field
    assert "maker/image: use one of width, seed, style" in error.message


@pytest.mark.parametrize("name", ["", "x" * 10_000, "\ud800", "\0", "a\nb", "ä"])
def test_unknown_field_name_is_shown_safely(name: str) -> None:
    """The name of an unknown field is short and printable in the error."""
    shown = refusal({name: 1}).field
    assert shown.isascii() and shown.isprintable()
    assert 0 < len(shown) <= 600


@pytest.mark.parametrize(
    "value", ["512", True, 512.0, 512.5, float("nan"), float("inf"), 10**30, -(10**30), 10**400, [], {}, [[512]]]
)
def test_whole_number_must_be_integer_in_range(value: object) -> None:
    """Texts, booleans, floats and numbers out of range are not whole numbers."""
    error = refusal({"width": value})
    assert ("width", "must be a whole number from 64 to 2048") == (error.field, error.message)


@pytest.mark.parametrize("seed", [0, -1, 2**31, 2**53 + 1, 2**63 - 1, -(2**63)])
def test_signed_64_bit_seed_is_unchanged(seed: int) -> None:
    """Seeds pass through unchanged."""
    assert seed == validate_input(MODEL, {"seed": seed})["seed"]


@pytest.mark.parametrize("seed", [2**63, -(2**63) - 1, 2**64, 10**100, 1e30])
def test_seed_past_64_bits_is_refused_with_limits(seed: object) -> None:
    """The error has the range of seeds."""
    assert "from -9223372036854775808 to 9223372036854775807" in refusal({"seed": seed}).message


@pytest.mark.parametrize(("width", "words"), [(127, "at least 128"), (1025, "at most 1024")])
def test_model_limit_is_enforced(width: int, words: str) -> None:
    """A model may allow less than its kind."""
    assert words in refusal({"width": width}).message


def test_value_outside_choices_is_refused() -> None:
    """A value that is not among the choices is refused with the choices."""
    assert "must be one of ink, oil" == refusal({"style": "chalk"}).message
    assert "must be one of hd, standard" == refusal({"quality": "best"}).message


def test_text_and_list_are_limited_by_length() -> None:
    """A limit's min and max bound the characters of a text and the entries of a list."""
    url = "https://example.com/a.png"
    assert "must be at most 10 characters long" == refusal({"negative_prompt": "x" * 11}).message
    assert "must be at most 2 entries long" == refusal({"image_urls": [url] * 3}).message
    assert "must be at least 1 entries long" == refusal({"image_urls": []}).message
    assert [url, url] == validate_input(MODEL, {"image_urls": [url, url]})["image_urls"]


def test_required_field_must_be_present() -> None:
    """An absent field and null are both missing."""
    model = with_limit("seed", Limit(required=True))
    assert ("seed", "is required") == (refusal({}, model).field, refusal({"seed": None}, model).message)
    assert {"seed": 1} == validate_input(model, {"seed": 1})


@pytest.mark.parametrize(
    "url",
    ["https://example.com/a.png", "HTTPS://example.com/ä?b=c", "data:image/png;base64,iVBORw0KGgo="],
)
def test_image_url_may_be_https_or_data(url: str) -> None:
    """Both forms of an image URL are accepted."""
    assert [url] == validate_input(MODEL, {"image_urls": [url]})["image_urls"]


@pytest.mark.parametrize(
    "url",
    [
        "http://example.com/a.png",
        "ftp://example.com/a.png",
        "file:///etc/passwd",
        "https://",
        "https://example.com/a b",
        "https://example.com/a\n",
        "https://example.com/\0",
        "https://example.com/" + "a" * 3_000,
        "data:text/html;base64,AAAA",
        "data:image/svg+xml,<svg/>",
        " https://example.com/",
        7,
        None,
        ["https://example.com/a.png"],
    ],
)
def test_other_image_url_is_refused(url: object) -> None:
    """Any other value in the list refuses the list."""
    assert "image_urls" == refusal({"image_urls": [url]}).field


@pytest.mark.parametrize("ratio", ["16:9", "1:1", "auto"])
def test_aspect_ratio_is_accepted(ratio: str) -> None:
    """Ratios of small whole numbers and `auto` are accepted."""
    assert ratio == validate_input(MODEL, {"aspect_ratio": ratio})["aspect_ratio"]


@pytest.mark.parametrize("ratio", ["16/9", "0:1", "16:9\n", "", "160:90", "wide"])
def test_invalid_aspect_ratio_is_refused_with_form(ratio: str) -> None:
    """The error shows the form of a ratio."""
    assert 'must be "auto" or a ratio such as "16:9"' == refusal({"aspect_ratio": ratio}).message


@pytest.mark.parametrize("text", ["a\0b", "\ud800", "a\udfff"])
def test_text_that_cannot_be_stored_is_refused(text: str) -> None:
    """NUL characters and lone surrogates are refused in fields and prompts."""
    assert "negative_prompt" == refusal({"negative_prompt": text}).field
    with pytest.raises(InvalidInput, match=r"^prompt must "):
        validate_prompt(text)


def test_deep_nesting_is_refused_without_recursion() -> None:
    """A value nested deeper than the interpreter's stack is refused as a value of the wrong type."""
    deep: list[Any] = []
    for _ in range(100_000):
        deep = [deep]
    assert "width" == refusal({"width": deep}).field
    assert "image_urls" == refusal({"image_urls": deep}).field
    assert "other" == refusal({"other": deep}).field
    while deep:  # taken apart by hand: freeing it at once would recurse as deep
        deep = deep[0]


def test_default_list_is_copied() -> None:
    """A default list is returned as a copy, so that the catalogue cannot be changed through it."""
    model = with_limit("image_urls", Limit(default=["https://example.com/a.png"]))
    urls = validate_input(model, None)["image_urls"]
    assert isinstance(urls, list)
    urls.clear()
    assert {"image_urls": ["https://example.com/a.png"]} == validate_input(model, None)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(st.characters(exclude_categories=[])),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)


@given(raw=JSON | st.dictionaries(st.sampled_from([*MODEL.input, "other"]), JSON, max_size=4))
def test_any_json_is_accepted_or_refused(raw: object) -> None:
    """Any JSON value is accepted or raises InvalidInput, and accepted values are accepted again unchanged."""
    try:
        values = validate_input(MODEL, raw)
    except InvalidInput as error:
        assert error.field
        return
    assert DEFAULTS.keys() <= values.keys() <= MODEL.input.keys()
    assert values == validate_input(MODEL, values)


def test_prompt_is_bounded_in_characters() -> None:
    """A prompt may have 20 000 characters, whatever their size in bytes, and not one more."""
    assert "ä" * 20_000 == validate_prompt("ä" * 20_000)
    with pytest.raises(InvalidInput, match=r"^prompt must be at most 20000 characters long, not 20001$"):
        validate_prompt("x" * 20_001)


def test_prompt_limit_of_model_wins_over_kind() -> None:
    """A model's prompt limit is used if it has one, otherwise the limit of its kind."""
    brief = structs.replace(MODEL, prompt_chars_max=10)
    assert "x" * 10 == validate_prompt("x" * 10, brief)
    with pytest.raises(InvalidInput, match=r"^prompt must be at most 10 characters long, not 11$"):
        validate_prompt("x" * 11, brief)
    assert 11 == len(validate_prompt("x" * 11, MODEL))
    with pytest.raises(InvalidInput, match=r"^prompt must be at most 5000 characters long"):
        validate_prompt("x" * 5_001, structs.replace(MODEL, kind="voice"))


def test_empty_prompt_is_accepted() -> None:
    """Each dialect decides whether a prompt may be empty."""
    assert "" == validate_prompt("")


@pytest.mark.parametrize("text", [None, 5, True, ["a"], {"a": 1}, b"bytes"])
def test_prompt_must_be_string(text: object) -> None:
    """A value of another type is refused, not converted."""
    with pytest.raises(InvalidInput) as caught:
        validate_prompt(text)
    assert ("prompt", "must be a string") == (caught.value.field, caught.value.message)
