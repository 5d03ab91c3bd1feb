"""Choose the models and routes that can serve a request, in order, among the configured providers."""

from collections.abc import Collection, Sequence
from functools import partial
from random import random

import structlog
from msgspec import structs

from gateway.context import GatewayContext
from gateway.offers import Candidate
from shared.domain.catalogue import Catalogue, Model
from shared.domain.errors import Refused
from shared.domain.routing import ranked
from shared.ops import catalogue_files

AUTO = "auto"

log = structlog.get_logger()


def offered(catalogue: Catalogue, able: Collection[str]) -> Catalogue:
    """Return the catalogue without the models that no configured provider, of `able`, serves."""
    kept = {
        name: model for name, model in catalogue.models.items() if any(route.provider in able for route in model.routes)
    }
    return structs.replace(catalogue, models=kept)


def measured(catalogue: Catalogue) -> frozenset[str]:
    """Return the providers whose speed matters for routing."""
    by_speed = [model for model in catalogue.models.values() if model.routing == "fastest"]
    return frozenset(route.provider for model in by_speed for route in model.routes)


def models(context: GatewayContext) -> list[Model]:
    """Return the models on offer, in the catalogue's order."""
    return [model for model in context.catalogue.models.values() if _candidates(context, model)]


def of_model(context: GatewayContext, model_id: str) -> Sequence[Candidate]:
    """Return the routes of a model in the order of its policy. Raises Refused("unknown_model")."""
    model = context.catalogue.model(model_id)
    if model is None:
        raise Refused("unknown_model", f"Unknown model {model_id[:100]!r}. See GET /api/v1/models.")
    candidates = _candidates(context, model)
    if not candidates:
        _warn_operator(context, [model], model=model.id)
        reason = f"Model {model.id!r} is not on offer here: its provider is not configured. See GET /api/v1/models."
        raise Refused("unknown_model", reason)
    return candidates


def of_kind(
    context: GatewayContext, kind: str, provider: str, preferred: str = "", *, guest: bool = False
) -> Sequence[Candidate]:
    """Return the routes of a kind: the named provider first, then the preferred model, then the catalogue's order.

    Raises Refused: unknown_provider, upstream_error if no provider of the kind is configured, or missing_api_key if no
    route is open to guests.
    """
    known = context.catalogue.providers
    if provider != AUTO and provider not in known:
        reason = f"Unknown provider {provider[:50]!r}. Known: auto, {', '.join(known)}."
        raise Refused("unknown_provider", reason)
    offers = [model for model in context.catalogue.models.values() if model.kind == kind and not model.hidden]
    candidates = [candidate for model in offers for candidate in _candidates(context, model)]
    if not candidates:
        _warn_operator(context, offers, kind=kind)
        raise Refused("upstream_error", f"No provider for {kind} is configured here. Nothing was charged.")
    if guest:
        allows = partial(context.admission.allows_guest, context.catalogue)
        candidates = [candidate for candidate in candidates if allows(candidate.model, candidate.route)]
    if not candidates:
        raise Refused("missing_api_key", f"Guests have no {kind} here. Send your API key to use it.")
    return sorted(
        candidates, key=lambda candidate: (candidate.route.provider != provider, preferred not in _names(candidate))
    )


def _names(candidate: Candidate) -> tuple[str, ...]:
    return (candidate.model.id, candidate.route.model, "")


def _warn_operator(context: GatewayContext, models: Sequence[Model], **what: str) -> None:
    """Warn the operator: a requested model exists, but its provider's API key is not set."""
    missing = catalogue_files.missing_keys(context.catalogue, models, context.configured)
    log.warning("model.not_configured", **what, set_one_of=missing)


def _candidates(context: GatewayContext, model: Model) -> list[Candidate]:
    routes = [route for route in model.routes if route.provider in context.configured]
    if len(routes) > 1:
        routes = ranked(model, routes, took_ms=context.speeds.of(model.kind), dice=random)
    return [Candidate(model, route) for route in routes]
