"""Compare the models that the catalogue routes to a provider with the provider's own list of models."""

from collections.abc import Mapping

import msgspec
from msgspec import Struct

from shared.domain.catalogue import Catalogue
from shared.ops import redaction
from workers.adapters.contract import Adapter, ModelNotice, ProviderError
from workers.probe import REASON_CHARS_MAX


class ModelCheck(Struct, frozen=True, kw_only=True):
    """The result of a check. `checked` is false if the provider has no list, or its list could not be read."""

    provider: str
    checked: bool
    notices: list[ModelNotice] = []
    error: str | None = None


def models_at(catalogue: Catalogue, provider: str) -> dict[str, str]:
    """Return a provider's names of the models that the catalogue routes to it, each with its kind."""
    models = catalogue.models.values()
    return {route.model: model.kind for model in models for route in model.routes if route.provider == provider}


async def check_models(name: str, adapter: Adapter, models: Mapping[str, str]) -> ModelCheck:
    """Check a provider's models once. The errors of its adapter are part of the result."""
    try:
        notices = await adapter.find_notices(models)
    except ProviderError as error:
        return ModelCheck(provider=name, checked=False, error=redaction.foreign().line(str(error), REASON_CHARS_MAX))
    finally:
        await adapter.close()
    return ModelCheck(provider=name, checked=notices is not None, notices=notices or [])


async def print_model_check(name: str, adapter: Adapter, models: Mapping[str, str]) -> bool:
    """Check, print the result as JSON for `wokflow catalogue check --live`, and return whether it has no error."""
    found = await check_models(name, adapter, models)
    print(msgspec.json.encode(found).decode())
    return found.error is None
