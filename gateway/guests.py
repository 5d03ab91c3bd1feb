"""Guests: callers without a key, counted by client address, or by /64 for IPv6."""

import re
from collections.abc import Sequence
from hashlib import blake2b
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

from msgspec import Struct

from shared.ops.settings import SettingsError

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

HOPS_MAX = 20
ACCOUNT_BITS = 64  # of an IPv6 address
# The networks whose guests share bounds: their prefix, and how many times GUESTS_PER_NETWORK quotas they have.
SHARED_V6, SHARED_V4 = ((56, 1), (48, 2)), ((24, 8),)
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


class GuestNetwork(Struct, frozen=True):
    """A larger network whose guests share bounds: the name of its scope, and its size in GUESTS_PER_NETWORK."""

    scope: str
    shares: int


def guest_networks(address: str, secret: bytes) -> tuple[GuestNetwork, ...]:
    """Return the larger networks that a guest's address is in, the smallest first.

    A customer of a provider gets an IPv6 /56 or /48, and somebody who rents IPv4 addresses gets a /24 or more. Most
    IPv4 /24 belong to many customers, so theirs have a larger share.
    """
    ip = _address(address)
    if ip is None:
        return ()
    shared = SHARED_V6 if isinstance(ip, IPv6Address) else SHARED_V4
    return tuple(GuestNetwork(f"network:{_digest(_prefix(ip, bits), secret)}", shares) for bits, shares in shared)


def _digest(block: str, secret: bytes) -> str:
    """Return the name of a guest's address block; the only place that derives one."""
    return blake2b(block.encode(), key=secret, person=b"guest", digest_size=10).hexdigest()


def _prefix(ip: Address, bits: int) -> str:
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
