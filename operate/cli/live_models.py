"""The models that the catalogue routes to, compared with the providers' own lists."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial

from msgspec import convert, structs

from operate.cli.command import Failure
from operate.cli.worker_query import query_worker
from shared.domain.catalogue import Catalogue
from shared.domain.model_notice import ModelCheck
from shared.ops import catalogue_files, clock

PROVIDERS_AT_ONCE = 8


def describe(check: ModelCheck) -> list[str]:
    """Return the lines to show of a provider's result."""
    if check.error is not None:
        return [f"{check.provider}: its list of models cannot be read: {check.error}"]
    if not check.checked:
        return [f"{check.provider}: it has no list of models: not checked."]
    lines = [f"{check.provider}: {notice.model} {notice.words}." for notice in check.notices]
    return lines or [f"{check.provider}: all models that it lists are on offer."]


def check_live(catalogue: Catalogue, path: str) -> list[ModelCheck]:
    """Compare each configured provider's models with its list, several providers at once."""
    routed = {route.provider for model in catalogue.models.values() for route in model.routes}
    names = sorted(routed & catalogue_files.configured(catalogue))
    query: Callable[[str], ModelCheck] = partial(_check_provider, path=path)
    with ThreadPoolExecutor(PROVIDERS_AT_ONCE) as pool:
        return list(pool.map(query, names))


def _check_provider(name: str, *, path: str) -> ModelCheck:
    try:
        found = convert(query_worker("models", name, CATALOGUE=path), ModelCheck)
    except Failure as failure:
        return ModelCheck(provider=name, checked=False, error=failure.message)
    return structs.replace(found, notices=found.urgent(clock.now_s()))
