"""The last comparison of each provider's list of models with the routes to it, for metrics and operators."""

import msgspec
from msgspec import structs

from shared.domain.model_notice import NOTICES_MAX, ModelCheck
from shared.ops import clock
from shared.store import keys
from shared.store.client import StoreClient
from shared.store.stored_lists import UNREADABLE, read_each

RETRY_S = 3600.0  # until the next comparison after one that failed


async def claim_model_check(store: StoreClient, provider: str, every_s: float) -> bool:
    """Claim a provider's next comparison. True for one caller in each `every_s`, by the store's clock."""
    due = await store.call("SET", keys.model_check_due(provider), "1", "NX", "PX", int(every_s * 1000))
    return due is not None


async def record_model_check(store: StoreClient, check: ModelCheck, every_s: float) -> None:
    """Record a comparison. One whose list could not be read keeps the last notices, and is repeated sooner."""
    if check.error is not None:
        await store.call("PEXPIRE", keys.model_check_due(check.provider), int(min(RETRY_S, every_s) * 1000))
        return
    kept = structs.replace(check, notices=check.notices[:NOTICES_MAX], at_ms=clock.now_ms())
    await store.call("HSET", keys.MODEL_CHECKS, check.provider, msgspec.json.encode(kept))


async def read_model_checks(store: StoreClient) -> dict[str, ModelCheck]:
    """Return the last comparison of each provider that has a list."""
    fields: list[bytes] = await store.call("HGETALL", keys.MODEL_CHECKS)
    pairs = list(zip(fields[::2], fields[1::2], strict=True))
    found = read_each(pairs, _read, _unreadable, where=keys.MODEL_CHECKS)
    return {check.provider: check for check in found}


def _read(pair: tuple[bytes, bytes]) -> ModelCheck:
    return msgspec.json.decode(pair[1], type=ModelCheck)


def _unreadable(pair: tuple[bytes, bytes]) -> ModelCheck:
    return ModelCheck(provider=pair[0].decode(errors="replace"), checked=False, error=UNREADABLE)
