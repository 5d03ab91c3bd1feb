"""The evidence of a failed submit: an outage of one model, an unusable account at the provider, or nothing."""

import asyncio
import time
from typing import TYPE_CHECKING

import structlog

from shared.store.providers import Scope
from workers.adapters.contract import Adapter, Down, ModelGone, ProviderError
from workers.timing import run_within

if TYPE_CHECKING:
    from workers.context import WorkerContext

PROBE_S = 10.0
AGAIN_S = 30.0  # a result counts for this long, so that refusals cannot cause a request each

log = structlog.get_logger()


class AccountProbe:
    """Probes our account at the provider, at most once in AGAIN_S."""

    def __init__(self) -> None:
        self._lock = asyncio.Lock()
        self._unusable = False
        self._checked_s: float | None = None

    async def check_unusable(self, adapter: Adapter) -> bool:
        """Check whether the provider's own account call refuses our key or credit."""
        async with self._lock:
            if self._checked_s is None or time.monotonic() - self._checked_s >= AGAIN_S:
                self._unusable = await probe_refusal(adapter)
                self._checked_s = time.monotonic()
            return self._unusable


async def probe_refusal(adapter: Adapter) -> bool:
    """Probe the account. A probe that fails for any other reason proves nothing."""
    try:
        await run_within(PROBE_S, adapter.probe())
    except Down as down:
        return down.cause in ("account", "forbidden")
    except (ProviderError, TimeoutError):
        return False
    return False


async def choose_scope(context: "WorkerContext", down: Down) -> Scope | None:
    """Choose the breaker that a failed submit opens: the provider's, its route's, or none."""
    if isinstance(down, ModelGone):
        return "gone"
    if down.cause in ("account", "forbidden") and await context.account.check_unusable(context.adapter):
        return "provider"
    return "route" if down.cause in ("route", "account") else None
