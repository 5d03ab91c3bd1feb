"""The count of open connections: by address, by /64, and in all."""

from gateway.edge.peers import ConnectionLimits, Peers
from gateway.guests import networks

LIMITS = ConnectionLimits(connections_max=5, per_address_max=2, head_s=10, idle_s=75)


def test_address_has_its_limit_and_gets_it_back() -> None:
    """The third connection of an address is one too many, until another one is closed."""
    peers = Peers(LIMITS, ())
    assert ["192.0.2.1", "192.0.2.1", None] == [peers.enter("192.0.2.1") for _ in range(3)]
    assert "192.0.2.2" == peers.enter("192.0.2.2")
    peers.leave("192.0.2.1")
    assert "192.0.2.1" == peers.enter("192.0.2.1")
    assert 3 == len(peers)


def test_ipv6_network_counts_as_one_address() -> None:
    """The holder of a /64 cannot open more by changing the address."""
    peers = Peers(LIMITS, ())
    entered = [peers.enter(f"2001:db8::{number}") for number in range(3)]
    assert ["2001:db8::/64", "2001:db8::/64", None] == entered


def test_trusted_proxy_counts_in_all_only() -> None:
    """A proxy carries many clients, so only the total limits it."""
    peers = Peers(LIMITS, networks("10.0.0.0/8"))
    assert ["", "", "", "", "", None] == [peers.enter("10.0.0.7") for _ in range(6)]
