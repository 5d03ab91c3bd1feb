"""The client's address, as the rate limits count it."""

from collections.abc import Sequence
from functools import lru_cache

from aiohttp import web

from gateway.guests import Network, address_block, client_address

ADDRESSES_REMEMBERED = 4096


def forwarded_address(request: web.Request, trusted: Sequence[Network]) -> str:
    """Return the client's address: the peer's own, or the one that a trusted proxy forwards."""
    forwarded = request.headers.getall("X-Forwarded-For", None)
    if not forwarded or not trusted:
        return request.remote or ""
    return client_address(request.remote or "", ",".join(forwarded), trusted)


def address_of(request: web.Request, trusted: Sequence[Network]) -> str:
    """Return the block of addresses that counts as one client: the address, or its /64 for IPv6."""
    return _block(forwarded_address(request, trusted))


_block = lru_cache(ADDRESSES_REMEMBERED)(address_block)
