"""Limits of API keys: the calls that they allow, and the keys that a key may make."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import structs

from shared.domain.errors import Refused
from shared.domain.key_limits import (
    BUDGETS_MAX,
    KeyLimits,
    address_bits,
    check_name,
    check_networks,
    check_words,
    network_bits,
    over_budget,
    read_limits,
)

FULL = KeyLimits(
    scopes=("generate", "read"),
    expires_ms=1_700_000_000_000,
    models=("a/b", "c/d"),
    kinds=("image",),
    networks=("192.0.2.0/24", "2001:db8::/32"),
    budget="key_1",
    above=("key_0",),
)


def test_limits_survive_the_store() -> None:
    """The fields that the scripts store read back as the same limits."""
    for limits in (FULL, KeyLimits()):
        fields = dict(zip(limits.fields[::2], limits.fields[1::2], strict=True))
        assert limits == read_limits({name: value for name, value in fields.items() if value})


@given(st.ip_addresses(), st.integers(1, 32))
def test_networks_have_their_addresses(address: object, length: int) -> None:
    """A network's digits are in front of those of its addresses, for both versions of IP."""
    [network] = check_networks("ip_addresses", [f"{address}/{length}"])
    assert address_bits(str(address)).startswith(network_bits(network))
    assert KeyLimits(networks=(network,)).allows_address(address_bits(str(address)))
    fields = dict(zip(*[iter(KeyLimits(networks=(network,)).fields)] * 2, strict=True))
    assert network_bits(read_limits(fields).networks[0]) == network_bits(network)


@pytest.mark.parametrize(
    ("networks", "address", "allowed"),
    [
        (("192.0.2.0/24",), "192.0.2.7", True),
        (("192.0.2.0/24",), "192.0.3.7", False),
        (("192.0.2.0/24",), "::ffff:192.0.2.7", True),
        (("2001:db8::/32",), "2001:db8::1%eth0", True),
        (("2001:db8::/32",), "192.0.2.7", False),
        (("192.0.2.0/24",), "", False),
        (("192.0.2.0/24",), "unix", False),
        ((), "", True),
    ],
)
def test_key_works_from_its_networks_alone(networks: tuple[str, ...], address: str, allowed: bool) -> None:
    """An address outside the networks, or none at all, is refused; without networks every one is allowed."""
    assert allowed == KeyLimits(networks=networks).allows_address(address_bits(address))


@pytest.mark.parametrize(
    "wider",
    [
        {"scopes": ()},
        {"scopes": ("generate", "manage")},
        {"expires_ms": None},
        {"expires_ms": 1_700_000_000_001},
        {"models": ()},
        {"models": ("a/b", "x/y")},
        {"kinds": ("image", "video")},
        {"networks": ()},
        {"networks": ("192.0.0.0/16",)},
        {"budget": "key_2", "above": ("key_0",)},
    ],
    ids=str,
)
def test_key_is_not_within_another_that_has_less(wider: dict[str, object]) -> None:
    """Limits are within themselves, and not within them once one of them is wider."""
    assert FULL.is_within(FULL)
    assert FULL.is_within(KeyLimits())
    assert not structs.replace(FULL, **wider).is_within(FULL)


def test_key_that_is_made_inherits_what_it_leaves_out() -> None:
    """A new key has the limits of its maker where it sets none, and the maker's budgets count its orders."""
    made = KeyLimits(models=("a/b",), networks=("192.0.2.8/32",)).inherit(FULL)
    expected = structs.replace(FULL, models=("a/b",), networks=("192.0.2.8/32",), budget="", above=("key_0", "key_1"))
    assert expected == made
    with pytest.raises(Refused, match="needs a key without limits"):
        KeyLimits(scopes=("manage",)).inherit(FULL)
    deep = structs.replace(FULL, above=tuple(f"key_{number}" for number in range(BUDGETS_MAX)))
    with pytest.raises(Refused, match="too many budgets"):
        KeyLimits().inherit(deep)


@pytest.mark.parametrize("words", [["a b"], [""], ["x" * 201], ["a\n"], [str(number) for number in range(51)]], ids=len)
def test_lists_refuse_words_that_the_store_cannot_separate(words: list[str]) -> None:
    """A list has at most 50 words, none with a space or a control character."""
    with pytest.raises(Refused):
        check_words("models", words)


@pytest.mark.parametrize("text", ["example.com", "192.0.2.0/33", "::/-1", "1.2.3", "\u0661.2.3.4"])
def test_networks_refuse_what_is_no_address(text: str) -> None:
    """An entry that is not an address or network is refused with its field."""
    with pytest.raises(Refused) as refused:
        check_networks("ip_addresses", [text])
    assert "ip_addresses" == refused.value.field


def test_name_of_a_key_is_short_and_printable() -> None:
    """A name is trimmed; a long one, or one with control characters, is refused."""
    assert "My app" == check_name(" My app ")
    for name in ("x" * 101, "a\u202eb", "a\x00"):
        with pytest.raises(Refused):
            check_name(name)


def test_refusal_says_whose_budget_it_is() -> None:
    """A key's budget and an account's have codes of their own, and say how much is left."""
    of_key, of_account = over_budget("key_1", "day", 200_000, 150_000), over_budget("acct_1", "total", 10, 20)
    assert ("key_budget_exceeded", True) == (of_key.code, "$0.05 of it is left" in of_key.message)
    assert ("spend_cap_exceeded", True) == (of_account.code, "$0.00 of it is left" in of_account.message)
