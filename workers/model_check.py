"""Compare the models that the catalogue routes to a provider with the provider's own list of models.

A provider's workers do it, once a day in all of them: only they have the provider's key.
"""

import asyncio
from collections.abc import Mapping

import msgspec
import structlog
from msgspec import structs

from shared.domain.errors import StoreDown, StoreError
from shared.domain.model_notice import ModelCheck
from shared.ops import clock, redaction
from shared.ops.catalogue_follower import CatalogueFollower
from shared.store.connect import Store
from shared.store.model_checks import claim_model_check, record_model_check
from workers.adapters.contract import Adapter, ProviderError
from workers.probe import REASON_CHARS_MAX

FIRST_S = 600.0  # from a worker's start, and between two looks whether a comparison is due
CHECK_S_MAX = 120.0

log = structlog.get_logger()


async def compare_models(name: str, adapter: Adapter, models: Mapping[str, str]) -> ModelCheck:
    """Compare a provider's models once. The errors of its adapter are part of the result."""
    try:
        async with asyncio.timeout(CHECK_S_MAX):
            notices = await adapter.find_notices(models)
    except (ProviderError, TimeoutError) as error:
        reason = redaction.foreign().line(str(error) or "no answer in time", REASON_CHARS_MAX)
        return ModelCheck(provider=name, checked=False, error=reason)
    return ModelCheck(provider=name, checked=notices is not None, notices=notices or [])


async def check_models(name: str, adapter: Adapter, models: Mapping[str, str]) -> ModelCheck:
    """Compare a provider's models once, with an adapter that is closed afterwards."""
    try:
        return await compare_models(name, adapter, models)
    finally:
        await adapter.close()


async def print_model_check(name: str, adapter: Adapter, models: Mapping[str, str]) -> bool:
    """Check, print the result as JSON for `wokflow catalogue check --live`, and return whether it has no error."""
    found = await check_models(name, adapter, models)
    print(msgspec.json.encode(found).decode())
    return found.error is None


async def check_models_forever(
    store: Store, name: str, adapter: Adapter, follower: CatalogueFollower, every_s: float
) -> None:
    """Compare a provider's models every `every_s` seconds in one of all its workers, until cancelled."""
    while True:
        await asyncio.sleep(min(every_s, FIRST_S))
        try:
            if await claim_model_check(store, name, every_s):
                await check_and_record(store, name, adapter, follower.catalogue.targets(name), every_s)
        except (StoreDown, StoreError) as error:
            log.warning("provider.models_not_checked", provider=name, reason=str(error))


async def check_and_record(
    store: Store, name: str, adapter: Adapter, models: Mapping[str, str], every_s: float
) -> ModelCheck:
    """Compare a provider's models, and record and log the result. Raises StoreDown."""
    found = await compare_models(name, adapter, models)
    found = structs.replace(found, notices=found.urgent(clock.now_s()))
    await record_model_check(store, found, every_s)
    if found.error is not None:
        log.warning("provider.models_not_checked", provider=name, reason=found.error)
    for notice in found.notices:
        log.error("provider.model_ends", provider=name, target=notice.model, words=notice.words)
    return found
