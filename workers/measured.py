"""Calls of an adapter, timed and counted by what came of them."""

import time
from collections.abc import Awaitable
from typing import TypeVar

from shared.ops import metrics
from workers.providers.contract import Call, Done, Down, Pending, Rejected, Retry, Unknown
from workers.providers.http import BEHALF, Behalf

Answer = TypeVar("Answer")

FAILURES: tuple[tuple[type[Exception], str], ...] = (
    (Retry, "retry"),
    (Rejected, "rejected"),
    (Down, "down"),
    (Unknown, "unknown"),
    (TimeoutError, "unknown"),
)


async def measured(provider: str, verb: str, call: Call, work: Awaitable[Answer]) -> Answer:
    """What `work` answers or raises; its requests are made on behalf of `call`. The verb is an adapter's method."""
    BEHALF.set(Behalf(provider, call.traceparent))
    began_s, outcome = time.monotonic(), "error"
    try:
        answer = await work
        outcome = "pending" if isinstance(answer, Pending) else "done" if isinstance(answer, Done) else "ok"
        return answer
    except Exception as error:
        outcome = next((word for kind, word in FAILURES if isinstance(error, kind)), "error")
        raise
    finally:
        metrics.of(metrics.PROVIDER_SECONDS, provider, verb, outcome).observe(time.monotonic() - began_s)
