"""Checks of settings that are texts. Each returns None for a usable value, or a demand such as "must be a folder"."""

import re
from collections.abc import Callable
from ipaddress import ip_address, ip_network
from urllib.parse import urlsplit

from shared.domain.public_address import parse_networks
from shared.domain.store_url import parse_store_url

STORAGES = ("s3", "s3a", "gs", "az", "adl", "azure", "abfs", "abfss", "file", "memory", "https")
DATABASES = ("postgresql", "postgres")
HOST_NAME = re.compile(r"(?!-)[A-Za-z0-9_-]{1,63}(?<!-)(\.(?!-)[A-Za-z0-9_-]{1,63}(?<!-))*\.?")
MODULE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
ORIGIN = "must be an http or https URL of a host name and, if needed, a port, such as https://api.example.com"


def check_host(value: str) -> str | None:
    """Check an address to listen on."""
    if _is_address(value) or (HOST_NAME.fullmatch(value) and not re.fullmatch(r"[\d.]+", value)):
        return None
    return "must be an IP address of this machine without brackets or a port, such as 127.0.0.1, ::1 or 0.0.0.0"


def check_public_url(value: str) -> str | None:
    """Check the URL of the gateway. A path is refused, because pages and callbacks are at the root of a host."""
    if not _is_url(value):
        return ORIGIN
    if urlsplit(value).path.strip("/"):
        return f"{ORIGIN}, without a path: give Wokflow a host name of its own, it does not work under a prefix"
    return None


def check_callback_url(value: str) -> str | None:
    """Check the URL for callbacks. It may have a path that a proxy removes."""
    return None if _is_url(value) else "must be an http or https URL without user name, query and fragment"


def check_redis_url(value: str) -> str | None:
    """Check the URL of the store."""
    try:
        parse_store_url(value)
    except ValueError as error:
        return str(error).removeprefix("REDIS_URL ").rstrip(".")
    return None


def check_database_url(value: str) -> str | None:
    """Check the location of the records: `off`, a file of SQLite, or a PostgreSQL server."""
    scheme, is_url, rest = value.partition("://")
    if value == "off" or (is_url and rest and scheme in DATABASES) or (scheme == "sqlite" and rest.startswith("//")):
        return None
    return "must be off, sqlite:////path/to/file, or a URL such as postgresql://user:password@host/database"


def check_asset_url(value: str) -> str | None:
    """Check the location of the outputs: a folder, or a URL that obstore knows."""
    scheme, is_url, rest = value.partition("://")
    if not is_url or (scheme in STORAGES and rest) or scheme == "memory":
        return None
    return "must be a folder, or a URL such as s3://bucket/prefix, gs://bucket or az://container"


def check_networks(value: str) -> str | None:
    """Check a list of networks. One of all addresses is refused, because anybody could then claim any address."""
    try:
        networks = [ip_network(part.strip(), strict=False) for part in value.split(",") if part.strip()]
    except ValueError:
        return "must be a list of networks, such as 10.1.2.0/24,::1"
    if any(network.prefixlen == 0 for network in networks):
        return "must be the networks of your own proxies, not the whole internet"
    return None


def check_own_networks(value: str) -> str | None:
    """Check the networks that customers' URLs may lead to."""
    try:
        parse_networks(value)
    except ValueError as error:
        return f"must be a list of networks, such as 127.0.0.0/8,::1: {str(error).rstrip('.')}"
    return None


def check_module(value: str) -> str | None:
    """Check the name of a Python package."""
    return None if MODULE.fullmatch(value) else "must be the name of a Python package, such as workers.providers"


def check_smtp_url(value: str) -> str | None:
    """Check the server that sends e-mail. A user name and password go to one with TLS alone."""
    try:
        url = urlsplit(value)
        fits = url.scheme in ("smtp", "smtps") and url.hostname and (url.port or 1) and not (url.path or url.query)
    except ValueError:
        fits = False
    return None if fits else "must be a URL such as smtps://user:password@mail.example.com:465"


def check_mail_from(value: str) -> str | None:
    """Check the sender of e-mail."""
    fits = re.fullmatch(r"(?:[^<>\r\n]{0,100}<)?[^<>\s@]{1,64}@[^<>\s@]{1,254}>?", value)
    return None if fits else "must be an e-mail address, such as Wokflow <noreply@example.com>"


CHECKS: dict[str, Callable[[str], str | None]] = {
    "host": check_host,
    "admin_host": check_host,
    "public_url": check_public_url,
    "callback_url": check_callback_url,
    "redis_url": check_redis_url,
    "database_url": check_database_url,
    "asset_url": check_asset_url,
    "trusted_proxies": check_networks,
    "images_allow_networks": check_own_networks,
    "webhook_allow_networks": check_own_networks,
    "adapters": check_module,
    "smtp_url": check_smtp_url,
    "mail_from": check_mail_from,
}


def _is_address(value: str) -> bool:
    try:
        ip_address(value)
    except ValueError:
        return False
    return True


def _is_url(value: str) -> bool:
    try:
        parts = urlsplit(value)
        usable = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    host = parts.hostname or ""
    named = _is_address(host) or HOST_NAME.fullmatch(host)
    plain = "@" not in parts.netloc and "?" not in value and "#" not in value and value.isascii()
    return usable and bool(named) and plain and not re.search(r"\s", value)
