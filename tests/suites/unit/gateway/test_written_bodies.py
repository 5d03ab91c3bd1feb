"""Texts of a JSON body: the values of one object, as the caller wrote them."""

import pytest

from gateway.body import BYTE_ORDER_MARK, PLAIN_BYTES_MAX, parse_plain, parse_strictly, parse_written
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


PLAIN = [
    b'{"model":"a/b","prompt":"a boat"}',
    b' {"a": {"b": [1, true, null, "c", {}]}, "d": "\xc3\xa9\xf0\x9f\x9a\xa4" } ',
    b'{"a": -12, "b": 0}',
    b"{}",
]
ODD = [
    *(b'{"a":"1","a":"2"}', b'{"a":1,"a":1}', b'{"b":{"a":"1","a":"2"}}', b'{"b":[{"a":1,"a":2}]}'),
    *(rb'{"a\"":"1","a":"2"}', rb'{"\u0061":"1","a":"2"}', rb'{"a":"\ud800"}', rb'{"a":"\n"}'),
    *(b'{"a":1.0}', b'{"a":1e3}', b'{"a":-0}', b'{"a":-0.0}', b'{"a":%d}' % 10**30, b'{"a":NaN}', b'{"a":01}'),
    *(
        b'{"a":"\xff"}',
        b'{"a":"\xed\xa0\x80"}',
        b'{"a":"\x01"}',
        b'{"a":"b"}x',
        b'{"a":"b",}',
        b"[]",
        b'"a"',
        b"",
        b"1",
    ),
    *(
        b'{"a":' * 9 + b"1" + b"}" * 9,
        b'{"a":' * 33 + b"1" + b"}" * 33,
        b'{"a":' + b"[" * 5_000,
        BYTE_ORDER_MARK + b"{}",
    ),
]


@pytest.mark.parametrize("body", PLAIN)
def test_plain_body_is_parsed_fast(body: bytes) -> None:
    """A body without escapes, floats, large numbers and many levels needs no strict parser, and has the same value."""
    assert parse_strictly(body) == parse_plain(body) is not None


@pytest.mark.parametrize("body", ODD)
def test_odd_body_is_left_to_the_strict_parser(body: bytes) -> None:
    """Nothing that the strict parser refuses or reads in its own way is parsed fast."""
    value = parse_plain(body)
    assert value is None or repr(parse_strictly(body)) == repr(value)


def test_large_body_is_left_to_the_strict_parser() -> None:
    """Nobody makes us parse a large body twice."""
    assert parse_plain(b'{"a": "%b"}' % (b"x" * PLAIN_BYTES_MAX)) is None
