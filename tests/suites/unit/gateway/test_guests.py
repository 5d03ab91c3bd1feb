import pytest

from gateway.guests import HOPS_MAX, client_address, guest_account, guest_networks, networks
from shared.ops.settings import SettingsError

SECRET = bytes(range(32))
PROXIES = networks("10.0.0.0/8, 127.0.0.1,2001:db8:ffff::/48,")


@pytest.mark.parametrize(
    ("peer", "forwarded", "address"),
    [
        ("203.0.113.9", "", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1", "203.0.113.9"),
        ("203.0.113.9", "198.51.100.1, 127.0.0.1", "203.0.113.9"),
        ("127.0.0.1", "", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1, 198.51.100.1, 10.1.2.3", "198.51.100.1"),
        ("127.0.0.1", "1.1.1.1,198.51.100.1 ,10.1.2.3, 10.9.9.9", "198.51.100.1"),
        ("127.0.0.1", "10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "10.1.2.3, 10.1.2.4", "10.1.2.3"),
        ("127.0.0.1", "198.51.100.1, nonsense", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1, nonsense, 10.1.2.3", "10.1.2.3"),
        ("127.0.0.1", "unknown", "127.0.0.1"),
        ("127.0.0.1", " , ,", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1:4711", "198.51.100.1"),
        ("127.0.0.1", "[2001:db8::7]:4711", "2001:db8::7"),
        ("127.0.0.1", "[2001:db8::7]", "2001:db8::7"),
        ("127.0.0.1", "2001:db8::7", "2001:db8::7"),
        ("127.0.0.1", "2001:db8::7:4711", "2001:db8::7:4711"),
        ("127.0.0.1", "198.51.100.1:", "127.0.0.1"),
        ("127.0.0.1", "198.51.100.1:x", "127.0.0.1"),
        ("::ffff:127.0.0.1", "198.51.100.1", "198.51.100.1"),
        ("127.0.0.1", "::ffff:198.51.100.1", "198.51.100.1"),
        ("2001:db8:ffff::1", "2001:db8::7", "2001:db8::7"),
        ("fe80::1%eth0", "198.51.100.1", "fe80::1%eth0"),
        ("", "198.51.100.1", ""),
        ("127.0.0.1", ", ".join(["198.51.100.1"] + ["10.0.0.1"] * HOPS_MAX), "10.0.0.1"),
    ],
)
def test_guest_address_is_the_last_one_before_the_proxies(peer: str, forwarded: str, address: str) -> None:
    """The guest's address is the last one that a trusted proxy reports and that is not a proxy's."""
    assert address == client_address(peer, forwarded, PROXIES)


def test_guest_address_is_the_peer_without_trusted_proxies() -> None:
    """By default the peer's address is the guest's, whatever the header claims."""
    assert "127.0.0.1" == client_address("127.0.0.1", "198.51.100.1", networks(""))


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("198.51.100.1", "198.51.100.1", True),
        ("198.51.100.1", "198.51.100.2", False),
        ("198.51.100.1", "::ffff:198.51.100.1", True),
        ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff", True),
        ("2001:db8:1:2::1", "2001:0DB8:0001:0002::2", True),
        ("2001:db8:1:2::1", "2001:db8:1:3::1", False),
        ("fe80::1%eth0", "fe80::2%eth1", True),
        ("", "198.51.100.1", False),
    ],
)
def test_guests_differ_by_address_block(one: str, other: str, same: bool) -> None:
    """Guests differ by IPv4 address, or by the first 64 bits of an IPv6 address."""
    assert same == (guest_account(one, SECRET) == guest_account(other, SECRET))


def test_guest_account_cannot_be_computed_by_others() -> None:
    """The name of a guest's account contains no address, and depends on the deployment's secret."""
    name = guest_account("198.51.100.1", SECRET)
    assert name.startswith("guest_")
    assert "198.51.100.1" not in name
    assert name == guest_account("198.51.100.1", SECRET)
    assert name not in (guest_account("198.51.100.1", b"another secret"), guest_account("198.51.100.1", b""))


@pytest.mark.parametrize("text", ["nonsense", "10.0.0.0/33", "127.0.0.1;::1", "proxy.example"])
def test_trusted_proxies_are_refused_when_invalid(text: str) -> None:
    """An invalid setting is refused by its name."""
    with pytest.raises(SettingsError, match="TRUSTED_PROXIES"):
        networks(text)


def test_guests_of_a_network_share_its_scopes() -> None:
    """IPv6 addresses share the scopes of their /56 and /48, and IPv4 addresses that of their /24, which is larger."""
    near, far, other = (guest_networks(f"2001:db8:{part}::1", SECRET) for part in ("1:1", "1:ff00", "2:1"))
    assert near == guest_networks("2001:db8:1:ff::1", SECRET)
    assert near[1] == far[1]
    assert near[0] != far[0]
    assert not {*near, *far} & {*other}
    assert [1, 2] == [network.shares for network in near]
    fourth, neighbour, stranger = (guest_networks(f"198.51.{part}", SECRET) for part in ("100.1", "100.254", "101.1"))
    assert fourth == neighbour == guest_networks("::ffff:198.51.100.7", SECRET)
    assert [8] == [network.shares for network in fourth]
    assert fourth != stranger
    assert all(network.scope.startswith("network:") for network in (*near, *fourth))
    assert () == guest_networks("", SECRET)
