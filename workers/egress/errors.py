"""Reasons why a request to a URL that others chose got no usable answer.

EgressError
├── BlockedAddress  blocked_address  private, loopback, link-local, metadata, ...: never contacted
├── BadUrl          bad_url          not a URL that we can call
├── DnsFailed       dns_failed       the name has no address
├── ConnectFailed   connect_failed   refused or unreachable
├── TlsFailed       tls_failed       no valid certificate for that name
├── TimedOut        timeout          no connection, or no whole answer, in time
├── ConnectionLost  connection_lost  closed before the answer was complete
├── BadAnswer       bad_answer       not HTTP, endless headers, or an encoding that we did not accept
├── TooLarge        too_large        a body above the limit
├── BadRedirect     bad_redirect     redirected too often, or from https to http
└── OutOfSockets    out_of_sockets   our process has no socket or memory left: no evidence about the server
"""

import errno
import ssl
from typing import ClassVar

import aiohttp

from shared.ops import redaction

REASON_CHARS_MAX = 200


class EgressError(Exception):
    """No usable answer: `code` for programs, `message` for the customer."""

    code: ClassVar[str]

    def __init__(self, message: str) -> None:
        super().__init__(message)
        self.message = message


class BlockedAddress(EgressError):
    """The URL points into a network that customers must not reach through us. Nothing was sent."""

    code = "blocked_address"


class BadUrl(EgressError):
    """Not an http or https URL with a host. Nothing was sent."""

    code = "bad_url"


class DnsFailed(EgressError):
    """The name of the host could not be resolved. Nothing was sent."""

    code = "dns_failed"


class ConnectFailed(EgressError):
    """None of the host's addresses accepted a connection. Nothing was sent."""

    code = "connect_failed"


class TlsFailed(EgressError):
    """The server did not prove to be the host of the URL. Nothing was sent."""

    code = "tls_failed"


class TimedOut(EgressError):
    """The request took longer than allowed. The server may have acted on it all the same."""

    code = "timeout"


class ConnectionLost(EgressError):
    """The server closed the connection. It may have acted on the request all the same."""

    code = "connection_lost"


class BadAnswer(EgressError):
    """The answer is not an HTTP response that we can read."""

    code = "bad_answer"


class TooLarge(EgressError):
    """The answer is larger than our limit."""

    code = "too_large"


class BadRedirect(EgressError):
    """The server redirected too often, or from https to http. Its last target was not contacted."""

    code = "bad_redirect"


class OutOfSockets(EgressError):
    """This process could not open a connection. Nothing was sent, and the server is not to blame."""

    code = "out_of_sockets"


_MEANINGS: tuple[tuple[type[Exception] | tuple[type[Exception], ...], type[EgressError], str], ...] = (
    ((aiohttp.InvalidURL, aiohttp.NonHttpUrlClientError), BadUrl, "not a URL we can call"),
    (aiohttp.ClientConnectorDNSError, DnsFailed, "the host name has no address"),
    (aiohttp.ClientSSLError, TlsFailed, "no trustworthy TLS connection"),
    (aiohttp.ClientConnectorError, ConnectFailed, "no connection"),
    (aiohttp.ConnectionTimeoutError, TimedOut, "no connection in time"),
    (TimeoutError, TimedOut, "no complete answer in time"),
    (aiohttp.ClientResponseError, BadAnswer, "not a proper HTTP answer"),
    ((aiohttp.ClientError, OSError), ConnectionLost, "the connection was closed before the answer was complete"),
    (Exception, BadAnswer, "not an answer that we can read"),
)
_SYSTEM_WORDS = {
    errno.ECONNREFUSED: "the connection was refused",
    errno.ECONNRESET: "the connection was reset",
    errno.EHOSTUNREACH: "the host cannot be reached",
    errno.ENETUNREACH: "the network cannot be reached",
    errno.ETIMEDOUT: "the host did not answer",
}
_OUR_ERRNOS = (errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM, errno.EADDRNOTAVAIL)
FOREIGN_ERRORS = (aiohttp.ClientError, OSError, ValueError)  # a stranger's bytes can make aiohttp raise each of them


def failure(error: Exception, refused: str | None) -> EgressError:
    """Return the meaning of aiohttp's or the system's `error`. `refused` names the address that was blocked, if any."""
    if refused and isinstance(error, aiohttp.ClientConnectorError):
        return BlockedAddress(refused)
    if isinstance(cause := _cause_of(error), OSError) and cause.errno in _OUR_ERRNOS:
        return OutOfSockets("our side has no free connection, and tries again later")
    kind, text = next((kind, text) for known, kind, text in _MEANINGS if isinstance(error, known))
    reason = plain_reason(error)
    return kind(f"{text}: {reason}" if reason else text)


def plain_reason(error: Exception) -> str:
    """Return why a request failed, in plain words; empty if the error does not say.

    The text of aiohttp's errors may hold URLs and headers that we sent, and addresses of our network.
    """
    cause = _cause_of(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return redaction.foreign().line(cause.verify_message, REASON_CHARS_MAX)
    if isinstance(cause, ssl.SSLError):
        return redaction.foreign().line((cause.reason or "").lower().replace("_", " "), REASON_CHARS_MAX)
    if isinstance(cause, aiohttp.ClientResponseError):
        return redaction.foreign().line(cause.message, REASON_CHARS_MAX)
    return _SYSTEM_WORDS.get(cause.errno or 0, "") if isinstance(cause, OSError) else ""


def _cause_of(error: Exception) -> object:
    return getattr(error, "os_error", None) or getattr(error, "certificate_error", None) or error
