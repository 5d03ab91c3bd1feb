"""The catalogue in force at this gateway. A request sees one version of it, from its start to its end."""

from contextvars import ContextVar

from aiohttp.typedefs import Handler
from msgspec import Struct

from gateway.admission.bounds import Admission
from shared.domain.catalogue import Catalogue


class CatalogueParts(Struct, frozen=True, kw_only=True):
    """A catalogue with everything that a gateway derives from it."""

    catalogue: Catalogue
    configured: frozenset[str]  # providers whose key is set, or that need none
    admission: Admission
    document: Handler  # answers the OpenAPI document
    models: bytes  # the body that lists the models on offer


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
