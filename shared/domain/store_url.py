"""The URL of the store: a server, a unix socket, or the primary that Sentinels name, with credentials and TLS."""

from urllib.parse import parse_qsl, quote, unquote, urlsplit

import msgspec
from msgspec import Struct

SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
TLS_SCHEMES = ("rediss", "rediss+sentinel")
SENTINEL_PORT, SERVER_PORT = 26379, 6379


class TlsFiles(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Paths of PEM files: the authority of the store's certificate (default: the system's), and our own certificate."""

    ca: str | None = None
    cert: str | None = None
    key: str | None = None  # default: in the file of `cert`


class StoreUrl(Struct, frozen=True, kw_only=True):
    """A parsed REDIS_URL: addresses of the primary or its Sentinels, and the credentials."""

    hosts: tuple[tuple[str, int], ...] = ()  # one server, or several Sentinels
    path: str | None = None  # of a unix socket, instead of hosts
    primary: str | None = None  # the primary's name at the Sentinels
    username: str = ""
    password: str = ""
    sentinel_username: str = ""
    sentinel_password: str = ""
    database: int = 0
    tls: TlsFiles | None = None  # None: no TLS

    @property
    def location(self) -> str:
        """Return where the store listens, for people: without user name and password."""
        return self.path or ", ".join(
            f"[{host}]:{port}" if ":" in host else f"{host}:{port}" for host, port in self.hosts
        )


def socket_url(path: str) -> str:
    """Return the URL of a unix socket, whatever characters its path has."""
    return f"unix://{quote(path)}"


def parse_store_url(url: str) -> StoreUrl:
    """Parse a REDIS_URL. Raises ValueError with a sentence for the operator.

    `redis://[user:password@]host[:port][/db]`, `unix:///path`, or
    `redis+sentinel://[user:password@]host[:port],host[:port],.../name[/db]`; with `rediss` for TLS. Parameters are the
    paths of TlsFiles, and `sentinel_username` and `sentinel_password`.
    """
    scheme, separator, rest = url.partition("://")
    if not separator or scheme not in SCHEMES:
        raise ValueError(f"REDIS_URL must start with one of {', '.join(f'{scheme}://' for scheme in SCHEMES)}.")
    rest, _, query = rest.partition("?")
    netloc, slash, path = rest.partition("/")
    login, _, hosts = netloc.rpartition("@")
    username, _, password = login.partition(":")
    parameters = _parameters(query)
    common = StoreUrl(
        username=unquote(username),
        password=unquote(password),
        sentinel_username=parameters.pop("sentinel_username", ""),
        sentinel_password=parameters.pop("sentinel_password", ""),
        tls=_tls(parameters, scheme),
    )
    if scheme == "unix":
        return msgspec.structs.replace(common, path=unquote(slash + path))
    sentinel = scheme.endswith("+sentinel")
    words = [unquote(word) for word in path.split("/") if word]
    primary = words.pop(0) if sentinel and words else None
    if sentinel and primary is None:
        raise ValueError(
            "REDIS_URL must name the primary after the Sentinels: redis+sentinel://host1,host2,host3/mymaster."
        )
    database = words[0] if words else "0"
    if not (database.isascii() and database.isdigit()):
        message = "REDIS_URL must end with the number of a database, such as /0, if it has a path"
        raise ValueError(f"{message}. Write `/`, `?` and `@` of a password as %2F, %3F and %40.")  # it may be in here
    port = SENTINEL_PORT if sentinel else SERVER_PORT
    places = tuple(_host(text, port) for text in hosts.split(","))
    return msgspec.structs.replace(common, hosts=places, primary=primary, database=int(database))


def _parameters(query: str) -> dict[str, str]:
    try:
        return dict(parse_qsl(query, strict_parsing=True)) if query else {}
    except ValueError:
        raise ValueError("REDIS_URL must have parameters of the form ?name=value&name=value.") from None


def _tls(parameters: dict[str, str], scheme: str) -> TlsFiles | None:
    if parameters and scheme not in TLS_SCHEMES:
        raise ValueError(f"REDIS_URL must start with rediss, for TLS, to have the parameter {next(iter(parameters))}.")
    try:
        files = msgspec.convert(parameters, TlsFiles)
    except msgspec.ValidationError:
        known = ", ".join((*TlsFiles.__struct_fields__, "sentinel_username", "sentinel_password"))
        raise ValueError(f"REDIS_URL must have no other parameters than {known}.") from None
    return files if scheme in TLS_SCHEMES else None


def _host(text: str, port: int) -> tuple[str, int]:
    try:
        parts = urlsplit(f"//{text}")
        return parts.hostname or "127.0.0.1", parts.port or port
    except ValueError:
        raise ValueError("REDIS_URL must have a host and, after a colon, a port from 1 to 65535.") from None
