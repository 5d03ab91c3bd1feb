"""Validation of a webhook endpoint's URL at its registration.

The addresses of its host name are checked at each connect (`workers/egress/`). This check only refuses URLs that
could never work.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import SplitResult, urlsplit

from shared.domain.public_address import refusal_reason

URL_CHARS_MAX = 2000
HOST_CHARS_MAX = 253
PORTS_LOW = (80, 443)  # other ports below 1024 do not serve HTTP, and a POST to a mail port would be abuse
PORT_HIGH_MIN = 1024

_URL = re.compile(r"[!-\[\]-~]+")  # printable ASCII without space and backslash, on which parsers disagree
_NAME = re.compile(r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?(\.[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?)*")
_NUMERIC = re.compile(r"(.*\.)?(0x[0-9a-f]*|[0-9]+)")  # texts that the system's resolver reads as an IPv4 address
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")


def validate(url: object, *, allow_private: bool) -> str:
    """Return `url` if webhooks can be sent to it. Raises ValueError with a sentence for the customer.

    `allow_private` also allows http and private networks.
    """
    if not isinstance(url, str) or not url:
        raise ValueError("url must be a string such as https://example.com/hooks.")
    if len(url) > URL_CHARS_MAX:
        raise ValueError(f"url must have at most {URL_CHARS_MAX} characters, not {len(url)}.")
    if not _URL.fullmatch(url):
        raise ValueError("url must be printable ASCII: percent-encode the path and write the host in punycode.")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ValueError(f"url is not valid: {error}.") from None
    _check_shape(parts, port, allow_private)
    _check_host((parts.hostname or "").removesuffix("."), allow_private)
    return url


def is_private(url: str) -> bool:
    """Return whether a URL's host is a private IP address or a local name. Nothing is resolved."""
    host = urlsplit(url).hostname or ""
    try:
        _check_host(host, False)
    except ValueError:
        return bool(host)
    return False


def _check_shape(parts: SplitResult, port: int | None, allow_private: bool) -> None:
    schemes = ("https", "http") if allow_private else ("https",)
    if parts.scheme not in schemes:
        raise ValueError(f"url must start with {' or '.join(f'{scheme}://' for scheme in schemes)}.")
    if "@" in parts.netloc:
        raise ValueError("url must not have a user name or password: verify the signature of deliveries instead.")
    if parts.fragment:
        raise ValueError("url must not have a fragment (#...), because it is never sent: remove it.")
    if port is not None and port not in PORTS_LOW and port < PORT_HIGH_MIN:
        raise ValueError(f"url must not use port {port}: use 80, 443 or a port from {PORT_HIGH_MIN} up.")


def _check_host(host: str, allow_private: bool) -> None:
    if not host:
        raise ValueError("url must have a host.")
    address = _literal(host)
    if address is not None:
        if not allow_private and (word := refusal_reason(address)):
            raise ValueError(f"url must point to a public address, and {address} is not public ({word}).")
        return
    if len(host) > HOST_CHARS_MAX or not _NAME.fullmatch(host):
        raise ValueError(f"url must have a valid host name, not {host[:HOST_CHARS_MAX]!r}.")
    if not allow_private and ("." not in host or host.endswith(_LOCAL_SUFFIXES)):
        raise ValueError(f"url must have a public host name, and {host!r} is local.")


def _literal(host: str) -> str | None:
    """Return the IP address in `host`, or None for a name."""
    try:
        if ":" in host:
            return str(IPv6Address(host))
        if _NUMERIC.fullmatch(host):
            return str(IPv4Address(host))
    except ValueError:
        raise ValueError(f"url must have an IP address in its usual notation, not {host!r}.") from None
    return None
