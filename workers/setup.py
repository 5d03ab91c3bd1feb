"""The set-up of a provider's adapter from its catalogue entry, and what another catalogue changes of it."""

import structlog

from shared.domain.catalogue import Catalogue, OrderCost
from shared.ops import settings
from shared.ops.catalogue_follower import CatalogueFollower
from shared.ops.settings import Settings, SettingsError
from workers.adapters.contract import Setup, load

FIELDS = ("adapter", "base_url", "key", "callback_secret", "connect_s", "credit_micros")
COSTS_MAX = 10_000  # known costs of a worker, those of routes that are gone included

RouteCosts = dict[tuple[str, str], OrderCost]  # see Catalogue.costs

log = structlog.get_logger()


def setup_of(catalogue: Catalogue, provider: str) -> Setup:
    """Return the set-up of a provider's adapter. Raises SettingsError for a name that is not in the catalogue."""
    known = catalogue.providers
    if provider not in known:
        raise SettingsError(f"the catalogue has no provider {provider!r}; it has {', '.join(known)}")
    entry = known[provider]
    return Setup(
        name=provider,
        adapter=entry.adapter,
        base_url=entry.base_url,
        key=settings.secret(entry.key_env) if entry.key_env else None,
        callback_secret=settings.secret(entry.callback_secret_env, spaces=True) if entry.callback_secret_env else None,
        connect_s=entry.connect_s,
        credit_micros=entry.credit_micros,
    )


def check_takes_native(catalogue: Catalogue, provider: str, config: Settings) -> None:
    """Check that a provider's adapter sends native fields if a route has them. Raises SettingsError."""
    routes = [route for model in catalogue.models.values() for route in model.routes if route.provider == provider]
    named = next((route.model for route in routes if route.native), None)
    if named and not load(setup_of(catalogue, provider).adapter or provider, config.adapters).takes_native:
        message = f"the adapter of {provider} sends no native fields, but its route to {named!r} has `native`"
        raise SettingsError(f"{message}: remove it from the catalogue")


def follow_costs(follower: CatalogueFollower, setup: Setup, config: Settings) -> RouteCosts:
    """Return a provider's costs, which another catalogue changes in place.

    An open order may be of a route that is gone: its cost stays. The adapter keeps what it was set up with, and a
    difference is reported, because it counts after a restart.
    """
    costs = follower.catalogue.costs(setup.name)

    async def apply(catalogue: Catalogue) -> None:
        if setup.name in catalogue.providers:
            check_takes_native(catalogue, setup.name, config)
        follower.needs_restart = changed_fields(setup, catalogue)
        new = catalogue.costs(setup.name)
        costs.update(new)
        for gone in [key for key in costs if key not in new][: max(len(costs) - COSTS_MAX, 0)]:
            del costs[gone]
        if follower.needs_restart:
            log.warning("catalogue.restart_needed", provider=setup.name, fields=follower.needs_restart)

    follower.apply = apply
    return costs


def changed_fields(setup: Setup, catalogue: Catalogue) -> str:
    """Return the fields that an adapter would be set up with differently. A removed provider changes none."""
    if setup.name not in catalogue.providers:
        return ""
    new = setup_of(catalogue, setup.name)
    return ", ".join(name for name in FIELDS if getattr(new, name) != getattr(setup, name))
