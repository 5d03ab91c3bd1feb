"""Texts of a JSON body: the values of one object, as the caller wrote them."""

import pytest

from gateway.body import BYTE_ORDER_MARK, parse_written
from shared.domain.errors import Refused

BODY = rb'{"a": {"native": 1}, "native" : {"n\u00e9" : 5.0 , "b" : { "c":1E3 }, "d":"\u00e9" }, "e": "\n"}'


@pytest.mark.parametrize("body", [BODY, BYTE_ORDER_MARK + BODY])
def test_texts_of_an_object_are_as_written(body: bytes) -> None:
    """Names are decoded, and each value is its own bytes, without the spaces around it."""
    value, texts = parse_written(body, "native")
    assert {"né": b"5.0", "b": b'{ "c":1E3 }', "d": rb'"\u00e9"'} == {name: bytes(text) for name, text in texts.items()}
    assert {"a": {"native": 1}, "native": {"né": 5, "b": {"c": 1000}, "d": "é"}, "e": "\n"} == value


@pytest.mark.parametrize(
    "body", [b"[]", b"1", b"{}", b'{"native": null}', b'{"native": [1.0]}', b'{"other": {"a": 1}}']
)
def test_body_without_the_object_has_no_texts(body: bytes) -> None:
    """Another type has no texts; its refusal is up to the types of the body."""
    assert {} == parse_written(body, "native")[1]


def test_invalid_body_is_refused_before_its_texts_are_read() -> None:
    """Texts go to a provider without another look, so only those of valid JSON are read."""
    for text in (b'1, "a": 2', rb'"\ud800"', b"NaN", b"01", b'"\xff"'):
        with pytest.raises(Refused) as refused:
            parse_written(b'{"native": {"a": %b}}' % text, "native")
        assert "invalid_json" == refused.value.code
