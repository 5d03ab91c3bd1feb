"""Validation of a webhook endpoint's URL at its registration.

The addresses of its host name are checked at each connect (`workers/egress/`). This check only refuses URLs that
could never work.
"""

import re
from ipaddress import ip_address

from shared.domain.foreign_url import PORTS, BadForeignUrl, ForeignUrl
from shared.domain.public_address import Networks, refusal_reason

URL_CHARS_MAX = 2000
PORT_HIGH_MIN = 1024  # lower ports do not serve HTTP, and a POST to a mail port would be abuse

_URL = re.compile(r"[!-\[\]-~]+")  # printable ASCII without space and backslash, on which parsers disagree
_LOCAL_SUFFIXES = (".localhost", ".local", ".internal", ".lan", ".home.arpa", ".intranet", ".corp")


def validate(url: object, *, networks: Networks = ()) -> str:
    """Return `url` if webhooks can be sent to it. Raises ValueError with a sentence for the customer.

    With `networks`, http and local names are allowed too, and the addresses in those networks.
    """
    if not isinstance(url, str) or not url:
        raise ValueError("url must be a string such as https://example.com/hooks.")
    if len(url) > URL_CHARS_MAX:
        raise ValueError(f"url must have at most {URL_CHARS_MAX} characters, not {len(url)}.")
    if not _URL.fullmatch(url):
        raise ValueError("url must be printable ASCII: percent-encode the path and write the host in punycode.")
    schemes = ("https://", "http://") if networks else ("https://",)
    if not url.lower().startswith(schemes):
        raise ValueError(f"url must start with {' or '.join(schemes)}.")
    try:
        parsed = ForeignUrl.parse(url)
    except BadForeignUrl as error:
        raise ValueError(f"url {error}.") from None
    if url.partition("#")[2]:
        raise ValueError("url must not have a fragment (#...), because it is never sent: remove it.")
    if parsed.port not in PORTS.values() and parsed.port < PORT_HIGH_MIN:
        raise ValueError(f"url must not use port {parsed.port}: use 80, 443 or a port from {PORT_HIGH_MIN} up.")
    _check_host(parsed, networks)
    return url


def is_private(url: str) -> bool:
    """Return whether a URL's host is a private IP address or a local name. Nothing is resolved."""
    try:
        _check_host(ForeignUrl.parse(url), ())
    except BadForeignUrl:
        return False
    except ValueError:
        return True
    return False


def _check_host(url: ForeignUrl, networks: Networks) -> None:
    if url.is_address:
        if word := refusal_reason(url.host, networks):
            raise ValueError(f"url must point to a public address, and {ip_address(url.host)} is not public ({word}).")
        return
    host = url.host.removesuffix(".").lower()
    if not networks and ("." not in host or host.endswith(_LOCAL_SUFFIXES)):
        raise ValueError(f"url must have a public host name, and {host!r} is local.")
