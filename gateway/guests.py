"""Callers without a key: counted by client address, an IPv6 one by its /64."""

from collections.abc import Sequence
from hashlib import blake2b
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network

Network = IPv4Network | IPv6Network

HOPS_MAX = 20


def networks(text: str) -> tuple[Network, ...]:
    """The networks in TRUSTED_PROXIES, such as `10.0.0.0/8,::1`. Raises ValueError."""
    return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """The caller's address: the peer's own, or, behind trusted proxies, the last one that they saw and is none of them.

    What an untrusted peer claims in X-Forwarded-For changes nothing.
    """
    seen = peer
    for hop in reversed(forwarded.split(",")[-HOPS_MAX:]):
        if not _within(seen, trusted) or not _is_address(hop.strip()):
            break
        seen = hop.strip()
    return seen


def guest_account(address: str) -> str:
    """The account of the guests at an address."""
    return "guest_" + blake2b(_block(address).encode(), digest_size=10).hexdigest()


def _block(address: str) -> str:
    try:
        ip = ip_address(address.partition("%")[0])
    except ValueError:
        return address
    mapped = getattr(ip, "ipv4_mapped", None)
    if mapped is not None or ip.version == 4:
        return str(mapped or ip)
    return str(ip_network((ip, 64), strict=False))


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True


def _within(address: str, trusted: Sequence[Network]) -> bool:
    return _is_address(address) and any(ip_address(address) in network for network in trusted)
