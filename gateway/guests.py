"""Guests: callers without a key, counted by client address, or by /64 for IPv6."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from shared.ops.settings import SettingsError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

HOPS_MAX = 20
ACCOUNT_BITS, SHARED_BITS = 64, (56, 48)  # of an IPv6 address
WITH_PORT = re.compile(r"\[(.+)\](?::\d{1,5})?|([\d.]+):\d{1,5}")  # as some proxies write addresses


def networks(text: str) -> tuple[Network, ...]:
    """Return the networks in TRUSTED_PROXIES, such as `10.0.0.0/8,::1`. Raises SettingsError."""
    try:
        return tuple(ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    except ValueError as error:
        raise SettingsError(f"TRUSTED_PROXIES: {error}") from None


def client_address(peer: str, forwarded: str, trusted: Sequence[Network]) -> str:
    """Return the caller's address: the peer's own, or behind trusted proxies the last address that is not a proxy's.

    X-Forwarded-For from an untrusted peer has no effect.
    """
    seen = peer
    for hop in reversed(forwarded.split(",")[-HOPS_MAX:]):
        known, forwarded_for = _address(seen), _hop(hop.strip())
        if known is None or forwarded_for is None or not any(known in network for network in trusted):
            break
        seen = str(forwarded_for)
    return seen


def guest_account(address: str, secret: bytes) -> str:
    """Return the account of the guests at an address. Without the deployment's secret nobody can compute it."""
    return f"guest_{_digest(address_block(address), secret)}"


def address_block(address: str) -> str:
    """Return the addresses that count as one caller: the address itself, or its /64 for IPv6."""
    ip = _address(address)
    return _prefix(ip, ACCOUNT_BITS) if isinstance(ip, IPv6Address) else str(ip or address)


def guest_networks(address: str, secret: bytes) -> tuple[str, ...]:
    """Return the scopes of the larger networks that a guest's IPv6 address is in, the smallest first.

    A customer of a provider gets a /56 or a /48, so guests there share bounds. An IPv4 address is one customer's.
    """
    ip = _address(address)
    if not isinstance(ip, IPv6Address):
        return ()
    return tuple(f"network:{_digest(_prefix(ip, bits), secret)}" for bits in SHARED_BITS)


def _digest(block: str, secret: bytes) -> str:
    """Return the name of a guest's address block; the only place that derives one."""
    return blake2b(block.encode(), key=secret, person=b"guest", digest_size=10).hexdigest()


def _prefix(ip: IPv6Address, bits: int) -> str:
    return str(ip_network((ip, bits), strict=False))


def is_within(address: str, trusted: Sequence[Network]) -> bool:
    """Return whether an address belongs to one of the networks."""
    ip = _address(address)
    return ip is not None and any(ip in network for network in trusted)


def _hop(text: str) -> Address | None:
    found = WITH_PORT.fullmatch(text)
    return _address(found[1] or found[2] if found else text)


def _address(text: str) -> Address | None:
    """Return an address without its zone, an IPv4 one if it is mapped into IPv6, or None if it is invalid."""
    try:
        ip = ip_address(text.partition("%")[0])
    except ValueError:
        return None
    return (ip.ipv4_mapped if isinstance(ip, IPv6Address) else None) or ip
