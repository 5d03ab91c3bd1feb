"""Base64 text and data: URLs, as clients and providers write them."""

import base64

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.media import base64_text
from shared.media.base64_text import NotBase64Url, decode_base64, decode_data_url

DATA = bytes(range(256)) * 2


@given(st.binary(max_size=200), st.sampled_from([4, 8, 1 << 20]))
def test_base64_is_decoded_in_every_common_spelling(data: bytes, piece: int) -> None:
    """Wrapped lines, a final line end, spaces and missing padding make no difference, nor does the size of a piece."""
    plain, wrapped = base64.b64encode(data).decode(), base64.encodebytes(data).decode()
    spellings = (plain, wrapped, wrapped.replace("\n", "\r\n"), plain.rstrip("="), f" {plain}\n", " ".join(plain))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(base64_text, "PIECE_CHARS", piece)
        assert {data} == {decode_base64(text) for text in spellings}


@pytest.mark.parametrize(
    "text", ["A", "AAAAA", "AA=A", "AA==AA==", "====", "AA-_", "é", "AAA\0", "AAA\u2028", "<html>", 'AA"A', r"AA\/A"]
)
def test_base64_raises_when_it_is_none(text: str) -> None:
    """Other alphabets, padding within the text and a single last character are refused."""
    with pytest.raises(ValueError, match=r"base64|padding|ascii"):
        decode_base64(text)


@pytest.mark.parametrize(
    "head",
    [
        "data:image/png;base64,",
        "data:image/png;charset=utf-8;base64,",
        "data:image/png;name=a.png;base64,",
        "DATA:IMAGE/PNG;BASE64,",
        "data:application/octet-stream;base64,",
        "data:;base64,",
        "data:image/png;base64, ",
        "data:image/png;base64,%20",
    ],
)
def test_data_url_is_decoded_whatever_its_head_names(head: str) -> None:
    """Parameters, case and media type of the head make no difference."""
    assert DATA == decode_data_url(head + base64.encodebytes(DATA).decode())
    assert DATA == decode_data_url(head + base64.b64encode(DATA).decode().replace("+", "%2B").replace("=", "%3D"))


@pytest.mark.parametrize("url", ["", "data:", "data:,x", "data:image/png,AAAA", "data:base64,AAAA", "https://a.b/c"])
def test_other_url_raises(url: str) -> None:
    """A URL that is not a data: URL in base64 is refused as such."""
    with pytest.raises(NotBase64Url):
        decode_data_url(url)


def test_broken_percent_signs_raise_value_error() -> None:
    """Percent signs that stand for other characters are refused like those characters."""
    for body in ("%", "%zz", "%ff", "AA%"):
        with pytest.raises(ValueError, match=r"base64|padding|ascii"):
            decode_data_url(f"data:;base64,{body}")
