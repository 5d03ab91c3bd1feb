"""The catalogue in force at this gateway. A request sees one version of it, from its start to its end."""

from aiohttp.typedefs import Handler
from msgspec import Struct, field

from gateway.admission.bounds import Admission
from gateway.exchange import EXCHANGE
from gateway.offers import Candidate
from shared.domain.catalogue import Catalogue


class FoundCandidates(Struct, frozen=True):
    """The candidates of calls that name no model, and every name by which one of them can be preferred."""

    ordered: tuple[Candidate, ...]
    names: frozenset[str]


class CatalogueParts(Struct, frozen=True, kw_only=True):
    """A catalogue with everything that a gateway derives from it."""

    catalogue: Catalogue
    configured: frozenset[str]  # providers whose key is set, or that need none
    admission: Admission
    document: Handler  # answers the OpenAPI document
    home: Handler  # answers the page at /
    playground: Handler  # answers the page at /playground
    models: bytes  # the body that lists the models on offer
    model_bodies: dict[str, bytes]  # the body of each model by its id, with the schema of its input
    # By kind, provider, preferred model, and whether a guest calls. None: their order changes with each call.
    candidates: dict[tuple[str, str, str, bool], FoundCandidates | None] = field(default_factory=dict)
    of_model: dict[str, tuple[Candidate, ...]] = field(default_factory=dict)  # the candidates of a model in its order
    plain_costs: dict[tuple[str, str, str], int] = field(default_factory=dict)  # by model, provider and its model


class LiveCatalogue:
    """The newest catalogue for a new request, and for a running one the catalogue that it began with."""

    def __init__(self, first: CatalogueParts) -> None:
        self.newest = first

    @property
    def current(self) -> CatalogueParts:
        """Return the catalogue of the current request, or the newest."""
        return EXCHANGE.get().parts or self.newest

    def replace(self, newest: CatalogueParts) -> None:
        """Serve new requests by another catalogue."""
        self.newest = newest
