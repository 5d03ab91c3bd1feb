"""The candidates of a WokGen call. They are found once for a catalogue, unless a policy measures or draws."""

from collections.abc import Sequence

from gateway import routing
from gateway.context import GatewayContext
from gateway.live_catalogue import FoundCandidates
from gateway.offers import Candidate

CHANGING = ("fastest", "weighted")  # policies whose order is another one each time


def of_call(context: GatewayContext, kind: str, provider: str, preferred: str, *, guest: bool) -> Sequence[Candidate]:
    """Return the routes of a kind in the order of `routing.of_kind`. Raises Refused as that does."""
    found = _find(context, kind, provider, "", guest=guest)
    if found is not None and preferred in found.names:  # another name changes nothing, so nothing is added for it
        found = _find(context, kind, provider, preferred, guest=guest)
    return routing.of_kind(context, kind, provider, preferred, guest=guest) if found is None else found.ordered


def _find(context: GatewayContext, kind: str, provider: str, preferred: str, *, guest: bool) -> FoundCandidates | None:
    """Return the candidates from the memory of the catalogue in force; None if their order changes."""
    kept, key = context.live.current.candidates, (kind, provider, preferred, guest)
    if key not in kept:
        ordered = tuple(routing.of_kind(context, kind, provider, preferred, guest=guest))
        policies = {context.catalogue.routing, *(model.routing for model in context.catalogue.by_kind[kind])}
        names = frozenset(name for one in ordered for name in (one.model.id, one.route.model))
        kept[key] = FoundCandidates(ordered, names) if policies.isdisjoint(CHANGING) else None
    return kept[key]
