"""Ask a provider for something that bills nothing: is it there, and does it know our key?"""

import time

import msgspec
from msgspec import Struct

from workers.adapters.contract import Adapter, ProviderError

REASON_CHARS_MAX = 300


class Probe(Struct, frozen=True, kw_only=True):
    """What came of it. `checked` is whether there was anything to ask that bills nothing."""

    provider: str
    checked: bool
    ok: bool
    said: str | None = None
    error: str | None = None  # Down, Retry, Rejected or Unknown
    took_ms: int = 0


async def probe(name: str, adapter: Adapter) -> Probe:
    """Ask once. Never raises what an adapter may raise."""
    started_s = time.monotonic()
    try:
        said = await adapter.probe()
    except ProviderError as error:
        reason, took_ms = str(error)[:REASON_CHARS_MAX], round((time.monotonic() - started_s) * 1000)
        kind = type(error).__name__
        return Probe(provider=name, checked=True, ok=False, said=reason, error=kind, took_ms=took_ms)
    took_ms = round((time.monotonic() - started_s) * 1000)
    shown = None if said is None else said[:REASON_CHARS_MAX]
    return Probe(provider=name, checked=said is not None, ok=True, said=shown, took_ms=took_ms)


async def tell(name: str, adapter: Adapter) -> bool:
    """Ask, and print the answer as JSON, for `wokflow provider test`; whether all is well."""
    try:
        found = await probe(name, adapter)
    finally:
        await adapter.close()
    print(msgspec.json.encode(found).decode())
    return found.ok
