"""The Authorization header of API keys."""

import pytest

from gateway.auth import hash_of
from shared.domain import ids
from shared.domain.errors import Refused

KEY = ids.new_key("wowflow", bytes(range(24)))


@pytest.mark.parametrize(
    ("header", "code", "words"),
    [
        ("", "missing_api_key", "Authorization: Bearer"),
        ("Bearer ", "missing_api_key", "Authorization: Bearer"),
        (KEY, "invalid_api_key", "The word Bearer is missing"),
        (f"Basic {KEY}", "invalid_api_key", "Unsupported authorization scheme"),
        (f"Bearer {KEY[:-1]}", "invalid_api_key", "copied the whole key"),
    ],
)
def test_refusal_says_what_is_missing(header: str, code: str, words: str) -> None:
    """The message of a refused header names the missing part."""
    with pytest.raises(Refused) as caught:
        hash_of(header)
    assert code == caught.value.code
    assert words in caught.value.message


def test_key_is_read_with_any_case_of_bearer() -> None:
    """The scheme is not case-sensitive, and space around the key does not matter."""
    assert ids.key_hash(KEY) == hash_of(f"bearer  {KEY} ")
