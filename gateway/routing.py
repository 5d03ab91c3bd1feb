"""Which models and routes serve a request, in which order: what the catalogue offers of configured providers."""

from collections.abc import Sequence
from random import random

import structlog
from msgspec import structs

from gateway.accept import Choice
from gateway.context import Desk
from shared.domain.catalogue import Catalogue, Model
from shared.domain.errors import Refused
from shared.domain.routing import ranked
from shared.ops import catalogue_files

AUTO = "auto"

log = structlog.get_logger()


def offered(catalogue: Catalogue) -> Catalogue:
    """The catalogue without the models that nobody here can serve."""
    able = catalogue_files.configured(catalogue)
    kept = {
        name: model for name, model in catalogue.models.items() if any(route.provider in able for route in model.routes)
    }
    return structs.replace(catalogue, models=kept)


def measured(catalogue: Catalogue) -> frozenset[str]:
    """The providers whose speed decides something."""
    by_speed = [model for model in catalogue.models.values() if model.routing == "fastest"]
    return frozenset(route.provider for model in by_speed for route in model.routes)


def models(desk: Desk) -> list[Model]:
    """What can be ordered, in the catalogue's order."""
    return [model for model in desk.catalogue.models.values() if _choices(desk, model)]


def of_model(desk: Desk, model_id: str) -> Sequence[Choice]:
    """The routes of a model, as its policy has them. Raises Refused("unknown_model")."""
    model = desk.catalogue.model(model_id)
    if model is None:
        raise Refused("unknown_model", f"There is no model {model_id[:100]!r}. See GET /api/v1/models.")
    choices = _choices(desk, model)
    if not choices:
        _tell_operator(desk, [model], model=model.id)
        message = f"Model {model.id!r} is not on offer here: its provider is not configured. See GET /api/v1/models."
        raise Refused("unknown_model", message)
    return choices


def of_kind(desk: Desk, kind: str, provider: str, preferred: str = "") -> Sequence[Choice]:
    """Whatever serves a kind: the named provider first, then the model the caller hints at, then the catalogue's order.

    Raises Refused: unknown_provider (listing the known), or upstream_error if nothing of the kind is configured.
    """
    known = desk.catalogue.providers
    if provider != AUTO and provider not in known:
        message = f"There is no provider {provider[:50]!r}. Known: auto, {', '.join(known)}."
        raise Refused("unknown_provider", message)
    offers = [model for model in desk.catalogue.models.values() if model.kind == kind and not model.hidden]
    choices = [choice for model in offers for choice in _choices(desk, model)]
    if not choices:
        _tell_operator(desk, offers, kind=kind)
        raise Refused("upstream_error", f"No provider of {kind} is configured here. Nothing was charged.")
    return sorted(choices, key=lambda choice: (choice.route.provider != provider, preferred not in _names(choice)))


def _names(choice: Choice) -> tuple[str, ...]:
    return (choice.model.id, choice.route.model, "")


def _tell_operator(desk: Desk, models: Sequence[Model], **what: str) -> None:
    """Somebody wanted what this deployment has in its catalogue, but not the key for."""
    log.warning("model.not_configured", **what, set_one_of=catalogue_files.missing_keys(desk.catalogue, models))


def _choices(desk: Desk, model: Model) -> list[Choice]:
    routes = [route for route in model.routes if route.provider in desk.configured]
    if len(routes) > 1:
        routes = ranked(routes, model.routing, took_ms=desk.speeds.of(model.kind), dice=random)
    return [Choice(model, route) for route in routes]
