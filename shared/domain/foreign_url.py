"""URLs that others chose: webhook endpoints, input images and the outputs that providers link.

Each is parsed once, here. Its request target is sent byte for byte as given, because signatures cover its spelling.
"""

import re
from ipaddress import IPv4Address, IPv6Address
from typing import Self
from urllib.parse import quote, urljoin

from msgspec import Struct
from yarl import URL

URL_CHARS_MAX = 8000  # signed links of object stores are long
HOST_CHARS_MAX = 253
PORTS = {"http": 80, "https": 443}

_URL = re.compile(r"(?P<scheme>https?)://(?P<authority>[^/?#]*)(?P<target>[^#]*)(?:#.*)?", re.IGNORECASE | re.DOTALL)
_AUTHORITY = re.compile(r"(?:\[(?P<v6>[^\[\]]*)\]|(?P<name>[^:\[\]@\\%\s]+))(?::(?P<port>[0-9]{0,5}))?", re.ASCII)
_NAME = re.compile(r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?", re.IGNORECASE)
_NUMERIC = re.compile(r"(?:.*\.)?(?:0x[0-9a-f]*|[0-9]+)\.?", re.IGNORECASE)  # texts that some resolvers read as IPv4
_CONTROLS = re.compile(r"[\x00-\x1f\x7f\ud800-\udfff]")
_NOT_SENDABLE = re.compile(r"[^!-~]+")  # a request line has printable ASCII only


class BadForeignUrl(ValueError):
    """Not an http or https URL that can be requested. The message continues a sentence that begins with the URL."""


class ForeignUrl(Struct, frozen=True):
    """A URL of somebody else. `target` is its path and query as given, `host` is ASCII without brackets."""

    scheme: str
    host: str
    port: int
    target: str

    @classmethod
    def parse(cls, text: str) -> Self:
        """Return the URL in `text`. Raises BadForeignUrl."""
        if len(text) > URL_CHARS_MAX:
            raise BadForeignUrl(f"must have at most {URL_CHARS_MAX} characters, not {len(text)}")
        if _CONTROLS.search(text):
            raise BadForeignUrl("must not have control characters")
        found = _URL.fullmatch(text)
        if found is None:
            raise BadForeignUrl("must start with http:// or https://")
        if not found["authority"]:
            raise BadForeignUrl("must have a host")
        if "@" in found["authority"]:
            raise BadForeignUrl("must not have a user name or password")
        scheme = found["scheme"].lower()
        host, port = _split_authority(found["authority"])
        return cls(scheme, host, port or PORTS[scheme], _sendable(found["target"]))

    @property
    def for_request(self) -> URL:
        """Return the URL for aiohttp, which sends the whole target as the path, as it is."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == PORTS[self.scheme] else f":{self.port}"
        return URL.build(scheme=self.scheme, authority=f"{host}{port}", path=self.target, encoded=True)

    @property
    def is_address(self) -> bool:
        """Return whether the host is an IP address, and not a name."""
        return ":" in self.host or _NUMERIC.fullmatch(self.host) is not None

    @property
    def origin(self) -> str:
        """Return scheme, host and port, for logs: the rest of a URL often holds a signature."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    def join(self, location: str) -> "ForeignUrl":
        """Return the URL that a redirect of this one names. Raises BadForeignUrl."""
        if _URL.fullmatch(location):
            return ForeignUrl.parse(location)
        if location.startswith("//"):
            return ForeignUrl.parse(f"{self.scheme}:{location}")
        if location.startswith("/"):
            return ForeignUrl.parse(f"{self.origin}{location}")
        try:
            return ForeignUrl.parse(urljoin(f"{self.origin}{self.target}", location))
        except ValueError:  # BadForeignUrl is one too
            raise BadForeignUrl("must be a valid URL") from None


def host_of(text: str) -> str:
    """Return the host in a URL, or a word in its place if there is none: for messages and logs."""
    try:
        return ForeignUrl.parse(text).host
    except BadForeignUrl:
        return "an invalid URL"


def path_of(text: str) -> str:
    """Return the path of a URL as given, without its query; empty if the URL is invalid."""
    try:
        return ForeignUrl.parse(text).target.partition("?")[0]
    except BadForeignUrl:
        return ""


def _split_authority(authority: str) -> tuple[str, int | None]:
    found = _AUTHORITY.fullmatch(authority)
    if found is None:
        raise BadForeignUrl("must have a valid host name and port")
    port = int(found["port"]) if found["port"] else None
    if port is not None and not 0 < port <= 65535:
        raise BadForeignUrl(f"must not use port {port}")
    return (_read_v6(found["v6"]) if found["v6"] else _read_name(found["name"])), port


def _read_v6(text: str) -> str:
    try:
        return str(IPv6Address(text))
    except ValueError:
        raise BadForeignUrl("must have an IP address in its usual notation") from None


def _read_name(name: str) -> str:
    """Return a host name in ASCII, or an IPv4 address."""
    if not name.isascii():
        try:
            name = URL.build(scheme="https", host=name).raw_host or ""
        except ValueError:
            raise BadForeignUrl("must have a valid host name") from None
    if _NUMERIC.fullmatch(name):
        try:
            return str(IPv4Address(name.removesuffix(".")))
        except ValueError:
            raise BadForeignUrl("must have an IP address in its usual notation") from None
    if len(name) > HOST_CHARS_MAX or any(len(label) > 63 for label in name.split(".")) or not _NAME.fullmatch(name):
        raise BadForeignUrl("must have a valid host name")
    return name


def _sendable(target: str) -> str:
    """Return the target as given. Only characters that no request line may have are percent-encoded."""
    path = _NOT_SENDABLE.sub(lambda found: quote(found[0], safe=""), target)
    return path if path.startswith("/") else f"/{path}"
