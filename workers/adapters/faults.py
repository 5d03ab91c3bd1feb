"""Why a connection to a provider was not made: a fault of this machine, or of the provider."""

import errno
import os
import socket

import aiohttp

from shared.ops import redaction
from workers.adapters.contract import Down, ProviderError, Retry

REASON_CHARS_MAX = 200
OWN_FAULT_S = 5.0
# No descriptor, memory or port left, no network, or a firewall of ours.
OWN_ERRNOS = frozenset(
    {
        errno.EMFILE,
        errno.ENFILE,
        errno.ENOMEM,
        errno.ENOBUFS,
        errno.EADDRNOTAVAIL,
        errno.ENETDOWN,
        errno.ENETUNREACH,
        errno.EACCES,
        errno.EPERM,
    }
)
# Our resolver did not answer. A name that does not exist is the provider's.
OWN_LOOKUP_ERRORS = frozenset({socket.EAI_AGAIN, socket.EAI_FAIL, socket.EAI_MEMORY, socket.EAI_SYSTEM})


def describe(error: BaseException) -> str:
    """Return an error of aiohttp in words. Its `repr`, and some of its texts, hold the headers that we sent."""
    return redaction.foreign().error(error, REASON_CHARS_MAX)


def connect_error(error: Exception) -> ProviderError:
    """Return what a connection that was not made means. Nothing was sent."""
    reason = f"cannot connect: {describe(error)}"
    if is_own_fault(error):
        return Retry(reason, after_s=OWN_FAULT_S, ours=True)
    return Down(reason, cause="call" if isinstance(error, aiohttp.InvalidURL) else "route")


def is_own_fault(error: Exception) -> bool:
    """Return whether this machine is the reason why a connection was not made."""
    system = getattr(error, "os_error", error)
    if isinstance(system, socket.gaierror):
        return system.errno in OWN_LOOKUP_ERRORS or not has_free_descriptor()
    return isinstance(system, OSError) and system.errno in OWN_ERRNOS


def has_free_descriptor() -> bool:
    """Return whether this process may open a file. A resolver that may not says that the name does not exist."""
    try:
        os.close(os.open(os.devnull, os.O_RDONLY))
    except OSError:
        return False
    return True
