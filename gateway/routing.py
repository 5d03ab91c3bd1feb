"""Choose the models and routes that can serve a request, in order, among the configured providers."""

from collections.abc import Collection, Sequence
from random import random

import structlog
from msgspec import structs

from gateway.context import GatewayContext
from gateway.offers import Candidate
from shared.domain.catalogue import Catalogue, Model, Policy
from shared.domain.errors import Refused
from shared.domain.routing import Way, ranked, usable
from shared.ops import catalogue_files

AUTO = "auto"

log = structlog.get_logger()


def offered(catalogue: Catalogue, able: Collection[str], *, simulates: bool) -> Catalogue:
    """Return the catalogue with the routes that may serve, and without the models that have none.

    `able` has the configured providers.
    """
    usable_routes = {name: usable(model, able, simulates=simulates) for name, model in catalogue.models.items()}
    kept = {name: structs.replace(catalogue.models[name], routes=ways) for name, ways in usable_routes.items() if ways}
    return structs.replace(catalogue, models=kept)


def measured(catalogue: Catalogue) -> frozenset[str]:
    """Return the providers whose speed matters for routing."""
    by_speed = [model for model in catalogue.models.values() if "fastest" in (model.routing, catalogue.routing)]
    return frozenset(route.provider for model in by_speed for route in model.routes)


def of_model(context: GatewayContext, model_id: str) -> Sequence[Candidate]:
    """Return the routes of a model in the order of its policy. Raises Refused("unknown_model")."""
    parts = context.live.current
    known = parts.of_model.get(model_id)
    if known is not None:
        return known
    model = parts.catalogue.model(model_id)
    if model is None:
        raise Refused("unknown_model", f"Unknown model {model_id[:100]!r}. See GET /api/v1/models.")
    candidates = _candidates(context, model)
    if not candidates:
        _warn_operator(context, [model], model=model.id)
        reason = f"Model {model.id!r} is not on offer here: its provider is not configured. See GET /api/v1/models."
        raise Refused("unknown_model", reason)
    if len(candidates) == 1 or model.routing == "order":
        parts.of_model[model_id] = tuple(candidates)
    return candidates


def of_kind(
    context: GatewayContext, kind: str, provider: str, preferred: str = "", *, guest: bool = False
) -> Sequence[Candidate]:
    """Return the routes of a kind: the named provider first, then the preferred model, then by the catalogue's policy.

    The local provider is among them only if it is named, or if the caller may use no real provider of the kind.
    Raises Refused: unknown_provider, upstream_error if no provider of the kind is configured, or missing_api_key if no
    route is open to guests.
    """
    known = context.catalogue.providers
    if provider != AUTO and provider not in known:
        reason = f"Unknown provider {provider[:50]!r}. Known: auto, {', '.join(known)}."
        raise Refused("unknown_provider", reason)
    offers = context.catalogue.by_kind[kind]
    candidates = [candidate for model in offers for candidate in _candidates(context, model)]
    if not candidates:
        _warn_operator(context, offers, kind=kind)
        raise Refused("upstream_error", f"No provider for {kind} is configured here. Nothing was charged.")
    if guest:
        allows = context.admission.allows_guest
        candidates = [one for one in candidates if allows(context.catalogue, one.model, one.route)]
    if not candidates:
        raise Refused("missing_api_key", f"Guests have no {kind} here. Send your API key to use it.")
    ordered = _by_provider(context, kind, _without_stand_ins(context, candidates, provider))
    if provider == AUTO and not preferred:
        return ordered
    return sorted(ordered, key=lambda one: (one.route.provider != provider, preferred not in _names(one)))


def _without_stand_ins(context: GatewayContext, candidates: list[Candidate], provider: str) -> list[Candidate]:
    """Return the real routes if there are any. A local provider that is named stays, but never simulates then."""
    known = context.catalogue.providers
    if all(known[one.route.provider].local for one in candidates):
        return candidates
    named = [one for one in candidates if one.route.provider == provider and not one.route.simulated]
    return [one for one in candidates if one in named or not known[one.route.provider].local]


def _by_provider(context: GatewayContext, kind: str, candidates: list[Candidate]) -> list[Candidate]:
    """Return the candidates with their providers in the order of the catalogue's policy."""
    policy = context.catalogue.routing
    if policy == "order":
        return candidates
    firsts: dict[str, Way] = {}  # a provider's first model stands for it
    for one in candidates:
        firsts.setdefault(one.route.provider, (one.model, one.route))
    order = [route.provider for _, route in _ranked(context, policy, kind, list(firsts.values()))]
    return sorted(candidates, key=lambda one: order.index(one.route.provider))


def _names(candidate: Candidate) -> tuple[str, ...]:
    return (candidate.model.id, candidate.route.model, "")


def _warn_operator(context: GatewayContext, models: Sequence[Model], **what: str) -> None:
    """Warn the operator: a requested model exists, but its provider's API key is not set."""
    missing = catalogue_files.missing_keys(context.catalogue, models, context.configured)
    log.warning("model.not_configured", **what, set_one_of=missing)


def _candidates(context: GatewayContext, model: Model) -> list[Candidate]:
    routes = usable(model, context.configured, simulates=context.settings.simulates)
    if len(routes) == 1:
        return [Candidate(model, routes[0])]
    ways = [(model, route) for route in routes]
    return [Candidate(model, route) for _, route in _ranked(context, model.routing, model.kind, ways)]


def _ranked(context: GatewayContext, policy: Policy, kind: str, ways: list[Way]) -> list[Way]:
    return ranked(policy, ways, took_ms=context.speeds.of(kind), dice=random) if len(ways) > 1 else ways
