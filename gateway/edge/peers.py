"""The open connections, counted in all and for each client address, and bounded both ways."""

from collections import Counter
from collections.abc import Sequence

from msgspec import Struct

from gateway.guests import Network, address_block, is_within
from shared.ops import metrics


class ConnectionLimits(Struct, frozen=True, kw_only=True):
    """The limits of connections: how many may be open, and how long each step of a request may take, in seconds."""

    connections_max: int
    per_address_max: int
    head_s: float  # from the first byte of a request, or from connecting, until its headers are complete
    idle_s: float  # between two requests


class Peers:
    """The open connections of one gateway process. Proxies of `trusted` networks count in all only."""

    def __init__(self, limits: ConnectionLimits, trusted: Sequence[Network]) -> None:
        self.limits = limits
        self._trusted = trusted
        self._open = 0
        self._by_block: Counter[str] = Counter()

    def __len__(self) -> int:
        return self._open

    def enter(self, address: str) -> str | None:
        """Count a new connection and return the block to leave later. Return None if the connection is one too many."""
        block = "" if is_within(address, self._trusted) else address_block(address)
        if self._open >= self.limits.connections_max:
            self._count_refusal("too_many")
            return None
        if block and self._by_block[block] >= self.limits.per_address_max:
            self._count_refusal("too_many_of_address")
            return None
        self._open += 1
        metrics.CONNECTIONS.inc()
        if block:
            self._by_block[block] += 1
        return block

    def leave(self, block: str) -> None:
        """Forget a connection that `enter` counted under `block`."""
        self._open -= 1
        metrics.CONNECTIONS.dec()
        if block:
            self._by_block[block] -= 1
            if not self._by_block[block]:
                del self._by_block[block]

    def _count_refusal(self, reason: str) -> None:
        metrics.of(metrics.CONNECTIONS_CLOSED, reason).inc()
