"""The address of a webhook endpoint, as far as it can be judged by looking at it.

What a name resolves to is checked when we connect (`workers/egress.py`); this page only spares the customer
a registration that could never work.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

from shared.domain.public_address import refusal

URL_CHARS_MAX = 2000
HOST_CHARS_MAX = 253
PORTS_LOW = (80, 443)  # below 1024 nothing else speaks HTTP, and a POST to port 25 is a nuisance to somebody
PORT_HIGH_MIN = 1024

_URL = re.compile(r"[!-\[\]-~]+")  # printable ASCII without space and backslash, which parsers disagree about
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMERIC = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")  # what the system's resolver reads as an IPv4 address
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")


def validate(url: object, *, allow_private: bool) -> str:
    """`url` itself when webhooks can be sent there; `allow_private` also permits http and our own network.

    Raises ValueError with a sentence for the customer.
    """
    if not isinstance(url, str) or not url:
        raise ValueError("url must be a string such as https://example.com/hooks")
    if len(url) > URL_CHARS_MAX:
        raise ValueError(f"url has {len(url)} characters, at most {URL_CHARS_MAX} are allowed")
    if not _URL.fullmatch(url):
        raise ValueError("url may hold printable ASCII only: percent-encode the path, write the host in punycode")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"url cannot be read: {error}") from None
    _check_shape(parts, port, allow_private)
    _check_host((parts.hostname or "").removesuffix("."), allow_private)
    return url


def is_private(url: str) -> bool:
    """Whether a URL's host is, by its looks, inside a network of our own: a private literal or a local name."""
    host = urlsplit(url).hostname or ""
    try:
        _check_host(host, False)
    except ValueError:
        return bool(host)
    return False


def _check_shape(parts: SplitResult, port: int | None, allow_private: bool) -> None:
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes:
        raise ValueError(f"url must start with {' or '.join(f'{scheme}://' for scheme in schemes)}")
    if "@" in parts.netloc:
        raise ValueError("url must not hold a user name or password: deliveries are signed instead")
    if parts.fragment:
        raise ValueError("url must not have a fragment (#...): it is never sent")
    if port is not None and port not in PORTS_LOW and port < PORT_HIGH_MIN:
        raise ValueError(f"url has port {port}: use 80, 443 or one from {PORT_HIGH_MIN} up")


def _check_host(host: str, allow_private: bool) -> None:
    if not host:
        raise ValueError("url has no host")
    address = _literal(host)
    if address is not None:
        if not allow_private and (word := refusal(address)):
            raise ValueError(f"url points to {address}, which is not a public address ({word})")
        return
    if len(host) > HOST_CHARS_MAX or not _NAME.fullmatch(host):
        raise ValueError(f"{host[:HOST_CHARS_MAX]!r} is not a host name")
    if not allow_private and ("." not in host or host.endswith(_LOCAL_SUFFIXES)):
        raise ValueError(f"{host!r} is a name of a local network, not a public one")


def _literal(host: str) -> str | None:
    """The IP address that `host` spells, or None for a name."""
    try:
        if ":" in host:
            return str(IPv6Address(host))
        if _NUMERIC.fullmatch(host):
            return str(IPv4Address(host))
    except ValueError:
        raise ValueError(f"{host!r} is not an IP address in its usual notation") from None
    return None
