"""The public address check: a customer's URL may only make us connect to public IP addresses.

An operator can allow networks of his own. No setting allows link-local addresses or a cloud's metadata service.
"""

from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

Networks = tuple[IPv4Network | IPv6Network, ...]

# Reasons that an operator's own network overrides. The others wrap an IPv4 address, or lead to a cloud's credentials.
_ALLOWABLE = ("benchmarking", "carrier-grade NAT", "documentation", "loopback", "private", "reserved")

# Listed here because `ipaddress.is_global` differs between patch releases of Python and includes multicast.
_IPV4_REFUSED = {
    IPv4Network("0.0.0.0/8"): "unspecified",
    IPv4Network("10.0.0.0/8"): "private",
    IPv4Network("100.100.100.200/32"): "cloud metadata",
    IPv4Network("100.64.0.0/10"): "carrier-grade NAT",
    IPv4Network("127.0.0.0/8"): "loopback",
    IPv4Network("168.63.129.16/32"): "cloud metadata",
    IPv4Network("169.254.169.254/32"): "cloud metadata",
    IPv4Network("169.254.0.0/16"): "link-local",
    IPv4Network("172.16.0.0/12"): "private",
    IPv4Network("192.0.0.192/32"): "cloud metadata",
    IPv4Network("192.0.0.0/24"): "reserved",
    IPv4Network("192.0.2.0/24"): "documentation",
    IPv4Network("192.88.99.0/24"): "6to4 relay",
    IPv4Network("192.168.0.0/16"): "private",
    IPv4Network("198.18.0.0/15"): "benchmarking",
    IPv4Network("198.51.100.0/24"): "documentation",
    IPv4Network("203.0.113.0/24"): "documentation",
    IPv4Network("224.0.0.0/4"): "multicast",
    IPv4Network("240.0.0.0/4"): "reserved",
}

_IPV6_PUBLIC = IPv6Network("2000::/3")

_IPV6_REFUSED = {
    IPv6Network("::/128"): "unspecified",
    IPv6Network("::1/128"): "loopback",
    IPv6Network("::ffff:0:0/96"): "IPv4-mapped",
    IPv6Network("::/96"): "IPv4-compatible",
    IPv6Network("64:ff9b::/96"): "NAT64",
    IPv6Network("64:ff9b:1::/48"): "NAT64",
    IPv6Network("2001::/32"): "Teredo",
    IPv6Network("2001:db8::/32"): "documentation",
    IPv6Network("2001::/23"): "reserved",
    IPv6Network("2002::/16"): "6to4",
    IPv6Network("3fff::/20"): "documentation",
    IPv6Network("fd00:ec2::/32"): "cloud metadata",
    IPv6Network("fd20:ce::254/128"): "cloud metadata",
    IPv6Network("fd00:42::42/128"): "cloud metadata",
    IPv6Network("fc00::/7"): "private",
    IPv6Network("fe80::/10"): "link-local",
    IPv6Network("ff00::/8"): "multicast",
}


PRIVATE_NETWORKS: Networks = tuple(
    ip_network(text) for text in ("127.0.0.0/8", "::1", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "fc00::/7")
)


def parse_networks(text: str) -> Networks:
    """Return networks separated by commas, such as `127.0.0.0/8, ::1`. Raises ValueError with a sentence."""
    networks = []
    for part in filter(None, map(str.strip, text.split(","))):
        try:
            network = ip_network(part, strict=False)
        except ValueError:
            raise ValueError(f"{part[:50]!r} is not a network such as 10.0.0.0/8.") from None
        if word := _never_allowed(network):
            raise ValueError(f"{part} is {word}, which cannot be allowed.")
        networks.append(network)
    return tuple(networks)


def _never_allowed(network: IPv4Network | IPv6Network) -> str | None:
    """Return why no address of a network can be allowed; None if some can."""
    if isinstance(network, IPv4Network):
        words = [word for refused, word in _IPV4_REFUSED.items() if network.subnet_of(refused)]
    else:
        words = [word for refused, word in _IPV6_REFUSED.items() if network.subnet_of(refused)]
    return words[0] if words and words[0] not in _ALLOWABLE else None


def refusal_reason(address: str, networks: Networks = ()) -> str | None:
    """Return why `address` is refused, in a word or two; None for a public unicast address or one in `networks`.

    A text that is not an address in its usual notation is "malformed". An IPv6 address that wraps an IPv4 address is
    always refused: a translator on our own network could turn it into a private one.
    """
    try:
        ip = ip_address(address)
    except ValueError:
        return "malformed"
    if isinstance(ip, IPv4Address):
        word = next((word for network, word in _IPV4_REFUSED.items() if ip in network), None)
    else:
        word = _refusal_reason_v6(ip)
    return None if word in _ALLOWABLE and any(ip in network for network in networks) else word


def _refusal_reason_v6(ip: IPv6Address) -> str | None:
    named = next((word for network, word in _IPV6_REFUSED.items() if ip in network), None)
    return named or (None if ip in _IPV6_PUBLIC else "reserved")
