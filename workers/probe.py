"""Probe a provider with a call that bills nothing: is it reachable, and does it accept our key?"""

import time

import msgspec
from msgspec import Struct

from shared.ops import redaction
from workers.adapters.contract import Adapter, ProviderError

REASON_CHARS_MAX = 300


class Probe(Struct, frozen=True, kw_only=True):
    """The result of a probe. `checked` is false if the provider has no call that bills nothing."""

    provider: str
    checked: bool
    ok: bool
    said: str | None = None
    error: str | None = None  # Down, Retry, Rejected or Unknown
    took_ms: int = 0


async def probe(name: str, adapter: Adapter) -> Probe:
    """Probe the provider once. The errors of its adapter are part of the result."""
    started_s, text = time.monotonic(), redaction.foreign()
    try:
        said = await adapter.probe()
    except ProviderError as error:
        reason, took_ms = text.line(str(error), REASON_CHARS_MAX), round((time.monotonic() - started_s) * 1000)
        kind = type(error).__name__
        return Probe(provider=name, checked=True, ok=False, said=reason, error=kind, took_ms=took_ms)
    took_ms = round((time.monotonic() - started_s) * 1000)
    shown = None if said is None else text.line(said, REASON_CHARS_MAX)
    return Probe(provider=name, checked=said is not None, ok=True, said=shown, took_ms=took_ms)


async def print_probe(name: str, adapter: Adapter) -> bool:
    """Probe, print the result as JSON for `wokflow provider test`, and return whether all is well."""
    try:
        found = await probe(name, adapter)
    finally:
        await adapter.close()
    print(msgspec.json.encode(found).decode())
    return found.ok
