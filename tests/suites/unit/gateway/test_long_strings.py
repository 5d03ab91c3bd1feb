"""A body is parsed without its long strings, and its value is the same."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway import long_strings
from gateway.body import parse_json
from gateway.long_strings import LONG_BYTES, cut_long
from shared.domain.errors import Refused

URL = "data:image/png;base64," + "QUJD" * LONG_BYTES
PIECES = (
    *("{", "}", "[", "]", ",", ":", '"', "\\", "\n", "é", " ", "1", "\\ud800"),
    *('"a"', '"data:', '"data:image/png,AAAAAAAA"'),
)


def outcome_of(body: bytes) -> object:
    """Return the value of a body, or the code of its refusal."""
    try:
        return parse_json(body)
    except Refused as refused:
        return refused.code


@pytest.mark.parametrize(
    "value",
    [
        {"image": URL, "prompt": 'é "data:'},
        {"a": [URL, {"b": [URL + "0"]}], URL: URL},
        {"quoted": f'"{URL}"', "escaped": URL + "\\n", "odd": URL + "é"},
        {"after": "x\\", "image": URL},
    ],
)
def test_body_with_long_strings_is_its_value(value: object) -> None:
    """Every place of a string, and every neighbour, is parsed as usual."""
    assert value == parse_json(json.dumps(value).encode()) == parse_json(json.dumps(value, ensure_ascii=False).encode())


def test_parser_does_not_see_a_long_string() -> None:
    """The text that is parsed has the size of the rest."""
    body, cut = cut_long(json.dumps({"image": URL, "images": [URL]}).encode())
    assert len(body) < 200
    assert [URL, URL] == list(cut.values())


@given(st.lists(st.sampled_from(PIECES), max_size=14).map("".join))
def test_cut_changes_no_verdict(text: str) -> None:
    """A body of any pieces has the same value or the same refusal with and without the cut."""
    body = f'{{"a":{text}}}'.encode()
    with pytest.MonkeyPatch.context() as patch:
        plain = outcome_of(body)
        patch.setattr(long_strings, "LONG_BYTES", 12)
        assert plain == outcome_of(body)


def test_refusal_of_a_cut_body_names_no_place() -> None:
    """The place that the parser names is that of another text."""
    with pytest.raises(Refused, match=r"not valid JSON: Expecting property name enclosed in double quotes$"):
        parse_json(f'{{"image": "{URL}", }}'.encode())
