"""The catalogue in force at this gateway. A request sees one version of it, from its start to its end."""

from contextvars import ContextVar

from aiohttp.typedefs import Handler
from msgspec import Struct, field

from gateway.admission.bounds import Admission
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
    models: bytes  # the body that lists the models on offer
    # By kind, provider, preferred model, and whether a guest calls. None: their order changes with each call.
    candidates: dict[tuple[str, str, str, bool], FoundCandidates | None] = field(default_factory=dict)


PINNED: ContextVar[CatalogueParts | None] = ContextVar("catalogue", default=None)


class LiveCatalogue:
    """The newest catalogue for a new request, and for a running one the catalogue that it began with."""

    def __init__(self, first: CatalogueParts) -> None:
        self._newest = first

    @property
    def current(self) -> CatalogueParts:
        """Return the catalogue of the current request, or the newest."""
        return PINNED.get() or self._newest

    def replace(self, newest: CatalogueParts) -> None:
        """Serve new requests by another catalogue."""
        self._newest = newest

    def pin(self) -> None:
        """Let the current request see the newest catalogue until its end. Every request does this first."""
        PINNED.set(self._newest)
