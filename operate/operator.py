"""Who acts, and with what: the same for the command line and the admin API, so that both do exactly the same."""

from collections.abc import Mapping

from msgspec import Struct

from shared.domain.catalogue import Plan
from shared.domain.errors import Refused
from shared.store.audit import AuditedStore
from shared.store.connect import Store

PROVIDERS_SHOWN = 20


class Operator(Struct, frozen=True, kw_only=True):
    """An operator at work. `who` is what the audit says."""

    store: Store
    who: str
    providers: tuple[str, ...]
    plans: Mapping[str, Plan]
    base_url: str

    def act(self, what: str, on: str = "", detail: str = "") -> AuditedStore:
        """The store for one action, which is noted in the audit by the script that does it."""
        return AuditedStore(self.store, self.who, what, on, detail)

    def known(self, provider: str) -> str:
        """The provider's name. Raises Refused if the catalogue has none of that name."""
        if provider not in self.providers:
            names = ", ".join(self.providers[:PROVIDERS_SHOWN])
            raise Refused("not_found", f"There is no provider {provider[:50]!r}. Known: {names}.")
        return provider
